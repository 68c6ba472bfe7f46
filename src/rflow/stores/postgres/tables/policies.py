"""Row-level security: which rows a transaction sees, by the settings that went with its beginning (scope.py).

It holds for the owner of the tables too (FORCE), so that a condition that is missing in a statement shows nothing of
another space. A transaction without the settings sees no row. Superusers, and roles with BYPASSRLS, see everything.
"""

GUARDED = {
    **dict.fromkeys(("sessions", "codes", "commands", "events", "blobs", "people", "unindexed"), "space"),
    **dict.fromkeys(("trees", "tree_names", "shares", "share_views", "members"), "space"),
    "spaces": "id",
}
"""The tables with policies, and the column that names the space. `documents` is only read by `search`, which has
its own filter: no policy lets PostgreSQL use an index for words. The tables of accounts belong to no space."""

_FUNCTIONS = (
    """CREATE FUNCTION sees_all() RETURNS boolean LANGUAGE sql STABLE AS
        $$ SELECT coalesce(current_setting('rflow.spaces', true) = '*', false) $$""",
    """CREATE FUNCTION seen() RETURNS text[] LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN current_setting('rflow.spaces', true) LIKE '[%' THEN
            ARRAY(SELECT jsonb_array_elements_text(current_setting('rflow.spaces', true)::jsonb)) END $$""",
)
# In a SELECT of their own the functions are called once for each statement, not for each row.
_VISIBLE = '(SELECT sees_all()) OR {column} = ANY ((SELECT seen())::text[] COLLATE "C")'
_LINK = "CREATE POLICY by_link ON shares FOR SELECT USING (hash = (SELECT current_setting('rflow.link', true)))"


def forced(table: str) -> str:
    """Return the statements that let nobody see a row of a table but by its policies."""
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"


POLICIES = (
    *_FUNCTIONS,
    *(f"CREATE POLICY by_space ON {table} USING ({_VISIBLE.format(column=name)})" for table, name in GUARDED.items()),
    _LINK,
    *(forced(table) for table in GUARDED),
)
"""The statements that create them."""
