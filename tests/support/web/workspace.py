"""A team at work, and every page that it has: what the tests that judge and picture the pages look at."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.team import PASSWORD
from support.web.server import Served
from support.web.visitor import BEN, SAME_ORIGIN, Visitor, team_served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MAYA, ROOT, CLEO, DEV = "Maya", "Root", "Cleo", "Dev"
CODE = "V6HJ-VG"
"""Maya's session: that of the examples, which stands at a question."""

PLACES: Mapping[str, tuple[str, str]] = {
    "welcome": ("", "/"),
    "sign-in": ("", "/sign-in?next=/inbox"),
    "set-password": ("", "/set-password/{invitation}"),
    "home": (MAYA, "/"),
    "inbox": (MAYA, "/inbox"),
    "empty": (DEV, "/"),
    "list": (MAYA, "/?list=team"),
    "search": (MAYA, "/search?q=postgres"),
    "search-nothing": (MAYA, "/search?q=nothing+like+it"),
    "start": (MAYA, "/sessions/new"),
    "session": (MAYA, f"/sessions/{CODE}"),
    "session-action": (BEN, "/sessions/{action}"),
    "session-closed": (BEN, "/sessions/{closed}"),
    "session-handed": (MAYA, "/sessions/{handed}"),
    "session-other": (CLEO, f"/sessions/{CODE}"),
    "share": (MAYA, f"/sessions/{CODE}/share"),
    "share-whole": (MAYA, f"/sessions/{CODE}/share?format=markdown&length=whole"),
    "hand-off": (MAYA, f"/sessions/{CODE}/hand-off"),
    "reassign": (ROOT, f"/sessions/{CODE}/hand-off"),
    "redact-list": (MAYA, f"/sessions/{CODE}/redact"),
    "redact": (MAYA, f"/sessions/{CODE}/redact/22"),
    "delete": (MAYA, f"/sessions/{CODE}/delete"),
    "shares": (MAYA, "/shares?ended=1"),
    "no-shares": (DEV, "/shares"),
    "share-one": (MAYA, "/shares/{link}"),
    "account": (MAYA, "/account"),
    "tokens": (MAYA, "/tokens"),
    "spaces": (MAYA, "/spaces"),
    "space": (ROOT, "/spaces/leeds"),
    "space-member": (CLEO, "/spaces/leeds"),
    "admin": (ROOT, "/admin"),
    "admin-account": (ROOT, "/admin/accounts/maya"),
    "admin-audit": (ROOT, "/admin/audit"),
    "device": (MAYA, "/device"),
    "device-asking": (MAYA, "/device?code={device}"),
    "device-unknown": (DEV, "/device?code=BCDF-GHJK"),
    "not-a-member": (DEV, "/share/{token}/resume"),
    "missing": (MAYA, "/sessions/ZZZZ-ZZ"),
    "no-format": (MAYA, f"/sessions/{CODE}/share?format=fax"),
    "not-theirs": (CLEO, f"/sessions/{CODE}/hand-off"),
}
"""The pages: who looks ("" for somebody who is not signed in), and where; the names in braces are in `Workspace`."""

ANSWERS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "method": (MAYA, "/inbox", {}),
    "foreign": (MAYA, f"/sessions/{CODE}/add", {"text": "The tunnel is down", "origin": "https://evil.example"}),
    "signed-out": ("", f"/sessions/{CODE}/add", {"text": "The tunnel is down"}),
    "stale": (MAYA, f"/sessions/{CODE}/choose", {"choice": "x No", "why": "He says so", "assume": "1", "seen": "3"}),
    "not-started": (MAYA, "/sessions/new", {"title": ""}),
    "no-link": (MAYA, f"/sessions/{CODE}/share/link", {"views": "-1", "label": "for the vendor"}),
    "made-link": (MAYA, f"/sessions/{CODE}/share/link", {"label": "for the vendor"}),
    "not-deleted": (MAYA, f"/sessions/{CODE}/delete", {"confirm": "yes"}),
    "no-receiver": (MAYA, f"/sessions/{CODE}/hand-off", {"to": "Cleoo", "note": "Go on", "if_1": "It beeps"}),
    "no-revoking": (MAYA, "/shares", {}),
    "no-token": (MAYA, "/tokens", {"expires": "never"}),
    "made-token": (MAYA, "/tokens", {"expires": "7d", "scope": "read"}),
    "no-account": (ROOT, "/admin", {"name": "@tier2", "kind": "agent"}),
    "made-account": (ROOT, "/admin", {"name": "Gus", "kind": "person"}),
    "no-policy": (ROOT, "/spaces/leeds/policy", {"links": "off", "retention_days": "ninety"}),
    "no-sign-in": ("", "/sign-in", {"name": MAYA, "password": "wrong"}),
    "no-password": (MAYA, "/account/password", {"old": "wrong", "new": "x" * 12, "again": "x" * 12}),
}
"""Pages that answer a form: who sends it, where to, and what."""


