"""The functions that append to sessions: PL/pgSQL, because that keeps the plans of their statements.

Planning them takes longer than executing them, and prepared statements don't work through every pooler.
"""

_APPEND = """
CREATE OR REPLACE FUNCTION append_unless_rewritten(path text, spaces text, patience text, tables_format text,
    of_session text, expected bigint, stamp text,
    new_version bigint, new_updated_at bigint, new_status text, new_owner text, new_owner_kind text, new_space text,
    new_customer text, new_ticket text, new_tree text, new_head bytea,
    numbers bigint[], records bytea[], met_ids text[], met_names text[], met_kinds text[])
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('transaction_read_only') = 'on'
    THEN
        RETURN 'transaction';
    END IF;
    PERFORM set_config('search_path', path, true), set_config('rflow.spaces', spaces, true),
        set_config('lock_timeout', patience, true);
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    PERFORM FROM meta WHERE name = 'format' AND value = tables_format;
    IF NOT FOUND THEN
        RETURN 'tables';
    END IF;
    UPDATE sessions SET version = new_version, updated_at = new_updated_at, status = new_status, owner = new_owner,
        owner_kind = new_owner_kind, space = new_space, customer = new_customer, ticket = new_ticket, tree = new_tree,
        head = new_head WHERE id = of_session AND version = expected;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT FROM sessions WHERE id = of_session) THEN 'moved' ELSE 'missing' END;
    END IF;
    IF stamp <> coalesce((SELECT value FROM meta WHERE name = 'rewrites ' || of_session), '') THEN
        RAISE 'the session was rewritten after it was read' USING ERRCODE = 'RF001';
    END IF;
    FOR at IN 1..cardinality(numbers) LOOP
        INSERT INTO events VALUES (of_session, numbers[at], records[at], new_space);
    END LOOP;
    FOR at IN 1..cardinality(met_ids) LOOP
        PERFORM FROM people WHERE id = met_ids[at] AND session_id = of_session AND name = met_names[at];
        IF NOT FOUND THEN
            INSERT INTO people VALUES (met_ids[at], of_session, met_names[at], met_kinds[at], new_space)
                ON CONFLICT (id, session_id) DO UPDATE SET name = excluded.name, kind = excluded.kind;
        END IF;
    END LOOP;
    UPDATE unindexed SET version = new_version WHERE session_id = of_session;
    IF NOT FOUND THEN
        INSERT INTO unindexed VALUES (of_session, new_space, new_version) ON CONFLICT DO NOTHING;
    END IF;
    RETURN 'appended';
END $$
"""
"""Appends events to a session that is at version `expected`, in tables of the format that the caller knows.

Raises RF001 where the session has another stamp: its events were rewritten, which may have kept the version. That is
looked up once its row is locked, because a statement that had to wait for the row does not see what was written
meanwhile. A stamp that is NULL is not compared.

What holds for a transaction (database.py) it sets itself, so that a call is the whole transaction. It returns
"appended", or changes nothing and returns why: "moved", "missing", "tables" if these have another format, or
"transaction" where the server's defaults are for one of another kind. It also writes who is in the events, and that the
search document is old now (documents.py), and as of which version: the rflow before this one takes a document for up to
date, or never for that, where the version is an old one. Loops of single rows cost less than one statement for them
all, because nearly every append has one event of one person.
"""
_APPEND_SEVERAL = """
CREATE OR REPLACE FUNCTION append_each_unless_rewritten(path text, spaces text[], patience text, tables_format text,
    of_sessions text[], expected bigint[], stamps text[],
    new_version bigint[], new_updated_at bigint[], new_status text[], new_owner text[], new_owner_kind text[],
    new_space text[], new_customer text[], new_ticket text[], new_tree text[], new_head bytea[],
    last_event int[], numbers bigint[], records bytea[],
    last_met int[], met_ids text[], met_names text[], met_kinds text[])
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    outcomes text[];
    event int := 1;
    met int := 1;
BEGIN
    PERFORM set_config('search_path', path, true), set_config('lock_timeout', patience, true);
    PERFORM FROM meta WHERE name = 'format';
    FOR at IN 1..cardinality(of_sessions) LOOP
        PERFORM set_config('rflow.spaces', spaces[at], true);
        PERFORM FROM sessions WHERE id = of_sessions[at] FOR NO KEY UPDATE SKIP LOCKED;
        outcomes[at] := CASE WHEN FOUND THEN append_unless_rewritten(path, spaces[at], patience, tables_format,
            of_sessions[at], expected[at], stamps[at], new_version[at], new_updated_at[at], new_status[at],
            new_owner[at], new_owner_kind[at], new_space[at], new_customer[at], new_ticket[at], new_tree[at],
            new_head[at],
            numbers[event:last_event[at]], records[event:last_event[at]],
            met_ids[met:last_met[at]], met_names[met:last_met[at]], met_kinds[met:last_met[at]]) ELSE 'alone' END;
        event := last_event[at] + 1;
        met := last_met[at] + 1;
    END LOOP;
    RETURN outcomes;
END $$
"""
"""Does several appends one after the other, each as `append_unless_rewritten` does it alone, with what its own actor
may see; returns the outcome of each. The records and the people of all are lists, in which each has those up to its
`last_event` and `last_met`.

It waits for no row: a session that somebody else has locked is "alone" (so is one that is not there), so that it does
not keep the others waiting, and no two such calls can wait for each other. `meta` is read first, as it is everywhere:
an upgrade locks it before the other tables.
"""
APPENDING = {"append_unless_rewritten": _APPEND, "append_each_unless_rewritten": _APPEND_SEVERAL}
"""The functions by their names. A change that the version before can't use goes under a new name."""
