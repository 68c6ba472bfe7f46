"""Pagination of lists: sort keys, and parts of a list after a key."""

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
_MIN_BATCH = 1000
"""Minimum number of rows that `collect` selects after the first batch."""


class Key(NamedTuple):
    """The sort key of an entry, unique in its list.

    `at` is a time in microseconds since 1970, negative in a list that is sorted newest first.
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
    """Return the key of an entry in a list that is sorted newest first."""
    return Key(at=-micros(at), id=entry_id)


def oldest_first(at: datetime | None, entry_id: str) -> Key:
    """Return the key of an entry in a list that is sorted oldest first; entries without a time come before all."""
    return Key(at=micros(at or EPOCH), id=entry_id)


def link_key(share: "Share") -> Key:
    """Return the key of a link: lists of links are sorted newest first."""
    return newest_first(share.created_at, share.id)


def person_key(person: "Person") -> Key:
    """Return the key of a person: lists of people are sorted by name."""
    return Key(name=person.name.casefold(), id=person.id)


def cut(entries: Iterable[_Entry], key: Callable[[_Entry], Key], part: Part) -> list[_Entry]:
    """Sort entries by their keys and return a part of them."""
    after = part.after
    return sorted((entry for entry in entries if after is None or key(entry) > after), key=key)[: part.limit]


def collect(select: Callable[[Part], Sequence[tuple[Key, _Entry | None]]], part: Part) -> list[_Entry]:
    """Return a part of a list from rows, some of which are filtered out (None).

    `select` is called until there are enough entries, each time for twice as many rows: if the filter keeps few of
    them, batches of constant size would take too many calls, each of which may scan the whole list.
    """
    wanted = part.limit
    found: list[_Entry] = []
    while True:
        rows = select(part)
        found += [entry for _, entry in rows if entry is not None]
        if wanted is None or part.limit is None or len(rows) < part.limit or len(found) >= wanted:
            return found[:wanted]
        part = replace(part, after=rows[-1][0], limit=max(2 * part.limit, _MIN_BATCH))
