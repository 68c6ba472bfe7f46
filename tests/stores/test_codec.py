"""Records: the one encoding of events, and what becomes of one that is damaged, newer or written by hand."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.session.events import Event, NoteAdded, Unreadable
from rflow.stores import codec
from support.stores.stories import ANA, short_story, whole_story

NOTE = short_story("VPN drops every hour", "Only on the guest network")[1]


def test_a_record_is_the_event_as_json_with_a_checksum_at_its_end() -> None:
    assert codec.encode(NOTE) == (
        b'{"seq":2,"at":"2026-11-03T02:02:00Z","by":{"id":"ana ruiz","name":"Ana Ruiz"},'
        b'"fact":{"type":"note_added","text":"Only on the guest network"},"command_id":"cmd-2","sum":"3f65b88b"}'
    )


def test_every_kind_of_event_round_trips() -> None:
    story = whole_story()
    assert [codec.decode(codec.encode(event), event.seq) for event in story] == story
    assert codec.from_lines(map(codec.encode_line, story)) == story


@given(text=st.text(st.characters(exclude_categories=["Cs"])), at=st.datetimes(datetime(1970, 1, 2)))
def test_any_text_and_time_round_trips_on_one_line(text: str, at: datetime) -> None:
    event = Event(seq=7, at=at.replace(tzinfo=UTC), by=ANA, fact=NoteAdded(text=text))
    line = codec.encode_line(event)
    assert b"\n" not in line
    assert codec.decode(line, 7) == event


@pytest.mark.parametrize("unsealed", [False, True])
def test_every_flipped_bit_is_found_and_called_damage(unsealed: bool) -> None:
    record = codec.encode(NOTE)
    for position in range(len(record) * 8):
        flipped = bytearray(record)
        flipped[position // 8] ^= 1 << position % 8
        found = codec.decode(bytes(flipped), 2, unsealed=unsealed)
        assert found == Unreadable(seq=2, reason="damaged", raw=bytes(flipped)), bytes(flipped)


@pytest.mark.parametrize("unsealed", [False, True])
def test_every_cut_record_is_damaged(unsealed: bool) -> None:
    record = codec.encode(NOTE)
    for length in range(len(record)):
        found = codec.decode(record[:length], 2, unsealed=unsealed)
        assert found == Unreadable(seq=2, reason="damaged", raw=record[:length])


def newer(**changes: object) -> bytes:
    """Make a record as a newer rflow might, with its right checksum."""
    return codec.seal(msgspec.json.encode(msgspec.to_builtins(NOTE) | changes))


@pytest.mark.parametrize(
    "record",
    [
        newer(fact={"type": "note_sung", "melody": "la"}),
        newer(fact={"type": "note_added", "text": "x", "mood": "dark"}),
        newer(mood="dark"),
        newer(by="ana"),
    ],
    ids=["kind", "field of a fact", "field of the envelope", "shape"],
)
def test_what_is_intact_but_not_understood_is_newer(record: bytes) -> None:
    assert codec.decode(record, 2) == Unreadable(seq=2, reason="newer", raw=record)


def test_a_record_without_a_checksum_passes_only_where_that_is_allowed() -> None:
    plain = msgspec.json.encode(NOTE)
    assert codec.decode(plain, 2, unsealed=True) == NOTE
    assert codec.decode(plain, 2) == Unreadable(seq=2, reason="damaged", raw=plain)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"seq":2,"at":"2026-11-03T02:02:00Z","by":{"id":"a","name":"A"},"fact":{"type":"note_sung"}}', "newer"),
        (b'{"seq":2,"at":"2026-11-03T02:02:00Z","by":{"id":"a","name":"A"},"fact":{"type":"note_added"}}', "damaged"),
        (b'{"seq":2,"mood":"dark"}', "newer"),
        (b"not json", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b'{"seq":2,"at":"\xff"}', "damaged"),
        (b"{}", "damaged"),
        (b"", "damaged"),
    ],
    ids=["unknown kind", "field missing", "unknown field", "text", "deep", "not utf-8", "empty object", "nothing"],
)
def test_an_invalid_line_written_by_hand_gets_the_right_reason(line: bytes, reason: str) -> None:
    found = codec.decode(line, 2, unsealed=True)
    assert isinstance(found, Unreadable)
    assert (found.reason, found.raw) == (reason, line)


def test_line_ends_of_windows_and_blanks_make_no_difference() -> None:
    lines = [codec.encode(event) + b" \r" for event in whole_story()]
    assert codec.from_lines(lines) == whole_story()


def test_missing_events_between_lines_are_marked() -> None:
    lines = [codec.encode(event) for event in whole_story()]
    found = codec.from_lines(lines[:3] + lines[5:])
    assert [event.seq for event in found] == list(range(1, len(whole_story()) + 1))
    assert found[3:5] == [Unreadable(seq=seq, reason="damaged", raw=b"") for seq in (4, 5)]


def long_story(count: int) -> list[bytes]:
    """Give the records of a session of many notes."""
    return [codec.encode(msgspec.structs.replace(NOTE, seq=seq)) for seq in range(1, count + 1)]


def spoilt(record: bytes) -> list[bytes]:
    """Give what may become of record 400: bits flipped in its text and in its sum, cut, emptied, another's number."""
    text, mark, total = (bytearray(record) for _ in range(3))
    text[-90] ^= 1
    mark[-12] ^= 1
    total[-4] ^= 1
    two = codec.seal(record[:-18] + b"}," + record[:-18] + b"}")
    return [bytes(text), bytes(mark), bytes(total), record[:-1], b"", two, codec.encode(NOTE)]


