"""Times as people type them: six forms in the user's own zone; what could mean two times is refused."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rflow.cli.times import future, past
from rflow.errors import UsageProblem
from support.program import Program

NOW = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Berlin


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("45m", "2026-11-25T14:45+01:00"),
        ("2h", "2026-11-25T16:00+01:00"),
        ("1d 2h", "2026-11-26T16:00+01:00"),
        ("17:30", "2026-11-25T17:30+01:00"),
        ("9:00", "2026-11-26T09:00+01:00"),
        ("today 17:30", "2026-11-25T17:30+01:00"),
        ("Tomorrow 9:00", "2026-11-26T09:00+01:00"),
        ("friday 9:00", "2026-11-27T09:00+01:00"),
        ("tue 09:00", "2026-12-01T09:00+01:00"),
        ("2026-12-24 18:00", "2026-12-24T18:00+01:00"),
        ("2026-12-24T18:00Z", "2026-12-24T19:00+01:00"),
        ("2027-07-01 09:00", "2027-07-01T09:00+02:00"),
    ],
)
def test_a_time_to_come(typed: str, means: str) -> None:
    assert future(typed, NOW).astimezone().isoformat(timespec="minutes") == means


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("20m", "2026-11-25T13:40+01:00"),
        ("17:30", "2026-11-24T17:30+01:00"),
        ("9:00", "2026-11-25T09:00+01:00"),
        ("yesterday 23:15", "2026-11-24T23:15+01:00"),
        ("friday 9:00", "2026-11-20T09:00+01:00"),
        ("2026-11-20T07:00-05:00", "2026-11-20T13:00+01:00"),
    ],
)
def test_a_time_that_was(typed: str, means: str) -> None:
    assert past(typed, NOW).astimezone().isoformat(timespec="minutes") == means


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("9", "could be an hour or a number of minutes"),
        ("tomorrow", "says no time of day"),
        ("friday", "says no time of day"),
        ("2026-12-24", "says no time of day"),
        ("wednesday 16:00", "could be today's or another one"),
        ("12/11 9:00", "is not a time"),
        ("9am", "is not a time"),
        ("next friday 9:00", "is not a time"),
        ("friday 25:00", "is not a time of day"),
        ("2026-02-30 09:00", "is not a time"),
        ("2026-11-25 09:00 tomorrow", "is not a time"),
        ("", "is not a time"),
        ("2027-03-28 02:30", "There is no 02:30 on 2027-03-28"),
        ("2027-10-31 02:30", "2027-10-31T02:30+02:00 or 2027-10-31T02:30+01:00"),
    ],
)
def test_an_invalid_or_ambiguous_time_is_refused(typed: str, says: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        future(typed, NOW)
    assert says in f"{refused.value.what} {refused.value.try_}"


def test_the_answer_repeats_date_time_and_offset(tmp_path: Path) -> None:
    ana = Program(tmp_path, store=str(tmp_path / "work.db"), environ={"TZ": "Europe/Berlin"})
    ana.start("--title", "The till is slow")
    assert "waiting until Thu 2099-01-01 09:00 +01:00." in ana.ok("wait", "--until", "2099-01-01 09:00").err
    assert "done Thu 2026-01-01 09:00 +01:00." in ana.ok("step", "Rebooted it", "--at", "2026-01-01 09:00").err
    assert "since Thu 2026-01-01 09:00 +01:00." in ana.ok("progress", "--since", "2026-01-01 09:00").err
    assert "works until Thu 2099-01-01 09:00 +01:00." in ana.ok("share", "create", "--expires", "2099-01-01 09:00").err


def test_a_time_without_its_offset_in_a_document_is_refused(tmp_path: Path) -> None:
    ana = Program(tmp_path, store=str(tmp_path / "work.db"))
    step = '{"text": "Rebooted it", "at": "2026-11-03T02:10:00"}'
    message = ana.refused(6, "import", "-", stdin=f'{{"title": "Slow till", "steps": [{step}]}}')
    assert "steps, entry 1, at" in message
    assert "2026-11-28T09:00:00+01:00" in message
    message = ana.refused(6, "import", "-", stdin='{"title": "Slow till", "started_at": "2026-11-03T02:10:00"}')
    assert "offset" in message


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["the restart", "--for", "30m"], 'wait "the restart" --until 30m'),
        (["30m", "--for", "the restart"], 'wait "the restart" --until 30m'),
        (["30m", "--until", "the restart"], 'wait "the restart" --until 30m'),
        (["the", "restart", "--for", "friday 9:00"], 'wait "the restart" --until "friday 9:00"'),
        (["the restart", "--for", "30m", "--until", "2h"], 'wait "the restart" --until 2h'),
        (["30m", "--until", "2h"], "wait WHOM --until 2h"),
        (["--for", "17:30"], "wait WHOM --until 17:30"),
        (["2026-11-23 14:30"], 'wait WHOM --until "2026-11-23 14:30"'),
    ],
    ids=" ".join,
)
def test_a_time_in_place_of_a_name_is_refused_with_the_line_to_type(
    words: list[str], line: str, tmp_path: Path
) -> None:
    ana = Program(tmp_path)
    code = ana.start("--title", "Till 3 is slow")
    refused = ana.refused(2, "-s", code, "wait", *words)
    assert "is a time, and times go to --until; --for is who or what it is waiting for." in refused
    assert f"Write it as: rflow -s {code} {line}\n" in refused
    assert ana.show()["waiting"] == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["vendor", "until", "15:00"], "wait vendor --until 15:00"),
        (["--for", "the restart until friday 9:00"], 'wait "the restart" --until "friday 9:00"'),
        (["Rückruf vom Hersteller bis 15:00"], 'wait "Rückruf vom Hersteller" --until 15:00'),
    ],
    ids=" ".join,
)
def test_a_deadline_in_the_name_is_refused_with_the_line_to_type(words: list[str], line: str, tmp_path: Path) -> None:
    ana = Program(tmp_path)
    code = ana.start("--title", "Till 3 is slow")
    refused = ana.refused(2, "-s", code, "wait", *words)
    assert "at the end sets no deadline: times go to --until." in refused
    assert f"Write it as: rflow -s {code} {line}\n" in refused
    assert ana.show()["waiting"] == []


def test_a_time_in_the_name_is_kept_beside_a_deadline(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    ana.ok("wait", "Wibke, in a meeting until 12:00", "--until", "2h")
    ana.ok("wait", "the board until noon")
    assert [wait["for"] for wait in ana.show()["waiting"]] == [
        "Wibke, in a meeting until 12:00",
        "the board until noon",
    ]


@pytest.mark.parametrize("whom", ["2h of quiet", "the 17:30 train", "today", "7"])
def test_the_name_of_a_wait_may_have_a_time_in_it(whom: str, tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    ana.ok("wait", whom, "--until", "2h")
    assert ana.show()["waiting"][0]["for"] == whom