@dataclasses.dataclass(frozen=True)
class Workspace:
    """A running server, and what the addresses of its pages are made of."""

    served: Served
    names: Mapping[str, str]

    def at(self, name: str) -> str:
        """Return the address of a place, after that of the server."""
        return PLACES[name][1].format(**self.names)


SIZES = {"desktop": (1280, 900), "phone": (360, 780)}
"""The screens on which pages are looked at."""


def cookies_of(team: Workspace) -> Mapping[str, dict[str, str]]:
    """Sign everybody in who looks at a page; return the cookies of each. "" is nobody, who has none."""
    return {"": {}} | {name: _cookie_of(team, name) for name in {who for who, _ in PLACES.values()} if name}


def _cookie_of(team: Workspace, name: str) -> dict[str, str]:
    form = {"name": name, "password": PASSWORD}
    return dict(team.served.get("/sign-in", "POST", data=form, headers=SAME_ORIGIN).cookies)


@contextmanager
def a_reader(
    browser: "Browser", team: Workspace, cookie: Mapping[str, str], size: str, scheme: Any, **options: Any
) -> "Iterator[Page]":
    """Open a page for who has a cookie, on a screen of a size and in light or dark."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    context.add_cookies([{"name": name, "value": value, "url": team.served.url} for name, value in cookie.items()])
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def workspace_served(folder: Path) -> Iterator[Workspace]:
    """Serve a team whose pages all have something on them, until the block ends."""
    with team_served(folder) as served:
        yield Workspace(served, _at_work(served))


def _at_work(served: Served) -> dict[str, str]:
    root = served.ana.at(user=ROOT, terminal="root").with_tree()
    root.ok("user", "add", MAYA, "--password-stdin", stdin=PASSWORD)
    for name in (MAYA, BEN, CLEO):
        root.ok("space", "members", "default", "--add", name, "--role", "member")
    root.ok("token", "create", "--user", MAYA, "--scope", "read", "--label", "nightly report")
    maya = served.ana.at(user=MAYA, terminal="maya")
    maya.ok("import", str(Path(__file__).parents[3] / "examples" / "sessions" / "postgres-refused.jsonl"))
    for number, title in enumerate(("Till 3 is slow", "VPN drops every 50 min in Leeds", "Labels print twice")):
        maya.at(terminal=f"more {number}").ok("start", "--title", title, "--ticket", f"INC-33{number}7")
    link = maya.json("share", "create", "-s", CODE, "--label", "for the vendor", "--json")
    served.get(f"/share/{link['token']}", headers={"user-agent": "Firefox/150"})
    ended = maya.json("share", "create", "-s", CODE, "--label", "for the bridge", "--max-views", "5", "--json")
    maya.ok("share", "revoke", ended["id"])
    handed = served.ana.at(terminal="handed").json(
        "start", "--title", "Intermittent 502 on shop.ferrow.example", "--severity", "2", "--json"
    )
    more = ("--note", "I leave at 18:00", "--warn", "lb-edge-1 fills its disk at about 21:00")
    served.ana.at(terminal="handed").ok("handoff", MAYA, *more)
    at_action, closed = served.ana.at(terminal="action"), served.ana.at(terminal="closed")
    action = at_action.start()
    at_action.ok("choose", "green")
    done = closed.json("start", "--title", "Badge reader blinks red", "--json")
    closed.ok("close", "--outcome", "resolved")
    form = {"client_id": "rflow", "machine": "maya-laptop", "scope": "read write"}
    device = served.get("/api/v1/device/authorization", "POST", data=form).json()["user_code"]
    invited = Visitor(served.url).sign_in(ROOT).go("/admin").submit("/admin", name="Fay", kind="person")
    invitation = next(word for word in invited.text.split() if "/set-password/" in word).rpartition("/")[2]
    return {
        "link": str(link["id"]),
        "token": str(link["token"]),
        "handed": str(handed["code"]),
        "action": action,
        "closed": str(done["code"]),
        "device": str(device),
        "invitation": invitation,
    }
