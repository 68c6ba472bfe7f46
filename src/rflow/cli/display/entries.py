"""The wording of entries in messages: their kind, their text, and what an `undo` reverted."""

from collections.abc import Sequence
from typing import assert_never

from rflow.core.session import events as e
from rflow.core.session.events import Contingency
from rflow.core.session.state import Change, Entry, Evidence, Flag, Note, Question, Session, Step
from rflow.core.text import one_line, shorten

_STEP_WORDS = {"choice": "answer", "action": "action", "skipped": "skipped action", "own": "step", "tree": "step"}
_LENGTH = 80
CONFIRMED = 300
"""How many characters of a text an acknowledgement repeats; on a terminal, as many as fit in its lines."""


def word_for(entry: Entry) -> str:
    """Return the word for the kind of an entry: step, answer, warning, evidence …"""
    match entry:
        case Step(kind=kind):
            return _STEP_WORDS[kind]
        case Note(kind=kind):
            return kind
        case Evidence():
            return "evidence"
        case Change():
            return "change"
        case Question():
            return "question"
        case Flag():
            return "flag"
        case _ as unexpected:
            assert_never(unexpected)


def text_of(entry: Entry, most: int = _LENGTH) -> str:
    """Return the text of an entry, quoted, on one line: a question with its answer, a step with its result.

    Each text has at most `most` characters.
    """
    match entry:
        case Step(text=text, result=result, reason=reason, kind=kind):
            outcome = f"skipped: {reason}" if kind == "skipped" else result
            return f"{quoted(text, most)} → {quoted(outcome, most)}" if outcome else quoted(text, most)
        case Evidence(what=what):
            return quoted(what.label, most)
        case _:
            return quoted(entry.text, most)


def quoted(text: str, most: int = _LENGTH) -> str:
    """Return a text in quotation marks, on one line, with at most `most` characters."""
    return f'"{shorten(text, most)}"'


def way_back(revert: str) -> str:
    """Return the end of a sentence about a change: how to revert it, uncut."""
    return f'to revert: "{one_line(revert)}".'


def plans_in_words(plans: Sequence[Contingency]) -> str:
    """Return a contingency plan, or how many there are; "" for none."""
    if len(plans) == 1:
        return f"if {quoted(plans[0].condition)}: {quoted(plans[0].action)}"
    return f"{len(plans)} if-thens" if plans else ""


def pinned(session: Session) -> dict[int, Entry]:
    """Return the pinned entries that were not undone, by number."""
    entries = {seq: session.entry(seq) for seq in sorted(session.pins)}
    return {seq: entry for seq, entry in entries.items() if entry is not None and not entry.undone}


def named(session: Session, seq: int) -> str:
    """Return the kind and number of an entry, such as "step 8"."""
    entry = session.entry(seq)
    kind = word_for(entry) if entry else "handoff" if session.kinds.get(seq) is e.HandedOff else "entry"
    return f"{kind} {seq}"


def described(session: Session, seq: int, most: int = _LENGTH) -> str:
    """Return an entry with its number and text, such as `step 8 "Tried another cable" → "no change"`."""
    entry = session.entry(seq)
    return f"{named(session, seq)} {text_of(entry, most)}" if entry else f"entry {seq}"


def in_words(session: Session, event: e.Event) -> str:
    """Return a phrase for what an event set or changed, such as `the pin of step 8 "…"`."""
    match event.fact:
        case e.BriefSet(brief=brief, title=title):
            values = {"title": title, **{name: getattr(brief, name) for name in brief.__struct_fields__}}
            texts = [
                f"{name} {quoted(text) if text else '(cleared)'}" for name, text in values.items() if text is not None
            ]
            return f"the {', '.join(texts)}"
        case e.WaitingSet():
            return _wait_in_words(session, event.seq, event.fact)
        case e.Pinned(target=target):
            return f"the pin of {described(session, target)}"
        case e.Unpinned(target=target):
            return f"the unpinning of {described(session, target)}"
        case e.EntryAmended(target=target, texts=texts) as fact:
            if fact.shortens:
                return f"the short form of {named(session, target)}"
            return (
                f"the correction of {named(session, target)}: {_now(session, target, revert='revert' in texts)} again"
            )
        case e.AssumptionSettled(target=target, text=text):
            if session.kinds.get(target) is e.HandedOff:
                return f"the end of the warnings of {named(session, target)}, which hold again"
            if not text:
                return f"the end of {named(session, target)}, which holds again"
            return f"what came of {named(session, target)}: {quoted(text)}"
        case e.QuestionReplied(target=target, text=text):
            return f"the answer to {named(session, target)}: {quoted(text)}"
        case e.ChangeReverted(change=change):
            return f"the reverting of {described(session, change)}, which is in place again"
        case _:
            return f"your {described(session, event.seq)}"


def _wait_in_words(session: Session, seq: int, fact: e.WaitingSet) -> str:
    """Return a phrase for a wait, or for the end of waits, which are current again once the end is undone."""
    if fact.waiting_for or fact.until:
        return _wait(seq, fact.waiting_for)
    again = [
        _wait(seq, wait.waiting_for) for seq, wait in session.waits.items() if seq in (fact.replaces or session.waits)
    ]
    return f"the end of {' and '.join(again)}" if again else "the end of the wait"


def _wait(seq: int, text: str) -> str:
    return f"wait {seq} for {quoted(text)}" if text else f"wait {seq}"


def _now(session: Session, seq: int, *, revert: bool) -> str:
    """Return the current text of an entry, with `revert` also how to revert a change."""
    entry = session.entry(seq)
    back = f", to revert: {quoted(entry.revert, CONFIRMED)}" if revert and isinstance(entry, Change) else ""
    return f"{text_of(entry)}{back}" if entry else ""
