"""Who may look after a team: every method of its ports, by everybody. And who signs in gets exactly what they may do.

The rows come from the ports: a method that has no row here fails the first test.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from rflow.core.actors import Actor, Scope
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.sharing import ShareWish
from rflow.core.space_policy import Policy
from rflow.errors import NotAllowed, NotFound, NotSignedIn, UsageProblem
from rflow.ports.team import Accounts, Spaces, Tokens
from rflow.service.local.shared import SharedSessions
from support.stores.faults import quick_folder
from support.team import PASSWORD, SHELL, Team

SCOPES: tuple[Scope, ...] = get_args(Scope)

ACTORS: Mapping[str, str] = {
    "x": "an outsider, who leads another space",
    "r": "a reader",
    "m": "a member",
    "L": "a lead",
    "A": "an admin",
    "l": "somebody who can open the store itself",
    "g": "an agent with every scope",
    "w": "an agent without the scope read",
    "T": "a token of the admin's with every scope",
    "d": "a disabled account",
    "0": "nobody who is signed in",
    "s": "somebody with only a link",
}
SIGNED_OUT = "d0s"
"""Those for whom there is no actor, so that they can't call anything."""

# Who may (+), who is refused (-); for all others it does not exist.
ADMINS = "+ Al - xrmLgwT"
EVERYBODY = "+ xrmLAlgwT"
MEMBERS = "+ rmLAlgT - w"
LEADS = "+ LAl - rmgwT"
READERS = "+ xrmLAlgT - w"
OWN = "+ xrmLAl - gwT"

ACCOUNTS: Mapping[str, str] = {
    "actor": EVERYBODY,
    "add": ADMINS,
    "users": ADMINS,
    "user": ADMINS,
    "mine": "+ xrmLA - lgwT",
    "set_password": ADMINS,
    "change_password": "+ xrmLA - lgwT",
    "one_time_link": ADMINS,
    "set_admin": ADMINS,
    "set_notices": "+ mAl - xrLgwT",
    "disable": ADMINS,
    "enable": ADMINS,
    "erase": ADMINS,
    "audit": ADMINS,
    "latest_audit": ADMINS,
}
SPACES: Mapping[str, str] = {
    "actor": EVERYBODY,
    "add": ADMINS,
    "spaces": READERS,
    "members": MEMBERS,
    "set_role": LEADS,
    "set_policy": LEADS,
    "erase": LEADS,
    "clean": ADMINS,
}
TOKENS: Mapping[str, str] = {
    "actor": EVERYBODY,
    "create": "+ mAl - xrLgwT",
    "tokens": OWN,
    "revoke": "+ mAl - gwT",
}


class World:
    """Leeds and York with everybody in `ACTORS`, and tokens of the member's and the reader's."""

    def __init__(self) -> None:
        self.team = team = Team("memory:")
        everybody = {"A": True, "x": False, "r": False, "m": False, "L": False, "d": False, "other": False}
        self.admin = team.accounts
        for name, admin in everybody.items():
            team.accounts.add(f"name {name}", admin=admin)
        team.accounts.add("bot", agent=True)
        for space in ("Leeds", "York"):
            team.spaces.add(space)
        for name, role in (("r", "reader"), ("m", "member"), ("L", "lead"), ("d", "lead"), ("other", "member")):
            team.spaces.set_role("Leeds", f"name {name}", role)  # type: ignore[arg-type]
        team.spaces.set_role("Leeds", "bot", "member")
        team.spaces.set_role("York", "name x", "lead")
        self.token = team.tokens.create("name m", ["read"]).token
        self.tokens = {name: team.tokens.create(f"name {name}", SCOPES).secret for name in "Ad"}
        self.tokens["g"] = team.tokens.create("bot", SCOPES).secret
        self.session = team.sign_in.open_session(Actor(person=person("name d"), roles={}))
        team.accounts.disable("name d")

    def actor(self, name: str) -> Actor | None:
        """Return who signs in as each of `ACTORS`."""
        match name:
            case "l":
                return SHELL
            case "g" | "w":
                bot = self.team.sign_in.by_token(self.tokens["g"])
                assert bot is not None
                return bot if name == "g" else Actor(person=bot.person, roles=bot.roles, scopes=frozenset(("write",)))
            case "T":
                return self.team.sign_in.by_token(self.tokens["A"])
            case "d":
                return self.team.sign_in.by_token(self.tokens["d"]) or self.team.sign_in.by_session(self.session)
            case "0" | "s":
                return self.team.sign_in.by_token("") or self.team.sign_in.by_session(
                    self.link() if name == "s" else ""
                )
        opened = self.team.sign_in.open_session(Actor(person=person(f"name {name}"), roles={}))
        return self.team.sign_in.by_session(opened)

    def link(self) -> str:
        """Return the token of a link to a session in Leeds."""
        at = self.team.at(SHELL)
        session = at.start(c.Start(title="Label printer", space="leeds")).session
        return at.create_share(ShareWish(session=session)).token


