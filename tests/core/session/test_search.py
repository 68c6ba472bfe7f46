"""What is searched of a session, and how words compare: laws that hold for any text."""

import re
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.session import events as e
from rflow.core.session.search.document import KINDS, Passage, passages
from rflow.core.session.search.query import read_terms
from rflow.core.session.search.snippets import best_matches
from rflow.core.session.search.words import placed_words, words
from rflow.core.session.texts import TEXTS
from rflow.core.text import clean
from rflow.errors import UsageProblem
from support.stores.stories import whole_story

TEXT = st.text(st.one_of(st.characters(), st.sampled_from("aÄßé\u0301 -_.印刷ﾌﾟがกิ①ﬁİ\u200d\ue000\n")), max_size=60)


def test_every_fact_with_texts_has_a_name_in_a_search() -> None:
    unnamed = {e.SessionStarted, e.BriefSet, e.NoteAdded, e.EntryAmended}
    assert set(KINDS) | unnamed == {kind for kind, texts in TEXTS.items() if texts}


def test_the_texts_of_a_session_are_those_that_hold_now() -> None:
    found = {passage.text: passage for passage in passages("K7QM-2F", whole_story())}
    assert found["The night shift changed the label roll at 01:30"] == Passage(
        10, "note", "entry", "The night shift changed the label roll at 01:30"
    )
    assert not any("markup" in text for text in found)
    assert found["No pallets leave the dock"].what == "impact"
    assert found["New label roll was the wrong type"].part == "header"


@given(TEXT)
def test_words_have_their_places_in_the_text(text: str) -> None:
    text = normalize("NFC", text)
    placed = placed_words(text)
    assert [word.text for word in placed] == words(text)
    for word in placed:
        assert 0 <= word.start < word.end <= len(text)
        assert word.text in "".join(words(text[word.start : word.end]))


@given(TEXT)
def test_a_word_is_a_word_of_itself_and_holds_nothing_that_a_query_could_obey(text: str) -> None:
    for word in words(text):
        assert words(word) == [word]
        assert not any(character in '"*\ue000' or character.isspace() for character in word)
        assert not re.search(r"[^a-z0-9]", word, re.ASCII) or not word.isascii()


@given(TEXT)
def test_folding_makes_no_difference_to_what_was_folded(text: str) -> None:
    folded = " ".join(words(text))
    assert words(folded) == words(text)
    for form in ("NFC", "NFD"):
        assert words(normalize(form, text)) == words(text)


@given(TEXT, TEXT)
def test_what_is_searched_for_is_marked_in_what_is_shown(before: str, typed: str) -> None:
    try:
        terms = read_terms(f'"{typed}"'.replace('"', "") + " ")
    except UsageProblem:
        return
    text = clean(f"{before} {typed} and more")
    matches, more = best_matches([Passage(3, "note", "entry", text)], terms)
    assert more == 0
    for match in matches:
        for first, last in match.marks:
            assert 0 <= first < last <= len(match.text)
            assert words(match.text[first:last])


@given(TEXT)
def test_reading_a_search_never_fails_but_for_having_no_word(typed: str) -> None:
    try:
        terms = read_terms(typed)
    except UsageProblem:
        assert not words(typed.replace('"', " ")) or len(typed.split()) > 32
        return
    assert all(term.words for term in terms)


@pytest.mark.parametrize("count", [1, 5_000])
def test_a_text_with_very_many_matches_is_shown_as_quickly_as_one_with_few(count: int) -> None:
    text = "ribbon torn " * count
    (match,), _ = best_matches([Passage(3, "note", "entry", text)], read_terms("ribbon torn"))
    assert len(match.text) <= 162
    assert [match.text[first:last] for first, last in match.marks][:2] == ["ribbon", "torn"]
