"""The first page: my work, or for people who are not signed in, what this server is."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec

from rflow.core.session.head import Head, Query
from rflow.core.session.search.query import Search
from rflow.core.session.state import Status
from rflow.errors import NotFound
from rflow.identity import is_code
from rflow.ports.team import SpaceView
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.pages.handed import handed

OPEN: tuple[Status, ...] = ("open", "handed_off")
STALE = timedelta(hours=24)
FEW, MANY = 20, 100
"""How many sessions a list has on the first page, and on a page of its own."""


_MOST_PAGES = 5
"""How many pages of the store are read for one of a list."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A list of sessions: its key in the address, its heading, what to say if it is empty, and its rows."""

    key: str
    heading: str
    hint: str
    empty: str
    heads: Sequence[Head] = ()
    after: str | None = None


_LISTS: dict[str, tuple[str, str, str]] = {
    "mine": ("Mine", "open, owned by you", "You own no open session."),
    "inbox": ("Inbox", "handed to you, not accepted yet", "Nothing waits for you."),
    "queues": ("Queues", "waiting, for anyone to claim", "Nothing waits in a queue."),
    "team": ("Team", "open, owned by others", "Nobody else has an open session here."),
    "stale": ("Stale", "nothing for 24 hours", "No open session has been left alone for 24 hours."),
    "closed": ("Closed", "the latest first", "No session is closed yet."),
}
"""Heading, hint and empty text of each list."""


def home(call: Call) -> Answer:
    """Show my work, or, to people who are not signed in, what this server is and where to sign in."""
    if call.actor is None:
        return Shown(template="welcome.html.j2", values={"accounts": call.team.accounts_exist()})
    if call.query.get("list") in _LISTS:
        return one_list(call, call.query["list"])
    lists = {key: listed(call, key, FEW) for key in ("inbox", "mine", "queues", "team", "stale")}
    given = handed(call, lists["inbox"].heads)
    return Shown(template="home.html.j2", values={"lists": lists, "handed": given, **spaces_of(call)})


def inbox(call: Call) -> Answer:
    """Show what was handed to the reader, or waits in a queue."""
    lists = {key: listed(call, key, MANY) for key in ("inbox", "queues")}
    given = handed(call, lists["inbox"].heads) | handed(call, lists["queues"].heads)
    return Shown(template="inbox.html.j2", values={"lists": lists, "handed": given, **spaces_of(call)})


def one_list(call: Call, key: str) -> Answer:
    """Show one list, page after page."""
    shown = listed(call, key, MANY, call.query.get("after"))
    return Shown(template="list.html.j2", values={"listed": shown, **spaces_of(call)})


def spaces_of(call: Call) -> dict[str, Any]:
    """Return the spaces that the reader may see, by id, and the one that they look at ("" for all)."""
    spaces: dict[str, SpaceView] = {space.id: space for space in call.workspace.spaces()}
    wanted = call.query.get("space", "")
    return {"spaces": spaces, "space": wanted if wanted in spaces else ""}


def listed(call: Call, key: str, limit: int, after: str | None = None) -> Listed:
    """Return a list of sessions.

    Some lists are a part of what the store can list: pages of it are read until there are enough rows.
    """
    heading, hint, empty = _LISTS[key]
    me = call.me.person.id
    space = spaces_of(call)["space"]
    query = msgspec.structs.replace(_query(call, key), spaces=(space,) if space else None, limit=limit, after=after)
    heads: list[Head] = []
    for _ in range(_MOST_PAGES):
        page = call.workspace.heads(query)
        heads += [head for head in page.heads if _belongs(head, key, me)]
        query = msgspec.structs.replace(query, after=page.after)
        if page.after is None or len(heads) >= limit:
            break
    return Listed(key=key, heading=heading, hint=hint, empty=empty, heads=heads, after=query.after)


def _query(call: Call, key: str) -> Query:
    me = call.me.person.id
    if key == "mine":
        return Query(owner=me, status=OPEN)
    if key in ("inbox", "queues"):
        return Query(inbox=me)
    if key == "stale":
        return Query(status=OPEN, stale_before=call.team.now() - STALE)
    return Query(status=("closed",) if key == "closed" else OPEN)


def _belongs(head: Head, key: str, me: str) -> bool:
    """Whether a session that the store has listed belongs to a list."""
    match key:
        case "mine":
            return head.sender is None
        case "inbox":
            return not head.owner.is_queue
        case "queues":
            return head.owner.is_queue
        case "team":
            return head.owner.id != me and not head.owner.is_queue
    return True


def search(call: Call) -> Answer:
    """Search sessions; a code redirects to its session."""
    words = call.query.get("q", "").strip()
    if not words:
        return Shown(template="search.html.j2", values={"q": "", "page": None, **spaces_of(call)})
    if is_code(words.upper()):
        with suppress(NotFound):
            return Redirect(to=f"/sessions/{call.workspace.find(words).code}")
    space = spaces_of(call)["space"]
    filters = Query(spaces=(space,) if space else None, limit=20, after=call.query.get("after"))
    page = call.workspace.search(Search(words=words, filters=filters))
    return Shown(template="search.html.j2", values={"q": words, "page": page, **spaces_of(call)})


PAGES = (
    Page(path="/", get=home, public=True),
    Page(path="/inbox", get=inbox),
    Page(path="/search", get=search),
)
