"""My shares: the links that the reader made, and those to their sessions: when they were opened, and revoking them."""

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
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.errors import status_of
from rflow.web.work.pages.places import MOST, place_in, shown_in_address

SOON = timedelta(hours=1)
FEW, AT_ONCE = 20, 1000
"""Up to how many sessions are looked up one by one; how many are read at once."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A link in a list: the session it leads to (None if it is gone), whether it works, and who may end it."""

    count: ShareCount
    head: Head | None
    state: ShareState
    soon: bool
    revocable: bool


def shares(call: Call) -> Answer:
    """List links, the newest first; those that have ended only if they are asked for."""
    return _list_page(call)


def _list_page(call: Call, error: RflowError | None = None) -> Shown:
    everybody, ended = "all" in call.query and _leads(call), "ended" in call.query
    after = place_in(call.query.get("after", ""), "/shares")
    found, hidden = _found(call, after, everybody=everybody, ended=ended)
    shown = rows(call, found[:MOST])
    values = {
        "rows": shown,
        "live": sum(row.state == "live" for row in shown),
        "ended": hidden + sum(row.state != "live" for row in shown),
        "older": shown_in_address(link_key(found[MOST - 1].share)) if len(found) > MOST else "",
        "first": after is None,
        "with_ended": ended,
        "everybody": everybody,
        "leads": _leads(call),
        "error": error,
    }
    return Shown(template="shares.html.j2", values=values, status=status_of(error) if error else 200)


def _found(call: Call, after: Key | None, *, everybody: bool, ended: bool) -> tuple[list[ShareCount], int]:
    """Return the links of a page and the next one, and how many that have ended were left out before it was full."""
    hidden, now = 0, call.team.now()

    def select(part: Part) -> list[tuple[Key, ShareCount | None]]:
        nonlocal hidden
        counts = call.workspace.shares(everybody=everybody, part=part)
        wanted = [count if ended or state_of(count.share, now) == "live" else None for count in counts]
        hidden += wanted.count(None)
        return [(link_key(count.share), each) for count, each in zip(counts, wanted, strict=True)]

    return collect(select, Part(after=after, limit=MOST + 1)), hidden


def _leads(call: Call) -> bool:
    return any(space.role == "lead" for space in call.workspace.spaces())


def rows(call: Call, counts: Sequence[ShareCount]) -> list[Row]:
    """Return links as a list shows them, the newest first."""
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
    """Return the sessions of links that can be read, by id: of many, those updated last at once, others one by one."""
    last = call.workspace.heads(Query(limit=AT_ONCE)).heads if len(sessions) > FEW else ()
    heads = {head.id: head for head in last if head.id in sessions}
    for session in sessions - heads.keys():
        try:
            heads[session] = call.workspace.find(session)
        except (NotFound, StoreProblem):
            continue
    return heads


def send_revoke(call: Call) -> Answer:
    """Revoke the links that were chosen, or all of a session."""
    wanted = [*dict.fromkeys(call.form.all("revoke") or call.form.all("link"))]
    if session := call.form.line("session"):
        head = call.workspace.find(session)
        wanted = [row.count.share.id for row in rows(call, call.workspace.shares(head.id)) if row.revocable]
    if not wanted:
        return _list_page(call, UsageProblem("No link was chosen.", try_="Tick the links that are to end."))
    for link in wanted:
        call.workspace.revoke_share(link)
    to = "/shares" if len(wanted) > 1 or not call.form.line("back") else f"/shares/{wanted[0]}"
    return Redirect(to=to, say=texts.REVOKED.format(links=counted(wanted, "link")))


def one(call: Call) -> Answer:
    """Show a link, and when it was opened."""
    return _link_page(call)


def _link_page(call: Call, error: RflowError | None = None) -> Shown:
    count = call.workspace.share(call.named("link"))
    values: dict[str, Any] = {
        "row": rows(call, [count])[0],
        "views": call.workspace.share_views(count.share.id),
        "error": error,
    }
    return Shown(template="share_one.html.j2", values=values, status=status_of(error) if error else 200)


def send_password(call: Call) -> Answer:
    """Change the password of a link, or remove it."""
    count = call.workspace.share(call.named("link"))
    password = "" if "remove" in call.form else call.form.text("password")
    if not password and "remove" not in call.form:
        return _link_page(call, UsageProblem("The password is empty.", try_="Type one, or remove it."))
    try:
        call.workspace.protect_share(count.share.id, password)
    except UsageProblem as error:
        return _link_page(call, error)
    return Redirect(to=f"/shares/{count.share.id}", say=texts.LINK_PASSWORD if password else texts.LINK_OPEN)


PAGES = (
    Page(path="/shares", get=shares, post=send_revoke),
    Page(path="/shares/{link}", get=one),
    Page(path="/shares/{link}/password", post=send_password),
)
