"""A table by event numbers whose older part is read only when something needs it."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _collections_abc import dict_values

_Value = TypeVar("_Value")


class Table(MutableMapping[int, _Value]):
    """Values by the number of the event that brought them, in that order.

    What events from `first` on brought is in `recent`; `older` returns the rest, of which a command that goes on from a
    checkpoint rarely needs anything.
    """

    __slots__ = ("_first", "_older", "_values")

    def __init__(
        self,
        recent: dict[int, _Value] | None = None,
        first: int = 0,
        older: Callable[[], dict[int, _Value]] | None = None,
    ) -> None:
        self._values: dict[int, _Value] = {} if recent is None else recent
        self._first = first
        self._older = older

    def whole(self) -> dict[int, _Value]:
        """Return all values, with the older ones read."""
        if self._older is not None:
            self._values = {**self._older(), **self._values}
            self._first, self._older = 0, None
        return self._values

    def since(self, seq: int) -> dict[int, _Value]:
        """Return what events from number `seq` on brought."""
        values = self._values if seq >= self._first else self.whole()
        return {number: value for number, value in values.items() if number >= seq}

    def before(self, seq: int) -> dict[int, _Value]:
        """Return what events before number `seq` brought."""
        return {number: value for number, value in self.whole().items() if number < seq}

    def newest(self) -> Iterator[_Value]:
        """Yield the values, the newest first."""
        yield from reversed(self._values.values())
        if self._older is not None:
            yield from reversed(self._older().values())

    def copy(self) -> "Table[_Value]":
        """Return a table of its own with the same values."""
        return Table(self._values.copy(), self._first, self._older)

    def values(self) -> "dict_values[int, _Value]":
        """Return all values in order."""
        return self.whole().values()

    def __getitem__(self, seq: int) -> _Value:
        return (self._values if seq >= self._first else self.whole())[seq]

    def __setitem__(self, seq: int, value: _Value) -> None:
        (self._values if seq >= self._first else self.whole())[seq] = value

    def __delitem__(self, seq: int) -> None:
        del (self._values if seq >= self._first else self.whole())[seq]

    def __contains__(self, seq: object) -> bool:
        return seq in (self._values if isinstance(seq, int) and seq >= self._first else self.whole())

    def __iter__(self) -> Iterator[int]:
        return iter(self.whole())

    def __reversed__(self) -> Iterator[int]:
        yield from reversed(self._values)
        if self._older is not None:
            yield from reversed(self._older())

    def __len__(self) -> int:
        return len(self.whole())

    def __repr__(self) -> str:
        return f"Table({self.whole()!r})"
