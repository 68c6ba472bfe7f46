"""Who may send which form: every form of the table of pages, sent by every kind of person over HTTP.

Who may not gets a form that would do something, and nothing may change; who may is only seen to be let in, since what
their forms do is tested where each page is.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from rflow.web.work.pages import PAGES
from support.team import PASSWORD
from support.web.server import Served
from support.web.visitor import BEN, SAME_ORIGIN, team_served

pytestmark = pytest.mark.slow

ACTORS = ("Lea", "Eva", "Mia", "Cleo", "Root", BEN)
"""A lead of another space; a reader and a member of this one; who a session was handed to; an admin; the owner."""
ANSWERS = {"n": 404, "r": 403, "y": 422}
"""What those get who may not: what they may not see is not there, what is theirs they need not take; "m" is who may."""
OWNER, ANYONE, ALL, ADMIN = "nrrrrm", "nrmmmm", "mmmmmm", "nnnnmn"

MATRIX: Mapping[str, tuple[str, dict[str, str]]] = {
    "/sessions/new": ("nrmmmm", {"title": "Fan of rack 4", "space": "leeds"}),
    "/sessions/{session}/choose": (OWNER, {"choice": "x Yes"}),
    "/sessions/{session}/done": (OWNER, {"result": "x"}),
    "/sessions/{session}/skip": (OWNER, {"skip_reason": "x"}),
    "/sessions/{session}/back": (OWNER, {}),
    "/sessions/{session}/enter": (OWNER, {"tree": "{tree}"}),
    "/sessions/{session}/add": (ANYONE, {"text": "x", "kind": "note"}),
    "/sessions/{session}/pin": (ANYONE, {"target": "{note}"}),
    "/sessions/{session}/settle": (ANYONE, {"target": "{note}", "settled": "x"}),
    "/sessions/{session}/amend": ("nrrrrm", {"target": "{note}", "entry": "x", "was_entry": "It began on Monday"}),
    "/sessions/{session}/reply": (ANYONE, {"target": "{question}", "reply": "x"}),
    "/sessions/{session}/brief": (OWNER, {"impact": "x"}),
    "/sessions/{session}/change": (OWNER, {"change_text": "x", "change_revert": "x"}),
    "/sessions/{session}/reverted": (OWNER, {"target": "2"}),
    "/sessions/{session}/waiting": (OWNER, {"waiting_for": "x"}),
    "/sessions/{session}/undo": (ANYONE, {}),
    "/sessions/{session}/close": (OWNER, {"outcome": "resolved"}),
    "/sessions/{session}/reopen": (OWNER, {}),
    "/sessions/{handed}/accept": ("nrrmrr", {}),
    "/sessions/{handed}/decline": ("nrrmrr", {}),
    "/sessions/{handed}/cancel": ("nrrrrm", {}),
    "/sessions/{session}/take-over": ("nrmmmy", {"take_reason": "x"}),
    "/sessions/{session}/share/link": (ANYONE, {"expires": "1h"}),
    "/sessions/{session}/share/copied": (ANYONE, {"format": "slack"}),
    "/sessions/{session}/hand-off": ("nrrrrm", {"to": "Cleo"}),
    "/sessions/{session}/reassign": ("nrrrmr", {"to": "Cleo", "reason": "x"}),
    "/sessions/{session}/redact/{note}": ("nrrrmm", {}),
    "/sessions/{doomed}/delete": ("nrrrmm", {"confirm": "{doomed}"}),
    "/shares": ("nrrrmm", {"revoke": "{link}"}),
    "/shares/{link}/password": ("nrrrmm", {"password": "four words are enough"}),
    "/spaces": (ADMIN, {"name": "York"}),
    "/spaces/{space}/role": ("nrrrmr", {"name": "Eva", "role": "reader"}),
    "/spaces/{space}/policy": ("nrrrmr", {"links": "public"}),
    "/admin": (ADMIN, {"name": "Gus", "kind": "agent"}),
    "/admin/accounts/{account}": (ADMIN, {"do": "link"}),
    "/tokens/{token}/revoke": ("nnnnmm", {}),
    "/tokens": (ALL, {"scope": "read", "expires": "7d"}),
    "/account/password": (ALL, {"old": PASSWORD, "new": "x", "again": "y"}),
    "/account/notices": (ALL, {}),
    "/device": (ALL, {"code": "{device}", "do": "deny"}),
    "/sign-out-everywhere": (ALL, {}),
}
"""Who may send each form, a letter for each of `ACTORS`, and a form that would do something."""


@dataclasses.dataclass
class Matrix:
    """A server, the cookie of each person, and what the addresses of forms are made of."""

    served: Served
    cookies: Mapping[str, dict[str, str]]
    names: dict[str, str]

    def send(self, path: str, actor: str, **more: str) -> int:
        """Send the form of an address as somebody; return the status."""
        form = {name: text.format(**self.names) for name, text in (MATRIX[path][1] | more).items()}
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies[actor].items())
        headers = SAME_ORIGIN | {"cookie": cookie}
        return self.served.get(path.format(**self.names), "POST", data=form, headers=headers).status_code

    def renew(self, path: str) -> None:
        """Make anew what a form ends."""
        if "{token}" in path:
            self.names["token"] = self._made("token", "create", "--user", BEN, "--scope", "read")["id"]
        if path == "/shares":
            self.names["link"] = self.served.ana.json("share", "create", "-s", self.names["session"], "--json")["id"]
        if "{doomed}" in path:
            started = self.served.ana.at(terminal="doomed")
            self.names["doomed"] = started.json("start", "--title", "Fan", "--space", "Leeds", "--json")["code"]
        if path == "/device":
            form = {"client_id": "laptop", "scope": "read"}
            asked = self.served.get("/api/v1/device/authorization", "POST", data=form)
            self.names["device"] = asked.json()["user_code"]

    def state(self) -> Any:
        """Return what forms could have changed: the sessions, and all that is audited."""
        root = self.served.ana.at(user="Root", terminal="root")
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies["Root"].items())
        audit = self.served.get("/admin/audit/file", headers={"cookie": cookie}).text
        sessions = [self.served.ana.ok("export", self.names[name]).out for name in ("session", "handed")]
        audited = [line for line in audit.splitlines() if "session_exported" not in line]  # as this has just done
        return sessions, audited, root.json("user", "list", "--json"), self.served.ana.json("list", "--all", "--json")

    def _made(self, *words: str) -> Any:
        return self.served.ana.at(user="Root", terminal="root").json(*words, "--json")


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with team_served(tmp_path_factory.mktemp("team")) as served:
        root = served.ana.at(user="Root", terminal="root").with_tree()
        root.ok("space", "add", "Bath")
        for name, space, role in (("Finn", "Leeds", "lead"), ("Lea", "Bath", "lead"), ("Mia", "Leeds", "member")):
            root.ok("user", "add", name, "--password-stdin", stdin=PASSWORD)
            root.ok("space", "members", space, "--add", name, "--role", role)
        first, second = served.ana.at(terminal="one"), served.ana.at(terminal="two")
        code = first.json("start", "label-printer", "--space", "Leeds", "--json")["code"]
        first.ok("note", "--assume", "It began on Monday")
        first.ok("question", "Cleo", "Which lamp is lit?")
        handed = second.json("start", "--title", "Till 3 is slow", "--space", "Leeds", "--json")["code"]
        second.ok("handoff", "Cleo")
        names = {"session": code, "handed": handed, "space": "leeds", "account": "cleo"}
        names |= targets(first.ok("export", code).out)
        cookies: dict[str, dict[str, str]] = {"": {}} | {name: signed_in(served, name) for name in ("Finn", *ACTORS)}
        root.ok("user", "disable", "Finn")
        matrix = Matrix(served, cookies, names)
        for path in MATRIX:
            matrix.renew(path)
        yield matrix


def targets(history: str) -> dict[str, str]:
    """Return the numbers of the note and of the question in a session, and the tree that it is in."""
    *_, entered, note, question = (json.loads(line) for line in history.splitlines())
    return {"note": note["seq"], "question": question["seq"], "tree": entered["fact"]["tree"]["digest"]}


def signed_in(served: Served, name: str) -> dict[str, str]:
    form = {"name": name, "password": PASSWORD}
    return dict(served.get("/sign-in", "POST", data=form, headers=SAME_ORIGIN).cookies)


def test_every_form_is_in_the_matrix() -> None:
    forms = [page for page in PAGES if page.post is not None]
    assert {page.path.replace(":path", "") for page in forms if not page.public} == {
        path.replace("{handed}", "{session}").replace("{doomed}", "{session}").replace("{note}", "{seq}")
        for path in MATRIX
    }
    assert {page.path for page in forms if page.public} == {"/sign-in", "/sign-out", "/set-password/{token}"}


def test_who_may_not_send_a_form_changes_nothing(matrix: Matrix) -> None:
    before, wrong = matrix.state(), []
    for path, (may, _) in MATRIX.items():
        expected = {"": 401, "Finn": 401} | {
            actor: ANSWERS[letter] for actor, letter in zip(ACTORS, may, strict=True) if letter in ANSWERS
        }
        found = {actor: matrix.send(path, actor) for actor in expected}
        wrong += [(path, found, expected)] if found != expected else []
    assert wrong == []
    assert matrix.state() == before


def test_who_may_send_a_form_is_let_in(matrix: Matrix) -> None:
    """With the version of a page that is out of date, so that it changes little for the one who comes next."""
    wrong = []
    for path, (may, _) in MATRIX.items():
        for actor in (actor for actor, letter in zip(ACTORS, may, strict=True) if letter == "m"):
            matrix.renew(path)
            status = matrix.send(path, actor, seen="1")
            wrong += [(path, actor, status)] if status not in (200, 303, 409, 422) else []
    assert wrong == []
