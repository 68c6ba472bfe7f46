"""The function that appends to a session: PL/pgSQL, because that keeps the plans of its statements.

Planning them takes longer than executing them, and prepared statements don't work through every pooler.
"""

APPEND = """
CREATE OR REPLACE FUNCTION append_to_session(path text, spaces text, patience text, tables_format text,
    of_session text, expected bigint,
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

What holds for a transaction (database.py) it sets itself, so that a call is the whole transaction. It returns
"appended", or changes nothing and returns why: "moved", "missing", "tables" if these have another format, or
"transaction" where the server's defaults are for one of another kind. It also writes who is in the events, and that the
search document is old now (documents.py), and as of which version: the rflow before this one takes a document for up to
date, or never for that, where the version is an old one. Loops of single rows cost less than one statement for them
all, because nearly every append has one event of one person.
"""
