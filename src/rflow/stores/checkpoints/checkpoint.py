"""Taking a checkpoint of a session, and restoring the session from it.

A checkpoint is derived from the stored events alone, and is used only by exactly the code that wrote it
(`code_fingerprint`). If it is missing, damaged or written by other code, all events are read instead: nothing is lost.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from rflow.core import people, person_names, spaces
from rflow.core.session import events, replay, state, table, times
from rflow.core.session.rules import adjust, steering
from rflow.core.session.state import Session
from rflow.core.session.table import Table
from rflow.stores.checkpoints import fields, parts
from rflow.stores.checkpoints.parts import OlderEntries, Part

REPLAYED_BY = (people, person_names, spaces, times, events, table, state, adjust, steering, replay)
"""The modules that turn events into a state."""

RECENT = 150
"""How many of the latest entries of each kind are in the head: as many as a summary shows."""
PREFIX_SIZE = 16
"""The length of a prefix in bytes."""
_PREFIX = b"%08x" * 2
_PARTS = "parts"
_DIVIDED = ("moves", "steps", "notes", "evidence")
"""The tables that make a long session large: their older entries are stored in parts.

Those that a summary reads come first, because SQLite has to read everything before a part to find it.
"""


class Checkpoint(NamedTuple):
    """A checkpoint as it is stored: the version of the session, the code that wrote it, and its data.

    The data is a prefix, the state without older entries (the head), and the parts of each divided table, oldest first.
    """

    version: int
    code: str
    data: bytes


class Prefix(NamedTuple):
    """The length of the head and its CRC-32."""

    size: int
    sum: int


@cache
def code_fingerprint() -> str:
    """Return a checksum of the code that makes checkpoints; "" if its source can't be read, so none are used."""
    try:
        files = [Path(module.__file__ or "") for module in (*REPLAYED_BY, fields, parts)]
        return f"{crc32(b''.join(file.read_bytes() for file in (Path(__file__), *files))):08x}"
    except OSError:
        return ""


def take(session: Session) -> Checkpoint | None:
    """Return a checkpoint of a session; None if it has events that this version can't read."""
    if session.unreadable or not code_fingerprint():
        return None
    values = {field.name: getattr(session, field.name) for field in fields.stored_fields()}
    all_parts, bodies, start = list[Part](), list[bytes](), 0
    for name in _DIVIDED:
        unread, older, values[name] = values[name].split(RECENT)
        for part, body in parts.divide(name, unread, older, RECENT):
            all_parts.append(msgspec.structs.replace(part, start=start))
            bodies.append(body)
            start += len(body)
    encoded = {name: fields.encode(name, value) for name, value in values.items()}
    head = msgspec.json.encode(encoded | {_PARTS: all_parts})
    data = b"".join((_PREFIX % (len(head), crc32(head)), head, *bodies))
    return Checkpoint(session.version, code_fingerprint(), data)


def read_prefix(data: bytes) -> Prefix | None:
    """Return the prefix at the beginning of a checkpoint's data; None if it is damaged."""
    try:
        prefix = Prefix(int(data[:8], 16), int(data[8:PREFIX_SIZE], 16))
    except ValueError:
        return None
    return prefix if _PREFIX % prefix == data[:PREFIX_SIZE] else None


def restore(prefix: Prefix, head: bytes, read_part: Callable[[Part], Mapping[int, Any]]) -> Session | None:
    """Return the session of a checkpoint, with its tables not decoded yet; None if the head is damaged.

    `read_part` is called when an entry is needed that is not in `head`.
    """
    if Prefix(len(head), crc32(head)) != prefix:
        return None
    session = Session(id="")
    encoded = msgspec.json.decode(head, type=dict[str, msgspec.Raw])
    all_parts = msgspec.json.decode(encoded[_PARTS], type=list[Part])
    for field in fields.stored_fields():
        decode = cache(partial(fields.decode, encoded[field.name], field.name))
        if field.name in _DIVIDED:
            older = OlderEntries([part for part in all_parts if part.name == field.name], read_part)
            setattr(session, field.name, _table(decode(), older))
        elif field.default_factory is Table:
            setattr(session, field.name, Table({}, session.version + 1, session.version, decode))
        elif field.default_factory is msgspec.NODEFAULT:
            setattr(session, field.name, decode())
        else:
            session.leave_undecoded(field.name, decode)
    return session


def _table(recent: dict[int, Any], older: OlderEntries) -> Table[Any]:
    return Table(recent, older.end, len(older), lambda: older)


def entries_of_part(session: Session, part: Part) -> Mapping[int, Any]:
    """Return the entries that a part holds, from the session as replayed from all of its events."""
    values = getattr(session, part.name).load_all()
    end = list(values).index(last) + 1 if (last := part.end - 1) in values else 0
    return dict(islice(values.items(), max(end - part.count, 0), end))
