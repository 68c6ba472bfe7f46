"""Times in records: in UTC, to the millisecond."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from rflow.errors import UsageProblem

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its offset from UTC; without one it can't be compared with others, so it is rejected as damage."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(at: datetime) -> datetime:
    """Return a time in UTC, truncated to milliseconds; raise `UsageProblem` if it has no offset from UTC."""
    try:
        in_utc = at.astimezone(UTC) if at.tzinfo else None
    except OverflowError:
        in_utc = None
    if in_utc is None:
        raise UsageProblem(f"{at} is not a time with its offset from UTC.", try_="Write it like 2026-03-01T02:10Z.")
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)


def micros(at: datetime) -> int:
    """Return a time as microseconds since 1970, without the rounding of a float."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
