"""Merging two versions of a session that grew apart, such as in two clones of a folder store.

The result begins with what both have in common; then come the entries of both, by time, with new numbers. A session
has one position and one owner: if both versions moved it, the one that moved last keeps its moves, and the
moves of the other one become steps and notes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge as merged_by
from typing import Any, NamedTuple

from msgspec.structs import replace

from rflow.core.session import events as e
from rflow.core.session.erasing import earlier_wait_texts, erased, wait_texts
from rflow.core.session.events import Event, Fact
from rflow.core.session.rules.steering import is_steering
from rflow.core.session.texts import REMOVED, blank, map_texts, texts_of
from rflow.core.text import one_line, shorten

REFERENCES = ("undone", "target", "on", "change", "through")
LISTS = ("replaces",)
"""The fields of facts that hold the number of another event."""

_LONGEST = 1000  # characters of a step or note that was a move


class Merge(NamedTuple):
    """The events of a merged session; `moves` are the numbers of the steps and notes that were moves."""

    events: list[Event]
    moves: tuple[int, ...] = ()


class _Side(NamedTuple):
    """The events of one version after the common ones; `moves` says whether its moves stay moves."""

    events: Sequence[Event]
    moves: bool


def merge(one: Sequence[Event], other: Sequence[Event]) -> Merge:
    """Merge two versions of a session; the order of the versions makes no difference."""
    common = list(_common(one, other))
    first, second = sorted((one[len(common) :], other[len(common) :]), key=_order)
    sides = _sides(_without(second, first), second)
    numbers = _numbers(sides, first, len(common))
    events, entries = common, []
    for seq, (side, event) in enumerate(_interleaved(sides), len(common) + 1):
        is_move = is_steering(event.fact) and not sides[side].moves
        fact = _as_entry(event.fact, numbers[side]) if is_move else event.fact
        entries += [seq] if is_move else []
        events.append(_renumbered(replace(event, fact=fact), seq, numbers[side]))
    return Merge(_without_removed_texts(events, (one, other)), tuple(entries))


def _common(one: Sequence[Event], other: Sequence[Event]) -> Iterator[Event]:
    """Yield the events that both versions start with; texts that one version has removed are removed."""
    for mine, theirs in zip(one, other, strict=False):
        if mine == theirs or mine == _blanked(theirs):
            yield mine
        elif theirs == _blanked(mine):
            yield theirs
        elif (wait := _common_wait(mine, theirs)) is not None:
            yield wait
        else:
            return


def _common_wait(mine: Event, theirs: Event) -> Event | None:
    """Return a wait without the texts that either version removed; None if they are two different events."""
    if not isinstance(mine.fact, e.WaitingSet) or _blanked(mine) != _blanked(theirs):
        return None
    pairs = list(zip(*([value for _, value in texts_of(event.fact)] for event in (mine, theirs)), strict=True))
    if not all(one == other or REMOVED in (one, other) for one, other in pairs):
        return None
    left = iter([REMOVED if REMOVED in pair else pair[0] for pair in pairs])
    return replace(mine, fact=map_texts(mine.fact, lambda _, value: next(left) if value else value))


def _key(event: Event) -> Any:
    """Return a key of an event that stays the same when it is renumbered or when a move becomes a step."""
    return event.at, event.by.id, event.command_id, event.seq - event.part_of if event.part_of else 0


def _without(known: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    """Leave out events that an earlier merge has already copied to the other version."""
    merged = {_key(event) for event in known if event.command_id}
    return [event for event in events if _key(event) not in merged]


def _order(events: Sequence[Event]) -> Any:
    return [(event.at, event.by.id, event.command_id, event.seq) for event in events[:1]]


def _sides(first: Sequence[Event], second: Sequence[Event]) -> tuple[_Side, _Side]:
    """Decide which version keeps its moves: the one that moved last; both, if only one moved."""
    last = [max((event.at for event in events if is_steering(event.fact)), default=None) for events in (first, second)]
    if last[0] is None or last[1] is None:
        return _Side(first, moves=True), _Side(second, moves=True)
    return _Side(first, moves=last[0] > last[1]), _Side(second, moves=last[0] <= last[1])


def _interleaved(sides: Sequence[_Side]) -> Iterator[tuple[int, Event]]:
    """Yield the events of both by time, each with the number of its side."""
    numbered = [[(number, event) for event in side.events] for number, side in enumerate(sides)]
    return merged_by(*numbered, key=lambda pair: pair[1].at)


def _numbers(sides: Sequence[_Side], first: Sequence[Event], common: int) -> list[dict[int, int]]:
    """Return the new number of each event by its old one, for both sides; those in common keep theirs."""
    numbers: list[dict[int, int]] = [{}, {}]
    new: dict[Any, int] = {}
    for seq, (side, event) in enumerate(_interleaved(sides), common + 1):
        numbers[side][event.seq] = new[_key(event)] = seq
    left_out = {event.seq: new[_key(event)] for event in first if event.seq not in numbers[0]}
    return [numbers[0] | left_out, numbers[1]]


def _renumbered(event: Event, seq: int, numbers: Mapping[int, int]) -> Event:
    """Return an event with its new number, and the new numbers of the events that it refers to."""
    fact: Any = event.fact
    new = {name: numbers.get(old, old) for name in REFERENCES if (old := getattr(fact, name, 0))}
    new |= {name: tuple(numbers.get(seq, seq) for seq in old) for name in LISTS if (old := getattr(fact, name, None))}
    return replace(event, seq=seq, part_of=numbers.get(event.part_of, event.part_of), fact=replace(fact, **new))


def _blanked(event: Event) -> Event:
    return replace(event, fact=blank(event.fact))


def _without_removed_texts(events: list[Event], versions: Sequence[Sequence[Event]]) -> list[Event]:
    """Remove texts that one version had removed from later events and copies in the other."""
    removed = {event.fact.target for event in events if isinstance(event.fact, e.TextRedacted)}
    if not removed:
        return events
    texts: dict[Any, set[str]] = {}
    kept: dict[Any, set[str]] = {}
    for version in versions:
        for event in version:
            texts.setdefault(_key(event), set()).update(wait_texts(event))
        for key, copied in _kept(version):
            kept[key] = kept.get(key, copied) & copied
    keys = {event.seq: _key(event) for event in events if event.seq in removed}
    named = {seq: texts.get(key, set()) - kept.get(key, set()) for seq, key in keys.items()}
    return [event for event in erased(events, named) if isinstance(event, Event)]


def _kept(version: Sequence[Event]) -> Iterator[tuple[Any, set[str]]]:
    """Yield the key of each removed wait, with the texts that earlier waits in that version still contain."""
    waits = {event.seq: event for event in version if isinstance(event.fact, e.WaitingSet)}
    for event in version:
        if isinstance(event.fact, e.TextRedacted) and event.fact.target in waits:
            earlier = earlier_wait_texts(version, event.fact.target)
            yield _key(waits[event.fact.target]), {text for texts in earlier.values() for text in texts}


def _as_entry(fact: Fact, numbers: Mapping[int, int]) -> Fact:
    """Return a step or note that describes a move without moving the session."""
    match fact:
        case e.ChoiceMade(question=question, label=label, assumed=assumed):
            return e.StepAdded(text=_line(question), result=_line(label), assumed=assumed)
        case e.ActionDone(text=text, result=result):
            return e.StepAdded(text=_line(text), result=result)
        case e.SteppedBack(undone=undone) if undone in numbers:
            return e.EntryUndone(target=undone)
        case _:
            return e.NoteAdded(text=_line(_WORDS[type(fact)](fact)))


def _line(text: str) -> str:
    return shorten(one_line(text), _LONGEST) or "(empty)"


def _with(word: str, text: str) -> str:
    return f"{word}: {text}" if text else f"{word}."


def _handed_off(fact: e.HandedOff) -> str:
    plans = (f"if {plan.condition}: {plan.action}" for plan in fact.contingencies)
    return _with(f"Handed off to {fact.to.name}", "; ".join(filter(None, (fact.note, *fact.warnings, *plans))))


_WORDS: Mapping[type[Fact], Callable[[Any], str]] = {
    e.TreeEntered: lambda fact: f"Continued in the tree: {fact.tree.title}",
    e.StepSkipped: lambda fact: f"Skipped: {fact.text} ({fact.reason})",
    e.SteppedBack: lambda fact: f"Took back the move of entry {fact.undone}.",
    e.HandedOff: _handed_off,
    e.HandoffAccepted: lambda fact: _with("Accepted the handoff", fact.read_back),
    e.HandoffDeclined: lambda fact: _with("Declined the handoff", fact.reason),
    e.HandoffCancelled: lambda fact: "Cancelled the handoff.",
    e.HandoffExpired: lambda fact: "The handoff expired.",
    e.TakenOver: lambda fact: _with("Took the session over", fact.reason),
    e.Reassigned: lambda fact: _with(f"Reassigned to {fact.to.name}", fact.reason),
    e.SessionClosed: lambda fact: _with(f"Closed ({fact.outcome})", fact.summary),
    e.SessionReopened: lambda fact: "Reopened the session.",
}
"""Moves and changes of owner in words."""
