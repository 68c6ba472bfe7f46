"""Links: their URLs, and tables of them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.display.lists import table
from rflow.cli.display.text import ago
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.sharing import ShareCount, ShareWish, state_of
from rflow.core.space_policy import Policy
from rflow.core.text import one_line, shorten
from rflow.errors import NotFound, StoreProblem

DEFAULT_BASE = "http://127.0.0.1:8765"
DEFAULT_LIFE = timedelta(hours=24)
_FEW, _PAGE = 20, 1000


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The base address of links; `hint` is a warning if only this machine can open them."""

    url: str
    hint: str = ""


def base_of(run: App) -> Base:
    """Return the base address of links: the setting, else the server of this store, else this machine."""
    configured = run.settings["share.base_url"].text
    if configured:
        from rflow.cli.parsing.web_address import base_url

        return Base(url=base_url(configured, "share.base_url"))
    if run.workspace.about.kind == "server":
        return Base(url=run.workspace.about.url)
    from rflow.service.heartbeat import running

    url = running(run.settings.folders.state, run.workspace.about.url)
    if url is not None:
        return Base(url=url, hint=_only_here(url))
    return Base(
        url=DEFAULT_BASE,
        hint="The link works only on this machine, once `rflow serve` runs. For a file to send instead: "
        "rflow progress -f html -o FILE",
    )


def _only_here(url: str) -> str:
    here = any(f"://{host}" in url for host in ("127.", "localhost", "[::1]"))
    return "The link works only on this machine, where `rflow serve` runs." if here else ""


def link_to(base: Base, token: str) -> str:
    """Return the link for a token."""
    return f"{base.url}/share/{token}"


def fresh_link(run: App, session: Session) -> tuple[str, datetime | None]:
    """Create a link with the default lifetime; return it, and when it expires."""
    base = base_of(run)
    wish = ShareWish(session=session.id, expires_at=ending_of(run, session), patterns=run.patterns)
    minted = run.workspace.create_share(wish)
    run.report_written(session, f"link {minted.share.id} created.")
    run.say(f"To revoke it: rflow share revoke {minted.share.id}")
    if base.hint:
        run.say(base.hint)
    return link_to(base, minted.token), minted.share.expires_at


def policy_of(run: App, session: Session) -> Policy:
    """Return the policy of a session's space."""
    return next((space.policy for space in run.workspace.spaces() if space.id == session.space), Policy())


def ending_of(run: App, session: Session) -> datetime:
    """Return when a link expires by default: in a day, or sooner if its space has a shorter limit."""
    longest = policy_of(run, session).longest_link
    life = DEFAULT_LIFE if longest is None else min(DEFAULT_LIFE, timedelta(seconds=longest))
    return run.workspace.now() + life


def copy_link(run: App, url: str) -> None:
    """Copy a link to the clipboard."""
    from rflow.cli.delivering.deliver import copy_to_clipboard

    message, hint = copy_to_clipboard(run, url)
    run.say(f"The link was {message}.")
    if hint:
        run.say(hint)


_Names = Callable[[str], tuple[str, str]]
"""Return code and title of the session with an id; both empty if it is gone."""


def share_records(counts: Sequence[ShareCount], run: App, now: datetime) -> list[dict[str, Any]]:
    """Return links for programs."""
    names = _names(run, counts)
    return [_record(count, names, now) for count in counts]


def share_record(count: ShareCount, run: App, now: datetime) -> dict[str, Any]:
    """Return a link for programs, without its token."""
    return _record(count, _names(run, [count]), now)


def _record(count: ShareCount, names: _Names, now: datetime) -> dict[str, Any]:
    share, session = count.share, names(count.share.session)
    return {
        "id": share.id,
        "session": session[0],
        "title": session[1],
        "state": state_of(share, now),
        "label": share.label,
        "ending": share.ending,
        "by": share.by.name,
        "created_at": share.created_at,
        "expires_at": share.expires_at,
        "revoked_at": share.revoked_at,
        "snapshot": share.until_seq is not None,
        "brief": share.brief,
        "password": bool(share.password),
        "max_views": share.max_views,
        "audience": share.audience,
        "views": count.views,
        "last_view": count.last_view,
    }


def _names(run: App, counts: Sequence[ShareCount]) -> _Names:
    """Return a function that finds the sessions of links; of many, the last updated are read together."""
    wanted = {count.share.session for count in counts}
    listed = _listed(run, wanted)

    @cache
    def found(session_id: str) -> tuple[str, str]:
        if session_id in listed:
            return listed[session_id]
        try:
            head = run.workspace.find(session_id)
        except (NotFound, StoreProblem):
            return "", ""
        return head.code, head.title

    return found


def _listed(run: App, wanted: set[str]) -> dict[str, tuple[str, str]]:
    """Return code and title of wanted sessions, the last updated first, until few are left for the pages read."""
    found: dict[str, tuple[str, str]] = {}
    query, few = Query(limit=_PAGE), _FEW
    while len(wanted) - len(found) > few:
        page = run.workspace.heads(query)
        found |= {head.id: (head.code, head.title) for head in page.heads if head.id in wanted}
        if page.after is None:
            return dict.fromkeys(wanted, ("", "")) | found
        query, few = replace(query, after=page.after), few + _FEW
    return found


def shares_table(counts: Sequence[ShareCount], run: App, now: datetime) -> str:
    """Return a table of links."""
    rows: list[tuple[str, ...]] = [("LINK", "SESSION", "STATE", "VIEWS", "LAST", "WHAT")]
    names = _names(run, counts)
    for count in counts:
        code, title = names(count.share.session)
        what = " · ".join(part for part in (one_line(count.share.label), one_line(title)) if part)
        state = state_of(count.share, now)
        until = f"{state}, {left(count.share.expires_at, now)}" if state == "live" else state
        seen = ago(count.last_view, now) if count.last_view else "never"
        rows.append((count.share.id, code or "(gone)", until, str(count.views), seen, shorten(what, 200)))
    return table(rows)


def left(until: datetime | None, now: datetime) -> str:
    """Return roughly how long a link will still work."""
    if until is None:
        return "never expires"
    minutes = max(int((until - now).total_seconds() // 60), 0)
    return (
        f"{minutes}m left"
        if minutes < 120
        else f"{minutes // 60}h left"
        if minutes < 2880
        else f"{minutes // 1440}d left"
    )
