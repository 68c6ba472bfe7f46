"""The home page, which lists the reader's work, the inbox, and the search."""

from collections.abc import Mapping, Sequence
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
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.pages.handed import MAX_SESSIONS, Handed, handed

OPEN: tuple[Status, ...] = ("open", "handed_off")
STALE = timedelta(hours=24)
HOME_ROWS, PAGE_ROWS = 20, 100
"""Maximum number of sessions in a list, on the home page and on a page of its own."""
HANDED = ("inbox", "queues")
"""The lists of sessions that were handed over."""
_MAX_READS = 5
"""Maximum number of pages to read from the store for one list."""


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """A list of sessions: its key in the query, its heading, the text if it is empty, and its rows.

    `handed` is what came with the handoffs of these sessions, by id; it is of the first `handed_limit` of them, if that
    is not 0.
    """

    key: str
    heading: str
    hint: str
    empty: str
    heads: Sequence[Head] = ()
    after: str | None = None
    handed: Mapping[str, Handed] = {}
    handed_limit: int = 0


_LISTS: dict[str, tuple[str, str, str]] = {
    "mine": ("Mine", "open, owned by you", "You own no open session."),
    "inbox": ("Inbox", "handed to you, not accepted yet", "Nothing waits for you."),
    "queues": ("Queues", "waiting, for anyone to claim", "Nothing waits in a queue."),
    "team": ("Team", "open, owned by others", "Nobody else has an open session here."),
    "stale": ("Stale", "nothing for 24 hours", "No open session has been left alone for 24 hours."),
    "closed": ("Closed", "the latest first", "No session is closed yet."),
}
"""Heading, hint and empty text of each list."""


def home(call: Call) -> Result:
    """Show the reader's work; to people who are not signed in, show what this server is and how to sign in."""
    if call.actor is None:
        return HtmlPage(template="welcome.html.j2", values={"accounts": call.team.accounts_exist()})
    if call.query.get("list") in _LISTS:
        return single_list(call, call.query["list"])
    lists = {key: session_list(call, key, HOME_ROWS) for key in ("inbox", "mine", "queues", "team", "stale")}
    lists["inbox"] = _with_handoffs(call, lists["inbox"])
    return HtmlPage(template="home.html.j2", values={"lists": lists, **spaces_of(call)})


def inbox(call: Call) -> Result:
    """Show the sessions that were handed to the reader or wait in a queue."""
    lists = {key: _with_handoffs(call, session_list(call, key, PAGE_ROWS)) for key in HANDED}
    return HtmlPage(template="inbox.html.j2", values={"lists": lists, **spaces_of(call)})


def single_list(call: Call, key: str) -> Result:
    """Show a page of one list."""
    page = session_list(call, key, PAGE_ROWS, call.query.get("after"))
    if key in HANDED:
        page = _with_handoffs(call, page)
    return HtmlPage(template="list.html.j2", values={"listed": page, **spaces_of(call)})


def _with_handoffs(call: Call, listed: SessionList) -> SessionList:
    """Return a list with what came with the handoffs of its first sessions."""
    limit = MAX_SESSIONS if len(listed.heads) > MAX_SESSIONS else 0
    return msgspec.structs.replace(listed, handed=handed(call, listed.heads), handed_limit=limit)


def spaces_of(call: Call) -> dict[str, Any]:
    """Return the spaces that the reader may see, by id, and the selected one ("" for all)."""
    spaces: dict[str, SpaceView] = {space.id: space for space in call.workspace.spaces()}
    wanted = call.query.get("space", "")
    return {"spaces": spaces, "space": wanted if wanted in spaces else ""}


def session_list(call: Call, key: str, limit: int, after: str | None = None) -> SessionList:
    """Read a list of sessions.

    The store can't apply the filters of all lists: its pages are read and filtered until there are enough rows.
    """
    heading, hint, empty = _LISTS[key]
    me = call.me.person.id
    space = spaces_of(call)["space"]
    query = msgspec.structs.replace(_query(call, key), spaces=(space,) if space else None, limit=limit, after=after)
    heads: list[Head] = []
    for _ in range(_MAX_READS):
        page = call.workspace.heads(query)
        heads += [head for head in page.heads if _belongs(head, key, me)]
        query = msgspec.structs.replace(query, after=page.after)
        if page.after is None or len(heads) >= limit:
            break
    return SessionList(key=key, heading=heading, hint=hint, empty=empty, heads=heads, after=query.after)


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
    """Whether a session from the store belongs to a list."""
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


def search(call: Call) -> Result:
    """Search sessions; a code redirects to its session."""
    words = call.query.get("q", "").strip()
    if not words:
        return HtmlPage(template="search.html.j2", values={"q": "", "page": None, **spaces_of(call)})
    if is_code(words.upper()):
        with suppress(NotFound):
            return Redirect(to=f"/sessions/{call.workspace.find(words).code}")
    space = spaces_of(call)["space"]
    filters = Query(spaces=(space,) if space else None, limit=20, after=call.query.get("after"))
    page = call.workspace.search(Search(words=words, filters=filters))
    return HtmlPage(template="search.html.j2", values={"q": words, "page": page, **spaces_of(call)})


PAGES = (
    Page(path="/", get=home, public=True),
    Page(path="/inbox", get=inbox),
    Page(path="/search", get=search),
)
