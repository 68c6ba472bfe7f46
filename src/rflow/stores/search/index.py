"""A search index: tables in an SQLite database, with a row for each session and its words in FTS5.

Each space has a table of words of its own: how rare a word is decides which sessions come first, and what is written in
one space must not change what is seen in another. The words are those of `core.session.search.words`, separated by
blanks, so that every store finds the same.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from rflow.core.session.events import Stored
from rflow.core.session.head import Query
from rflow.core.session.search.document import PARTS, WEIGHTS, passages
from rflow.core.session.search.document import VERSION as DOCUMENT_VERSION
from rflow.core.session.search.query import Term
from rflow.core.session.search.words import words
from rflow.errors import StoreProblem
from rflow.ports.values import Ranked
from rflow.stores.sqlite.query import conditions

VERSION = DOCUMENT_VERSION
"""The version of these tables and of the words in them: an index of another version is built again."""
_APPLICATION = 0x72666C78
_ENGINE = "fts5"
RANKED = 5000
"""How many of the sessions that match are ranked, the last indexed ones: a word that is in all of them ranks none."""

_SCHEMA = (
    # What sessions are filtered by, as in the store's own table; the other types are those of the values.
    """CREATE TABLE docs (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version, updated_at, status, owner,
        owner_kind, space, customer, ticket, tree)""",
    "CREATE TABLE spaces (number INTEGER PRIMARY KEY, space TEXT NOT NULL UNIQUE)",
    # How far a pass over the whole store has come ("" is its beginning, NULL: it is done), since when the index may
    # lack changes (microseconds since 1970), and what all sessions in it add up to.
    "CREATE TABLE state (scanned TEXT, checked_at INTEGER NOT NULL, totals TEXT NOT NULL)",
    "INSERT INTO state VALUES ('', 0, '')",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
_BATCH = 500
_BETWEEN = " \ue000 "
"""Separates two texts, so that no phrase matches across them; never part of a word."""


class Row(NamedTuple):
    """The columns that sessions are filtered by, as in the table of sessions of a SQLite store."""

    id: str
    version: int
    updated_at: int
    status: str
    owner: str
    owner_kind: str
    space: str
    customer: str
    ticket: str
    tree: str


class SearchIndex:
    """The index in a database of its own; the caller begins and commits."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def create(self) -> None:
        """Create the tables of a new index."""
        if not self._value("SELECT count(*) FROM pragma_module_list WHERE name = ?", (_ENGINE,)):
            raise StoreProblem(
                "This Python's SQLite has no full-text search (FTS5), so nothing can be searched.",
                try_="Install rflow with another Python, such as your distribution's or that of python.org.",
            )
        for statement in _SCHEMA:
            self._db.execute(statement)

    @property
    def is_new(self) -> bool:
        """Whether the database is empty."""
        return not self._value("SELECT count(*) FROM sqlite_master")

    @property
    def is_current(self) -> bool:
        """Whether the database holds an index of this version."""
        return (self._value("PRAGMA application_id"), self._value("PRAGMA user_version")) == (_APPLICATION, VERSION)

    @property
    def state(self) -> tuple[str | None, int]:
        """Return how far a pass over the whole store has come, and since when the index may lack changes."""
        scanned, checked_at = self._db.execute("SELECT scanned, checked_at FROM state").fetchone()
        return scanned, checked_at

    @state.setter
    def state(self, state: tuple[str | None, int]) -> None:
        self._db.execute("UPDATE state SET scanned = ?, checked_at = ?", state)

    def versions(self, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return (version, updated at) of those of these sessions that are in the index."""
        versions: dict[str, tuple[int, int]] = {}
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            sql = f"SELECT id, version, updated_at FROM docs WHERE id IN ({_marks(len(batch))})"  # noqa: S608
            versions |= {session_id: (version, at) for session_id, version, at in self._db.execute(sql, batch)}
        return versions

    def ids_between(self, after: str, to: str | None) -> list[str]:
        """Return the ids in the index from `after` (without it) to `to` (None is the end)."""
        sql = "SELECT id FROM docs WHERE id > ? AND (id <= ? OR ? IS NULL)"
        return [session_id for (session_id,) in self._db.execute(sql, (after, to, to))]

    @property
    def totals(self) -> str:
        """Return the checksum of all sessions that the last `add_up` stored."""
        return str(self._value("SELECT totals FROM state"))

    def add_up(self) -> str:
        """Compute, store and return a checksum of all sessions in the index."""
        sums = totals(self._db, "docs")
        self._db.execute("UPDATE state SET totals = ?", (sums,))
        return sums

    def count(self) -> int:
        """Return the number of sessions in the index."""
        return int(self._value("SELECT count(*) FROM docs"))

    def put(self, row: Row, code: str, events: Iterable[Stored]) -> None:
        """Write a session, replacing its previous entry."""
        self.remove(row.id)
        texts: dict[str, list[str]] = {part: [] for part in PARTS}
        for passage in passages(code, events):
            texts[passage.part].append(" ".join(words(passage.text)))
        number = self._db.execute(f"INSERT INTO docs VALUES (NULL, {_marks(len(row))})", row).lastrowid  # noqa: S608
        values = (number, *(_BETWEEN.join(texts[part]) for part in PARTS))
        sql = f"INSERT INTO {self._table(row.space)} (rowid, {', '.join(PARTS)})"
        self._db.execute(f"{sql} VALUES ({_marks(len(values))})", values)

    def remove(self, session_id: str) -> bool:
        """Remove a session from the index; False if it is not there."""
        row = self._db.execute("SELECT number, space FROM docs WHERE id = ?", (session_id,)).fetchone()
        if row is None:
            return False
        self._db.execute(f"DELETE FROM {self._table(row[1])} WHERE rowid = ?", (row[0],))  # noqa: S608
        self._db.execute("DELETE FROM docs WHERE number = ?", (row[0],))
        return True

    def merge(self) -> None:
        """Merge the parts of the index, which erases removed words."""
        self._each("optimize")

    def check(self) -> None:
        """Raise `sqlite3.DatabaseError` if the index is damaged."""
        result = self._value("PRAGMA integrity_check(1)")
        if result != "ok":
            raise sqlite3.DatabaseError(result)
        self._each("integrity-check")

    def find(self, terms: Sequence[Term], query: Query, first: int) -> Ranked:
        """Return the matching sessions from number `first` on, best first, and how many there are."""
        match = " AND ".join(f'"{" ".join(term.words)}"{"*" if term.beginning else ""}' for term in terms)
        last = first + query.limit
        best: list[tuple[float, int, str]] = []
        total = 0
        for table in self._visible(query.spaces):
            source, values = _source(table, match, query)
            total += self._value(f"SELECT count(*) {source}", values)
            best += self._db.execute(_ranked(table, source), (*values, last)).fetchall()
        return Ranked(ids=tuple(session_id for *_, session_id in sorted(best)[first:last]), total=total)

    def _visible(self, spaces: Sequence[str] | None) -> list[str]:
        """Return the tables of words of these spaces; None is all."""
        return [f"words_{number}" for number, space in self._spaces() if spaces is None or space in spaces]

    def _spaces(self) -> Iterator[tuple[int, str]]:
        yield from self._db.execute("SELECT number, space FROM spaces").fetchall()

    def _table(self, space: str) -> str:
        """Return the table of the words of a space; it is created if there is none."""
        row = self._db.execute("SELECT number FROM spaces WHERE space = ?", (space,)).fetchone()
        if row:
            return f"words_{row[0]}"
        number = self._db.execute("INSERT INTO spaces VALUES (NULL, ?)", (space,)).lastrowid
        self._db.execute(f"CREATE VIRTUAL TABLE words_{number} USING {_ENGINE}({', '.join(PARTS)}, tokenize = 'ascii')")
        return f"words_{number}"

    def _each(self, command: str) -> None:
        """Give a command of FTS5 to all tables of words."""
        for table in self._visible(None):
            self._db.execute(f"INSERT INTO {table} ({table}) VALUES (?)", (command,))  # noqa: S608

    def _value(self, sql: str, values: Sequence[object] = ()) -> Any:
        return self._db.execute(sql, values).fetchone()[0]


def totals(db: sqlite3.Connection, table: str) -> str:
    """Return a checksum of the sessions in a table, which changes if any is added, changed or removed."""
    sums = "count(*), total(version), sum(CAST(updated_at AS INTEGER) & 4294967295)"
    return str(db.execute(f"SELECT {sums} FROM {table} NOT INDEXED").fetchone())  # noqa: S608 (names from this package)


def _source(table: str, match: str, query: Query) -> tuple[str, list[object]]:
    """Return the FROM clause with its conditions, and their values."""
    filters = conditions(replace(query, spaces=None, after=None))
    where = " AND ".join([f"{table} MATCH ?", *(f"({condition})" for condition, _ in filters)])
    joined = f" JOIN docs ON docs.number = {table}.rowid" if filters else ""
    return f"FROM {table}{joined} WHERE {where}", [match, *(value for _, values in filters for value in values)]


def _ranked(table: str, source: str) -> str:
    """Return the statement for the best sessions: score (less is better), age, id."""
    weights = ", ".join(str(WEIGHTS[part]) for part in PARTS)
    scored = f"SELECT {table}.rowid AS number, bm25({table}, {weights}) AS score {source}"
    newest = f"{scored} ORDER BY {table}.rowid DESC LIMIT {RANKED}"
    joined = f"SELECT score, -updated_at, id FROM ({newest}) JOIN docs USING (number)"  # noqa: S608
    return f"{joined} ORDER BY score, updated_at DESC, id LIMIT ?"


def _marks(count: int) -> str:
    return ", ".join("?" * count)
