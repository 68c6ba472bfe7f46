"""The function that searches the documents: it has its own filter for the spaces that the transaction may see.

A policy on the documents would keep PostgreSQL from using their index, because comparing words is not leakproof; so
this is the only statement that reads them.
"""

from rflow.core.session.search.document import VERSION

RANKED = 5000
"""How many of the sessions that match are ranked, the last updated ones: a word that is in all of them ranks none."""

MADE_BY = -VERSION
"""What the column `version` of a document says of who made it.

An rflow that did not know this wrote the version of the session there, which is above 0 and which no rflow reads. So a
higher number is that of an older rflow, even if that one updates a document that a newer one made.
"""
OUTDATED = f"documents_before_{VERSION}"
"""The index of the documents of older rflows. It is empty once all are up to date."""
INDEX_OF_OUTDATED = f"CREATE INDEX IF NOT EXISTS {OUTDATED} ON documents (session_id) WHERE version > {MADE_BY}"
SEARCH = f"""
CREATE OR REPLACE FUNCTION search(asked tsquery, sequences text[], all_terms text[], wanted text[],
    of_owner text, of_inbox text, statuses text[], of_customer text, of_ticket text, of_tree text,
    before bigint, skipped bigint, most bigint)
RETURNS TABLE (id text, total bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
WITH matching AS MATERIALIZED (
    SELECT d.session_id, d.lexemes FROM documents d
    WHERE (d.lexemes @@ asked OR d.partial) AND (sees_all() OR d.space = ANY (seen() COLLATE "C"))
    AND (wanted IS NULL OR d.space = ANY (wanted COLLATE "C"))
    AND NOT EXISTS (SELECT FROM unnest(sequences) AS sought WHERE strpos(d.words, sought) = 0)
    AND (NOT d.partial OR NOT EXISTS (SELECT FROM unnest(all_terms) AS sought WHERE strpos(d.words, sought) = 0))
), filtered AS MATERIALIZED (
    SELECT s.id, s.updated_at, m.lexemes FROM matching m JOIN sessions s ON s.id = m.session_id
    WHERE (of_owner IS NULL OR s.owner = of_owner COLLATE "C")
    AND (of_inbox IS NULL OR s.status = 'handed_off' AND (s.owner = of_inbox COLLATE "C" OR s.owner_kind = 'queue'))
    AND (statuses IS NULL OR s.status = ANY (statuses COLLATE "C"))
    AND (of_customer IS NULL OR s.customer = of_customer COLLATE "C")
    AND (of_ticket IS NULL OR s.ticket = of_ticket COLLATE "C")
    AND (of_tree IS NULL OR s.tree = of_tree COLLATE "C" AND s.tree <> '')
    AND (before IS NULL OR s.updated_at < before)
), newest AS (SELECT * FROM filtered ORDER BY updated_at DESC, id DESC LIMIT {RANKED})
SELECT found.id, found.total FROM (
    SELECT newest.id, (SELECT count(*) FROM filtered) AS total FROM newest
    ORDER BY ts_rank('{{0.125, 0.25, 0.5, 1.0}}'::real[], lexemes, asked, 1) DESC, updated_at DESC, newest.id
    LIMIT most OFFSET skipped) AS found
UNION ALL SELECT NULL, count(*) FROM filtered
$$
"""  # noqa: S608 (a number)
