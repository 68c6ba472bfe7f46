"""How long to try at a node: the `limit` of tree files, and whether it has passed."""

from datetime import datetime, timedelta

from rflow.core.tree.model import Node

_UNITS = {"s": 1, "m": 60, "h": 3600}


def limit_of(node: Node) -> timedelta | None:
    """Return how long to try at a node at most; None if it does not say so in a way that can be read."""
    number, unit = node.limit[:-1], node.limit[-1:]
    return timedelta(seconds=int(number) * _UNITS[unit]) if number.isdecimal() and unit in _UNITS else None


def past_limit(node: Node, since: datetime | None, now: datetime) -> timedelta | None:
    """Return how long somebody who came to a node at `since` has been there, if that is more than its limit."""
    limit = limit_of(node)
    if limit is None or since is None or now - since <= limit:
        return None
    return now - since
