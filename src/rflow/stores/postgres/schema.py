"""The tables of a PostgreSQL store: those of a SQLite store, and a table of codes."""

from collections.abc import Iterable

SCHEMA_VERSION = 2
"""The version of these tables, in `meta`; migrations.py leads here from the older ones."""

_TEXT = 'text COLLATE "C"'
"""Texts are compared by their bytes, as SQLite and Python do, whatever the database's locale."""

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

_OUTBOX = (
    # `due` is when a notice is tried next, `settled` when it was sent or given up; the other one is NULL.
    """CREATE TABLE notices (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, due bigint, settled bigint,
        data bytea NOT NULL)""",
    "CREATE INDEX notices_due ON notices (due) WHERE due IS NOT NULL",
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
    "CREATE TABLE codes (code_key TEXT PRIMARY KEY, session_id TEXT NOT NULL UNIQUE)",
    # `data` is a record of codec.py.
    """CREATE TABLE events (session_id TEXT NOT NULL, seq bigint NOT NULL, data bytea NOT NULL,
        PRIMARY KEY (session_id, seq))""",
    """CREATE TABLE blobs (session_id TEXT NOT NULL, digest TEXT NOT NULL, data bytea NOT NULL,
        PRIMARY KEY (session_id, digest))""",
    "CREATE TABLE people (id TEXT NOT NULL, session_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL)",
    "CREATE UNIQUE INDEX people_by_session ON people (id, session_id DESC)",
    "CREATE INDEX people_of ON people (session_id)",
    "CREATE TABLE trees (digest TEXT NOT NULL, space TEXT NOT NULL, data bytea NOT NULL, PRIMARY KEY (digest, space))",
    """CREATE TABLE tree_names (id TEXT NOT NULL, space TEXT NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL,
        nodes bigint NOT NULL, added_at TEXT NOT NULL, PRIMARY KEY (space, id))""",
    # `data` is the share as JSON; the columns before it are for finding it. `dropped` views are only counted.
    """CREATE TABLE shares (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, session_id TEXT NOT NULL,
        by_id TEXT NOT NULL, created_at bigint NOT NULL, dropped bigint NOT NULL, data bytea NOT NULL)""",
    "CREATE INDEX shares_of_session ON shares (session_id)",
    """CREATE TABLE share_views (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, share_id TEXT NOT NULL,
        at bigint NOT NULL, data bytea NOT NULL)""",
    "CREATE INDEX views_of_share ON share_views (share_id, at, number)",
    # "format": the version of these tables; "forget": a removal that is not finished.
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    f"INSERT INTO meta VALUES ('format', '{SCHEMA_VERSION}')",  # noqa: S608 (a number)
)


def _joined(statements: Iterable[str]) -> str:
    return "; ".join(statement.replace("TEXT", _TEXT) for statement in statements)


TABLES = _joined((*_TABLES, *_ACCOUNTS, *_OUTBOX))
"""The statements that create all tables, in the schema that is searched first."""
OUTBOX = _joined(_OUTBOX)
"""Those of the table of notices, since version 2."""
