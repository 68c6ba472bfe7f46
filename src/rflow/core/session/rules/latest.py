"""The entry that a command without a number refers to: the last one, if that is unambiguous."""

from rflow.core.actors import Actor
from rflow.core.session import events as e
from rflow.core.session.state import Change, Entry, Evidence, Session, Step
from rflow.errors import UsageProblem

_WITHOUT_TEXT = (e.Pinned, e.Unpinned, e.ProgressShared)
"""Facts without a text that could be corrected."""
_UNDOING = (e.EntryUndone, e.SteppedBack)


def last_entry(session: Session, actor: Actor) -> int:
    """Return the number of the actor's last entry that is not undone; without one, of the last entry of anybody."""
    entries = [entry for table in session.entries for entry in table.values() if not entry.undone]
    mine = [entry.seq for entry in entries if entry.by.id == actor.person.id]
    if not entries:
        raise UsageProblem(f"{session.code} has no entries yet.", try_='Write one: rflow note "what you saw"')
    return int(max(mine or [entry.seq for entry in entries]))


def to_amend(session: Session, actor: Actor, *, result: bool, revert: bool) -> int:
    """Return the number of the entry that a correction without a number applies to.

    With `result`, that is the actor's last step; with `revert`, their last change; otherwise their last entry. Raises
    `UsageProblem` if that is ambiguous: the actor has undone something since, or, without `result` and `revert`, has
    corrected another entry or added something without a text, such as evidence.
    """
    mine = [entry for table in session.entries for entry in table.values() if _is_text_of(entry, actor)]
    wanted = [entry for entry in mine if _can_have(entry, result=result, revert=revert)]
    if not wanted:
        what = "step" if result else "change" if revert else "entry"
        raise UsageProblem(f"{session.code} has no {what} of yours.", try_=f"See: rflow show {session.code}")
    entry = max(wanted, key=lambda entry: entry.seq)
    _check_clear(session, actor, entry, only=not (result or revert))
    return int(entry.seq)


def _is_text_of(entry: Entry, actor: Actor) -> bool:
    return entry.by.id == actor.person.id and not entry.undone and not isinstance(entry, Evidence)


def _can_have(entry: Entry, *, result: bool, revert: bool) -> bool:
    """Whether an entry can have the kind of text that is corrected."""
    return (not result or (isinstance(entry, Step) and entry.kind in ("own", "action"))) and (
        not revert or isinstance(entry, Change)
    )


def _check_clear(session: Session, actor: Actor, entry: Entry, *, only: bool) -> None:
    """Raise `UsageProblem` if `entry` may not be the one meant. With `only`, nothing may have been added since."""
    for seq in range(entry.seq + 1, session.version + 1):
        kind = session.kinds.get(seq)
        if session.authors.get(seq) != actor.person.id or kind in _WITHOUT_TEXT or _only_shortens(session, seq):
            continue
        if kind in _UNDOING:
            raise _unclear("You have undone something since.")
        if not only:
            continue
        if kind is e.EntryAmended and _target(session, seq) != entry.seq:
            raise _unclear("You have corrected another entry since.")
        if kind is not e.EntryAmended and not _belongs(session, seq, entry):
            raise _unclear("The last thing you entered can't be amended.")
    if only and isinstance(entry, Step) and entry.kind == "choice" and not entry.reason:
        raise _unclear("Your last entry is an answer without a reason.")


def _only_shortens(session: Session, seq: int) -> bool:
    """Whether an event only gave an entry a short form."""
    event = session.adjustments.get(seq)
    return event is not None and isinstance(event.fact, e.EntryAmended) and event.fact.shortens


def _target(session: Session, seq: int) -> int:
    event = session.adjustments.get(seq)
    return event.fact.target if event and isinstance(event.fact, e.EntryAmended) else 0


def _belongs(session: Session, seq: int, entry: Entry) -> bool:
    """Whether an event added evidence to an entry."""
    evidence = session.entry(seq)
    return isinstance(evidence, Evidence) and evidence.on == entry.seq


def _unclear(why: str) -> UsageProblem:
    return UsageProblem(f"Which entry? {why}", try_='Name it by its number: rflow amend SEQ "…" (see: rflow show)')
