"""The older entries of a checkpoint, divided into parts that are read only when needed."""

from collections.abc import Callable, ItemsView, Iterator, Mapping
from functools import cache, cached_property
from itertools import accumulate, chain, count, islice
from types import GenericAlias
from typing import Any, cast
from zlib import crc32

import msgspec

from rflow.stores.checkpoints import fields

FIRST_PARTS = 4
"""How many parts the first checkpoint of a session divides the older entries of a table into."""
MOST_PARTS = 8
"""Maximum number of parts of a table. Each new checkpoint adds one; at the maximum, all are divided anew."""


class Part(msgspec.Struct, array_like=True, frozen=True):
    """Where a part is stored: the last `count` entries of table `name` before event `end`.

    `start` is its offset behind the head, `size` its length in bytes, `sum` its CRC-32.
    """

    name: str
    end: int
    count: int
    start: int
    size: int
    sum: int


class _Index(msgspec.Struct, array_like=True):
    """The first line of a part with entries: their event numbers, and the length of each in bytes."""

    seqs: list[int]
    sizes: list[int]


class PartEntries(Mapping[int, Any]):
    """The entries of a part, by event number. Each is decoded on access; moves are decoded all together."""

    def __init__(self, body: bytes, name: str) -> None:
        self.body, self._name = body, name

    @cached_property
    def _all(self) -> dict[int, Any]:
        if self._name not in fields.ENTRY_TYPES:
            return cast(dict[int, Any], fields.decode(self.body, self._name))
        entries_type = GenericAlias(list, (fields.ENTRY_TYPES[self._name],))
        entries = msgspec.json.decode(self.body[self._offsets[0] :], type=entries_type)
        return dict(zip(self._positions, entries, strict=True))

    @cached_property
    def _index(self) -> _Index:
        return msgspec.json.decode(self.body[: self.body.index(b"\n")], type=_Index)

    @cached_property
    def _positions(self) -> dict[int, int]:
        return dict(zip(self._index.seqs, count(), strict=False))

    @cached_property
    def _offsets(self) -> list[int]:
        """Where the JSON list begins, then where each entry ends, not counting the brackets and commas before it."""
        return list(accumulate(self._index.sizes, initial=self.body.index(b"\n") + 1))

    def __getitem__(self, seq: int) -> Any:
        if self._name not in fields.ENTRY_TYPES:
            return self._all[seq]
        position = self._positions[seq]
        start, end = (self._offsets[border] + position + 1 for border in (position, position + 1))
        return msgspec.json.decode(self.body[start:end], type=fields.ENTRY_TYPES[self._name])

    def __iter__(self) -> Iterator[int]:
        return iter(self._positions if self._name in fields.ENTRY_TYPES else self._all)

    def __len__(self) -> int:
        return len(self._positions if self._name in fields.ENTRY_TYPES else self._all)

    def items(self) -> ItemsView[int, Any]:
        return self._all.items()


class OlderEntries(Mapping[int, Any]):
    """The older entries of a table, by event number. A part is read the first time one of its entries is needed."""

    def __init__(self, parts: list[Part], read: Callable[[Part], Mapping[int, Any]]) -> None:
        self._parts, self._read = parts, cache(read)
        self.end = parts[-1].end if parts else 0

    def reusable(self) -> list[tuple[Part, bytes]]:
        """Return the parts with their bytes; none if one can't be read as stored, or there are too many."""
        bodies = [getattr(self._read(part), "body", b"") for part in self._parts]
        return list(zip(self._parts, bodies, strict=True)) if all(bodies) and len(bodies) < MOST_PARTS else []

    def __getitem__(self, seq: int) -> Any:
        for part in self._parts:
            if seq < part.end:
                return self._read(part)[seq]
        raise KeyError(seq)

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(map(self._read, self._parts))

    def __len__(self) -> int:
        return sum(part.count for part in self._parts)

    def items(self) -> ItemsView[int, Any]:
        whole: dict[int, Any] = {}
        for part in self._parts:
            whole |= self._read(part).items()
        return whole.items()


def divide(name: str, unread: Mapping[int, Any], older: dict[int, Any], smallest: int) -> Iterator[tuple[Part, bytes]]:
    """Yield the parts of a table with their bytes; their `start` is still 0.

    Parts of the last checkpoint that are still `unread` are reused, and the `older` entries become one more. Otherwise
    everything is divided anew, into parts of at least `smallest` entries.
    """
    reused = unread.reusable() if isinstance(unread, OlderEntries) else []
    yield from reused
    older = older if reused else {**dict(unread.items()), **older}
    remaining, size = iter(older.items()), len(older) if reused else max(smallest, -(-len(older) // FIRST_PARTS))
    while entries := dict(islice(remaining, size)):
        body = _encode(name, entries)
        yield Part(name, max(entries) + 1, len(entries), 0, len(body), crc32(body)), body


def _encode(name: str, values: dict[int, Any]) -> bytes:
    """Return the bytes of a part. Entries get an index, so that one can be found without decoding the others."""
    if name not in fields.ENTRY_TYPES:
        return msgspec.json.encode(fields.encode(name, values))
    entries = [msgspec.json.encode(fields.without_defaults(entry)) for entry in values.values()]
    index = msgspec.json.encode(_Index([*values], [*map(len, entries)]))
    return b"%s\n[%s]" % (index, b",".join(entries))


def read(body: bytes, part: Part) -> Mapping[int, Any] | None:
    """Return the entries in the bytes of a part; None if the bytes are damaged or of another checkpoint."""
    if (len(body), crc32(body)) != (part.size, part.sum):
        return None
    return PartEntries(body, part.name)
