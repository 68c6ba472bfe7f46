"""My shares: the links that the reader created and those to their sessions, their views, and revoking them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from rflow.core.session.head import Head, Query
from rflow.core.sharing import ShareCount, ShareState, may_revoke, state_of
from rflow.core.text import counted
from rflow.errors import NotFound, RflowError, StoreProblem, UsageProblem
from rflow.ports.paging import Key, Part, collect, link_key
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.pages.cursors import PAGE_SIZE, format_cursor, parse_cursor

SOON = timedelta(hours=1)
MAX_LOOKUPS, BATCH = 20, 1000
"""Up to so many sessions are looked up one by one; for more, so many are read in one batch first."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A link in a list: its session (None if it is gone), its state, and whether the reader may revoke it."""

    count: ShareCount
    head: Head | None
    state: ShareState
    soon: bool
    revocable: bool


def shares(call: Call) -> Result:
    """List links, newest first; those that have ended only with `?ended`."""
    return _list_page(call)


def _list_page(call: Call, error: RflowError | None = None) -> HtmlPage:
    everybody, ended = "all" in call.query and _leads(call), "ended" in call.query
    after = parse_cursor(call.query.get("after", ""), "/shares")
    found, hidden = _read_page(call, after, everybody=everybody, ended=ended)
    shown = rows(call, found[:PAGE_SIZE])
    values = {
        "rows": shown,
        "live": sum(row.state == "live" for row in shown),
        "ended": hidden + sum(row.state != "live" for row in shown),
        "older": format_cursor(link_key(found[PAGE_SIZE - 1].share)) if len(found) > PAGE_SIZE else "",
        "first": after is None,
        "with_ended": ended,
        "everybody": everybody,
        "leads": _leads(call),
        "error": error,
    }
    return HtmlPage(template="shares.html.j2", values=values, status=status_of(error))


def _read_page(call: Call, after: Key | None, *, everybody: bool, ended: bool) -> tuple[list[ShareCount], int]:
    """Return the links of a page and one more, and the number of ended links that were left out among them."""
    hidden, now = 0, call.team.now()

    def select(part: Part) -> list[tuple[Key, ShareCount | None]]:
        nonlocal hidden
        counts = call.workspace.shares(everybody=everybody, part=part)
        wanted = [count if ended or state_of(count.share, now) == "live" else None for count in counts]
        hidden += wanted.count(None)
        return [(link_key(count.share), each) for count, each in zip(counts, wanted, strict=True)]

    return collect(select, Part(after=after, limit=PAGE_SIZE + 1)), hidden


def _leads(call: Call) -> bool:
    return any(space.role == "lead" for space in call.workspace.spaces())


def rows(call: Call, counts: Sequence[ShareCount]) -> list[Row]:
    """Return the rows for links, newest first."""
    heads, now, me = _heads(call, {count.share.session for count in counts}), call.team.now(), call.me
    made = []
    for count in sorted(counts, key=lambda count: count.share.created_at, reverse=True):
        share, head = count.share, heads.get(count.share.session)
        state = state_of(share, now)
        soon = share.expires_at is not None and share.expires_at - now < SOON
        revocable = state == "live" and may_revoke(share, head.owner.id if head else None, me)
        made.append(Row(count=count, head=head, state=state, soon=soon, revocable=revocable))
    return made


def _heads(call: Call, sessions: set[str]) -> dict[str, Head]:
    """Return the sessions by id, without those that can't be read: many in one batch, the rest one by one."""
    last = call.workspace.heads(Query(limit=BATCH)).heads if len(sessions) > MAX_LOOKUPS else ()
    heads = {head.id: head for head in last if head.id in sessions}
    for session in sessions - heads.keys():
        try:
            heads[session] = call.workspace.find(session)
        except (NotFound, StoreProblem):
            continue
    return heads


def send_revoke(call: Call) -> Result:
    """Revoke the selected links, or all links of a session."""
    wanted = [*dict.fromkeys(call.form.all("revoke") or call.form.all("link"))]
    if session := call.form.line("session"):
        head = call.workspace.find(session)
        wanted = [row.count.share.id for row in rows(call, call.workspace.shares(head.id)) if row.revocable]
    if not wanted:
        return _list_page(call, UsageProblem("No link was chosen.", try_="Tick the links to revoke."))
    for link in wanted:
        call.workspace.revoke_share(link)
    to = "/shares" if len(wanted) > 1 or not call.form.line("back") else f"/shares/{wanted[0]}"
    return Redirect(to=to, notice=texts.REVOKED.format(links=counted(wanted, "link")))


def one(call: Call) -> Result:
    """Show a link and its views."""
    return _link_page(call)


def _link_page(call: Call, error: RflowError | None = None) -> HtmlPage:
    count = call.workspace.share(call.path_param("link"))
    values: dict[str, Any] = {
        "row": rows(call, [count])[0],
        "views": call.workspace.share_views(count.share.id),
        "error": error,
    }
    return HtmlPage(template="share_one.html.j2", values=values, status=status_of(error))


def send_password(call: Call) -> Result:
    """Change the password of a link, or remove it."""
    count = call.workspace.share(call.path_param("link"))
    password = "" if "remove" in call.form else call.form.text("password")
    if not password and "remove" not in call.form:
        return _link_page(call, UsageProblem("The password is empty.", try_="Type one, or remove it."))
    try:
        call.workspace.protect_share(count.share.id, password)
    except UsageProblem as error:
        return _link_page(call, error)
    return Redirect(to=f"/shares/{count.share.id}", notice=texts.LINK_PASSWORD if password else texts.LINK_OPEN)


PAGES = (
    Page(path="/shares", get=shares, post=send_revoke),
    Page(path="/shares/{link}", get=one),
    Page(path="/shares/{link}/password", post=send_password),
)
