"""The one encoding of a session: a header line, then an event per line, each with a checksum.

{"rflow":"session","format":3,"records":3,"id":"019a4711-…","code":"K7QM-2F"}
{"seq":1,"at":"2026-11-03T02:01:00Z","by":{…},"fact":{"type":"session_started",…},"sum":"1a2b3c4d"}

The sum is the CRC-32 of the bytes before `,"sum":`, so that a flipped bit in a text is detected too.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal
from zlib import crc32

import msgspec

from rflow.core.session.events import Event, Stored, Unreadable

RECORD = 3
"""The version of records; upgrades.py converts older records to it."""

LINES = 3
"""The version of files of lines: the header, and which kinds of lines there are."""

_CONFLICT = b"<<<<<<<"  # Git's marker; no line of JSON begins like this.
_LABEL = b',"sum":"'
_SEAL = _LABEL + b'%08x"}'
_TAIL = len(_SEAL % 0)
_GAP = 1000  # A number that is further ahead is itself damaged: don't report that many missing entries.
_RUN = 256  # Records decoded together: few enough to stay in the processor's cache.
_events = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


class Header(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="rflow",
    tag="session",
):
    """The first line of a session: `format` is the version of the lines, `records` that of the events.

    In an export, at least so many `events` and `contents` follow, which shows whether it is complete. In a store, where
    files grow, both are 0.
    """

    format: int
    records: int = 2
    id: str
    code: str
    events: int = 0
    contents: int = 0


class _Wrapped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unreadable record that can't be stored as a line, because it contains a line break."""

    unreadable: str


def header(session_id: str, code: str, *, events: int = 0, contents: int = 0) -> bytes:
    """Encode the first line of a session, without its line break."""
    return _encoder.encode(
        Header(format=LINES, records=RECORD, id=session_id, code=code, events=events, contents=contents)
    )


def read_header(line: bytes) -> Header | Literal["newer"] | None:
    """Return the header in a first line; None if it is damaged."""
    try:
        header = msgspec.json.decode(line, type=Header)
    except msgspec.ValidationError as error:
        return "newer" if "unknown field" in str(error) and _is_json(line) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return header if header.format <= LINES and header.records <= RECORD else "newer"


def in_conflict(data: bytes) -> bool:
    """Whether git left both sides of a merge in a file."""
    return b"\n" + _CONFLICT in data or data.startswith(_CONFLICT)


def encode(event: Stored) -> bytes:
    """Encode an event as a record; an unreadable event stays as it was read."""
    return event.raw if isinstance(event, Unreadable) else seal(_encoder.encode(event))


def encode_line(event: Stored) -> bytes:
    """Encode an event as a record that is one line (without its line break)."""
    record = encode(event)
    if b"\n" not in record and not record.endswith(b"\r"):
        return record
    from base64 import b64encode

    return seal(_encoder.encode(_Wrapped(unreadable=b64encode(record).decode())))


def seal(record: bytes) -> bytes:
    """Return a record (a JSON object) with its checksum added."""
    body = record[:-1]
    return body + _SEAL % crc32(body)


def unsealed(record: bytes) -> bytes:
    """Return a record that has a checksum without it."""
    return record[:-_TAIL] + b"}"


def is_sealed(record: bytes) -> bool:
    """Whether a record has a checksum, and the right one."""
    return record.endswith(_SEAL % crc32(record[:-_TAIL]))


def _decode_run(run: Sequence[bytes], first: int) -> list[Event] | None:
    """Decode intact records numbered from `first`, fast; None if one is not intact, so that `decode` has to be used."""
    bodies = [record[:-_TAIL] for record in run]
    if [record[-_TAIL:] for record in run] != [_SEAL % crc32(body) for body in bodies]:
        return None
    try:
        events = [_events.decode(body + b"}") for body in bodies]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return events if [event.seq for event in events] == list(range(first, first + len(run))) else None


