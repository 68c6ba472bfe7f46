"""A query for sessions as SQL; it means what `head.matches` means.

Closed sessions and others are asked for apart and then merged. Nearly all sessions of an old store are closed, and they
change no more: their indexes may hold the time of the last update, by which lists are sorted, without costing every
append a page. The others are few enough to be sorted when they are asked for.
"""

from rflow.core.session.head import Query, read_cursor
from rflow.stores.derived import micros, valid

Value = str | int
_ORDER = " ORDER BY updated_at DESC, id DESC LIMIT ?"


def select(query: Query) -> tuple[str, list[Value]]:
    """Give the statement (columns id, head; one row more than a page) and its values."""
    limit = max(query.limit, 1) + 1
    found = [_part(query, status) for status in ("status <> 'closed'", "status = 'closed'") if _wanted(query, status)]
    if len(found) == 1:
        return found[0][0] + _ORDER, [*found[0][1], limit]
    merged = " UNION ALL ".join(f"SELECT * FROM ({sql}{_ORDER})" for sql, _ in found)  # noqa: S608 (constants)
    values = [value for _, values in found for value in (*values, limit)]
    return merged + _ORDER, [*values, limit]


def _wanted(query: Query, status: str) -> bool:
    """Whether a query asks for sessions that are closed, or for ones that are not."""
    closed = status == "status = 'closed'"
    if query.inbox is not None:
        return not closed
    return not query.status or ("closed" in query.status if closed else set(query.status) != {"closed"})


def _part(query: Query, status: str) -> tuple[str, list[Value]]:
    found = [(status, ()), *_conditions(query)]
    where = " AND ".join(condition for condition, _ in found)
    # Few sessions wait; the planner, which counts nothing, would rather go through all of them in their order.
    table = "sessions" if query.inbox is None else "sessions INDEXED BY waiting_ones"
    sql = f"SELECT id, head, updated_at FROM {table} WHERE {where}"  # noqa: S608 (constants)
    return sql, [value for _, values in found for value in values]


def _conditions(query: Query) -> list[tuple[str, tuple[Value, ...]]]:
    """Give conditions with their values; the literal ones let SQLite use the partial indexes of the schema."""
    found: list[tuple[str, tuple[Value, ...]]] = []
    if query.owner is not None:
        found.append(("owner = ?", (valid(query.owner),)))
    if query.status:
        found.append((f"+status IN ({', '.join('?' * len(query.status))})", query.status))
    if query.inbox is not None:
        # A queue's id begins with "@", the character before "A".
        mine = "status = 'handed_off' AND (owner = ? OR owner >= '@' AND owner < 'A')"
        found.append((mine, (valid(query.inbox),)))
    for column, text in (("customer", query.customer), ("ticket", query.ticket)):
        if text is not None:
            found.append((f"{column} = ?" + (f" AND {column} <> ''" if text else ""), (valid(text).casefold(),)))
    if query.tree is not None:
        found.append(("tree = ? AND tree <> ''", (valid(query.tree),)))
    if query.stale_before is not None:
        found.append(("updated_at < ?", (micros(query.stale_before),)))
    if query.after:
        at, session_id = read_cursor(query.after)
        found.append(("(updated_at, id) < (?, ?)", (micros(at), valid(session_id))))
    return found
