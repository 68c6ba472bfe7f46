"""Mapping the people in a session's events when it moves to another store, where a name may mean somebody else."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import Event, Stored

IMPORTED_SUFFIX = " (imported)"
"""The suffix of the name of a person whose identity was not verified."""


def map_people(events: Sequence[Stored], rename: Callable[[Person], Person]) -> list[Stored]:
    """Return events with authors and receivers replaced by `rename`; unreadable events are not changed."""
    return [_map_people(event, rename) if isinstance(event, Event) else event for event in events]


def _map_people(event: Event, rename: Callable[[Person], Person]) -> Event:
    fact: Any = event.fact
    to = getattr(fact, "to", None)
    if isinstance(to, Person):
        fact = replace(fact, to=rename(to))
    return replace(event, by=rename(event.by), fact=fact)


def as_unverified(somebody: Person) -> Person:
    """Return a person as an unverified name, which belongs to no account and is marked as imported.

    Queues, rflow itself and unverified names are returned unchanged.
    """
    if somebody.kind in ("queue", "rflow") or somebody.id.startswith("#"):
        return somebody
    return replace(somebody, id=f"#{somebody.id}", name=f"{somebody.name}{IMPORTED_SUFFIX}")


def as_mine(events: Sequence[Stored], me: Person, own: str) -> list[Stored]:
    """Return events in which the person with the id `own` is `me`, and all others are unverified names."""

    def rename(somebody: Person) -> Person:
        return me if somebody.id == own else as_unverified(somebody)

    return map_people(events, rename)
