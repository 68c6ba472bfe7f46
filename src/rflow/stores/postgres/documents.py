"""The search index: one document per session, updated by the first search after a change.

A document is built from all events of a session, so updating it with every append would get slower as the session
grows. Its words are those of `core.session.search.words`, as in every other store. A document that an older rflow made
is found by its words until a search has renewed it.
"""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rflow.core.session.events import Stored
from rflow.core.session.head import Query
from rflow.core.session.search.document import PARTS, Part, passages
from rflow.core.session.search.query import Term
from rflow.core.session.search.words import words
from rflow.core.session.times import micros
from rflow.ports.values import Ranked
from rflow.stores.postgres import rows
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.tables.search_function import MADE_BY, OUTDATED

SLICE = 0.5
"""Seconds that a search spends on updating documents before it reports its progress instead."""
_RENEWING = 0.2
"""Seconds that a search spends on documents of an older rflow, before it looks for what it is asked."""
_BATCH = 200
_LONGEST_WORD = 200
"""Only so many characters of a word are indexed; the rest of a longer word is compared afterwards."""
_MOST_BYTES = 600_000
"""Maximum size of the distinct words in a document; PostgreSQL allows a million bytes together with their places."""
_MOST_PLACES, _LAST_PLACE = 255, 16_383
_LETTERS: dict[Part, str] = dict(zip(PARTS, "ABCD", strict=True))
_BETWEEN = "\ue000"
"""Separates two texts, so that no phrase matches across them; never part of a word."""
_PUT = (
    "INSERT INTO documents VALUES (%s, %s, %s, %s, %s::tsvector, %s) ON CONFLICT (session_id) DO UPDATE SET"
    " version = excluded.version, partial = excluded.partial, lexemes = excluded.lexemes, words = excluded.words"
)
_LOCK = "SELECT FROM sessions WHERE id = %s FOR NO KEY UPDATE"
_DONE = "DELETE FROM unindexed WHERE session_id = %s"
_SEEN = '(sees_all() OR space = ANY (seen() COLLATE "C"))'
_OUTDATED = (
    f"SELECT session_id FROM documents WHERE version > {MADE_BY} AND to_regclass('{OUTDATED}') IS NOT NULL"  # noqa: S608
    f" AND {_SEEN} LIMIT {_BATCH}"
)
"""Sessions with a document of an older rflow; none where no upgrade has created the index that finds them."""
_WITHOUT_SESSION = (
    f"DELETE FROM documents WHERE session_id = %s AND {_SEEN}"  # noqa: S608
    " AND NOT EXISTS (SELECT FROM sessions WHERE id = documents.session_id)"
)
_SEARCH = (
    "SELECT id, total FROM search(%(asked)s::tsquery, %(sequences)s::text[], %(all)s::text[], %(spaces)s::text[],"
    " %(owner)s, %(inbox)s, %(status)s::text[], %(customer)s, %(ticket)s, %(tree)s, %(before)s, %(first)s, %(limit)s)"
)


class Document(NamedTuple):
    """The words of a session: `lexemes` for the index (`partial` if not all fit), and all `words` in order."""

    partial: bool
    lexemes: str
    words: str


def search(database: Database, terms: Sequence[Term], query: Query, first: int) -> Ranked:
    """Return the sessions that contain all `terms`, best first."""
    if not database.exists():
        return Ranked()
    left = _bring_up_to_date(database)
    if left is not None:
        return Ranked(building=left)
    _renew(database)
    with database.reading() as db:
        found = db.execute(_SEARCH, _values(terms, query, first)).fetchall()
    return Ranked(ids=tuple(str(name) for name, _ in found if name is not None), total=found[-1][1])


