"""Erasing the texts of an entry, with all that repeats them; and a person: an event that replaces them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import Event, Stored, WaitingSet
from rflow.core.session.texts import REMOVED, blank, map_texts, target_of, texts_of


def without_texts(events: Sequence[Stored], target: int, kept: Set[str] = frozenset()) -> list[Stored]:
    """Return events without the texts of `target`, and without what corrects, settles, answers or repeats them.

    What repeats a text of `kept` stays in other waits.
    """
    values = {value for event in events if event.seq == target for value in values_of(event)}
    return erased(events, {target: values - kept})


def erased(events: Sequence[Stored], texts: Mapping[int, Set[str]]) -> list[Stored]:
    """Remove the texts of the entries that `texts` names, and from other waits what they copied of `texts`.

    A wait keeps texts of the one whose place it takes.
    """
    copied: dict[int, set[str]] = defaultdict(set)
    for target, values in texts.items():
        if values:
            for seq in _same_wait(events, target):
                copied[seq] |= values
    return [_erased(event, texts.keys(), copied) for event in events]


def _erased(event: Stored, targets: Set[int], copied: Mapping[int, Set[str]]) -> Stored:
    if not isinstance(event, Event):
        return event
    if targets & {event.seq, target_of(event.fact)}:
        return replace(event, fact=blank(event.fact))
    values = copied.get(event.seq, frozenset())
    return replace(event, fact=map_texts(event.fact, lambda _, text: REMOVED if text in values else text))


def values_of(event: Stored) -> set[str]:
    """Return the texts of a wait; other facts are not copied."""
    if not isinstance(event, Event) or not isinstance(event.fact, WaitingSet):
        return set()
    return {value for _, value in texts_of(event.fact) if value != REMOVED}


def _same_wait(events: Iterable[Stored], seq: int) -> set[int]:
    """Return the waits that took the place of one another, back and forth from that of event `seq`."""
    beside: dict[int, set[int]] = defaultdict(set)
    for event in events:
        if isinstance(event, Event) and isinstance(event.fact, WaitingSet):
            for old in event.fact.replaces or ():
                beside[old].add(event.seq)
                beside[event.seq].add(old)
    found, left = set(), [seq]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += beside[one]
    return found


def said_before(events: Sequence[Stored], target: int) -> dict[int, set[str]]:
    """Return the texts of the earlier waits that the wait `target` may have copied, by their numbers."""
    waits = _same_wait(events, target)
    earlier = (event for event in events if event.seq < target and event.seq in waits)
    return {event.seq: said for event in earlier if (said := values_of(event))}


def copies(before: Sequence[Stored], after: Sequence[Stored], target: int) -> list[int]:
    """Return the numbers of the other waits that lost texts with the wait `target`."""
    pairs = zip(before, after, strict=False)
    return [old.seq for old, new in pairs if old != new and old.seq != target and values_of(old)]


def without_person(event: Event, who: Person, to: Person) -> Event:
    """Return an event with `to` in place of `who`: as author, as receiver, and by name in what people wrote."""
    fact: Any = event.fact
    named = {
        name: to
        for name in fact.__struct_fields__
        if isinstance(value := getattr(fact, name), Person) and value.id == who.id
    }
    fact = replace(fact, **named) if named else fact
    fact = map_texts(fact, lambda text, value: _replaced(value, who, to) if text.written else value)
    return replace(event, by=to if event.by.id == who.id else event.by, fact=fact)


def _replaced(text: str, who: Person, to: Person) -> str:
    return _names(who.name).sub(lambda _: to.name, text)


@lru_cache(maxsize=8)
def _names(name: str) -> re.Pattern[str]:
    """Return what matches a name as whole words, in any case and with any blanks."""
    words = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
