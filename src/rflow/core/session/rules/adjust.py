"""Facts that set or change a value (adjustments): header facts, waits, pins, corrections, short forms and so on.

They can be undone in any order: the values are then recomputed from the remaining facts.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from rflow.core.session import events as e
from rflow.core.session.events import Brief, Event, Fact, covered_by
from rflow.core.session.state import Change, Entry, Evidence, Reply, Session, Short, Wait


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
    session.shorts.clear()
    for seq, original in session.originals.items():
        session.replace_entry(_restored(original, session.entry(seq)))
    for event in session.adjustments.values():
        ADJUST[type(event.fact)](session, event, event.fact)


def touch(session: Session, seq: int, at: int) -> None:
    """Note that event `at` changed an entry: short forms given before say nothing of that, and no longer hold."""
    session.touched[seq] = max(session.touched.get(seq, 0), at)
    _refresh(session, seq)


def touched_by(event: Event) -> tuple[int, ...]:
    """Return the entries that an adjustment changes, and its undo too."""
    match event.fact:
        case e.EntryAmended(target=target) as fact:
            return () if fact.shortens else (target,)
        case e.AssumptionSettled(target=target) | e.ChangeReverted(change=target):
            return (target,)
        case e.WaitingSet(replaces=replaces):
            return (event.seq, *(replaces or ()))
        case _:
            return ()


def _refresh(session: Session, seq: int) -> None:
    """Give an entry, and those that share its short form, the short forms that hold."""
    head = covered_by(session.shorts.get(seq, Short()).text)
    for each in (seq, head) if head else (seq,):
        _refresh_shared(session, each)


def _refresh_shared(session: Session, head: int) -> None:
    """Set the short form of an entry, and of those that it covers: they were given theirs with it, or after it."""
    form = session.shorts.get(head, Short())
    named = {seq: other.seq for seq, other in session.shorts.items() if covered_by(other.text) == head}
    begun = session.units.get(form.seq, form.seq)
    covered = {seq: at for seq, at in named.items() if session.units.get(at, at) >= begun}
    since = session.touched
    whole = all(since.get(seq, 0) < at for seq, at in covered.items())
    holds = bool(form.text) and not covered_by(form.text) and since.get(head, 0) < form.seq and whole
    reverts = since.get(head, 0) < form.revert_seq and all(since.get(seq, 0) < form.revert_seq for seq in covered)
    _set_short(session, head, form.text if holds else "", form.revert if reverts else "")
    for seq in named:
        _set_short(session, seq, f"#{head}" if holds and seq in covered else "", "")


def _set_short(session: Session, seq: int, short: str, short_revert: str) -> None:
    if (wait := session.waits.get(seq)) is not None:
        session.waits[seq] = replace(wait, short=short)
        return
    forms = {"short": short, "short_revert": short_revert}
    entry = session.entry(seq)
    fields = {name: text for name, text in forms.items() if hasattr(entry, name) and getattr(entry, name) != text}
    if fields:
        _change(session, seq, **fields)


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
        touch(session, seq, event.seq)
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
    if fact.shortens:
        _shorten(session, event, fact)
    elif isinstance(entry, Evidence):
        texts = _known(entry.what, fact.texts)
        amended = entry.amended or _corrects(entry.what, texts)
        _change(session, fact.target, what=replace(entry.what, **texts), amended=amended)
    elif entry is not None:
        texts = _known(entry, fact.texts)
        _change(session, fact.target, **texts, **_marks(entry, texts))
        _touch_amended(session, fact.target, event.seq, texts)


def _shorten(session: Session, event: Event, fact: e.EntryAmended) -> None:
    """Give an entry short forms. A new text without a way to revert it takes that back: it was written for another."""
    before, held = session.shorts.get(fact.target, Short()), _short_form(session, fact.target)
    if "short" in fact.texts:
        before = Short(seq=event.seq, text=fact.texts["short"])
    if "short_revert" in fact.texts:
        before = replace(before, revert_seq=event.seq, revert=fact.texts["short_revert"])
    session.shorts[fact.target] = before
    if (head := covered_by(held)) and head != covered_by(before.text):
        _leave(session, head, event)
    _refresh(session, fact.target)


def _leave(session: Session, head: int, event: Event) -> None:
    """Drop the text that an entry had shared with another one, unless the same command gives it a new one."""
    form = session.shorts.get(head, Short())
    if session.units.get(form.seq, form.seq) < (event.part_of or event.seq):
        session.shorts[head] = Short()
    _refresh(session, head)


def _short_form(session: Session, seq: int) -> str:
    """Return the short form of an entry that holds; "" for none."""
    return getattr(session.waits.get(seq) or session.entry(seq), "short", "")


def _touch_amended(session: Session, seq: int, at: int, texts: Mapping[str, str]) -> None:
    """Drop the short forms of a corrected entry; only the way to revert it, if nothing else was corrected or shared."""
    shared = covered_by(_short_form(session, seq)) or any(
        covered_by(_short_form(session, other)) == seq for other in session.shorts
    )
    if texts.keys() == {"revert"} and not shared:
        session.shorts[seq] = replace(session.shorts.get(seq, Short()), revert_seq=0, revert="")
        _refresh(session, seq)
    else:
        touch(session, seq, at)


def _marks(entry: Any, texts: Mapping[str, str]) -> dict[str, bool]:
    """Return what says that an entry was corrected, for a change and its way back apart."""
    of_each: dict[str, Iterable[str]] = {"amended": texts.keys(), "revert_amended": ()}
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
    _change(session, fact.target, settled=fact.text)
    touch(session, fact.target, event.seq)


def _reply(session: Session, event: Event, fact: e.QuestionReplied) -> None:
    question = session.questions.get(fact.target)
    if question is not None:
        reply = Reply(seq=event.seq, text=fact.text, at=event.at, by=event.by)
        _change(session, fact.target, replies=(*question.replies, reply))


def _revert(session: Session, event: Event, fact: e.ChangeReverted) -> None:
    touch(session, fact.change, event.seq)
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
