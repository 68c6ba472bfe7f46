"""The tables of a PostgreSQL store: those of a SQLite store, codes and commands apart, partitions, search documents."""

from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.tables import partitions
from rflow.stores.postgres.tables.append_functions import APPENDING
from rflow.stores.postgres.tables.policies import POLICIES
from rflow.stores.postgres.tables.search_function import INDEX_OF_OUTDATED, SEARCH

SCHEMA_VERSION = 2
"""The version of these tables, in `meta`; migrations.py leads here from the older ones."""
OLDEST_USABLE = 2
"""The oldest version of the tables that this version can use, so that programs are replaced before the upgrade."""
OLDEST_ALLOWED = 2
"""The oldest version of rflow's own that can use these tables, so that programs are replaced after the upgrade."""

_TEXT = 'text COLLATE "C"'
"""Texts are compared by their bytes, as SQLite and Python do, whatever the database's locale."""

NEW_IN_2 = (
    # `data` is a record of codec.py. Session ids begin with their time, so that a month is a partition (partitions.py).
    """CREATE TABLE events (session_id TEXT NOT NULL, seq bigint NOT NULL, data bytea NOT NULL, space TEXT NOT NULL,
        PRIMARY KEY (session_id, seq)) PARTITION BY RANGE (session_id)""",
    """CREATE TABLE blobs (session_id TEXT NOT NULL, digest TEXT NOT NULL, data bytea NOT NULL, space TEXT NOT NULL,
        PRIMARY KEY (session_id, digest)) PARTITION BY RANGE (session_id)""",
    # Which session a command started, so that a command that is sent again starts no other.
    """CREATE TABLE commands (actor TEXT NOT NULL, command_id TEXT NOT NULL, session_id TEXT NOT NULL,
        space TEXT NOT NULL, PRIMARY KEY (actor, command_id))""",
    "CREATE INDEX commands_of ON commands (session_id)",
    # A document for each session: what of it is searched. `partial` is one with more words than `lexemes` can hold,
    # `version` says which rflow made it (search_function.py).
    """CREATE TABLE documents (session_id TEXT PRIMARY KEY, space TEXT NOT NULL, version bigint NOT NULL,
        partial boolean NOT NULL, lexemes tsvector NOT NULL, words TEXT NOT NULL)""",
    "CREATE INDEX documents_by_word ON documents USING gin (lexemes)",
    "CREATE INDEX partial_documents ON documents (session_id) WHERE partial",
    # The sessions whose document is older than they are; the next search brings it up to date.
    "CREATE TABLE unindexed (session_id TEXT PRIMARY KEY, space TEXT NOT NULL, version bigint NOT NULL)",
    # `due` is when a notice is tried next, `settled` when it was sent or given up; the other one is NULL.
    """CREATE TABLE notices (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, due bigint, settled bigint,
        data bytea NOT NULL)""",
    "CREATE INDEX notices_due ON notices (due) WHERE due IS NOT NULL",
    "CREATE INDEX notices_of ON notices (session_id)",
)
"""The tables of version 2 that version 1 did not have, or had in another form."""

_ACCOUNTS = (
    # `data` is a record as JSON; the columns before it are for finding it, and for asking whether an admin is left.
    "CREATE TABLE accounts (id TEXT PRIMARY KEY, active_admin boolean NOT NULL, data bytea NOT NULL)",
    """CREATE TABLE identities (issuer TEXT NOT NULL, subject TEXT NOT NULL, account_id TEXT NOT NULL,
        PRIMARY KEY (issuer, subject))""",
    "CREATE INDEX identities_of ON identities (account_id)",
    "CREATE TABLE spaces (id TEXT PRIMARY KEY, data bytea NOT NULL)",
    """CREATE TABLE members (account_id TEXT NOT NULL, space TEXT NOT NULL, role TEXT NOT NULL,
        PRIMARY KEY (account_id, space))""",
    "CREATE INDEX members_of_space ON members (space)",
    # Tokens, web sessions, invitations, resets, opened links: never a token, only its hash.
    """CREATE TABLE credentials (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL,
        kind TEXT NOT NULL, expires_at bigint, data bytea NOT NULL)""",
    "CREATE INDEX credentials_of ON credentials (account_id, kind)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, period bigint NOT NULL, count bigint NOT NULL, until bigint)",
    "CREATE TABLE audit (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data bytea NOT NULL)",
)