Call = Callable[[World, Accounts, Spaces, Tokens], object]
CALLS: Mapping[type, Mapping[str, Call]] = {
    Accounts: {
        "actor": lambda world, accounts, spaces, tokens: accounts.actor,
        "add": lambda world, accounts, spaces, tokens: accounts.add("Somebody new"),
        "users": lambda world, accounts, spaces, tokens: accounts.users(),
        "user": lambda world, accounts, spaces, tokens: accounts.user("name m"),
        "mine": lambda world, accounts, spaces, tokens: accounts.mine(),
        "set_password": lambda world, accounts, spaces, tokens: accounts.set_password("name m", PASSWORD),
        "change_password": lambda world, accounts, spaces, tokens: accounts.change_password("", PASSWORD),
        "one_time_link": lambda world, accounts, spaces, tokens: accounts.one_time_link("name m"),
        "set_admin": lambda world, accounts, spaces, tokens: accounts.set_admin("name m", admin=True),
        "set_notices": lambda world, accounts, spaces, tokens: accounts.set_notices("name m", on=False),
        "disable": lambda world, accounts, spaces, tokens: accounts.disable("name other"),
        "enable": lambda world, accounts, spaces, tokens: accounts.enable("name d"),
        "erase": lambda world, accounts, spaces, tokens: accounts.erase("name other"),
        "audit": lambda world, accounts, spaces, tokens: accounts.audit(),
        "latest_audit": lambda world, accounts, spaces, tokens: accounts.latest_audit(100),
    },
    Spaces: {
        "actor": lambda world, accounts, spaces, tokens: spaces.actor,
        "add": lambda world, accounts, spaces, tokens: spaces.add("Hull"),
        "spaces": lambda world, accounts, spaces, tokens: spaces.spaces(),
        "members": lambda world, accounts, spaces, tokens: spaces.members("Leeds"),
        "set_role": lambda world, accounts, spaces, tokens: spaces.set_role("Leeds", "name m", "lead") is None,  # type: ignore[func-returns-value]
        "set_policy": lambda world, accounts, spaces, tokens: spaces.set_policy("Leeds", Policy(links="off")),
        "erase": lambda world, accounts, spaces, tokens: spaces.erase("Leeds", "Contoso") == [],
        "clean": lambda world, accounts, spaces, tokens: spaces.clean() == [],
    },
    Tokens: {
        "actor": lambda world, accounts, spaces, tokens: tokens.actor,
        "create": lambda world, accounts, spaces, tokens: tokens.create("name m", ["read"]),
        "tokens": lambda world, accounts, spaces, tokens: tokens.tokens() is not None,
        "revoke": lambda world, accounts, spaces, tokens: tokens.revoke(world.token.id),
    },
}
ROWS: Mapping[type, Mapping[str, str]] = {Accounts: ACCOUNTS, Spaces: SPACES, Tokens: TOKENS}
EVERY = [(port, name) for port, row in ROWS.items() for name in row]


def test_every_method_has_a_row_that_names_everybody_who_is_signed_in() -> None:
    for port, rows in ROWS.items():
        assert set(rows) == set(CALLS[port]) == {name for name in vars(port) if not name.startswith("_")}
        for row in rows.values():
            named = "".join(row.split()[1::2])
            assert len(set(named)) == len(named)
            assert set(named) <= set(ACTORS) - set(SIGNED_OUT)


def outcome(call: Callable[[], object]) -> str:
    """Say what came of a call: "+" done, "-" refused, "" as if there were nothing."""
    try:
        return "+" if call() else ""
    except NotSignedIn as refused:
        return "+" if "not your password" in refused.what else "-"  # it was looked at
    except NotAllowed:
        return "-"
    except (NotFound, UsageProblem):
        return ""


