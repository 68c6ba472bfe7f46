"""Every address of a server on PostgreSQL, without the application's own filters: no row of another space comes out."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import get_args

import httpx
import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor, Scope
from rflow.core.people import person
from rflow.core.session.commands import AddEvidence, AddNote, AskQuestion, Start
from rflow.core.sharing import ShareWish
from rflow.core.tree.model import canonical, digest
from rflow.service.local.shared import SharedSessions
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team import Team
from rflow.service.team.tokens import LocalTokens
from rflow.stores.postgres.store import PostgresStore
from rflow.web.api.operations import OPERATIONS
from rflow.web.app import LinkServer
from rflow.web.work.pages import PAGES
from support.stores import postgres
from support.stores.stories import LPSTAT, LPSTAT_DIGEST, PRINTER, evidence
from support.stores.unfiltered import unfilter
from support.team import PASSWORD
from support.web.app import running
from support.web.visitor import SAME_ORIGIN

pytestmark = pytest.mark.slow

LEEDS, SECRET = "leeds", "Quagga"
"""The space that nobody here is in, and a word that is in everything of it."""
OTHERS = {"Lea": "lead", "Rosa": "reader", "Nils": ""}
"""Those who ask, and their role in York."""
TREE = replace(PRINTER, title=f"{SECRET} printer")
ALL_SCOPES = get_args(Scope)
FORM = {
    **dict.fromkeys(("text", "title", "choice", "result", "reason", "take_reason", "reply", "entry", "settled"), "x"),
    **dict.fromkeys(("impact", "change_text", "change_revert", "waiting_for", "skip_reason", "close_summary"), "x"),
    "space": LEEDS,
    "kind": "note",
    "target": "2",
    "was_entry": "x",
    "outcome": "resolved",
    "to": "Lea",
    "name": "Lea",
    "role": "lead",
    "expires": "1h",
    "format": "slack",
    "links": "public",
    "password": PASSWORD,
}
"""What a form says, whichever it is."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclasses.dataclass
class Hidden:
    """A server, the store behind it, what the addresses that reach for Leeds are made of, and who asks."""

    client: httpx.Client
    store: PostgresStore
    names: dict[str, str]
    headers: dict[str, dict[str, str]]

    def ask(self, who: str, method: str, path: str, **sent: object) -> str:
        """Ask for an address, and return the answer with what it leads to."""
        path = path.replace(":path", "").format(**self.names)
        headers = SAME_ORIGIN | self.headers[who]
        answer = self.client.request(method, path, headers=headers, **sent)  # type: ignore[arg-type]
        self.client.cookies.clear()
        assert answer.status_code not in (401, 500), (who, path, answer.text)
        assert "/sign-in" not in answer.headers.get("location", ""), (who, path)
        return f"{answer.text} {answer.headers}"

    def everything(self) -> object:
        """Return all of Leeds."""
        leeds = self.store.scoped([LEEDS])
        ids = sorted(leeds.ids())
        return [leeds.load(each) for each in ids], sorted(leeds.versions()), leeds.shares.stored(), leeds.people()


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hidden]:
    url = postgres.url(tmp_path_factory.mktemp("team"), "night")
    with closing(PostgresStore(url)) as store, closing(PostgresStore(url)) as behind:
        shell = Actor(person=person("shell"))
        accounts, spaces = LocalAccounts(store, shell, clock=now), LocalSpaces(store, shell, clock=now)
        for name in ("York", "Leeds"):
            spaces.add(name)
        accounts.add("Root", password=PASSWORD, admin=True)
        secrets = {}
        for name, role in OTHERS.items():
            accounts.add(name, password=PASSWORD)
            if role:
                spaces.set_role("York", name, role)  # type: ignore[arg-type]
            secrets[name] = LocalTokens(store, shell, clock=now).create(name, ALL_SCOPES).secret
        names = filled(store) | {"user": "lea", "account": "lea", "token": "U"}  # no id has a U, which looks like a V

        def links() -> SharedSessions:
            return SharedSessions(PostgresStore(url), clock=now, zone=lambda at: at, patterns=())

        with running(LinkServer(links, open_team=lambda: Team(PostgresStore(url), clock=now)).app) as address:
            headers = {f"{name}'s token": {"authorization": f"Bearer {secret}"} for name, secret in secrets.items()}
            headers |= {name: signed_in(address, name) for name in OTHERS}
            with httpx.Client(base_url=address, timeout=30) as client:
                yield Hidden(client, behind, names, headers)


def filled(store: PostgresStore) -> dict[str, str]:
    """Store a session in Leeds with all that can belong to one, and one in York; return the names of the former's."""
    yan = LocalWorkspace(store, Actor(person=person("Yan")), clock=now)
    yan.start(Start(title="Scanner in York", space="york"))
    at = LocalWorkspace(store, Actor(person=person(f"Ana {SECRET}")), clock=now)
    at.add_tree(canonical(TREE), LEEDS)
    session = at.start(Start(title=f"{SECRET} is dark", space=LEEDS, tree=digest(TREE))).session
    at.send(session, AddNote(text=f"{SECRET} hums"))
    at.send(session, AddEvidence(evidence=replace(evidence(LPSTAT), label=SECRET)), {LPSTAT_DIGEST: LPSTAT})
    at.send(session, AskQuestion(to=person("Lea"), text=f"Where is {SECRET}?"))
    link = at.create_share(ShareWish(session=session)).share.id
    return {"session": session, "digest": LPSTAT_DIGEST, "tree": TREE.id, "link": link, "space": LEEDS, "seq": "4"}


def signed_in(url: str, name: str) -> dict[str, str]:
    """Return the headers of somebody who has signed in."""
    answer = httpx.post(f"{url}/sign-in", data={"name": name, "password": PASSWORD}, headers=SAME_ORIGIN, timeout=30)
    return {"cookie": "; ".join(f"{cookie}={value}" for cookie, value in answer.cookies.items())}


def addresses() -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield each address with a method of its own, and what is sent there."""
    given: dict[str, object] = {
        "command": {"type": "add_note", "text": "x"},
        "session": "",
        "space": LEEDS,
        "title": "x",
    }
    for operation in OPERATIONS:
        if (
            not operation.device_flow
            and "/me/" not in operation.path
            and (not operation.stream or "{session}" in operation.path)
        ):
            yield operation.method, f"/api/v1{operation.path}", {"json": given} if operation.body is not None else {}
    for query in (
        "/search?words=hums",
        "/sessions?spaces=leeds",
        "/find?reference=0",
        "/trees?space=leeds",
    ):
        yield "GET", f"/api/v1{query}", {}
    for page in PAGES:
        if page.path.startswith(("/sign", "/set-password")):
            continue
        if page.get is not None:
            yield "GET", page.path, {"params": {"q": "hums", "space": LEEDS}}
        if page.post is not None and not page.path.startswith(("/account", "/tokens")):
            yield "POST", page.path, {"data": FORM}


def test_no_address_shows_or_changes_a_row_of_another_space_to_anybody(
    hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfilter(monkeypatch)
    before = hidden.everything()
    assert SECRET in str(before)
    for method, path, sent in addresses():
        for who in hidden.headers:
            if path.startswith("/api") or "token" not in who:
                assert SECRET not in hidden.ask(who, method, path, **sent), (who, path)
    assert hidden.everything() == before
    assert "Scanner in York" in hidden.ask("Lea", "GET", "/api/v1/sessions")
