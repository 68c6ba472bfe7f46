"""Times on a page without a script; the script of a link's page shows them in the reader's time zone."""

from datetime import datetime

from rflow.core.summary.units.times import clock


def zone(at: datetime) -> str:
    """Return the zone of a time: UTC, UTC+01:00."""
    offset = at.isoformat(timespec="minutes")[16:]
    return "UTC" if offset in ("", "+00:00") else f"UTC{offset}"


def day(at: datetime) -> str:
    """Return the day of a time: 2 Jun."""
    return f"{at.day} {at:%b}"


def full(at: datetime) -> str:
    """Return a complete time: 2 Jun 2026, 02:41 UTC+01:00."""
    return f"{day(at)} {at.year}, {clock(at)} {zone(at)}"


def moment(at: datetime, as_of: datetime) -> str:
    """Return a time, with its day and zone only if they differ from those of the summary."""
    if at.utcoffset() != as_of.utcoffset() or at.year != as_of.year:
        return full(at)
    return clock(at) if at.date() == as_of.date() else f"{day(at)}, {clock(at)}"
