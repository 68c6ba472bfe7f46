"""The tables of a SQLite store."""

SCHEMA_VERSION = 5
"""The version of these tables, in `user_version`; migrations.py leads here from the older ones."""

APPLICATION = 0x72666C77
"""Identifies the file as an rflow store ("rflw"); `user_version` holds the format."""

ACCOUNTS = (
    # `data` is a record as JSON; the columns before it are for finding it, and for asking whether an admin is left.
    "CREATE TABLE accounts (id TEXT PRIMARY KEY, active_admin INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE identities (issuer TEXT NOT NULL, subject TEXT NOT NULL, account_id TEXT NOT NULL,
        PRIMARY KEY (issuer, subject)) WITHOUT ROWID""",
    "CREATE INDEX identities_of ON identities (account_id)",
    "CREATE TABLE spaces (id TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE members (account_id TEXT NOT NULL, space TEXT NOT NULL, role TEXT NOT NULL,
        PRIMARY KEY (account_id, space)) WITHOUT ROWID""",
    "CREATE INDEX members_of_space ON members (space)",
    # Tokens, web sessions, invitations, resets, opened links: never a token, only its hash.
    """CREATE TABLE credentials (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL,
        kind TEXT NOT NULL, expires_at INTEGER, data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX credentials_of ON credentials (account_id, kind)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, window INTEGER NOT NULL, count INTEGER NOT NULL, until INTEGER)",
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL)",
)
"""The tables of accounts, spaces and the audit, since version 4."""

OUTBOX = (
    # `due` is when a notice is tried next, `settled` when it was sent or given up; the other one is NULL.
    """CREATE TABLE notices (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, due INTEGER, settled INTEGER,
        data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX notices_due ON notices (due) WHERE due IS NOT NULL",
)
"""The table of notices, since version 5."""

CHECKPOINTS = (
    # `data` is the state of a long session after event `version`; `fold` is the fingerprint of the code that wrote it.
    """CREATE TABLE checkpoints (session_id TEXT PRIMARY KEY, version INTEGER NOT NULL, fold TEXT NOT NULL,
        data BLOB NOT NULL)""",
)
"""The table of checkpoints, since version 5."""

ASKED = f"""instr(head, x'{b'"asked":'.hex()}')"""
"""Whether a session has an open question: a condition on the JSON of its head, which quotes no other text like that."""
QUESTIONS = (
    # Few sessions have one. Searching the heads of all open sessions took longer than the rest of a command.
    f"CREATE INDEX asked_ones ON sessions (updated_at, id) WHERE status <> 'closed' AND {ASKED}",
)
"""The index of open questions, since version 5."""

LONG = 500
"""A session of as many events has a checkpoint: several times what most ever have."""

SCHEMA = (
    # `head` is what lists show (JSON). The columns before it are for searching and sorting: case-folded texts, and the
    # time in microseconds since 1970. `head` is last, so that a search need not read it.
    """CREATE TABLE sessions (
        id TEXT PRIMARY KEY, id_key TEXT NOT NULL UNIQUE, code TEXT NOT NULL, code_key TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL, updated_at INTEGER NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL,
        owner_kind TEXT NOT NULL, space TEXT NOT NULL, customer TEXT NOT NULL, ticket TEXT NOT NULL,
        tree TEXT NOT NULL, head BLOB NOT NULL) WITHOUT ROWID""",
    # An append to an open session changes only the first of these; every other would be one more page to flush.
    "CREATE INDEX open_by_update ON sessions (updated_at, id) WHERE status <> 'closed'",
    "CREATE INDEX open_by_owner ON sessions (owner) WHERE status <> 'closed'",
    "CREATE INDEX open_by_tree ON sessions (tree) WHERE status <> 'closed' AND tree <> ''",
    "CREATE INDEX waiting_ones ON sessions (owner) WHERE status = 'handed_off'",
    "CREATE INDEX closed_by_update ON sessions (updated_at, id) WHERE status = 'closed'",
    "CREATE INDEX closed_by_owner ON sessions (owner, updated_at, id) WHERE status = 'closed'",
    "CREATE INDEX closed_by_tree ON sessions (tree, updated_at, id) WHERE status = 'closed' AND tree <> ''",
    "CREATE INDEX by_customer ON sessions (customer) WHERE customer <> ''",
    "CREATE INDEX by_ticket ON sessions (ticket) WHERE ticket <> ''",
    # `data` is a record of codec.py.
    """CREATE TABLE events (session_id TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (session_id, seq)) WITHOUT ROWID""",
    # Contents may be large, and a table without row ids is slow with large rows.
    "CREATE TABLE blobs (session_id TEXT NOT NULL, digest TEXT NOT NULL, data BLOB NOT NULL)",
    "CREATE UNIQUE INDEX blob_names ON blobs (session_id, digest)",
    """CREATE TABLE people (id TEXT NOT NULL, session_id TEXT NOT NULL, name TEXT NOT NULL,
        kind TEXT NOT NULL, PRIMARY KEY (id, session_id)) WITHOUT ROWID""",
    "CREATE INDEX people_of ON people (session_id)",
    "CREATE TABLE trees (digest TEXT NOT NULL, space TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (digest, space))",
    """CREATE TABLE tree_names (id TEXT NOT NULL, space TEXT NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL,
        nodes INTEGER NOT NULL, added_at TEXT NOT NULL, PRIMARY KEY (space, id)) WITHOUT ROWID""",
    # `data` is the share as JSON; the columns before it are for finding it. `dropped` views are only counted.
    """CREATE TABLE shares (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, session_id TEXT NOT NULL,
        by_id TEXT NOT NULL, created_at INTEGER NOT NULL, dropped INTEGER NOT NULL, data BLOB NOT NULL)
        WITHOUT ROWID""",
    "CREATE INDEX shares_of_session ON shares (session_id)",
    "CREATE TABLE share_views (share_id TEXT NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE INDEX views_of_share ON share_views (share_id, at)",
    *ACCOUNTS,
    *OUTBOX,
    *CHECKPOINTS,
    *QUESTIONS,
    # "forget": a removal that is not finished; "upgraded …": which migration ran, and when;
    # "rewrites …": how often the events of a session were replaced.
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
