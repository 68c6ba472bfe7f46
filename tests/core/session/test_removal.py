"""What is removed for good leaves none of the texts that people wrote, and keeps the rest of its session readable."""

import msgspec
import pytest

from rflow.core.session.events import (
    ActionDone,
    ChoiceMade,
    EntryAmended,
    EvidenceAdded,
    Fact,
    HandedOff,
    NodeFlagged,
    ProgressShared,
    QuestionAsked,
    Reassigned,
    SessionStarted,
    StepSkipped,
    TreeEntered,
)
from rflow.core.session.texts import REMOVED, blank
from support.core.builders import FACTS, filled, texts_in

# These fields don't come from people's typing but from the tree and the program.
KEPT: dict[type[Fact], set[str]] = {
    TreeEntered: {"tree.id", "tree.title", "tree.digest", "place.node", "place.text"},
    ChoiceMade: {"node", "question", "label", "to.node", "to.text"},
    ActionDone: {"node", "text", "to.node", "to.text"},
    StepSkipped: {"node", "text", "to.node", "to.text"},
    EvidenceAdded: {"media_type"},
    ProgressShared: {"format", "destination"},
    HandedOff: {"to.id", "to.name"},
    Reassigned: {"to.id", "to.name"},
    QuestionAsked: {"to.id", "to.name"},
    SessionStarted: {"space"},
    NodeFlagged: {"node", "digest"},
}


@pytest.mark.parametrize("kind", FACTS)
def test_removing_leaves_none_of_the_texts_that_people_wrote(kind: type[Fact]) -> None:
    fact = filled(kind, lambda path: f"hunter2 in {path}")
    left = {path for path, text in texts_in(blank(fact)) if "hunter2" in text}
    assert left == KEPT.get(kind, set())


@pytest.mark.parametrize("kind", FACTS)
def test_removing_keeps_what_the_session_needs(kind: type[Fact]) -> None:
    bare = blank(filled(kind, lambda path: path))
    assert type(bare) is kind
    assert msgspec.json.decode(msgspec.json.encode(bare), type=kind) == bare
    assert blank(bare) == bare


@pytest.mark.parametrize("kind", FACTS)
def test_removing_invents_no_text_where_none_was(kind: type[Fact]) -> None:
    bare = blank(filled(kind, lambda path: ""))
    assert {path for path, text in texts_in(bare) if text == REMOVED} == set()


def test_a_removed_amendment_still_names_its_note() -> None:
    assert blank(EntryAmended(target=7, texts={"text": "the password is hunter2"})) == EntryAmended(
        target=7, texts={"text": REMOVED}
    )


def test_removed_evidence_gives_up_its_blob_but_says_how_much_there_was() -> None:
    bare = blank(filled(EvidenceAdded, lambda path: path))
    assert isinstance(bare, EvidenceAdded)
    assert (bare.digest, bare.bytes_kept, bare.bytes_total) == ("", 0, 1)
