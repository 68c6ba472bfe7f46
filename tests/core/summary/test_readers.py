"""The sessions of the reader test: how long their summaries are, compared with the chats they stand for."""

import os

import pytest

from rflow.core.summary.budget.arrange import crowded_out
from rflow.core.summary.units.short_forms import short_forms
from rflow.formats import render
from support.core.reader_facts import covered, facts_of, holds
from support.core.reader_sessions import READERS, SESSIONS, summary_of

every_session = pytest.mark.parametrize("name", SESSIONS)


@every_session
@pytest.mark.parametrize("form", ["brief", "whole", "brief-short"])
def test_the_summary_of_a_session_reads_as_its_file(name: str, form: str) -> None:
    """`RFLOW_UPDATE_GOLDEN=1 pytest tests/core/summary/test_readers.py` writes the files (docs/reader-test.md)."""
    summary = summary_of(name, brief=form != "whole", short=form == "brief-short")
    text, path = render("text", summary), READERS / name / f"{form}.txt"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@every_session
def test_the_brief_form_has_200_words_and_the_whole_form_three_fifths_of_the_chat(name: str) -> None:
    chat = len((READERS / name / "chat.txt").read_text("utf-8").split())
    assert len((READERS / name / "brief.txt").read_text("utf-8").split()) <= 200
    assert len((READERS / name / "brief-short.txt").read_text("utf-8").split()) <= 200
    assert len((READERS / name / "whole.txt").read_text("utf-8").split()) <= 0.6 * chat


@every_session
def test_the_whole_form_says_all_that_has_a_short_form(name: str) -> None:
    """A whole form that cuts or leaves out what the brief form says would be the worse one to take over from."""
    summary = summary_of(name, brief=False, short=True)
    assert short_forms(summary) and crowded_out(summary) == {}
    chat = len((READERS / name / "chat.txt").read_text("utf-8").split())
    assert len(render("text", summary).split()) <= 0.6 * chat


@every_session
def test_the_facts_of_a_key_belong_to_ten_questions_and_are_in_the_session(name: str) -> None:
    facts = facts_of(name)
    assert list(facts) == [str(number) for number in range(1, 11)]
    assert {sum(percent for percent, _ in each) for each in facts.values()} == {100}
    said = "\n".join((READERS / name / f"{part}.txt").read_text("utf-8") for part in ("chat", "entered", "brief"))
    assert [pattern for each in facts.values() for _, pattern in each if not holds(said, pattern)] == []


@pytest.mark.parametrize(("form", "least"), [("brief", 78.7), ("whole", 113.5)])
def test_the_summaries_hold_no_fewer_facts_than_they_did(form: str, least: float) -> None:
    """A figure to look at, not a target: what gains here may lose elsewhere (docs/reader-test.md)."""
    texts = {name: (READERS / name / f"{form}.txt").read_text("utf-8") for name in SESSIONS}
    assert sum(covered(name, text) for name, text in texts.items()) >= least