def decode(record: bytes, seq: int, *, unsealed: bool = False, ahead: int = 0) -> Stored:
    """Decode the record at the position of event `seq`; one that can't be read becomes `Unreadable`.

    With `unsealed`, a record may have no checksum, as when another tool wrote it. Its number must be `seq`, or at most
    `ahead` higher.
    """
    if is_sealed(record):
        event = _decode(record[:-_TAIL] + b"}", intact=True)
    elif unsealed and not _had_sum(record):
        event = _decode(record, intact=False)
    else:
        event = "damaged"
    if isinstance(event, Event):
        return event if seq <= event.seq <= seq + ahead else Unreadable(seq=seq, reason="damaged", raw=record)
    return Unreadable(seq=seq, reason=event, raw=record)


def _decode(body: bytes, *, intact: bool) -> Event | Literal["newer", "damaged"]:
    """Decode a record without its checksum. If the checksum proved it `intact` and it can't be read, it is newer."""
    try:
        return _events.decode(body)
    except msgspec.ValidationError as error:
        unknown = "unknown field" in str(error) or "`$.fact.type`" in str(error)
        return "newer" if (intact or unknown) and _is_json(body) else "damaged"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "damaged"


def _is_json(body: bytes) -> bool:
    """Whether all of `body` is JSON; decoding an event stops at the first field that is not understood."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _had_sum(record: bytes) -> bool:
    """Whether the checksum itself looks damaged: at most two bytes of its label differ."""
    window = record[-_TAIL:-10]
    return len(window) == len(_LABEL) and sum(a != b for a, b in zip(window, _LABEL, strict=True)) <= 2


def why(record: bytes) -> str:
    """Return why a record can't be read."""
    if not record:
        return "it is missing"
    sealed = is_sealed(record)
    try:
        _events.decode(record[:-_TAIL] + b"}" if sealed else record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error) if sealed or not _had_sum(record) else "its checksum is wrong"
    return "it is out of order"


def from_lines(lines: Iterable[bytes], first: int = 1) -> list[Stored]:
    """Decode lines (without header and line breaks); missing events become damaged ones."""
    events: list[Stored] = []
    lines = iter(lines)
    gap = _GAP
    while run := list(islice(lines, _RUN)):
        before = len(events)
        events += _decode_run(run, first) or _decode_lines(run, first, gap)
        gap -= len(events) - before - len(run)
        first = events[-1].seq + 1
    return events


def _decode_lines(lines: Iterable[bytes], first: int, gap: int) -> Iterator[Stored]:
    """Decode lines one by one. Up to `gap` events in total may be missing; a number further ahead is damaged."""
    for line in lines:
        stored = _decode_line(line.rstrip(b" \t\r"), first, gap)
        gap -= stored.seq - first
        yield from _missing(first, stored.seq)
        yield stored
        first = stored.seq + 1


def _decode_line(line: bytes, seq: int, gap: int) -> Stored:
    stored = decode(line, seq, unsealed=True, ahead=gap)
    if isinstance(stored, Unreadable) and line.startswith(b'{"unreadable":') and is_sealed(line):
        return _unwrapped(line, seq) or stored
    return stored


def _unwrapped(line: bytes, seq: int) -> Unreadable | None:
    from base64 import b64decode

    try:
        wrapped = msgspec.json.decode(line[:-_TAIL] + b"}", type=_Wrapped)
        return Unreadable(seq=seq, reason="damaged", raw=b64decode(wrapped.unreadable))
    except (msgspec.DecodeError, ValueError):
        return None


def from_rows(rows: Iterable[tuple[int, bytes]], first: int, last: int) -> list[Stored]:
    """Decode numbered records from `first` to `last`; missing ones become damaged events."""
    events: list[Stored] = []
    rows = iter(rows)
    while run := list(islice(rows, _RUN)):
        events += _decode_run([record for _, record in run], first) or _decode_rows(run, first)
        first = run[-1][0] + 1
    return [*events, *_missing(first, last + 1)]


def _decode_rows(rows: Iterable[tuple[int, bytes]], first: int) -> Iterator[Stored]:
    for seq, record in rows:
        yield from _missing(first, seq)
        yield decode(record, seq)
        first = seq + 1


def _missing(first: int, end: int) -> list[Stored]:
    """Return damaged events for missing records, from `first` to before `end`."""
    return [Unreadable(seq=seq, reason="damaged", raw=b"") for seq in range(first, min(end, first + _GAP))]
