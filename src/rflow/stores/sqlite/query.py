"""A query for sessions as SQL, with the same meaning as `head.matches`.

Closed and other sessions are selected separately and then merged. Nearly all sessions of an old store are closed and
no longer change, so their indexes can include the time of the last update, by which lists are sorted, without writing
another page for every append. The others are few enough to sort when they are selected.
"""

from rflow.core.session.head import Query, read_cursor
from rflow.core.session.times import micros
from rflow.stores.derived import encodable
from rflow.stores.sqlite.schema import ASKED

Value = str | int
_HEAD = "CASE WHEN json_valid(CAST(head AS TEXT)) THEN CAST(head AS TEXT) ELSE '{}' END"
_ASKED = (
    f"status <> 'closed' AND {ASKED} AND EXISTS "  # noqa: S608
    f"(SELECT 1 FROM json_each({_HEAD}, '$.asked') AS asked WHERE asked.value = ? OR asked.value LIKE '@%')"
)
"""Few sessions have an open question, and those are in an index; only their heads are read as JSON."""
_HANDED_OFF = "SELECT id FROM sessions INDEXED BY waiting_ones WHERE status = 'handed_off' AND owner"
_IN_INBOX = f"id IN ({_HANDED_OFF} = ? UNION ALL {_HANDED_OFF} >= '@' AND owner < 'A')"
"""The ids of queues begin with "@", so that no row is read of what waits for others."""
_WAITING = ("handed_off",)
_ORDER = " ORDER BY updated_at DESC, id DESC LIMIT ?"


def select(query: Query) -> tuple[str, list[Value]]:
    """Return the statement (columns id, head; one row more than a page) and its values."""
    limit = max(query.limit, 1) + 1
    parts = [_part(query, status) for status in ("status <> 'closed'", "status = 'closed'") if _includes(query, status)]
    if len(parts) == 1:
        return parts[0][0] + _ORDER, [*parts[0][1], limit]
    merged = " UNION ALL ".join(f"SELECT * FROM ({sql}{_ORDER})" for sql, _ in parts)  # noqa: S608 (constants)
    values = [value for _, values in parts for value in (*values, limit)]
    return merged + _ORDER, [*values, limit]


def _includes(query: Query, status: str) -> bool:
    """Whether sessions of `status`, closed or not, can match a query."""
    closed = status == "status = 'closed'"
    if query.inbox is not None or query.asked is not None:
        return not closed
    return not query.status or ("closed" in query.status if closed else set(query.status) != {"closed"})


def _part(query: Query, status: str) -> tuple[str, list[Value]]:
    selecting = [(status, ()), *conditions(query)]
    if query.inbox is not None:
        selecting.append((_IN_INBOX, (encodable(query.inbox),)))
    where = " AND ".join(condition for condition, _ in selecting)
    # Few sessions are waiting. Without statistics, the planner would read all sessions in their order instead.
    # In no space there are none, which it knows: it would refuse an index then.
    named = query.status == _WAITING and query.inbox is None and query.spaces != ()
    table = "sessions INDEXED BY waiting_ones" if named else "sessions"
    sql = f"SELECT id, head, updated_at FROM {table} WHERE {where}"  # noqa: S608 (constants)
    return sql, [value for _, values in selecting for value in values]


def conditions(query: Query) -> list[tuple[str, tuple[Value, ...]]]:
    """Return conditions with their values, for the rows of sessions and those of the search alike.

    The literal values let SQLite use the partial indexes of the schema.
    """
    conditions: list[tuple[str, tuple[Value, ...]]] = []
    if query.owner is not None:
        conditions.append(("owner = ?", (encodable(query.owner),)))
    if query.status == _WAITING:
        conditions.append(("status = 'handed_off'", ()))
    elif query.status:
        conditions.append((f"+status IN ({', '.join('?' * len(query.status))})", query.status))
    if query.inbox is not None:
        conditions.append(("status = 'handed_off' AND (owner = ? OR owner_kind = 'queue')", (encodable(query.inbox),)))
    if query.asked is not None:
        conditions.append((_ASKED, (encodable(query.asked),)))
    if query.spaces is not None:
        conditions.append((f"space IN ({', '.join('?' * len(query.spaces))})", tuple(map(encodable, query.spaces))))
    for column, text in (("customer", query.customer), ("ticket", query.ticket)):
        if text is not None:
            conditions.append(
                (f"{column} = ?" + (f" AND {column} <> ''" if text else ""), (encodable(text).casefold(),))
            )
    if query.tree is not None:
        conditions.append(("tree = ? AND tree <> ''", (encodable(query.tree),)))
    if query.stale_before is not None:
        conditions.append(("updated_at < ?", (micros(query.stale_before),)))
    if query.after:
        at, session_id = read_cursor(query.after)
        conditions.append(("(updated_at, id) < (?, ?)", (micros(at), encodable(session_id))))
    return conditions
