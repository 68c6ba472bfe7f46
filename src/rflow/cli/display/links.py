"""Links as people see them: where they lead, and how they are listed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from rflow.cli.app import App
from rflow.cli.display.text import ago, table
from rflow.core.session.state import Session
from rflow.core.sharing import ShareCount, ShareWish, state_of
from rflow.core.text import one_line, shorten
from rflow.errors import NotDelivered, NotFound, StoreProblem

DEFAULT_BASE = "http://127.0.0.1:8765"
USUAL = timedelta(hours=24)


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What links begin with; `hint` is what to know where nobody else can open them."""

    url: str
    hint: str = ""


def base_of(run: App) -> Base:
    """Find what links begin with: the setting, else the server that serves this store now, else this machine's own."""
    configured = run.settings["share.base_url"].text
    if configured:
        return Base(url=configured.rstrip("/"))
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
    """Give the link that belongs to a token."""
    return f"{base.url}/share/{token}"


def fresh_link(run: App, session: Session) -> tuple[str, datetime | None]:
    """Make a link that lasts as long as usual; give it, and when it ends."""
    expires_at = run.workspace.now() + USUAL
    minted = run.workspace.create_share(ShareWish(session=session.id, expires_at=expires_at, patterns=run.patterns))
    base = base_of(run)
    run.wrote(session, f"link {minted.share.id} made (rflow share revoke {minted.share.id} ends it).")
    if base.hint:
        run.say(base.hint)
    return link_to(base, minted.token), minted.share.expires_at


def copy_link(run: App, url: str) -> None:
    """Put a link on the clipboard; where that fails, it is printed all the same."""
    from rflow.cli.deliver import copy_to_clipboard

    try:
        said = copy_to_clipboard(run, url)
    except NotDelivered:
        run.out(url)
        raise
    run.say(f"The link was {said}.")


def share_record(one: ShareCount, run: App, now: datetime) -> dict[str, Any]:
    """Give a link for programs: never its token."""
    share, session = one.share, _session(run, one)
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
        "views": one.views,
        "last_view": one.last_view,
    }


def _session(run: App, one: ShareCount) -> tuple[str, str]:
    """Name the session of a link: its code and title."""
    try:
        found = run.workspace.find(one.share.session)
    except (NotFound, StoreProblem):
        return "", ""
    return found.code, found.title


def shares_table(found: Sequence[ShareCount], run: App, now: datetime) -> str:
    """Show links in a row each."""
    rows: list[tuple[str, ...]] = [("LINK", "SESSION", "STATE", "VIEWS", "LAST", "WHAT")]
    for one in found:
        code, title = _session(run, one)
        what = " · ".join(part for part in (one_line(one.share.label), one_line(title)) if part)
        state = state_of(one.share, now)
        until = f"{state}, {left(one.share.expires_at, now)}" if state == "live" else state
        seen = ago(one.last_view, now) if one.last_view else "never"
        rows.append((one.share.id, code or "(gone)", until, str(one.views), seen, shorten(what, 200)))
    return table(rows)


def left(until: datetime | None, now: datetime) -> str:
    """Say how long a link still works, roughly."""
    if until is None:
        return "no end"
    minutes = max(int((until - now).total_seconds() // 60), 0)
    return (
        f"{minutes}m left"
        if minutes < 120
        else f"{minutes // 60}h left"
        if minutes < 2880
        else f"{minutes // 1440}d left"
    )
