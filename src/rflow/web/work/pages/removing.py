"""Removing the texts of an entry, or a whole session, permanently, after a page that shows what will be removed."""

from collections.abc import Iterator, Sequence, Set
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.core.session.commands import Delete, RedactText
from rflow.core.session.erasing import without_texts
from rflow.core.session.events import Event, EvidenceAdded
from rflow.core.session.log import Log
from rflow.core.session.rules.access import may
from rflow.core.session.rules.removing import redact, texts_to_keep
from rflow.core.session.state import Session
from rflow.core.session.texts import REMOVED, target_of, texts_of
from rflow.core.sharing import state_of
from rflow.errors import NotAllowed, NotFound, RflowError, UsageProblem
from rflow.service.sessions import find_session, send
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.forms import whole_number

PAGE = 100
"""Maximum number of entries on a page."""


class Removable(msgspec.Struct, frozen=True, kw_only=True):
    """An event with texts that people wrote: its kind, and its texts by name.

    `content` is the number of bytes of evidence that would be removed with it.
    """

    event: Event
    kind: str
    texts: Sequence[tuple[str, str]]
    content: int = 0


def _removable(event: Event) -> Removable | None:
    """Return the removable texts of an event; None if it has none."""
    fact = event.fact
    written = [(text.name, value) for text, value in texts_of(fact) if text.written and value != REMOVED]
    content = fact.bytes_kept if isinstance(fact, EvidenceAdded) and fact.digest else 0
    kind = texts.removable_label(fact)
    return Removable(event=event, kind=kind, texts=written, content=content) if written or content else None


def _events(log: Log) -> Iterator[Event]:
    return (event for event in log.events if isinstance(event, Event))


# Texts of an entry


def entries(call: Call) -> Result:
    """List the entries with texts that the reader may remove, latest first."""
    log = _log(call)
    session = log.session
    if not may(session, call.me, RedactText):
        raise NotAllowed("You may only read here.", try_="Ask somebody who works on this session.")
    before = whole_number(call.query.get("before", ""))
    found = [each for each in _listed(log, call) if before is None or each.event.seq < before]
    older = found[-PAGE].event.seq if len(found) > PAGE else 0
    values = {"s": session, "entries": found[-PAGE:][::-1], "older": older}
    return HtmlPage(template="redact_list.html.j2", values=values)


def _log(call: Call) -> Log:
    """Return the whole log of the session in the address."""
    return call.workspace.load(call.workspace.find(call.path_param("session")).id)


def _listed(log: Log, call: Call) -> list[Removable]:
    """Return the entries that the reader may redact, without those that are redacted along with another one."""
    every = [removable for event in _events(log) if (removable := _removable(event)) is not None]
    theirs = {each.event.seq: each for each in every if _may_remove(log.session, each.event.seq, call)}
    return [each for each in theirs.values() if target_of(each.event.fact) not in theirs]


def _may_remove(session: Session, seq: int, call: Call) -> bool:
    """Whether the reader may remove the texts of an event."""
    try:
        redact(session, seq, call.me)
    except NotAllowed:
        return False
    return True


def entry(call: Call) -> Result:
    """Show which texts will be removed, and ask for confirmation."""
    log, seq = _log(call), _seq(call)
    session = log.session
    call.workspace.check(session.id, RedactText(target=seq))
    removed = list(_removed_with(log, seq, texts_to_keep(session, log.events, seq, call.me)))
    if not removed:
        raise NotFound(f"Entry {seq} has no texts that could be removed.", try_="See what there is on the page.")
    values = {"s": session, "seq": seq, "removed": removed, "live": _live_links(call, session)}
    return HtmlPage(template="redact.html.j2", values=values)


def _removed_with(log: Log, seq: int, kept: Set[str]) -> Iterator[Removable]:
    """Yield the texts that are removed with an entry; of entries that repeat its texts, only the repeated ones."""
    for event, after in zip(log.events, without_texts(log.events, seq, kept), strict=True):
        if isinstance(event, Event) and isinstance(after, Event) and event != after:
            was, stays = _removable(event), _removable(after)
            if was is not None:
                yield replace(was, texts=[text for text in was.texts if stays is None or text not in stays.texts])


def _seq(call: Call) -> int:
    return whole_number(call.path_param("seq")) or 0


def send_redact(call: Call) -> Result:
    """Remove the texts of an entry."""
    session, seq = find_session(call.workspace, call.path_param("session")), _seq(call)
    send(call.workspace, session, RedactText(target=seq, command_id=call.form.command_id))
    return Redirect(to=f"/sessions/{session.code}", notice=texts.REDACTED.format(seq=seq))


# A session


def delete(call: Call) -> Result:
    """Show what will be removed with a session, and ask for confirmation."""
    return _delete_page(call, find_session(call.workspace, call.path_param("session")))


def _delete_page(call: Call, session: Session, error: RflowError | None = None) -> HtmlPage:
    call.workspace.check(session.id, Delete())
    values: dict[str, Any] = {"s": session, "live": _live_links(call, session), "error": error}
    return HtmlPage(template="delete.html.j2", values=values, status=status_of(error))


def _live_links(call: Call, session: Session) -> int:
    """Return how many links to a session work."""
    now = call.team.now()
    return sum(state_of(count.share, now) == "live" for count in call.workspace.shares(session.id))


def send_delete(call: Call) -> Result:
    """Delete a session if its code was typed. Submitting the same form again gives the same response."""
    try:
        session = find_session(call.workspace, call.path_param("session"))
    except NotFound:
        if call.form.command_id and not call.team.is_first(call.me, call.form.command_id):
            return Redirect(to="/", notice=texts.DELETED)
        raise
    if _plain(call.form.line("confirm")) != _plain(session.code):
        wrong = UsageProblem("That is not the code of this session.", try_=f"To delete it, type {session.code}.")
        return _delete_page(call, session, wrong)
    call.workspace.check(session.id, Delete())
    if call.form.command_id:
        call.team.is_first(call.me, call.form.command_id)
    call.workspace.delete(session.id)
    return Redirect(to="/", notice=texts.DELETED)


def _plain(code: str) -> str:
    return code.replace("-", "").casefold()


PAGES = (
    Page(path="/sessions/{session}/redact", get=entries),
    Page(path="/sessions/{session}/redact/{seq}", get=entry, post=send_redact),
    Page(path="/sessions/{session}/delete", get=delete, post=send_delete),
)
