"""The documents of the search: long sessions, long words, and changes that two searches meet."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from rflow.core.session.events import NoteAdded, SessionStarted
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.ports.stores import Store
from rflow.stores.postgres import documents, rows
from rflow.stores.postgres.store import PostgresStore
from rflow.stores.postgres.tables.search_function import OUTDATED
from support.program import Program
from support.stores import postgres
from support.stores.stories import events, more, session

pytestmark = pytest.mark.slow

LEEDS, CODE = "019a4711-0000-7000-8000-000000000001", "K7QM-2F"


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


def test_words_longer_than_the_index_stores_are_distinguished(store: Store) -> None:
    put(store, "a" * 3000 + "b", "é" * 3000)
    assert total(store, "a" * 900 + "*") == total(store, "e" * 900 + "*") == 1
    assert total(store, "a" * 900) == 1  # the last word that is typed may be a beginning
    assert total(store, f"{'a' * 900} printer") == 0


def test_a_change_during_a_search_is_found_by_the_next_one(store: Store, url: str) -> None:
    put(store, "It hums")
    errors: list[Exception] = []

    def search() -> None:
        with closing(PostgresStore(url)) as own:
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


def test_what_waits_for_its_document_says_its_version_for_the_rflow_before(store: PostgresStore, url: str) -> None:
    """That one deletes the note of a version that it has read, or else takes the document for up to date."""
    put(store, "It hums")
    for version in (2, 3):
        before = list(store.load(LEEDS).events)
        added = more(before, NoteAdded(text="again"))  # type: ignore[arg-type]
        store.append(session(LEEDS, CODE, before + added), added, version, {})  # type: ignore[operator]
        assert postgres.execute(url, "SELECT version FROM unindexed") == [(version + 1,)]
    shorter = events([SessionStarted(title="Label printer")])
    store.rewrite(session(LEEDS, CODE, shorter), shorter, 4)
    assert postgres.execute(url, "SELECT version FROM unindexed") == [(1,)]


def test_what_is_removed_while_a_search_reads_it_does_not_come_back_with_its_document(
    store: PostgresStore, url: str
) -> None:
    put(store, "The password is hunter2")
    story = events([SessionStarted(title="Label printer"), NoteAdded(text="")])
    with ThreadPoolExecutor() as pool, closing(PostgresStore(url)) as searching:
        with store._database.writing() as db:
            rows.update(db, session(LEEDS, CODE, story), len(story), None)
            waiting = pool.submit(total, searching, "hunter2")
            while postgres.execute(url, "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
                time.sleep(0.01)
            rows.clear(db, LEEDS, "events", "documents")
            rows.add(db, session(LEEDS, CODE, story), story, {})
        assert waiting.result(30) == 0
    assert postgres.execute(url, "SELECT count(*) FROM documents WHERE words LIKE '%hunter2%'") == [(0,)]
    assert total(store, "printer") == 1


BY_AN_OLDER_ONE = (
    "INSERT INTO documents SELECT id, space, version, false, 'lamp'::tsvector, ' lamp ' FROM sessions"
    " ON CONFLICT (session_id) DO UPDATE SET version = excluded.version,"
    " lexemes = excluded.lexemes, words = excluded.words"
)
"""What the rflow before does where it brings documents up to date: as it makes them, the only word is the lamp."""


def test_what_an_older_rflow_indexed_is_indexed_again_and_again_where_that_one_still_runs(
    store: PostgresStore, url: str, tmp_path: Path
) -> None:
    put(store, "It hums")
    ana = Program(home=tmp_path, store=url)
    for _ in range(2):
        assert total(store, "hums") == 1
        postgres.execute(url, f"{BY_AN_OLDER_ONE}; DELETE FROM unindexed")
        assert total(store, "lamp") == 0
        postgres.execute(url, f"{BY_AN_OLDER_ONE}; DELETE FROM unindexed")
        assert [hit["code"] for hit in ana.json("search", "hums", "--json")] == [CODE]
    assert store.check() == []


def test_what_an_older_rflow_indexed_is_found_as_it_is_until_the_upgrade(
    store: PostgresStore, url: str, tmp_path: Path
) -> None:
    put(store, "It hums")
    assert total(store, "hums") == 1
    postgres.execute(url, f"{BY_AN_OLDER_ONE}; DELETE FROM unindexed; DROP INDEX {OUTDATED}")
    assert (total(store, "lamp"), total(store, "hums")) == (1, 0)
    Program(home=tmp_path, store=url).ok("store", "upgrade")
    assert (total(store, "lamp"), total(store, "hums")) == (0, 1)


def test_a_search_indexes_again_what_it_may_see(store: PostgresStore, url: str) -> None:
    put(store, "It hums")
    assert total(store, "hums") == 1
    postgres.execute(url, f"{BY_AN_OLDER_ONE}; DELETE FROM unindexed")
    assert total(store.scoped(("york",)), "hums") == 0
    assert postgres.execute(url, "SELECT words FROM documents") == [(" lamp ",)]
    assert total(store, "hums") == 1


def test_documents_without_a_session_do_not_keep_others_from_being_renewed(store: PostgresStore, url: str) -> None:
    """A search renews a few hundred at once, and finds those without a session first."""
    put(store, "It hums")
    assert total(store, "hums") == 1
    gone = (
        "DELETE FROM documents; INSERT INTO documents SELECT 'gone ' || number, 'personal', 1, false,"
        " 'lamp'::tsvector, ' lamp ' FROM generate_series(1, 450) AS number"
    )
    postgres.execute(url, f"{gone}; {BY_AN_OLDER_ONE}; DELETE FROM unindexed")
    for _ in range(10):
        total(store, "hums")
    assert total(store, "hums") == 1
    assert postgres.execute(url, "SELECT session_id FROM documents") == [(LEEDS,)]


def test_a_document_has_the_parts_of_a_session_by_their_weight() -> None:
    story = events([SessionStarted(title="Label printer"), NoteAdded(text="It hums")])
    made = documents.document(CODE, story)
    assert not made.partial
    assert "'printer':" in made.lexemes and made.lexemes.count("A") == 4  # the code is two words
    assert " label printer \ue000 " in made.words and made.words.endswith(" it hums ")
