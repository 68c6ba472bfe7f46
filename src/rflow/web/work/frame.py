"""The frame of every page: who is signed in, the navigation, what the last form did."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rflow.core.session.head import Query
from rflow.errors import RflowError
from rflow.web.work.call import Call
from rflow.web.work.cookies import Notice

INBOX_COUNTED = 99


class NavigationEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the navigation; `admin` entries are only for administrators."""

    path: str
    label: str
    admin: bool = False


NAVIGATION: Sequence[NavigationEntry] = (
    NavigationEntry(path="/", label="My work"),
    NavigationEntry(path="/inbox", label="Inbox"),
    NavigationEntry(path="/shares", label="My shares"),
    NavigationEntry(path="/admin", label="Admin", admin=True),
)
"""The navigation. An entry is shown if there is a page at its path."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The values for templates/web/base.html.j2; `paths` are those of all pages, as in `PAGES`."""

    name: str = ""
    user: str = ""
    places: Sequence[NavigationEntry] = ()
    at: str = ""
    within: str = ""
    inbox: int = 0
    notice: Notice | None = None
    paths: frozenset[str] = frozenset()


def frame_of(call: Call, paths: frozenset[str]) -> Frame:
    """Return the frame of a page; `paths` are those of all pages."""
    actor, request = call.actor, call.request
    if actor is None:
        return Frame(notice=request.notice, at=request.path)
    places = [place for place in NAVIGATION if place.path in paths and (actor.admin or not place.admin)]
    return Frame(
        name=actor.person.name,
        user=actor.person.id,
        places=places,
        at=request.path,
        within=_current_entry(places, request.path),
        inbox=inbox_count(call),
        notice=request.notice,
        paths=paths,
    )


def _current_entry(places: Sequence[NavigationEntry], path: str) -> str:
    """Return the path of the navigation entry that a page belongs to; "" for none."""
    if path.startswith(("/spaces", "/tokens")):  # tabs beside the accounts
        path = "/admin/tabs"
    return next((each.path for each in places if each.path != "/" and path.startswith(f"{each.path}/")), "")


def inbox_count(call: Call) -> int:
    """Return how many sessions wait for the reader or in a queue; 0 if that can't be read."""
    try:
        return len(call.workspace.heads(Query(inbox=call.me.person.id, limit=INBOX_COUNTED)).heads)
    except RflowError:
        return 0


def with_frame(call: Call, paths: frozenset[str], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of a page together with its frame."""
    return {"typed": call.form, "now": call.site.zone(call.team.now()), **values, "frame": frame_of(call, paths)}