_TABLES = (
    # `head` is what lists show (JSON). The columns before it are for searching and sorting: case-folded texts, and the
    # time in microseconds since 1970.
    """CREATE TABLE sessions (
        id TEXT PRIMARY KEY, id_key TEXT NOT NULL UNIQUE, code TEXT NOT NULL,
        version bigint NOT NULL, updated_at bigint NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL,
        owner_kind TEXT NOT NULL, space TEXT NOT NULL, customer TEXT NOT NULL, ticket TEXT NOT NULL,
        tree TEXT NOT NULL, head bytea NOT NULL)""",
    "CREATE INDEX by_update ON sessions (updated_at, id)",
    "CREATE INDEX by_space ON sessions (space, updated_at, id)",
    "CREATE INDEX by_owner ON sessions (owner, updated_at, id)",
    "CREATE INDEX by_tree ON sessions (tree, updated_at, id) WHERE tree <> ''",
    "CREATE INDEX waiting_ones ON sessions (owner) WHERE status = 'handed_off'",
    # By their hashes, because these may be longer than what a B-tree takes (2,704 bytes).
    "CREATE INDEX by_customer ON sessions USING hash (customer) WHERE customer <> ''",
    "CREATE INDEX by_ticket ON sessions USING hash (ticket) WHERE ticket <> ''",
    # Apart from `sessions`, because a code could not be unique there once that table is partitioned.
    "CREATE TABLE codes (code_key TEXT PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, space TEXT NOT NULL)",
    *NEW_IN_2,
    "CREATE TABLE people (id TEXT NOT NULL, session_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,"
    " space TEXT NOT NULL)",
    "CREATE UNIQUE INDEX people_by_session ON people (id, session_id DESC)",
    "CREATE INDEX people_of ON people (session_id)",
    "CREATE TABLE trees (digest TEXT NOT NULL, space TEXT NOT NULL, data bytea NOT NULL, PRIMARY KEY (digest, space))",
    """CREATE TABLE tree_names (id TEXT NOT NULL, space TEXT NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL,
        nodes bigint NOT NULL, added_at TEXT NOT NULL, PRIMARY KEY (space, id))""",
    # `data` is the share as JSON; the columns before it are for finding it. `dropped` views are only counted.
    """CREATE TABLE shares (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, session_id TEXT NOT NULL,
        by_id TEXT NOT NULL, created_at bigint NOT NULL, dropped bigint NOT NULL, data bytea NOT NULL,
        space TEXT NOT NULL)""",
    "CREATE INDEX shares_of_session ON shares (session_id)",
    """CREATE TABLE share_views (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, share_id TEXT NOT NULL,
        at bigint NOT NULL, data bytea NOT NULL, space TEXT NOT NULL)""",
    "CREATE INDEX views_of_share ON share_views (share_id, at, number)",
    # "format": the version of these tables; "forget": a removal that is not finished;
    # "rewrites …": how often the events of a session were replaced.
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # "oldest": the oldest version of rflow's own that may use these tables.
    f"INSERT INTO meta VALUES ('format', '{SCHEMA_VERSION}'), ('oldest', '{OLDEST_ALLOWED}')",  # noqa: S608 (numbers)
)


ASKED = """position('"asked":'::bytea IN head) > 0"""
"""Whether a session has an open question: a condition on the JSON of its head, which quotes no other text like that."""

_REPLACEABLE = (
    SEARCH,
    *APPENDING.values(),
    # Few sessions have an open question. Searching the heads of all open ones took longer the more there were.
    f"CREATE INDEX IF NOT EXISTS asked_ones ON sessions (updated_at, id) WHERE status <> 'closed' AND {ASKED}",
    INDEX_OF_OUTDATED,
)


def joined(*statements: str) -> str:
    """Return statements as one text, in which the columns for texts are what texts are here."""
    return "; ".join(statement.replace("TEXT", _TEXT) for statement in statements)


REPLACEABLE = joined(*_REPLACEABLE)
"""The statements for what every upgrade creates or replaces, in tables of this version too: functions, indexes.

A version of rflow that needs it says so where it is missing, or does without.
"""
TABLES = joined(*_TABLES, *_ACCOUNTS, *POLICIES, *_REPLACEABLE)
"""The statements that create all tables, in the schema that is searched first."""


_OWNS = "SELECT FROM pg_class WHERE oid = 'meta'::regclass AND relowner = current_user::regrole"
_THERE = "SELECT FROM unnest(%s::text[]) AS name WHERE to_regproc(name) IS NOT NULL"


def create_appending(db: Connection) -> bool:
    """Create the functions that append, where they are missing and this role owns the tables; whether all are there.

    Another role's function could not be replaced by those who upgrade. The caller holds the lock.
    """
    if db.execute(_OWNS).rowcount:
        for name, function in APPENDING.items():
            if not db.execute(_THERE, ([name],)).rowcount:
                db.execute(function.encode())
    return db.execute(_THERE, (list(APPENDING),)).rowcount == len(APPENDING)


def create(db: Connection, schema: str) -> None:
    """Create the tables, unless they are there; the caller holds the lock, and commits."""
    row = db.execute("SELECT to_regclass('meta') IS NULL").fetchone()
    if row and row[0]:
        db.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"; {TABLES}'.encode())
        partitions.create_first(db)
