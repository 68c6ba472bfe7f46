"""Checkpoints of long sessions: their state as JSON, so that they can be read without all of their events.

A checkpoint is derived from the stored events alone, and is used only by the very code that wrote it: `fold` names that
code. Where it is missing, damaged or of other code, all events are read; nothing is lost with it.
"""

from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from itertools import accumulate, chain, count, islice
from pathlib import Path
from types import GenericAlias
from typing import Any, NamedTuple, TypeVar, cast, get_args
from zlib import crc32

import msgspec

from rflow.core import people, person_names, spaces
from rflow.core.session import events, replay, state, table, times
from rflow.core.session.rules import adjust
from rflow.core.session.state import Entry, Session
from rflow.core.session.table import Table

_Value = TypeVar("_Value", bound=Hashable)
FOLDED_BY = (people, person_names, spaces, times, events, table, state, adjust, replay)
"""The modules that make a state of events."""


RECENT = 150
"""The latest entries of each kind that every command reads, as many as a summary shows; older ones are read later."""
PARTS = 4
"""Into how many parts older entries are divided."""
MOST_PARTS = 8
"""How many parts there are at most: the next checkpoint keeps those of the last one, and adds one."""
MARK = 16
_MARK = b"%08x" * 2
_FIELD = "parts"
_LONG = ("moves", "steps", "notes", "evidence")
"""The tables whose older entries are a part of their own: all that makes a long session large.

Those that a summary reads come first: SQLite reads all that is before a part to find it.
"""


class Checkpoint(NamedTuple):
    """A checkpoint as it is stored: after which event it was taken, of which code, and its data.

    That is a mark, the state without older entries (the head), and up to `MOST_PARTS` parts of each table, the oldest
    first.
    """

    version: int
    fold: str
    data: bytes


class Mark(NamedTuple):
    """How long the head of a checkpoint is, and its checksum."""

    size: int
    sum: int


class Part(msgspec.Struct, array_like=True, frozen=True):
    """Where older entries of a table are in a checkpoint: `count` of them, before event `end`."""

    name: str
    end: int
    count: int
    start: int
    size: int
    sum: int


@cache
def fold() -> str:
    """Return a name of the code that folds events; "" where its source is not there, and no checkpoint is used."""
    try:
        sources = [Path(module.__file__ or "").read_bytes() for module in FOLDED_BY]
        return f"{crc32(Path(__file__).read_bytes() + b''.join(sources)):08x}"
    except OSError:
        return ""


class _Index(msgspec.Struct, array_like=True):
    """The first line of a part with entries: their numbers, and how long each is in the second, a list."""

    seqs: list[int]
    sizes: list[int]


class _Entries(Mapping[int, Any]):
    """The values in a part of a checkpoint: an entry is decoded when it is asked for, or all at once; moves always."""

    def __init__(self, body: bytes, name: str) -> None:
        self.body, self._name = body, name

    @cached_property
    def _all(self) -> dict[int, Any]:
        if self._name not in _TABLES:
            return cast(dict[int, Any], _decoded(self.body, self._name))
        kind = GenericAlias(list, (_TABLES[self._name],))
        entries = msgspec.json.decode(self.body[self._ends[0] :], type=kind)
        return dict(zip(self._places, entries, strict=True))

    @cached_property
    def _index(self) -> _Index:
        return msgspec.json.decode(self.body[: self.body.index(b"\n")], type=_Index)

    @cached_property
    def _places(self) -> dict[int, int]:
        return dict(zip(self._index.seqs, count(), strict=False))

    @cached_property
    def _ends(self) -> list[int]:
        """Where the list begins, and where each entry of it would end, if there were no commas."""
        return list(accumulate(self._index.sizes, initial=self.body.index(b"\n") + 1))

    def __getitem__(self, seq: int) -> Any:
        if self._name not in _TABLES:
            return self._all[seq]
        place = self._places[seq]
        start, end = (self._ends[border] + place + 1 for border in (place, place + 1))
        return msgspec.json.decode(self.body[start:end], type=_TABLES[self._name])

    def __iter__(self) -> Iterator[int]:
        return iter(self._places if self._name in _TABLES else self._all)

    def __len__(self) -> int:
        return len(self._places if self._name in _TABLES else self._all)

    def items(self) -> ItemsView[int, Any]:
        return self._all.items()


