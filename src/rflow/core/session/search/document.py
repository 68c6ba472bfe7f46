"""The searchable texts of a session: current versions only, each with the entry it belongs to."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from rflow.core.session import events as e
from rflow.core.session.events import Event, Fact, Stored
from rflow.core.session.texts import REMOVED, Text, texts_of
from rflow.core.text import clean

Part = Literal["title", "header", "entry", "evidence"]
"""The parts of a session, by decreasing weight of a match."""

PARTS: tuple[Part, ...] = ("title", "header", "entry", "evidence")
WEIGHTS: Mapping[Part, float] = {"title": 8.0, "header": 4.0, "entry": 2.0, "evidence": 1.0}

VERSION = 2
"""The version of what is found of a session: where this module or `words` changes that, a higher one brings every index
of an older version up to date."""

KINDS: Mapping[type[Fact], str] = {
    e.TreeEntered: "tree",
    e.ChoiceMade: "step",
    e.ActionDone: "step",
    e.StepSkipped: "skipped",
    e.StepAdded: "step",
    e.AssumptionSettled: "settled",
    e.NodeFlagged: "flag",
    e.QuestionAsked: "question",
    e.QuestionReplied: "answer",
    e.EvidenceAdded: "evidence",
    e.ChangeMade: "change",
    e.ChangeReverted: "reverted",
    e.WaitingSet: "waiting",
    e.HandedOff: "handoff",
    e.HandoffAccepted: "accepted",
    e.HandoffDeclined: "declined",
    e.TakenOver: "takeover",
    e.Reassigned: "reassigned",
    e.SessionClosed: "outcome",
}
"""The name of each kind of entry in search results; notes have the name of their own kind."""
_UNDONE = "undone"
"""The name of an undone entry in search results."""

_NEXT_PLACE = ("to.text", "place.text")
"""Texts of the node that a move leads to. They are left out: what happens there becomes an entry of its own."""


class Passage(NamedTuple):
    """A searchable text: its entry (0 for the title and the brief), the kind of entry, and the part of the session."""

    entry: int
    what: str
    part: Part
    text: str


def passages(code: str, events: Iterable[Stored]) -> list[Passage]:
    """Return the current texts of a session, cleaned, with corrections applied.

    Undone entries are included and marked as undone; undone corrections and header facts are not. Events of a newer
    rflow that can't be read are left out.
    """
    known = [event for event in events if isinstance(event, Event)]
    ended = _ended(known)
    now: dict[tuple[int, str], Passage] = {(0, "code"): Passage(0, "code", "title", code)}
    for event in known:
        match event.fact:
            case e.BriefSet() | e.EntryAmended() if (event.seq, "") in ended:
                continue
            case e.SessionStarted() | e.BriefSet():
                _set_header(now, event.fact)
            case e.EntryAmended(target=target, texts=texts):
                _amend(now, target, texts)
            case fact:
                for number, (text, value) in enumerate(texts_of(fact)):
                    if text.path in _NEXT_PLACE:
                        continue
                    key = f"{text.path}#{number}" if "*" in text.path else text.path
                    now[event.seq, key] = _passage(event.seq, fact, text, value)
    return [
        passage._replace(text=clean(passage.text), what=_what(passage, path, ended))
        for (_, path), passage in now.items()
        if passage.text not in ("", REMOVED)
    ]


def _what(passage: Passage, path: str, ended: Mapping[tuple[int, str], str]) -> str:
    """Return the name of a text's entry in search results; if the entry or this part of it no longer holds, why."""
    part = path.partition(".")[0]
    return ended.get((passage.entry, "")) or ended.get((passage.entry, part)) or passage.what


def _ended(events: Iterable[Event]) -> dict[tuple[int, str], str]:
    """Return the entries (number, "") and parts of entries (number, part) that no longer hold, with a word for why."""
    undone: set[int] = set()
    ends: list[tuple[int, tuple[int, str], str]] = []
    warnings: dict[int, str] = {}
    handed: set[int] = set()
    for event in events:
        match event.fact:
            case e.SteppedBack(undone=target) | e.EntryUndone(target=target):
                undone.add(target)
            case e.HandoffCancelled() | e.HandoffDeclined() | e.HandoffExpired():
                undone |= handed
            case e.ChangeReverted(change=target):
                ends.append((event.seq, (target, ""), "reverted"))
            case e.AssumptionSettled(target=target) if target in warnings:
                ends.append((event.seq, (target, warnings[target]), "over"))
            case e.HandedOff():
                handed, warnings[event.seq] = {event.seq}, "warnings"
            case e.NoteAdded(kind="warning"):
                warnings[event.seq] = ""
            case _:
                pass
    ended = {target: word for seq, target, word in ends if seq not in undone}
    return ended | {(seq, ""): _UNDONE for seq in undone}


def _set_header(now: dict[tuple[int, str], Passage], fact: e.SessionStarted | e.BriefSet) -> None:
    """Set the title and the brief; None leaves a value as it is, "" clears it."""
    values: dict[str, str | None] = {"title": fact.title}
    values |= {name: getattr(fact.brief, name) for name in e.Brief.__struct_fields__}
    if isinstance(fact, e.SessionStarted):
        values["source"] = fact.source
    for name, value in values.items():
        if value is not None:
            now[0, name] = Passage(0, name, "title" if name == "title" else "header", value)


def _amend(now: dict[tuple[int, str], Passage], target: int, texts: Mapping[str, str]) -> None:
    for path, value in texts.items():
        if path not in e.SHORT_FORMS:  # the texts themselves are found
            before = now.get((target, path)) or _any_text_of(now, target)
            now[target, path] = before._replace(text=value)


def _any_text_of(now: Mapping[tuple[int, str], Passage], target: int) -> Passage:
    """Return any text of an entry, as a model for one that an amendment adds, such as a result."""
    same = (passage for (entry, _), passage in now.items() if entry == target and entry)
    return next(same, Passage(target, "entry", "entry", ""))


def _passage(entry: int, fact: Fact, text: Text, value: str) -> Passage:
    if isinstance(fact, e.EvidenceAdded):
        return Passage(entry, "evidence", "entry" if text.path in ("label", "command") else "evidence", value)
    if isinstance(fact, e.NoteAdded):
        return Passage(entry, fact.kind, "entry", value)
    part: Part = "header" if isinstance(fact, e.SessionClosed) else "entry"
    return Passage(entry, KINDS.get(type(fact), "entry"), part, value)
