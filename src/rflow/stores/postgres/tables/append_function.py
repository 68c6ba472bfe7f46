"""The function that appends to a session: PL/pgSQL, because that keeps the plans of its statements.

Planning them takes longer than executing them, and prepared statements don't work through every pooler.
"""

APPEND = """
CREATE OR REPLACE FUNCTION append_events(tables_format text, tables_oldest text, of_session text, expected bigint,
    new_version bigint, new_updated_at bigint, new_status text, new_owner text, new_owner_kind text, new_space text,
    new_customer text, new_ticket text, new_tree text, new_head bytea,
    numbers bigint[], records bytea[], met_ids text[], met_names text[], met_kinds text[])
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(value) FILTER (WHERE name = 'format') = tables_format
        AND coalesce(max(value) FILTER (WHERE name = 'oldest'), tables_format) = tables_oldest
        FROM meta WHERE name IN ('format', 'oldest')) IS NOT TRUE THEN
        RETURN 'tables';
    END IF;
    UPDATE sessions SET version = new_version, updated_at = new_updated_at, status = new_status, owner = new_owner,
        owner_kind = new_owner_kind, space = new_space, customer = new_customer, ticket = new_ticket, tree = new_tree,
        head = new_head WHERE id = of_session AND version = expected;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT FROM sessions WHERE id = of_session) THEN 'moved' ELSE 'missing' END;
    END IF;
    INSERT INTO events SELECT of_session, each.seq, each.data, new_space
        FROM unnest(numbers, records) AS each(seq, data);
    IF EXISTS (SELECT FROM unnest(met_ids, met_names) AS each(id, name) WHERE NOT EXISTS (
        SELECT FROM people p WHERE p.id = each.id AND p.session_id = of_session AND p.name = each.name)) THEN
        INSERT INTO people SELECT each.id, of_session, each.name, each.kind, new_space
            FROM unnest(met_ids, met_names, met_kinds) AS each(id, name, kind)
            ON CONFLICT (id, session_id) DO UPDATE SET name = excluded.name, kind = excluded.kind
            WHERE people.name <> excluded.name;
    END IF;
    INSERT INTO unindexed VALUES (of_session, new_space, new_version)
        ON CONFLICT (session_id) DO UPDATE SET version = excluded.version;
    RETURN 'appended';
END $$
"""
"""Appends events to a session that is at version `expected`, in tables of the version that the caller knows.

It returns "appended", or changes nothing and returns why: "moved", "missing", or "tables" if these have another
version. It also writes who is in the events, and that the search document is old now (documents.py).
"""
