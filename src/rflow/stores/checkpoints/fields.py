"""How the fields of a session are encoded in a checkpoint.

Most are plain JSON. `ENCODINGS` lists the rest: keys that JSON can't have, and values that repeat so often that each is
stored once and referred to by number.
"""

from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from types import GenericAlias
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec

from rflow.core.session import events, state
from rflow.core.session.state import Entry, Session
from rflow.core.session.table import Table

_Value = TypeVar("_Value", bound=Hashable)

_FACT_TYPES = get_args(events.Fact)
_FACT_NUMBERS = {fact: number for number, fact in enumerate(_FACT_TYPES)}


class _Encoding(NamedTuple):
    """How a field is encoded that is not plain JSON: `type` is what `encode` returns and `decode` receives."""

    encode: Callable[[Any], Any]
    type: Any
    decode: Callable[[Any], Any]


class _Originals(msgspec.Struct):
    """Entries as they were before they were corrected, in one list per type."""

    steps: list[state.Step] = []
    notes: list[state.Note] = []
    evidence: list[state.Evidence] = []
    changes: list[state.Change] = []
    questions: list[state.Question] = []
    flags: list[state.Flag] = []


ENTRY_TYPES = dict(zip(_Originals.__struct_fields__, get_args(Entry), strict=True))
"""The type of the entries in each field that holds entries."""


class _Column(msgspec.Struct, array_like=True):
    """A table with few distinct values: `runs` are its keys as (first, count), `numbers` are indexes of `values`."""

    runs: list[tuple[int, int]]
    numbers: list[int]
    values: list[str] = []


class _Moves(msgspec.Struct, array_like=True):
    """The position before each move, as indexes of `values`: a session visits the same places again and again."""

    seqs: list[int]
    numbers: list[int]
    values: list[state.Before]


class _Run(Mapping[int, _Value]):
    """A column with consecutive keys, which looks values up without building a dict."""

    def __init__(self, first: int, numbers: list[int], values: Sequence[_Value]) -> None:
        self._first, self._numbers, self._values = first, numbers, values

    def __getitem__(self, seq: int) -> _Value:
        if not 0 <= seq - self._first < len(self._numbers):
            raise KeyError(seq)
        return self._values[self._numbers[seq - self._first]]

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._first, self._first + len(self._numbers)))

    def __len__(self) -> int:
        return len(self._numbers)

    def items(self) -> ItemsView[int, _Value]:
        return dict(zip(self, map(self._values.__getitem__, self._numbers), strict=True)).items()


def encode(name: str, value: Any) -> Any:
    """Return the value of a field in a form that msgspec can write as JSON."""
    if name in ENCODINGS:
        return ENCODINGS[name].encode(value)
    return {seq: without_defaults(entry) for seq, entry in value.items()} if name in ENTRY_TYPES else value


def decode(data: msgspec.Raw | bytes, name: str) -> Any:
    """Return the value of a field from its JSON."""
    encoding = ENCODINGS.get(name)
    if encoding is not None:
        return encoding.decode(msgspec.json.decode(data, type=encoding.type))
    return msgspec.json.decode(data, type=_plain_types()[name])


@cache
def stored_fields() -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a session that are stored; a session with unreadable events has no checkpoint."""
    fields = msgspec.structs.fields(Session)
    return tuple(field for field in fields if field.name not in ("unreadable", "undecoded"))


@cache
def _plain_types() -> dict[str, Any]:
    """Return the types that msgspec decodes plain fields to."""
    tables = {name: GenericAlias(dict, (int, entry)) for name, entry in ENTRY_TYPES.items()}
    return {field.name: field.type for field in stored_fields()} | tables


def without_defaults(entry: Entry) -> msgspec.Struct:
    """Return a copy of an entry that is encoded without default values, which makes it a third smaller."""
    return _type_without_defaults(type(entry))(*msgspec.structs.astuple(entry))


@cache
def _type_without_defaults(kind: type[Entry]) -> type[msgspec.Struct]:
    defaults = [(field.name, field.default) for field in msgspec.structs.fields(kind)]
    fields = [(name, object, msgspec.UNSET if default is msgspec.NODEFAULT else default) for name, default in defaults]
    return msgspec.defstruct(kind.__name__, fields, omit_defaults=True, gc=False)


def _encode_kinds(kinds: Table[type[events.Fact]]) -> _Column:
    return _Column(_runs(kinds), [_FACT_NUMBERS[kind] for kind in kinds.values()])


def _decode_kinds(column: _Column) -> Mapping[int, Any]:
    return _decode_column(column, _FACT_TYPES)


def _encode_authors(authors: Table[str]) -> _Column:
    numbers = _numbered(authors.values())
    return _Column(_runs(authors), [numbers[author] for author in authors.values()], [*numbers])


def _decode_authors(column: _Column) -> Mapping[int, str]:
    return _decode_column(column, column.values)


def _encode_moves(moves: Mapping[int, state.Before]) -> _Moves:
    numbers = _numbered(moves.values())
    return _Moves([*moves], [numbers[place] for place in moves.values()], [*numbers])


def _decode_moves(moves: _Moves) -> dict[int, state.Before]:
    return dict(zip(moves.seqs, map(moves.values.__getitem__, moves.numbers), strict=True))


def _encode_commands(commands: dict[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    return [(*key, seq) for key, seq in commands.items()]


def _decode_commands(commands: list[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    return {(by, command): seq for by, command, seq in commands}


def _encode_originals(entries: dict[int, Entry]) -> dict[str, list[msgspec.Struct]]:
    return {
        name: [without_defaults(entry) for entry in entries.values() if type(entry) is kind]
        for name, kind in ENTRY_TYPES.items()
    }


def _decode_originals(originals: _Originals) -> dict[int, Entry]:
    return {entry.seq: entry for name in ENTRY_TYPES for entry in getattr(originals, name)}


def _decode_column(column: _Column, values: Sequence[_Value]) -> Mapping[int, _Value]:
    if len(column.runs) == 1:
        return _Run(column.runs[0][0], column.numbers, values)
    seqs = chain.from_iterable(range(first, first + count) for first, count in column.runs)
    return dict(zip(seqs, map(values.__getitem__, column.numbers), strict=True))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return runs of consecutive numbers as (first, count)."""
    numbers = list(numbers)
    if numbers and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return [(numbers[0], len(numbers))]
    runs: list[tuple[int, int]] = []
    for number in numbers:
        first, count = runs[-1] if runs else (number, 0)
        if number == first + count and runs:
            runs[-1] = (first, count + 1)
        else:
            runs.append((number, 1))
    return runs


def _numbered(values: Iterable[_Value]) -> dict[_Value, int]:
    """Number the distinct values, in order of first appearance."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


ENCODINGS = {
    "kinds": _Encoding(_encode_kinds, _Column, _decode_kinds),
    "authors": _Encoding(_encode_authors, _Column, _decode_authors),
    "moves": _Encoding(_encode_moves, _Moves, _decode_moves),
    "commands": _Encoding(_encode_commands, list[tuple[str, str, int]], _decode_commands),
    "originals": _Encoding(_encode_originals, _Originals, _decode_originals),
}
"""The encodings of fields that are not plain JSON."""
