"""A query for sessions as SQL; it means what `head.matches` means."""

from rflow.core.head import Query, read_cursor
from rflow.stores.rows import micros, valid

Value = str | int


def select(query: Query) -> tuple[str, list[Value]]:
    """Give the statement (columns id, head; one row more than a page) and its values."""
    found = _conditions(query)
    where = " AND ".join(condition for condition, _ in found) or "1"
    values = [value for _, values in found for value in values]
    sql = f"SELECT id, head FROM sessions WHERE {where} ORDER BY updated_at DESC, id DESC LIMIT ?"  # noqa: S608
    return sql, [*values, max(query.limit, 1) + 1]


def _conditions(query: Query) -> list[tuple[str, tuple[Value, ...]]]:
    """Give conditions with their values. The literal ones are there for the partial indexes of the schema."""
    found: list[tuple[str, tuple[Value, ...]]] = []
    if query.owner is not None:
        found.append(("owner = ?", (valid(query.owner),)))
    if query.status:
        found.append((f"status IN ({', '.join('?' * len(query.status))})", query.status))
    if query.inbox is not None:
        # A queue's id begins with "@", the character before "A". The plus signs keep the index on owners out of it:
        # few sessions wait, and those have an index of their own.
        mine = "status = 'handed_off' AND (+owner = ? OR +owner >= '@' AND +owner < 'A')"
        found.append((mine, (valid(query.inbox),)))
    found += _searched("customer", query.customer) + _searched("ticket", query.ticket)
    if query.tree is not None:
        found.append(("tree = ? AND tree <> ''", (valid(query.tree),)))
    if query.stale_before is not None:
        found.append(("updated_at < ?", (micros(query.stale_before),)))
    if query.after:
        at, session_id = read_cursor(query.after)
        found.append(("(updated_at, id) < (?, ?)", (micros(at), valid(session_id))))
    return found


def _searched(column: str, text: str | None) -> list[tuple[str, tuple[Value, ...]]]:
    if text is None:
        return []
    return [(f"{column} = ?" + (f" AND {column} <> ''" if text else ""), (valid(text).casefold(),))]
