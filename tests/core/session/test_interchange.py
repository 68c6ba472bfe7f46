"""Sessions as files: what an export gives back, what a document stands for, and the schema of both."""

import json
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.session.document import document_events
from rflow.core.session.events import ActionDone, ChoiceMade, Event, StepAdded, StepSkipped, TreeEntered, Unreadable
from rflow.core.session.log import Log
from rflow.core.text import clean
from rflow.core.tree.model import canonical, digest
from rflow.errors import BadInput
from rflow.service.interchange import Read, export_lines, read_session, session_schema
from support.stores.stories import ANA, LPSTAT, LPSTAT_DIGEST, PRINTER, session, short_story, whole_story

ID = "019a4711-0000-7000-8000-000000000001"
NOW = datetime(2026, 11, 23, 2, 10, 0, 123456, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "examples" / "sessions"
validator: Any = import_module("jsonschema").Draft202012Validator(session_schema())
LABELS: dict[str, Any] = {
    "id": "labels",
    "title": "A label printer prints nothing",
    "start": "lamp",
    "nodes": {
        "lamp": {
            "text": "Which lamp is lit?",
            "choices": [{"label": "Red", "to": "ribbon"}, {"label": "Green", "to": "fixed"}],
        },
        "ribbon": {"text": "Reseat the ribbon", "to": "fixed"},
        "fixed": {"text": "It prints again", "outcome": "resolved"},
    },
}


def read(document: dict[str, Any] | bytes) -> Read:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_session(data, "leeds.json", ANA, NOW)


def facts(found: Read) -> list[Any]:
    return [event.fact for event in found.log.events if isinstance(event, Event)]


def exported(story: list[Event], code: str = "K7QM-2F") -> bytes:
    log = Log(id=ID, code=code, events=story)
    trees = [canonical(PRINTER)] if digest(PRINTER) in log.session.trees else []
    return b"".join(export_lines(log, trees, [(LPSTAT_DIGEST, LPSTAT)]))


def test_every_kind_of_fact_survives_an_export() -> None:
    story = whole_story()
    found = read(exported(story))
    assert found.log.events == story
    assert found.session == session(ID, "K7QM-2F", story)
    assert found.read_trees() == {digest(PRINTER): PRINTER}
    assert found.contents == {LPSTAT_DIGEST: LPSTAT}


def test_every_line_of_an_export_fits_the_schema() -> None:
    for line in exported(whole_story()).splitlines():
        validator.validate(json.loads(line))
    for file in EXAMPLES.glob("*.jsonl"):
        for line in file.read_bytes().splitlines():
            validator.validate(json.loads(line))


def test_documents_fit_the_schema_and_others_do_not() -> None:
    validator.validate(json.loads((EXAMPLES / "printer-document.json").read_bytes()))
    validator.validate({"title": "The till in Leeds is slow"})
    others: list[Any] = [{}, {"title": 7}, {"rflow": "session"}, {"seq": "one"}, [], {"title": "x", "steps": [{}]}]
    for other in others:
        assert not validator.is_valid(other), other


def test_a_line_of_a_later_kind_is_refused_since_importing_the_rest_would_lose_it() -> None:
    with pytest.raises(BadInput, match="newer rflow"):
        read(exported(whole_story()) + b'{"rflow":"seal","by":"a later version"}\n')


def test_an_event_of_a_later_kind_is_kept_as_it_is() -> None:
    line = b'{"seq":2,"at":"2026-11-23T02:10:00Z","by":{"id":"ana","name":"Ana"},"fact":{"type":"telepathy"}}\n'
    found = read(exported(short_story()).split(b'\n{"rflow":"blob"')[0] + b"\n" + line)
    assert [type(event) for event in found.log.events] == [Event, Unreadable]
    assert found.session.unreadable[0].reason == "newer"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"rflow":"blob","digest":"00","data":"aGVsbG8="}', "has a damaged piece of evidence."),
        (b'{"rflow":"blob","digest":"00","data":"not base 64"}', "has a damaged piece of evidence."),
        (b'{"rflow":"blob","digest":"00"}', "has a damaged line"),
        (b'{"rflow":"tree","tree":7}', "has a damaged tree"),
        (b'{"rflow":"tree"', "has a damaged line"),
        (b'{"rflow":"\xff"}', "has a damaged line"),
        (b'{"rflow":' + b'{"x":' * 9000, "has a damaged line"),
        (json.dumps({"rflow": "tree", "tree": LABELS}).replace(" ", "").encode(), "has a damaged"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else "",
)
def test_a_damaged_line_is_reported(line: bytes, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        read(exported(short_story()) + line + b"\n")


def test_steps_that_answer_the_trees_questions_in_turn_are_the_path_through_it() -> None:
    steps = [
        {"text": "Which lamp is lit?", "result": "red", "assumed": "the lamp is covered"},
        {"text": "Kicked it", "result": "no change"},
        {"text": "Reseat  the ribbon", "result": "it was torn"},
    ]
    found = read({"title": "Labels", "tree": LABELS, "steps": steps})
    entered, chosen, kicked, reseated = facts(found)[1:]
    assert isinstance(entered, TreeEntered)
    assert isinstance(chosen, ChoiceMade)
    assert (chosen.label, chosen.to.node) == ("Red", "ribbon")
    assert (chosen.assumed, chosen.reason) == (True, "the lamp is covered")
    assert isinstance(kicked, StepAdded)
    assert isinstance(reseated, ActionDone)
    assert found.session.place is not None
    assert found.session.place.node == "fixed"


def test_a_skipped_action_keeps_its_reason_and_a_step_of_ones_own_too() -> None:
    steps = [
        {"text": "Which lamp is lit?", "result": "Red"},
        {"text": "Reseat the ribbon", "skipped": "nobody is there"},
        {"text": "Call Leeds", "skipped": "it is Sunday"},
    ]
    told = facts(read({"title": "Labels", "tree": LABELS, "steps": steps}))
    assert isinstance(told[-2], StepSkipped)
    assert told[-2].reason == "nobody is there"
    assert told[-1] == StepAdded(text="Call Leeds", result="skipped: it is Sunday")


def test_an_answer_that_is_none_of_the_choices_is_a_step_of_its_own() -> None:
    found = read({"title": "Labels", "tree": LABELS, "steps": [{"text": "Which lamp is lit?", "result": "Blue"}]})
    assert isinstance(facts(found)[-1], StepAdded)
    assert found.session.place is not None
    assert found.session.place.node == "lamp"


def test_the_position_is_taken_over_where_the_steps_do_not_lead_there() -> None:
    found = read({"title": "Labels", "tree": LABELS, "position": "ribbon"})
    assert found.session.place is not None
    assert found.session.place.node == "ribbon"
    at_the_start = read({"title": "Labels", "tree": LABELS, "position": "lamp"})
    assert len(at_the_start.log.events) == 2


def test_times_are_those_of_the_document_and_none_where_it_has_none() -> None:
    document = {
        "title": "Labels",
        "started_at": "2026-11-22T23:00:00+01:00",
        "owner": "Priya",
        "steps": [{"text": "Kicked it", "at": "2026-11-22T22:05:00Z"}, {"text": "Kicked it again", "by": "Dave"}],
    }
    found = read(document).session
    steps = list(found.steps.values())
    assert found.started_at == datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    assert [step.at for step in steps] == [datetime(2026, 11, 22, 22, 5, tzinfo=UTC), None]
    assert [step.by.name for step in steps] == ["Priya", "Dave"]
    assert found.owner == ANA
    assert found.source == "leeds.json"


def test_evidence_is_kept_whole_with_its_excerpt() -> None:
    output = "\n".join(f"line {number}" for number in range(200))
    found = read({"title": "Labels", "evidence": [{"label": "lpstat", "command": "lpstat", "output": output}]})
    piece = next(iter(found.session.evidence.values())).what
    assert found.contents == {piece.digest: output.encode()}
    assert piece.bytes_total == piece.bytes_kept == len(output)
    assert "line 199" in piece.excerpt
    assert piece.left_out > 0


def test_a_byte_order_mark_and_blanks_before_it_are_no_trouble() -> None:
    data = json.dumps({"title": "Labels"}).encode()
    assert read(b"\xef\xbb\xbf" + data).session.title == read(b"\n  " + data).session.title == "Labels"
    assert read(b"\xef\xbb\xbf" + exported(whole_story())).log.events == whole_story()


TEXT = st.text(max_size=30)
TIME = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))]))
AT = st.one_of(st.none(), TIME.map(datetime.isoformat))
ENTRY = {"at": AT, "by": TEXT}


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Documents as another tool might write them, with any text and any time."""
    step = st.fixed_dictionaries(
        {"text": st.one_of(TEXT, st.sampled_from(["Which lamp is lit?", "Reseat the ribbon"]))},
        optional=ENTRY | {"result": st.one_of(TEXT, st.just("Red")), "skipped": TEXT, "assumed": TEXT},
    )
    piece = st.fixed_dictionaries({"label": TEXT}, optional=ENTRY | dict.fromkeys(("output", "command", "host"), TEXT))
    return st.fixed_dictionaries(
        {"title": TEXT},
        optional={
            "owner": TEXT,
            "started_at": AT,
            "brief": st.fixed_dictionaries({}, optional=dict.fromkeys(("ask", "ticket", "customer"), TEXT)),
            "steps": st.lists(step, max_size=4),
            "notes": st.lists(st.fixed_dictionaries({"text": TEXT}, optional=ENTRY), max_size=3),
            "evidence": st.lists(piece, max_size=2),
            "changes": st.lists(st.fixed_dictionaries({"text": TEXT, "revert": TEXT}, optional=ENTRY), max_size=2),
            "tree": st.one_of(st.none(), st.just(LABELS)),
            "position": st.sampled_from(["", "ribbon"]),
        },
    )


@given(documents())
def test_any_document_is_a_session_or_is_refused(document: dict[str, Any]) -> None:
    try:
        found = read(document)
    except BadInput as refused:
        assert refused.try_
        return
    told = found.session
    assert len(told.steps) >= len(document.get("steps", []))
    assert [note.text for note in told.notes.values()] == [clean(note["text"]) for note in document.get("notes", [])]
    assert [event.seq for event in found.log.events] == list(range(1, len(found.log.events) + 1))
    log = Log(id=ID, code="K7QM-2F", events=found.log.events)
    again = read(b"".join(export_lines(log, found.trees.values(), found.contents.items())))
    assert again.log.events == found.log.events
    assert again.contents == found.contents


def test_the_events_of_a_document_are_recorded_when_it_is_read() -> None:
    from rflow.core.session.document import Document

    events, _ = document_events(Document(title="Labels"), None, "leeds.json", ANA, NOW)
    assert [event.at for event in events] == [NOW.replace(microsecond=123000)]
