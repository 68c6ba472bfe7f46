"""Facts that set or change a value (adjustments): header facts, waits, pins, corrections, replies, reverts.

They can be undone in any order: the values are then recomputed from the remaining facts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from rflow.core.session import events as e
from rflow.core.session.events import SHORT_FORMS, Brief, Event, Fact, covered_by
from rflow.core.session.state import Change, Entry, Evidence, Reply, Session, Wait


def adjust(session: Session, event: Event) -> None:
    """Apply the fact of `event`, and keep the event so the values can be recomputed."""
    session.adjustments[event.seq] = event
    ADJUST[type(event.fact)](session, event, event.fact)


def readjust(session: Session) -> None:
    """Recompute everything that adjustments set or changed, from those that were not undone."""
    session.title, session.brief = "", Brief()
    session.waits.clear()
    session.past_waits = {seq: wait for seq, wait in session.past_waits.items() if wait.undone}
    session.pins.clear()
    for seq, original in session.originals.items():
        session.replace_entry(_restored(original, session.entry(seq)))
    for event in session.adjustments.values():
        ADJUST[type(event.fact)](session, event, event.fact)
    for seq in [seq for seq in session.originals if (entry := session.entry(seq)) and entry.undone]:
        separate(session, seq)


def separate(session: Session, seq: int) -> None:
    """Take back the short form that an entry shares with others, because it no longer holds for all of them."""
    short = _short_of(session, seq)
    head = covered_by(short) or seq
    covered = [other for other in (*session.originals, *session.waits) if _short_of(session, other) == f"#{head}"]
    if short and covered:
        for other in (head, *covered):
            _without_short_forms(session, other)


def _short_of(session: Session, seq: int) -> str:
    return getattr(session.waits.get(seq) or session.entry(seq), "short", "")


def _without_short_forms(session: Session, seq: int) -> None:
    """Show an entry by its texts again, since its short forms say nothing of what has happened to it."""
    entry = session.entry(seq)
    if (wait := session.waits.get(seq)) is not None:
        session.waits[seq] = replace(wait, short="")
    elif entry is not None:
        _change(session, seq, **{name: "" for name in SHORT_FORMS if hasattr(entry, name)})


def _restored(original: Entry, now: Entry | None) -> Entry:
    """Return an entry as it was before its adjustments; other later changes to it are kept."""
    undone = now is not None and now.undone
    if isinstance(original, Evidence) and isinstance(now, Evidence):
        return replace(original, undone=undone, on=now.on)
    return replace(original, undone=undone)


def _change(session: Session, seq: int, **fields: Any) -> None:
    """Set fields of the entry of event `seq`, if it has all of them."""
    entry = session.entry(seq)
    if entry is None or not fields.keys() <= set(entry.__struct_fields__):
        return
    session.originals.setdefault(seq, entry)
    session.replace_entry(replace(entry, **fields))


def _start(session: Session, event: Event, fact: e.SessionStarted) -> None:
    session.title, session.brief = fact.title, _merged(Brief(), fact.brief)


def _set_brief(session: Session, event: Event, fact: e.BriefSet) -> None:
    session.brief = _merged(session.brief, fact.brief)
    session.title = session.title if fact.title is None else fact.title


def _merged(old: Brief, new: Brief) -> Brief:
    """Return `old` updated with `new`: None leaves a fact unchanged, "" clears it."""
    fields = {name: getattr(new, name) for name in new.__struct_fields__}
    return replace(old, **{name: text or None for name, text in fields.items() if text is not None})


def _wait(session: Session, event: Event, fact: e.WaitingSet) -> None:
    at = event.effective_at
    for seq in tuple(session.waits) if fact.replaces is None else fact.replaces:
        separate(session, seq)
        if old := session.waits.pop(seq, None):
            session.past_waits[seq] = replace(old, over_seq=event.seq, over_at=at, over_by=event.by)
    if fact.until or fact.waiting_for:
        session.waits[event.seq] = Wait(
            seq=event.seq,
            waiting_for=fact.waiting_for,
            until=fact.until,
            contingencies=fact.contingencies,
            at=at,
            by=event.by,
        )


def _pin(session: Session, event: Event, fact: e.Pinned) -> None:
    session.pins.add(fact.target)


def _unpin(session: Session, event: Event, fact: e.Unpinned) -> None:
    session.pins.discard(fact.target)


def _amend(session: Session, event: Event, fact: e.EntryAmended) -> None:
    entry = session.entry(fact.target)
    if (wait := session.waits.get(fact.target)) is not None:
        session.waits[wait.seq] = replace(wait, **_known(wait, fact.texts))
    elif isinstance(entry, Evidence):
        texts = _known(entry.what, fact.texts)
        amended = entry.amended or _corrects(entry.what, texts)
        _change(session, fact.target, what=replace(entry.what, **texts), amended=amended)
    elif entry is not None:
        texts = _known(entry, fact.texts)
        if texts.keys() & SHORT_FORMS["short"]:
            separate(session, fact.target)
            entry = session.entry(fact.target)
        forms = {name: "" for name, of in SHORT_FORMS.items() if hasattr(entry, name) and texts.keys() & of}
        _change(session, fact.target, **forms | texts, **_marks(entry, texts))


def _marks(entry: Any, texts: Mapping[str, str]) -> dict[str, bool]:
    """Return what says that an entry was corrected, for a change and its way back apart; short forms do not."""
    of_each = {"amended": texts.keys() - SHORT_FORMS, "revert_amended": ()}
    if isinstance(entry, Change):
        of_each = {"amended": texts.keys() & {"text"}, "revert_amended": texts.keys() & {"revert"}}
    return {
        mark: getattr(entry, mark) or _corrects(entry, {name: texts[name] for name in names})
        for mark, names in of_each.items()
        if hasattr(entry, mark)
    }


def _corrects(holder: Any, texts: Mapping[str, str]) -> bool:
    """Whether any of the texts replaces another; a result that was added later is not a correction."""
    return any(getattr(holder, name) not in ("", text) for name, text in texts.items())


def _known(holder: Any, texts: Mapping[str, str]) -> dict[str, str]:
    """Return only the texts that an entry of this kind has."""
    return {name: text for name, text in texts.items() if isinstance(getattr(holder, name, None), str)}


def _settle(session: Session, event: Event, fact: e.AssumptionSettled) -> None:
    separate(session, fact.target)
    _without_short_forms(session, fact.target)
    _change(session, fact.target, settled=fact.text)


def _reply(session: Session, event: Event, fact: e.QuestionReplied) -> None:
    question = session.questions.get(fact.target)
    if question is not None:
        reply = Reply(seq=event.seq, text=fact.text, at=event.at, by=event.by)
        _change(session, fact.target, replies=(*question.replies, reply))


def _revert(session: Session, event: Event, fact: e.ChangeReverted) -> None:
    separate(session, fact.change)
    _without_short_forms(session, fact.change)
    _change(
        session,
        fact.change,
        reverted_at=event.effective_at,
        reverted_by=event.by,
        reverted_seq=event.seq,
        reverted_note=fact.note,
    )


ADJUST: Mapping[type[Fact], Callable[[Session, Event, Any], None]] = {
    e.SessionStarted: _start,
    e.BriefSet: _set_brief,
    e.WaitingSet: _wait,
    e.Pinned: _pin,
    e.Unpinned: _unpin,
    e.EntryAmended: _amend,
    e.AssumptionSettled: _settle,
    e.QuestionReplied: _reply,
    e.ChangeReverted: _revert,
}
"""The function that applies each kind of adjustment."""