@pytest.mark.parametrize("case", range(7))
def test_one_damaged_record_among_many_is_the_only_one_that_is(case: int) -> None:
    lines = long_story(600)
    lines[399] = spoilt(lines[399])[case]
    for found in (codec.from_lines(lines), codec.from_rows(enumerate(lines, 1), 1, 600)):
        assert [event.seq for event in found] == list(range(1, 601))
        assert [event.raw for event in found if isinstance(event, Unreadable)] == [lines[399]]


def test_a_damaged_beginning_takes_nothing_from_what_follows() -> None:
    rows = list(enumerate(long_story(600), 1))
    assert [event.seq for event in codec.from_rows(rows[300:], 1, 602)] == list(range(1, 603))
    assert [isinstance(event, Event) for event in codec.from_rows(rows[300:], 1, 602)] == [
        *[False] * 300,
        *[True] * 300,
        *[False] * 2,
    ]


def test_lines_out_of_order_are_damaged_but_kept() -> None:
    lines = [codec.encode(event) for event in whole_story()[:4]]
    found = codec.from_lines([lines[0], lines[2], lines[1], lines[3]])
    assert [isinstance(event, Event) for event in found] == [True, False, True, False, False]
    assert {event.raw for event in found if isinstance(event, Unreadable)} == {b"", lines[1], lines[3]}


def test_a_number_far_ahead_does_not_make_up_thousands_of_missing_events() -> None:
    far = codec.seal(msgspec.json.encode(msgspec.to_builtins(NOTE) | {"seq": 10**12}))
    assert codec.from_lines([far]) == [Unreadable(seq=1, reason="damaged", raw=far)]
    assert len(codec.from_rows([(10**12, far)], 1, 10**12)) < 5000


@pytest.mark.parametrize("raw", [b"two\nlines", b"ends with\r", b"\n", b'{"unreadable":"!"}\n'])
def test_an_unreadable_record_with_line_breaks_becomes_one_line_and_comes_back(raw: bytes) -> None:
    event = Unreadable(seq=1, reason="damaged", raw=raw)
    line = codec.encode_line(event)
    assert b"\n" not in line
    assert codec.from_lines([line]) == [event]


def test_a_header_is_the_first_line_and_names_its_format() -> None:
    line = codec.header("019a4711", "K7QM-2F")
    assert line == b'{"rflow":"session","format":3,"records":3,"id":"019a4711","code":"K7QM-2F"}'
    assert codec.read_header(line) == codec.Header(format=3, records=3, id="019a4711", code="K7QM-2F")
    older = b'{"rflow":"session","format":2,"id":"x","code":"Y"}'
    assert codec.read_header(older) == codec.Header(format=2, records=2, id="x", code="Y")


@pytest.mark.parametrize(
    "line",
    [
        b'{"rflow":"session","format":9,"id":"x","code":"Y"}',
        b'{"rflow":"session","format":3,"records":9,"id":"x","code":"Y"}',
        b'{"rflow":"session","format":3,"records":3,"id":"x","code":"Y","zone":"UTC"}',
    ],
)
def test_a_header_that_is_not_fully_understood_is_that_of_a_newer_rflow(line: bytes) -> None:
    assert codec.read_header(line) == "newer"
    assert codec.read_header(b'{"rflow":"store","format":2}') is None
    assert codec.read_header(b"\xff") is None
