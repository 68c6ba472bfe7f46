"""The documents of the search: long sessions, long words, and changes that two searches meet."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rflow.core.session.events import NoteAdded, SessionStarted
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.ports.stores import Store
from rflow.stores import open_store
from rflow.stores.postgres import documents
from support.stores import postgres
from support.stores.stories import events, more, session

pytestmark = pytest.mark.slow

LEEDS, CODE = "019a4711-0000-7000-8000-000000000001", "K7QM-2F"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a new store."""
    return postgres.url(tmp_path, "night")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store."""
    with closing(open_store(url)) as opened:
        yield opened


def put(store: Store, *texts: str) -> None:
    """Store a session with notes."""
    story = events([SessionStarted(title="Label printer"), *(NoteAdded(text=text) for text in texts)])
    store.create(session(LEEDS, CODE, story), story, {})


def total(store: Store, words: str) -> int:
    """Return how many sessions match, once all documents are up to date."""
    while (page := store.search(read_terms(words), Query())).building is not None:
        pass
    return page.total


def test_a_phrase_is_found_however_late_in_a_session_it_stands(store: Store) -> None:
    put(store, *["lamp hums " * 3000] * 7, "the ribbon is torn")
    assert total(store, '"ribbon is torn"') == total(store, '"lamp hums lamp"') == total(store, "ribb*") == 1
    assert total(store, '"hums ribbon"') == total(store, '"torn ribbon"') == 0


def test_more_words_than_an_index_takes_are_found_all_the_same(store: Store, url: str) -> None:
    put(store, *(" ".join(f"word{note}x{number}" for number in range(5000)) for note in range(8)))
    assert total(store, "word0x1") == total(store, "word7x4999") == total(store, "word7x49*") == 1
    assert total(store, "word7x5000") == total(store, "word8*") == 0
    assert postgres.execute(url, "SELECT partial FROM documents") == [(True,)]


def test_words_longer_than_those_of_the_index_are_told_apart(store: Store) -> None:
    put(store, "a" * 3000 + "b", "é" * 3000)
    assert total(store, "a" * 900 + "*") == total(store, "e" * 900 + "*") == 1
    assert total(store, "a" * 900) == 1  # the last word that is typed may be a beginning
    assert total(store, f"{'a' * 900} printer") == 0


def test_a_change_during_a_search_is_found_by_the_next_one(store: Store, url: str) -> None:
    put(store, "It hums")
    errors: list[Exception] = []

    def search() -> None:
        with closing(open_store(url)) as own:
            for _ in range(20):
                try:
                    assert total(own, "hums") == 1
                except Exception as error:  # noqa: BLE001 (asserted below)
                    errors.append(error)

    searching = [threading.Thread(target=search) for _ in range(2)]
    for thread in searching:
        thread.start()
    for number in range(15):
        before = list(store.load(LEEDS).events)
        added = more(before, NoteAdded(text=f"lamp{number}"))  # type: ignore[arg-type]
        store.append(session(LEEDS, CODE, before + added), added, len(before), {})  # type: ignore[operator]
        assert total(store, f"lamp{number}") == 1
    for thread in searching:
        thread.join()
    assert errors == []
    assert postgres.execute(url, "SELECT count(*) FROM unindexed") == [(0,)]


def test_a_document_has_the_parts_of_a_session_by_their_weight() -> None:
    story = events([SessionStarted(title="Label printer"), NoteAdded(text="It hums")])
    made = documents.document(CODE, story)
    assert not made.partial
    assert "'printer':" in made.lexemes and made.lexemes.count("A") == 4  # the code is two words
    assert " label printer \ue000 " in made.words and made.words.endswith(" it hums ")