class _Parts(Mapping[int, Any]):
    """The older entries of a table: a part of them is read when something needs one of its entries."""

    def __init__(self, parts: list[Part], read: Callable[[Part], Mapping[int, Any]]) -> None:
        self._parts, self._read = parts, cache(read)
        self.end = parts[-1].end if parts else 0

    def stored(self) -> list[tuple[Part, bytes]]:
        """Return the parts as they are stored; none if one of them can't be read as it is, or they are too many."""
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


class _Form(NamedTuple):
    """How a field is stored that JSON can't hold as it is: what makes its form, the type of that, and the way back."""

    store: Callable[[Any], Any]
    type: Any
    restore: Callable[[Any], Any]


_KINDS = get_args(events.Fact)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}


class _Originals(msgspec.Struct):
    steps: list[state.Step] = []
    notes: list[state.Note] = []
    evidence: list[state.Evidence] = []
    changes: list[state.Change] = []
    questions: list[state.Question] = []
    flags: list[state.Flag] = []


_TABLES = dict(zip(_Originals.__struct_fields__, get_args(Entry), strict=True))
"""The fields that hold entries, and the type of these."""


def _originals(entries: dict[int, Entry]) -> dict[str, list[msgspec.Struct]]:
    return {name: [_slim(entry) for entry in entries.values() if type(entry) is kind] for name, kind in _TABLES.items()}


def _slim(entry: Entry) -> msgspec.Struct:
    """Return an entry that is stored without the fields that are as they are by default: a third less to read."""
    return _slim_kind(type(entry))(*msgspec.structs.astuple(entry))


@cache
def _slim_kind(kind: type[Entry]) -> type[msgspec.Struct]:
    defaults = [(field.name, field.default) for field in msgspec.structs.fields(kind)]
    fields = [(name, object, msgspec.UNSET if default is msgspec.NODEFAULT else default) for name, default in defaults]
    return msgspec.defstruct(kind.__name__, fields, omit_defaults=True, gc=False)


class _Column(msgspec.Struct, array_like=True):
    """A table from event numbers to a few values, as (first number, how many) of each run, and numbers of values."""

    runs: list[tuple[int, int]]
    numbers: list[int]
    values: list[str] = []


class _Run(Mapping[int, _Value]):
    """A column of one run: nothing is made of it but what is asked for."""

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


def _of_column(column: _Column, values: Sequence[_Value]) -> Mapping[int, _Value]:
    if len(column.runs) == 1:
        return _Run(column.runs[0][0], column.numbers, values)
    return dict(zip(_in_runs(column.runs), map(values.__getitem__, column.numbers), strict=True))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
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


def _in_runs(runs: list[tuple[int, int]]) -> Iterator[int]:
    return chain.from_iterable(range(first, first + count) for first, count in runs)


def _numbered(values: Iterable[_Value]) -> dict[_Value, int]:
    """Return a number for each different value."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _of_authors(authors: Table[str]) -> _Column:
    names = _numbered(authors.values())
    return _Column(_runs(authors), list(map(names.__getitem__, authors.values())), [*names])


class _Moves(msgspec.Struct, array_like=True):
    """Where the session stood before each move: the same places again and again."""

    seqs: list[int]
    numbers: list[int]
    values: list[state.Before]


def _of_moves(moves: Mapping[int, state.Before]) -> _Moves:
    places = _numbered(moves.values())
    return _Moves([*moves], [places[place] for place in moves.values()], [*places])


_FORMS = {
    "kinds": _Form(
        lambda kinds: _Column(_runs(kinds), list(map(_NUMBERS.__getitem__, kinds.values()))),
        _Column,
        lambda stored: _of_column(stored, _KINDS),
    ),
    "authors": _Form(_of_authors, _Column, lambda stored: _of_column(stored, stored.values)),
    "moves": _Form(
        _of_moves,
        _Moves,
        lambda stored: dict(zip(stored.seqs, map(stored.values.__getitem__, stored.numbers), strict=True)),
    ),
    "commands": _Form(
        lambda commands: [(*key, seq) for key, seq in commands.items()],
        list[tuple[str, str, int]],
        lambda stored: {(by, command): seq for by, command, seq in stored},
    ),
    "originals": _Form(
        _originals,
        _Originals,
        lambda stored: {entry.seq: entry for name in _TABLES for entry in getattr(stored, name)},
    ),
}


@cache
def _fields() -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a session that are stored; one with unreadable events has no checkpoint."""
    fields = msgspec.structs.fields(Session)
    return tuple(field for field in fields if field.name not in ("unreadable", "undecoded"))


@cache
def _types() -> dict[str, Any]:
    """Return the type that each field has when it is decoded."""
    tables = {name: GenericAlias(dict, (int, kind)) for name, kind in _TABLES.items()}
    return {field.name: field.type for field in _fields()} | tables


