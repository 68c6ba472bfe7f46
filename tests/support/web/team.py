"""A team that is served by two processes over one store, and what its people ask them over HTTP."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx

from rflow.core.accounts import actor_of
from rflow.core.actors import Scope
from rflow.core.people import person
from rflow.ports.stores import Store
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.sign_in import SignIn
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.tokens import LocalTokens
from rflow.stores import open_store
from support.program import Program
from support.stores.kinds import url_in
from support.team import PASSWORD, SHELL
from support.web.server import Served, serving

API = "/api/v1"
PEOPLE = {"Ben Okafor": "member", "Cleo": "member", "Eva": "reader", "Lena": "lead"}
"""Who is in the space Leeds; Dev is in no space, Root is an admin."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclasses.dataclass
class ServedTeam:
    """Two processes (`servers`) over one store, and a token of everybody by name."""

    store: Store
    servers: list[Served]
    tokens: dict[str, str]

    def __post_init__(self) -> None:
        self.accounts = LocalAccounts(self.store, SHELL, clock=now)
        self.spaces = LocalSpaces(self.store, SHELL, clock=now)
        self.office = LocalTokens(self.store, SHELL, clock=now)
        self._clients = [httpx.Client(base_url=served.url, timeout=30, verify=False) for served in self.servers]

    def token(self, name: str, *scopes: Any) -> str:
        """Create a token for somebody, with all scopes if none is named."""
        return self.office.create(name, scopes or get_args(Scope)).secret

    def web_session(self, name: str) -> str:
        """Open a web session for somebody; return its token."""
        account = self.store.accounts.account(person(name).id)
        assert account is not None
        actor = actor_of(account, self.store.accounts.roles(account.id))
        assert actor is not None
        return SignIn(self.store, clock=now).open_session(actor)

    def ask(self, method: str, path: str, who: str = "Ben Okafor", server: int = 0, **options: Any) -> httpx.Response:
        """Ask one of the servers; `who` is a name, or a token, or empty for nobody."""
        token = self.tokens.get(who, who)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._clients[server].request(
            method, API + path, headers=headers | options.pop("headers", {}), **options
        )

    def send(self, session: str, who: str = "Ben Okafor", server: int = 0, **command: Any) -> httpx.Response:
        """Send a command."""
        path = f"/sessions/{session}/commands"
        return self.ask("POST", path, who, server, json={"command": command})

    def start(self, who: str = "Ben Okafor", title: str = "Till 3 is slow", space: str = "leeds") -> str:
        """Start a session; return its id."""
        made = self.ask("POST", "/sessions", who, json={"title": title, "space": space})
        assert made.status_code == 201, made.text
        return str(made.json()["session"])

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()


@contextmanager
def served_team(home: Path, processes: int = 2, kind: str = "sqlite") -> Iterator[ServedTeam]:
    """Serve a new store of this kind with a team in so many processes."""
    url = url_in(home, kind, "team")
    program = Program(home, store=url)
    with ExitStack() as open_:
        store = open_.enter_context(closing(open_store(url)))
        team = ServedTeam(store, [], {})
        team.accounts.add("Root", password=PASSWORD, admin=True)
        team.spaces.add("Leeds")
        for name in ("Dev", *PEOPLE):
            team.accounts.add(name, password=PASSWORD)
        for name, role in PEOPLE.items():
            team.spaces.set_role("Leeds", name, role)  # type: ignore[arg-type]
        tokens = {name: team.token(name) for name in ("Root", "Dev", *PEOPLE)}
        servers = [open_.enter_context(serving(program, log=f"serve-{number}.log")) for number in range(processes)]
        yield open_.enter_context(closing(ServedTeam(store, servers, tokens)))


def events(response: httpx.Response) -> Iterator[tuple[str, str, Any]]:
    """Yield the server-sent events of a stream: kind, id, data."""
    found = {"event": "message", "id": ""}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            found[name] = value
        elif "data" in found:
            yield found["event"], found["id"], json.loads(found["data"])
            found = {"event": "message", "id": found["id"]}
