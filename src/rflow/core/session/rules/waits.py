"""The rules of waits: which wait a new one replaces, and which one has ended."""

from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.state import Session, Wait
from rflow.core.session.times import utc
from rflow.core.text import one_line, shorten
from rflow.errors import NotFound, UsageProblem


def wait(session: Session, command: c.SetWaiting) -> e.WaitingSet:
    """Start a wait, which replaces the named one or one about the same subject; or end a wait."""
    named = None if command.replaces is None else _open(session, command.replaces)
    if command.until is None and not command.waiting_for.strip():
        if not command.contingencies:
            return e.WaitingSet(replaces=_seqs(named or _only(session)))
        if named is None:
            raise UsageProblem("What is it waiting for?", try_="Say it, or until when, or which wait it replaces.")
    old = named or _about_the_same(session, command.waiting_for)
    return e.WaitingSet(
        until=utc(command.until) if command.until else (named.until if named else None),
        waiting_for=command.waiting_for if command.waiting_for.strip() or not named else named.waiting_for,
        contingencies=command.contingencies or (old.contingencies if old else ()),
        replaces=_seqs(old),
    )


def named_wait(session: Session, name: str) -> int:
    """Return the number of the wait whose text starts with `name`, ignoring case."""
    _check_waiting(session)
    begun = [each for each in session.waiting if _plain(each.waiting_for).startswith(_plain(name))]
    exact = [each for each in begun if _plain(each.waiting_for) == _plain(name)]
    found = exact or begun
    if not found:
        raise NotFound(
            f'{session.code} has no wait that begins with "{shorten(name, 80)}".', try_=_list_of_waits(session)
        )
    if len(found) > 1:
        raise UsageProblem(f'Several waits begin with "{shorten(name, 80)}".', try_=_list_of_waits(session))
    return found[0].seq


def _check_waiting(session: Session) -> None:
    """Raise `UsageProblem` if the session has no wait."""
    if not session.waits:
        raise UsageProblem(f"{session.code} waits for nothing.", try_='To begin a wait: rflow wait "the network team"')


def _open(session: Session, seq: int) -> Wait:
    _check_waiting(session)
    found = session.waits.get(seq)
    if found is None:
        raise NotFound(f"Entry {seq} is nothing that {session.code} waits for.", try_=_list_of_waits(session))
    return found


def _only(session: Session) -> Wait:
    """Return the only wait; raise `UsageProblem` if there are several or none."""
    _check_waiting(session)
    if len(session.waits) > 1:
        lines = [f"  {each.seq}  {shorten(each.waiting_for, 100)}" for each in session.waiting]
        first = session.waiting[0].seq
        raise UsageProblem(
            "\n".join([f"{session.code} waits for several. Which is over?", *lines]),
            try_=f"Name it by its number or how it begins: rflow wait --over {first}",
        )
    return next(iter(session.waits.values()))


def _list_of_waits(session: Session) -> str:
    """Return all waits with their numbers, as advice for an error."""
    waits = [f'{each.seq} "{shorten(each.waiting_for, 60)}"' for each in session.waiting]
    return f"Name one by its number: {'; '.join(waits)}."


def _about_the_same(session: Session, waiting_for: str) -> Wait | None:
    """Return the wait about the same subject, if there is one."""
    subject = _subject(waiting_for)
    return next((each for each in session.waits.values() if _subject(each.waiting_for) == subject), None)


def _subject(waiting_for: str) -> str:
    """Return what a wait is about: its words before the first colon that is not part of a time such as 14:30."""
    return _plain(waiting_for).partition(": ")[0].rstrip(":")


def _plain(text: str) -> str:
    return one_line(text).strip().casefold()


def _seqs(old: Wait | None) -> tuple[int, ...]:
    return (old.seq,) if old else ()
