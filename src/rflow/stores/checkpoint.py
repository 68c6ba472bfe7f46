"""Checkpoints of long sessions: their state as JSON, so that they can be read without all of their events.

A checkpoint is derived from the stored events alone, and is used only by the very code that wrote it: `fold` names that
code. Where it is missing, damaged or of other code, all events are read; nothing is lost with it.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from pathlib import Path
from types import GenericAlias
from typing import Any, NamedTuple, TypeVar, get_args
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


RECENT = 100
"""The events whose entries every command reads; those of the events before them are a part of their own."""
MARK = 32
_MARK = b"%08x" * 4
_FIRST = "first"
_LONG = ("steps", "notes", "evidence")
"""The tables whose older entries are a part of their own: all that makes a long session large."""

Older = Mapping[str, Callable[[], dict[int, Any]]]
"""The older entries of each of these tables."""


class Checkpoint(NamedTuple):
    """A checkpoint as it is stored: after which event it was taken, of which code, and its data.

    That is a mark, the state without older entries (the head), and these.
    """

    version: int
    fold: str
    data: bytes


class Mark(NamedTuple):
    """How long the two parts of a checkpoint are, and their checksums."""

    head: int
    head_sum: int
    rest: int
    rest_sum: int


@cache
def fold() -> str:
    """Return a name of the code that folds events; "" where its source is not there, and no checkpoint is used."""
    try:
        sources = [Path(module.__file__ or "").read_bytes() for module in FOLDED_BY]
        return f"{crc32(Path(__file__).read_bytes() + b''.join(sources)):08x}"
    except OSError:
        return ""


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


_ENTRIES: dict[str, Any] = {name: GenericAlias(dict, (int, _TABLES[name])) for name in _LONG}


def _originals(entries: dict[int, Entry]) -> dict[str, list[dict[str, Any]]]:
    return {name: [_slim(entry) for entry in entries.values() if type(entry) is kind] for name, kind in _TABLES.items()}


def _slim(entry: Entry) -> dict[str, Any]:
    """Return the fields of an entry that are not as they are by default: a third less to read."""
    return {name: value for name, default in _defaults(type(entry)) if (value := getattr(entry, name)) != default}


@cache
def _defaults(kind: type[Entry]) -> list[tuple[str, Any]]:
    return [(field.name, field.default) for field in msgspec.structs.fields(kind)]


class _Column(msgspec.Struct, array_like=True):
    """A table from event numbers to a few values, as (first number, how many) of each run, and numbers of values."""

    runs: list[tuple[int, int]]
    numbers: list[int]
    values: list[str] = []


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
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
    return _Column(_runs(authors), [names[name] for name in authors.values()], [*names])


class _Moves(msgspec.Struct, array_like=True):
    """Where the session stood before each move: the same places again and again."""

    trees: list[events.TreeRef | None]
    places: list[events.Place | None]
    moves: list[tuple[int, int, int]]


def _of_moves(moves: list[state.Before]) -> _Moves:
    trees, places = _numbered(move.tree for move in moves), _numbered(move.place for move in moves)
    return _Moves([*trees], [*places], [(move.seq, trees[move.tree], places[move.place]) for move in moves])


_FORMS = {
    "kinds": _Form(
        lambda kinds: _Column(_runs(kinds), [_NUMBERS[kind] for kind in kinds.values()]),
        _Column,
        lambda stored: dict(zip(_in_runs(stored.runs), map(_KINDS.__getitem__, stored.numbers), strict=True)),
    ),
    "authors": _Form(
        _of_authors,
        _Column,
        lambda stored: dict(zip(_in_runs(stored.runs), map(stored.values.__getitem__, stored.numbers), strict=True)),
    ),
    "moves": _Form(
        _of_moves,
        _Moves,
        lambda stored: [
            state.Before(seq=seq, tree=stored.trees[tree], place=stored.places[place])
            for seq, tree, place in stored.moves
        ],
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


def take(session: Session) -> Checkpoint | None:
    """Return a checkpoint of a session; None for one with events that this version can't read."""
    if session.unreadable or not fold():
        return None
    first = max(session.version + 1 - RECENT, 0)
    values = {field.name: getattr(session, field.name) for field in _fields()}
    tables = {name: values[name] for name in _LONG}
    values |= {name: _slimmed(values[name].since(first) if name in _LONG else values[name]) for name in _TABLES}
    values |= {name: form.store(values[name]) for name, form in _FORMS.items()}
    older = {name: _slimmed(table.before(first)) for name, table in tables.items()}
    head, rest = (msgspec.json.encode(part) for part in ({**values, _FIRST: first}, older))
    mark = Mark(len(head), crc32(head), len(rest), crc32(rest))
    return Checkpoint(session.version, fold(), _MARK % mark + head + rest)


def _slimmed(table: Mapping[int, Entry]) -> dict[int, dict[str, Any]]:
    return {seq: _slim(entry) for seq, entry in table.items()}


def mark(data: bytes) -> Mark | None:
    """Read the mark at the beginning of a checkpoint's data; None where it is damaged."""
    try:
        found = Mark(*(int(data[at : at + 8], 16) for at in range(0, MARK, 8)))
    except ValueError:
        return None
    return found if _MARK % found == data[:MARK] else None


def restored(mark: Mark, head: bytes, older: Callable[[], Older]) -> Session | None:
    """Return the session of a checkpoint, with its tables undecoded; None for one that is damaged.

    `older` is called when something needs an entry that is not in `head`.
    """
    if (len(head), crc32(head)) != (mark.head, mark.head_sum):
        return None
    session = Session(id="")
    stored = msgspec.json.decode(head, type=dict[str, msgspec.Raw])
    first = msgspec.json.decode(stored[_FIRST], type=int)
    for field in _fields():
        decode = cache(partial(_decoded, stored[field.name], field))
        if field.name in _LONG:
            setattr(session, field.name, Table(decode(), first, partial(_named, older, field.name)))
        elif field.default_factory is Table:
            setattr(session, field.name, Table(first=session.version + 1, older=decode))
        elif field.default_factory is msgspec.NODEFAULT:
            setattr(session, field.name, decode())
        else:
            session.leave_undecoded(field.name, decode)
    return session


def _decoded(stored: msgspec.Raw, field: msgspec.structs.FieldInfo) -> Any:
    form = _FORMS.get(field.name)
    if form is not None:
        return form.restore(msgspec.json.decode(stored, type=form.type))
    return msgspec.json.decode(stored, type=_ENTRIES.get(field.name, field.type))


def _named(older: Callable[[], Older], name: str) -> dict[int, Any]:
    return older()[name]()


def is_sound(mark: Mark, rest: bytes) -> bool:
    """Whether these are the older entries of the checkpoint with that mark."""
    return (len(rest), crc32(rest)) == (mark.rest, mark.rest_sum)


def older_in(rest: bytes) -> Older:
    """Return the older entries in that part of a checkpoint, each table decoded when it is asked for."""
    stored = msgspec.json.decode(rest, type=dict[str, msgspec.Raw])
    return {name: cache(partial(msgspec.json.decode, stored[name], type=_ENTRIES[name])) for name in _LONG}


def older_of(session: Session) -> Older:
    """Return the same from the session that all events say."""
    first = max(session.version + 1 - RECENT, 0)
    return {name: cache(partial(getattr(session, name).before, first)) for name in _LONG}
