"""The frame of every page: who is signed in, the navigation, what the last form did."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rflow.core.session.head import Query
from rflow.errors import RflowError
from rflow.web.work.call import Call
from rflow.web.work.cookies import Notice

INBOX_COUNTED = 99


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the navigation; `admin` for those who look after the server."""

    path: str
    label: str
    admin: bool = False


NAVIGATION: Sequence[Place] = (
    Place(path="/", label="My work"),
    Place(path="/inbox", label="Inbox"),
    Place(path="/shares", label="My shares"),
    Place(path="/admin", label="Admin", admin=True),
)
"""Where one may go from every page. An entry shows once there is a page at its path."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The values of templates/web/base.html.j2; `paths` are those of all pages, as they stand in their table."""

    name: str = ""
    user: str = ""
    places: Sequence[Place] = ()
    at: str = ""
    within: str = ""
    inbox: int = 0
    notice: Notice | None = None
    paths: frozenset[str] = frozenset()


def frame_of(call: Call, paths: frozenset[str]) -> Frame:
    """Return the frame of a page; `paths` are those that there are pages for."""
    actor, asked = call.actor, call.asked
    if actor is None:
        return Frame(notice=asked.notice, at=asked.path)
    places = [place for place in NAVIGATION if place.path in paths and (actor.admin or not place.admin)]
    return Frame(
        name=actor.person.name,
        user=actor.person.id,
        places=places,
        at=asked.path,
        within=_within(places, asked.path),
        inbox=inbox_count(call),
        notice=asked.notice,
        paths=paths,
    )


def _within(places: Sequence[Place], path: str) -> str:
    """Return the path of the entry of the navigation that a page belongs to; "" for none."""
    if path.startswith(("/spaces", "/tokens")):  # tabs beside the accounts
        path = "/admin/tabs"
    return next((each.path for each in places if each.path != "/" and path.startswith(f"{each.path}/")), "")


def inbox_count(call: Call) -> int:
    """Return how many sessions wait for the reader, or in a queue; 0 where that can't be read."""
    try:
        return len(call.workspace.heads(Query(inbox=call.me.person.id, limit=INBOX_COUNTED)).heads)
    except RflowError:
        return 0


def in_frame(call: Call, paths: frozenset[str], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of a page with those of its frame."""
    return {"typed": call.form, "now": call.site.zone(call.team.now()), **values, "frame": frame_of(call, paths)}
