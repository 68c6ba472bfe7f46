"""Erasing the texts of an entry and their repetitions, and replacing a person in events."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import EntryAmended, Event, Stored, WaitingSet, covered_by
from rflow.core.session.texts import REMOVED, blank, map_texts, target_of, texts_of


def without_texts(events: Sequence[Stored], target: int, kept: Set[str] = frozenset()) -> list[Stored]:
    """Return events without the texts of `target`, and without their corrections, outcomes, answers and repetitions.

    The texts in `kept` are not erased from other waits that repeat them.
    """
    values = {value for event in events if event.seq == target for value in wait_texts(event)}
    return erased(events, {target: values - kept})


def erased(events: Sequence[Stored], texts: Mapping[int, Set[str]]) -> list[Stored]:
    """Return events without the texts of some entries.

    The keys of `texts` are the entries; the values are texts to erase from related waits too, because a wait copies
    texts from the one it replaces. The short forms of these entries, and those that they share
    with others, are erased too.
    """
    copied: dict[int, set[str]] = defaultdict(set)
    corrected = {target_of(event.fact) for event in events if isinstance(event, Event) and event.seq in texts} - {0}
    shared = corrected | _covering(events, texts.keys() | corrected)
    for target, values in texts.items():
        linked = _linked_waits(events, target) if values else ()
        shared |= _covering(events, linked) | set(linked)
        for seq in linked:
            copied[seq] |= values
    return [_erased(event, texts.keys(), shared, copied) for event in events]


def _covering(events: Iterable[Stored], seqs: Collection[int]) -> set[int]:
    """Return the entries whose short forms cover, or covered, any of `seqs`."""
    facts = (event.fact for event in events if isinstance(event, Event) and isinstance(event.fact, EntryAmended))
    return {covered_by(fact.texts.get("short", "")) for fact in facts if fact.target in seqs} - {0}


def _erased(event: Stored, targets: Set[int], shared: Set[int], copied: Mapping[int, Set[str]]) -> Stored:
    if not isinstance(event, Event):
        return event
    concerned = bool(targets & {event.seq, target_of(event.fact)})
    if isinstance(event.fact, EntryAmended) and event.fact.shortens and (concerned or event.fact.target in shared):
        return replace(event, fact=replace(event.fact, texts=dict.fromkeys(event.fact.texts, "")))
    if concerned:
        return replace(event, fact=blank(event.fact))
    values = copied.get(event.seq, frozenset())
    return replace(event, fact=map_texts(event.fact, lambda _, text: REMOVED if text in values else text))


def wait_texts(event: Stored) -> set[str]:
    """Return the texts of a wait, and none for other events: only waits are copied."""
    if not isinstance(event, Event) or not isinstance(event.fact, WaitingSet):
        return set()
    return {value for _, value in texts_of(event.fact) if value != REMOVED}


def _linked_waits(events: Iterable[Stored], seq: int) -> set[int]:
    """Return the waits linked with that of event `seq` by one replacing another, directly or indirectly."""
    links: dict[int, set[int]] = defaultdict(set)
    for event in events:
        if isinstance(event, Event) and isinstance(event.fact, WaitingSet):
            for old in event.fact.replaces or ():
                links[old].add(event.seq)
                links[event.seq].add(old)
    found, to_visit = set(), [seq]
    while to_visit:
        wait = to_visit.pop()
        if wait not in found:
            found.add(wait)
            to_visit += links[wait]
    return found


def earlier_wait_texts(events: Sequence[Stored], target: int) -> dict[int, set[str]]:
    """Return the texts that the wait `target` may have copied from earlier waits, by the numbers of those."""
    waits = _linked_waits(events, target)
    earlier = (event for event in events if event.seq < target and event.seq in waits)
    return {event.seq: texts for event in earlier if (texts := wait_texts(event))}


def waits_changed_too(before: Sequence[Stored], after: Sequence[Stored], target: int) -> list[int]:
    """Return the numbers of the other waits from which texts of the wait `target` were erased."""
    pairs = zip(before, after, strict=False)
    return [old.seq for old, new in pairs if old != new and old.seq != target and wait_texts(old)]


def without_person(event: Event, who: Person, to: Person) -> Event:
    """Return an event in which `to` replaces `who`: as author, as receiver, and by name in what people wrote."""
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
    """Return a pattern that matches a name as whole words, ignoring case and the amount of white space."""
    words = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
