"""A store with accounts, and workspaces of its members."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.ports.stores import Store
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.sign_in import SignIn
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.tokens import LocalTokens
from rflow.stores import open_store
from support.stores.kinds import url_in
from support.stores.stories import MORNING

TEAM_KINDS = ("sqlite", "postgres")
"""The kinds of stores that a server can have."""
PASSWORD = "nine green bottles"
SHELL = Actor(person=person("shell"))
"""A user of the command line on the server, who can open the store itself."""


class Clock:
    """A clock that only advances by `wait`."""

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **span: float) -> None:
        """Advance the clock."""
        self.at += timedelta(**span)


class Team:
    """A store with an admin (Root), Ben and Cleo who are members of Leeds, and triage-bot, which is one too."""

    def __init__(self, url: str) -> None:
        self.store: Store = open_store(url)
        self.clock = Clock()
        self.sign_in = SignIn(self.store, clock=self.clock)
        self.accounts, self.spaces, self.tokens = self.for_(SHELL)

    def fill(self) -> None:
        """Create the accounts and the space."""
        self.accounts.add("Root", password=PASSWORD, admin=True)
        self.accounts.add("Ben Okafor", password=PASSWORD)
        self.accounts.add("Cleo", password=PASSWORD)
        self.accounts.add("triage-bot", agent=True)
        self.spaces.add("Leeds")
        for name in ("Ben Okafor", "Cleo", "triage-bot"):
            self.spaces.set_role("Leeds", name, "member")

    def for_(self, actor: Actor) -> tuple[LocalAccounts, LocalSpaces, LocalTokens]:
        """Return the accounts, spaces and tokens for an actor."""
        return (
            LocalAccounts(self.store, actor, clock=self.clock),
            LocalSpaces(self.store, actor, clock=self.clock),
            LocalTokens(self.store, actor, clock=self.clock),
        )

    def actions(self) -> list[str]:
        """Return the actions in the audit log."""
        return [entry.action for entry in self.store.accounts.audit()]

    def at(self, actor: Actor) -> LocalWorkspace:
        """Return the workspace of an actor."""
        return LocalWorkspace(self.store, actor, clock=self.clock)


BEN = Actor(person=person("Ben Okafor"), roles={"leeds": "member"})
CLEO = Actor(person=person("Cleo"), roles={"leeds": "member"})
ROOT = Actor(person=person("Root"), roles={}, admin=True)


@cache
def _filled() -> bytes:
    """Return the file of a store with the team; cached, because hashing passwords takes long."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "team.db"
        team = Team(f"sqlite://{path}")
        team.fill()
        team.accounts.store.backup(Path(folder) / "copy.db")
        team.store.close()
        return (Path(folder) / "copy.db").read_bytes()


@contextmanager
def team_in(folder: Path, kind: str = "sqlite") -> Iterator[Team]:
    """Yield the team in a new store of a kind, and close the store."""
    (folder / "team.db").write_bytes(_filled())
    team = Team(f"sqlite://{folder}/team.db")
    if kind == "postgres":
        everything = team.store.accounts.everything()
        team.store.close()
        team = Team(url_in(folder, kind, "team"))
        team.store.accounts.restore(everything)
    try:
        yield team
    finally:
        team.store.close()