@pytest.mark.parametrize(("port", "name"), EVERY, ids=lambda value: getattr(value, "__name__", value))
def test_each_method_is_for_those_in_its_row(port: type, name: str) -> None:
    came, wanted = {}, {}
    words = ROWS[port][name].split()
    for letter in ACTORS:
        world = World()
        actor = world.actor(letter)
        assert (actor is None) == (letter in SIGNED_OUT)
        if actor is not None:
            offices = world.team.for_(actor)
            came[letter] = outcome(lambda world=world, offices=offices: CALLS[port][name](world, *offices))  # type: ignore[misc]
            signs = zip(words[::2], words[1::2], strict=True)
            wanted[letter] = next((sign for sign, letters in signs if letter in letters), "")
    assert came == wanted


def test_who_signs_in_has_the_roles_of_their_account_and_nothing_else() -> None:
    world = World()
    roles = {letter: actor.roles for letter in "xrmLAg" if (actor := world.actor(letter)) is not None}
    assert roles == {
        "x": {"york": "lead"},
        "r": {"leeds": "reader"},
        "m": {"leeds": "member"},
        "L": {"leeds": "lead"},
        "A": {},
        "g": {"leeds": "member"},
    }
    limited = {
        letter for letter in "xrmLAgT" if (actor := world.actor(letter)) is not None and actor.scopes is not None
    }
    admins = {letter for letter in "xrmLAgT" if (actor := world.actor(letter)) is not None and actor.admin}
    assert (limited, admins) == (set("gT"), set("AT"))


def test_a_link_is_all_that_its_reader_sees_and_makes_nobody_a_member() -> None:
    world = World()
    token = world.link()
    shared = SharedSessions(world.team.store, clock=world.team.clock, zone=lambda at: at)
    assert shared.live(token) is not None
    assert world.team.sign_in.by_token(token) is world.team.sign_in.by_session(token) is None


# What one may not see does not exist: in York, Leeds leaves no trace


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


YORK: list[Call] = [
    lambda world, accounts, spaces, tokens: spaces.spaces(),
    lambda world, accounts, spaces, tokens: spaces.members("Leeds"),
    lambda world, accounts, spaces, tokens: spaces.members("york"),
    lambda world, accounts, spaces, tokens: spaces.set_policy("Leeds", Policy()),
    lambda world, accounts, spaces, tokens: spaces.set_role("Leeds", "Dev", "lead"),
    lambda world, accounts, spaces, tokens: accounts.user("Lena Leeds"),
    lambda world, accounts, spaces, tokens: accounts.users(),
    lambda world, accounts, spaces, tokens: tokens.tokens(),
    lambda world, accounts, spaces, tokens: tokens.tokens("Lena Leeds"),
    lambda world, accounts, spaces, tokens: tokens.create("Lena Leeds", ["read"]),
    lambda world, accounts, spaces, tokens: tokens.revoke("0"),
    lambda world, accounts, spaces, tokens: accounts.audit(),
    lambda world, accounts, spaces, tokens: accounts.latest_audit(100),
]


@pytest.mark.parametrize("number", range(len(YORK)))
def test_a_lead_in_york_learns_nothing_of_leeds(number: int, folder: Path) -> None:
    learned = []
    for with_leeds in (False, True):
        team = Team(f"sqlite://{folder}/{with_leeds}.db")
        team.accounts.add("Root", admin=True)
        team.accounts.add("Dev")
        team.spaces.add("York")
        team.spaces.set_role("York", "Dev", "lead")
        if with_leeds:
            team.accounts.add("Lena Leeds")
            team.spaces.add("Leeds")
            team.spaces.set_role("Leeds", "Lena Leeds", "lead")
            team.tokens.create("Lena Leeds", ["read"], team.clock.at + timedelta(days=1))
        dev = team.for_(Actor(person=person("Dev"), roles={"york": "lead"}))
        learned.append(_learned(lambda dev=dev: YORK[number](None, *dev)))  # type: ignore[arg-type, misc]
        team.store.close()
    assert learned[0] == learned[1]


def _learned(call: Callable[[], object]) -> object:
    try:
        return call()
    except (NotAllowed, NotFound, UsageProblem) as error:
        return type(error).__name__, error.what, error.try_


def test_a_folder_has_no_team(folder: Path) -> None:
    team = Team(f"json:{folder}/shifts")
    for call in (team.accounts.users, team.tokens.tokens, lambda: team.spaces.add("Leeds")):
        with pytest.raises(UsageProblem, match="SQLite"):
            call()
