"""The time limit of a node (`limit` in tree files), and whether it has been exceeded."""

from datetime import datetime, timedelta

from rflow.core.tree.model import Node

_UNITS = {"s": 1, "m": 60, "h": 3600}


def limit_of(node: Node) -> timedelta | None:
    """Return the time limit of a node; None if it has none, or an invalid one."""
    number, unit = node.limit[:-1], node.limit[-1:]
    return timedelta(seconds=int(number) * _UNITS[unit]) if number.isdecimal() and unit in _UNITS else None


def past_limit(node: Node, since: datetime | None, now: datetime) -> timedelta | None:
    """Return the time since `since`, when the node was reached, if that exceeds its limit; else None."""
    limit = limit_of(node)
    if limit is None or since is None or now - since <= limit:
        return None
    return now - since
