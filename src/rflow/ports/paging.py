"""Pages of lists: the key that an entry is sorted by, and the part of a list that comes after one."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.session.times import EPOCH, micros

if TYPE_CHECKING:
    from rflow.core.people import Person
    from rflow.core.sharing import Share

_Entry = TypeVar("_Entry")
_MORE = 1000
"""How many rows `collect` selects at least where the first ones were not enough."""


class Key(NamedTuple):
    """What an entry of a list is sorted by: no two entries of a list have the same key.

    `at` is a time in microseconds since 1970, negative in a list that shows the newest first.
    """

    at: int = 0
    name: str = ""
    id: str = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list: at most `limit` entries whose key is greater than `after`; by default all entries."""

    after: Key | None = None
    limit: int | None = None


WHOLE = Part()


def newest_first(at: datetime, entry_id: str) -> Key:
    """Return the key of an entry in a list that shows the newest first."""
    return Key(at=-micros(at), id=entry_id)


def oldest_first(at: datetime | None, entry_id: str) -> Key:
    """Return the key of an entry in a list that shows the oldest first, and those without a time before them."""
    return Key(at=micros(at or EPOCH), id=entry_id)


def link_key(share: "Share") -> Key:
    """Return the key of a link: lists show the newest first."""
    return newest_first(share.created_at, share.id)


def person_key(person: "Person") -> Key:
    """Return the key of somebody: lists of people are sorted by name."""
    return Key(name=person.name.casefold(), id=person.id)


def cut(entries: Iterable[_Entry], key: Callable[[_Entry], Key], part: Part) -> list[_Entry]:
    """Return a part of entries, which may be in any order, sorted by their keys."""
    after = part.after
    return sorted((entry for entry in entries if after is None or key(entry) > after), key=key)[: part.limit]


def collect(select: Callable[[Part], Sequence[tuple[Key, _Entry | None]]], part: Part) -> list[_Entry]:
    """Return a part of a list from rows of which some are left out (None).

    `select` is called until there are enough, each time for twice as many rows: to select the next ones, a store may
    have to look at all of them, so that as many at a time as are wanted would take too long where few are left.
    """
    wanted = part.limit
    found: list[_Entry] = []
    while True:
        rows = select(part)
        found += [entry for _, entry in rows if entry is not None]
        if wanted is None or part.limit is None or len(rows) < part.limit or len(found) >= wanted:
            return found[:wanted]
        part = replace(part, after=rows[-1][0], limit=max(2 * part.limit, _MORE))