def take(session: Session) -> Checkpoint | None:
    """Return a checkpoint of a session; None for one with events that this version can't read."""
    if session.unreadable or not fold():
        return None
    values = {field.name: getattr(session, field.name) for field in _fields()}
    parts, bodies, start = list[Part](), list[bytes](), 0
    for name in _LONG:
        unread, older, values[name] = values[name].split(RECENT)
        for part, body in _parts_of(name, unread, older):
            parts.append(msgspec.structs.replace(part, start=start))
            bodies.append(body)
            start += len(body)
    head = msgspec.json.encode({name: _stored(name, value) for name, value in values.items()} | {_FIELD: parts})
    return Checkpoint(session.version, fold(), b"".join((_MARK % (len(head), crc32(head)), head, *bodies)))


def _parts_of(name: str, unread: Mapping[int, Any], older: dict[int, Any]) -> Iterator[tuple[Part, bytes]]:
    """Yield the parts of a table: those that nothing has read stay as they are, with what is older now as one more."""
    kept = unread.stored() if isinstance(unread, _Parts) else []
    yield from kept
    older = older if kept else {**dict(unread.items()), **older}
    each, size = iter(older.items()), len(older) if kept else max(RECENT, -(-len(older) // PARTS))
    while some := dict(islice(each, size)):
        body = _part(name, some)
        yield Part(name, max(some) + 1, len(some), 0, len(body), crc32(body)), body


def _part(name: str, values: dict[int, Any]) -> bytes:
    """Return the body of a part: entries with an index before them, so that one is found without reading the others."""
    if name not in _TABLES:
        return msgspec.json.encode(_stored(name, values))
    entries = [msgspec.json.encode(_slim(entry)) for entry in values.values()]
    index = msgspec.json.encode(_Index([*values], [*map(len, entries)]))
    return b"%s\n[%s]" % (index, b",".join(entries))


def _stored(name: str, value: Any) -> Any:
    """Return what is stored of a field."""
    if name in _FORMS:
        return _FORMS[name].store(value)
    return {seq: _slim(entry) for seq, entry in value.items()} if name in _TABLES else value


def mark(data: bytes) -> Mark | None:
    """Read the mark at the beginning of a checkpoint's data; None where it is damaged."""
    try:
        found = Mark(int(data[:8], 16), int(data[8:MARK], 16))
    except ValueError:
        return None
    return found if _MARK % found == data[:MARK] else None


def restored(mark: Mark, head: bytes, older: Callable[[Part], Mapping[int, Any]]) -> Session | None:
    """Return the session of a checkpoint, with its tables undecoded; None for one that is damaged.

    `older` is called when something needs an entry that is not in `head`.
    """
    if Mark(len(head), crc32(head)) != mark:
        return None
    session = Session(id="")
    stored = msgspec.json.decode(head, type=dict[str, msgspec.Raw])
    parts = msgspec.json.decode(stored[_FIELD], type=list[Part])
    for field in _fields():
        decode = cache(partial(_decoded, stored[field.name], field.name))
        if field.name in _LONG:
            own = [part for part in parts if part.name == field.name]
            setattr(session, field.name, _table(decode(), _Parts(own, older)))
        elif field.default_factory is Table:
            setattr(session, field.name, Table({}, session.version + 1, session.version, decode))
        elif field.default_factory is msgspec.NODEFAULT:
            setattr(session, field.name, decode())
        else:
            session.leave_undecoded(field.name, decode)
    return session


def _table(recent: dict[int, Any], older: _Parts) -> Table[Any]:
    return Table(recent, older.end, len(older), lambda: older)


def _decoded(stored: msgspec.Raw | bytes, name: str) -> Any:
    form = _FORMS.get(name)
    if form is not None:
        return form.restore(msgspec.json.decode(stored, type=form.type))
    return msgspec.json.decode(stored, type=_types()[name])


def older_in(body: bytes, part: Part) -> Mapping[int, Any] | None:
    """Return the older entries in that part of a checkpoint; None if it is another's, or damaged."""
    if (len(body), crc32(body)) != (part.size, part.sum):
        return None
    return _Entries(body, part.name)


def older_of(session: Session, part: Part) -> Mapping[int, Any]:
    """Return the same from the session that all events say."""
    values = getattr(session, part.name).whole()
    end = list(values).index(last) + 1 if (last := part.end - 1) in values else 0
    return dict(islice(values.items(), max(end - part.count, 0), end))