def document(code: str, events: Iterable[Stored]) -> Document:
    """Return the document of a session."""
    places: dict[str, list[str]] = {}
    texts: list[str] = []
    number, size, partial = 0, 0, False
    for passage in passages(code, events):
        in_passage = words(passage.text)
        texts.append(" ".join(in_passage))
        for word in in_passage:
            number += 1
            cut = word[:_LONGEST_WORD]
            if cut not in places:
                size += len(cut.encode()) + 8
                partial = partial or size > _MOST_BYTES
                if partial:
                    continue
                places[cut] = []
            if len(places[cut]) < _MOST_PLACES:
                places[cut].append(f"{min(number, _LAST_PLACE)}{_LETTERS[passage.part]}")
    lexemes = " ".join(f"'{word}':{','.join(at)}" for word, at in _limit_places(places))
    return Document(partial, lexemes, f" {f' {_BETWEEN} '.join(texts)} ")


def _limit_places(places: dict[str, list[str]]) -> Iterable[tuple[str, list[str]]]:
    """Keep one place per word if all places would make the document too large; they only affect the ranking."""
    few = sum(len(at) for at in places.values()) * 2 > _MOST_BYTES // 2
    return ((word, at[:1] if few else at) for word, at in places.items())


def _bring_up_to_date(database: Database) -> int | None:
    """Update the documents of changed sessions; return the percentage done if there is more to do, else None."""
    end = time.monotonic() + SLICE
    while True:
        with database.reading() as db:
            changed = db.execute("SELECT session_id FROM unindexed LIMIT %s", (_BATCH,)).fetchall()
            if not changed:
                return None
        for (session_id,) in changed:
            with database.writing() as db:
                _write(db, session_id)
            if time.monotonic() > end:
                return _done(database)


def _renew(database: Database) -> None:
    """Make some documents of an older rflow again, which may still run and make others like them.

    Those whose session is gone are deleted: they would be the first ones at every search, before all others.
    """
    end = time.monotonic() + _RENEWING
    with database.reading() as db:
        outdated = db.execute(_OUTDATED).fetchall()
    for (session_id,) in outdated:
        with database.writing() as db:
            if not _write(db, session_id, only_if_changed=False):
                db.execute(_WITHOUT_SESSION, (session_id,))
        if time.monotonic() > end:
            return


def _done(database: Database) -> int | None:
    sql = "SELECT (SELECT count(*) FROM unindexed), (SELECT count(*) FROM sessions)"
    with database.reading() as db:
        left, every = db.execute(sql).fetchone() or (0, 0)
    return min(100 * (every - left) // max(every, 1), 99) if left else None


def _write(db: Connection, session_id: str, *, only_if_changed: bool = True) -> bool:
    """Update a session's document, unless the session is gone or, `only_if_changed`, another process has just done it.

    Return whether the session is there. It is locked before it is read: a writer waits, and marks it as changed again
    afterwards.
    """
    there = db.execute(_LOCK, (session_id,)).rowcount
    changed = db.execute(_DONE, (session_id,)).rowcount
    if there and (changed or not only_if_changed):
        log = rows.load(db, session_id)
        db.execute(_PUT, (session_id, log.space, MADE_BY, *document(log.code, log.events)))
    return bool(there)


def _values(terms: Sequence[Term], query: Query, first: int) -> dict[str, object]:
    every = [_sequence(term) for term in terms]
    long = [_sequence(term) for term in terms if len(term.words) > 1 or len(term.words[0]) > _LONGEST_WORD]
    return {
        "asked": " & ".join(_lexeme(term, at) for term in terms for at in range(len(term.words))),
        "sequences": long,
        "all": every,
        "spaces": None if query.spaces is None else list(query.spaces),
        "owner": query.owner,
        "inbox": query.inbox,
        "status": list(query.status) or None,
        "customer": None if query.customer is None else query.customer.casefold(),
        "ticket": None if query.ticket is None else query.ticket.casefold(),
        "tree": query.tree,
        "before": None if query.stale_before is None else micros(query.stale_before),
        "first": first,
        "limit": query.limit,
    }


def _lexeme(term: Term, at: int) -> str:
    word = term.words[at]
    begins = term.beginning and at == len(term.words) - 1
    return f"'{word[:_LONGEST_WORD]}'{':*' if begins else ''}"


def _sequence(term: Term) -> str:
    """Return the words of a term as a substring of `Document.words`."""
    return f" {' '.join(term.words)}{'' if term.beginning else ' '}"
