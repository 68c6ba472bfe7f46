"""The people in a session's events when it moves to another store, where the same name may be somebody else."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import Event, Stored

IMPORTED = " (imported)"
"""The ending of the name of somebody whose identity is not verified here."""


def with_people(events: Sequence[Stored], rename: Callable[[Person], Person]) -> list[Stored]:
    """Return events with other people as authors and receivers; what can't be read stays as it is."""
    return [_with_people(event, rename) if isinstance(event, Event) else event for event in events]


def _with_people(event: Event, rename: Callable[[Person], Person]) -> Event:
    fact: Any = event.fact
    to = getattr(fact, "to", None)
    if isinstance(to, Person):
        fact = replace(fact, to=rename(to))
    return replace(event, by=rename(event.by), fact=fact)


def unvouched(somebody: Person) -> Person:
    """Return somebody as an unverified name: it belongs to no account, and says so.

    Queues, rflow itself, and those who are such a name already stay as they are.
    """
    if somebody.kind in ("queue", "rflow") or somebody.id.startswith("#"):
        return somebody
    return replace(somebody, id=f"#{somebody.id}", name=f"{somebody.name}{IMPORTED}")


def as_mine(events: Sequence[Stored], me: Person, own: str) -> list[Stored]:
    """Return events in which `own`, the id of whose file it is, is `me`, and all others are names."""

    def rename(somebody: Person) -> Person:
        return me if somebody.id == own else unvouched(somebody)

    return with_people(events, rename)
