"""A query for sessions as SQL, with the same meaning as `head.matches`."""

from rflow.core.session.head import Query, read_cursor
from rflow.core.session.times import micros
from rflow.stores.postgres.tables.schema import ASKED

Value = str | int | list[str]
_HEAD = f"CASE WHEN {ASKED} THEN convert_from(head, 'UTF8')::jsonb END"
_ASKED = (
    f"status <> 'closed' AND {ASKED} AND EXISTS "  # noqa: S608
    f"(SELECT 1 FROM jsonb_array_elements_text(({_HEAD}) -> 'asked') AS asked(who) "
    "WHERE asked.who = %s OR asked.who LIKE '@%%')"
)
"""Few sessions have an open question, and those are in an index; only their heads are read as JSON."""


def select(query: Query) -> tuple[str, list[Value]]:
    """Return the statement (columns id, head; one row more than a page) and its values."""
    conditions = _conditions(query)
    where = " AND ".join(condition for condition, _ in conditions) or "true"
    sql = f"SELECT id, head FROM sessions WHERE {where} ORDER BY updated_at DESC, id DESC LIMIT %s"  # noqa: S608
    return sql, [*(value for _, values in conditions for value in values), max(query.limit, 1) + 1]


def _conditions(query: Query) -> list[tuple[str, tuple[Value, ...]]]:
    conditions: list[tuple[str, tuple[Value, ...]]] = []
    if query.owner is not None:
        conditions.append(("owner = %s", (query.owner,)))
    if query.status:
        conditions.append(("status = ANY(%s)", (list(query.status),)))
    if query.inbox is not None:
        conditions.append(("status = 'handed_off' AND (owner = %s OR owner_kind = 'queue')", (query.inbox,)))
    if query.asked is not None:
        conditions.append((_ASKED, (query.asked,)))
    if query.spaces is not None:
        conditions.append(("space = ANY(%s)", (list(query.spaces),)))
    for column, text in (("customer", query.customer), ("ticket", query.ticket)):
        if text is not None:
            # The second condition lets PostgreSQL use the partial index.
            conditions.append((f"{column} = %s" + (f" AND {column} <> ''" if text else ""), (text.casefold(),)))
    if query.tree is not None:
        conditions.append(("tree = %s AND tree <> ''", (query.tree,)))
    if query.stale_before is not None:
        conditions.append(("updated_at < %s", (micros(query.stale_before),)))
    if query.after:
        at, session_id = read_cursor(query.after)
        conditions.append(("(updated_at, id) < (%s, %s)", (micros(at), session_id)))
    return conditions
