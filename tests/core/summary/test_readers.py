"""The sessions of the reader test: how long their summaries are, compared with the chats they stand for."""

import os

import pytest

from rflow.formats import render
from support.core.reader_sessions import READERS, SESSIONS, summary_of

every_session = pytest.mark.parametrize("name", SESSIONS)


@every_session
@pytest.mark.parametrize("form", ["brief", "whole"])
def test_the_summary_of_a_session_reads_as_its_file(name: str, form: str) -> None:
    """`RFLOW_UPDATE_GOLDEN=1 pytest tests/core/summary/test_readers.py` writes the files (docs/reader-test.md)."""
    text, path = render("text", summary_of(name, brief=form == "brief")), READERS / name / f"{form}.txt"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@every_session
def test_the_brief_form_has_200_words_and_the_whole_form_three_fifths_of_the_chat(name: str) -> None:
    chat = len((READERS / name / "chat.txt").read_text("utf-8").split())
    assert len((READERS / name / "brief.txt").read_text("utf-8").split()) <= 200
    assert len((READERS / name / "whole.txt").read_text("utf-8").split()) <= 0.6 * chat
