"""A table keyed by event number that loads its older entries only when they are needed."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _collections_abc import dict_values

_Value = TypeVar("_Value")


class Table(MutableMapping[int, _Value]):
    """Values by the number of the event that added them, in that order.

    `recent` has the values of events from `first` on. `older` returns the other `count` values; a command on a session
    with a checkpoint rarely needs them.
    """

    __slots__ = ("_count", "_first", "_older", "_values")

    def __init__(
        self,
        recent: dict[int, _Value] | None = None,
        first: int = 0,
        count: int = 0,
        older: Callable[[], Mapping[int, _Value]] = dict,
    ) -> None:
        self._values: dict[int, _Value] = {} if recent is None else recent
        self._first, self._count, self._older = first, count, older

    def load_all(self) -> dict[int, _Value]:
        """Return all values; this loads the older ones."""
        if self._count:
            self._values = {**dict(self._older().items()), **self._values}
            self._first = self._count = 0
        return self._values

    def split(self, count: int) -> tuple[Mapping[int, _Value], dict[int, _Value], dict[int, _Value]]:
        """Return the values in three parts: those not loaded yet, the loaded ones before the last `count`, the last."""
        each = iter(self._values.items())
        older = self._older() if self._count else {}
        return older, dict(islice(each, max(len(self._values) - count, 0))), dict(each)

    def newest(self) -> Iterator[_Value]:
        """Yield the values, newest first."""
        yield from reversed(self._values.values())
        if self._count:
            yield from reversed([value for _, value in self._older().items()])

    @property
    def last(self) -> int | None:
        """The highest number; None if the table is empty."""
        return next(reversed(self), None)

    def copy(self) -> "Table[_Value]":
        """Return an independent table with the same values."""
        return Table(self._values.copy(), self._first, self._count, self._older)

    def values(self) -> "dict_values[int, _Value]":
        """Return all values in order."""
        return self.load_all().values()

    def _part(self, seq: int) -> Mapping[int, _Value]:
        return self._values if seq >= self._first else self._older()

    def __getitem__(self, seq: int) -> _Value:
        return self._part(seq)[seq]

    def __setitem__(self, seq: int, value: _Value) -> None:
        (self._values if seq >= self._first else self.load_all())[seq] = value

    def __delitem__(self, seq: int) -> None:
        del (self._values if seq >= self._first else self.load_all())[seq]

    def __contains__(self, seq: object) -> bool:
        return isinstance(seq, int) and seq in self._part(seq)

    def __iter__(self) -> Iterator[int]:
        return chain(self._older() if self._count else (), self._values)

    def __reversed__(self) -> Iterator[int]:
        yield from reversed(self._values)
        if self._count:
            yield from reversed(tuple(self._older()))

    def __len__(self) -> int:
        return len(self._values) + self._count

    def __repr__(self) -> str:
        return f"Table({self.load_all()!r})"
