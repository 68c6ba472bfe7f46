"""Checkpoints of long sessions: their state as JSON, so that they can be read without all of their events.

A checkpoint is derived from the stored events alone, and is used only by the very code that wrote it: `fold` names that
code. Where it is missing, damaged or of other code, all events are read; nothing is lost with it.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args
from zlib import crc32

import msgspec

from rflow.core import people, person_names, spaces
from rflow.core.session import events, replay, state, times
from rflow.core.session.rules import adjust
from rflow.core.session.state import Entry, Session

_Value = TypeVar("_Value", bound=Hashable)
FOLDED_BY = (people, person_names, spaces, times, events, state, adjust, replay)
"""The modules that make a state of events."""


class Checkpoint(NamedTuple):
    """A checkpoint as it is stored: after which event it was taken, of which code, and its data."""

    version: int
    fold: str
    data: bytes


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


def _of_authors(authors: dict[int, str]) -> _Column:
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
    values = {field.name: getattr(session, field.name) for field in _fields()}
    values |= {name: {seq: _slim(entry) for seq, entry in values[name].items()} for name in _TABLES}
    values |= {name: form.store(values[name]) for name, form in _FORMS.items()}
    body = msgspec.json.encode(values)
    return Checkpoint(session.version, fold(), body + b"%08x" % crc32(body))


def restored(checkpoint: Checkpoint) -> Session | None:
    """Return the session of a checkpoint, with its tables undecoded; None for one that is damaged or of other code."""
    body = memoryview(checkpoint.data)[:-8]
    if not fold() or checkpoint.fold != fold() or checkpoint.data[-8:] != b"%08x" % crc32(body):
        return None
    session = Session(id="")
    stored = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    for field in _fields():
        decode = cache(partial(_decoded, stored[field.name], field))
        if field.default_factory is msgspec.NODEFAULT:
            setattr(session, field.name, decode())
        else:
            session.leave_undecoded(field.name, decode)
    return session


def _decoded(stored: msgspec.Raw, field: msgspec.structs.FieldInfo) -> Any:
    form = _FORMS.get(field.name)
    if form is None:
        return msgspec.json.decode(stored, type=field.type)
    return form.restore(msgspec.json.decode(stored, type=form.type))
