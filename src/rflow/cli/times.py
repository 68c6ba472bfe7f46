"""Reading what people type: times, spans of time."""

import re
from datetime import datetime, timedelta

from rflow.errors import UsageProblem

_SPAN = re.compile(r"(?:(\d{1,4})\s*d)?\s*(?:(\d{1,4})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?\Z", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\Z")


def span(text: str, *others: str) -> timedelta:
    """Read a span such as "4h", "30m", "1d12h"; raise `UsageProblem` for anything else (`others` may be said, too)."""
    match = _SPAN.match(text.strip())
    if not match or not any(match.groups()):
        *forms, last = "30m", "4h", "2d", *others
        raise UsageProblem(f'"{text}" is not a span of time.', try_=f"Write it as {', '.join(forms)} or {last}.")
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def past(text: str, now: datetime) -> datetime:
    """Read a time that has been: "02:10" (the last one), "2026-11-23 02:10", or how long ago, "20m"."""
    at = _moment(text, now, back=True) or now - span(text)
    if at > now:
        raise UsageProblem(f'"{text}" is still to come.', try_="Give a time that has been, such as 02:10 or 20m.")
    return at


def future(text: str, now: datetime) -> datetime:
    """Read a time to come: "14:30" (the next one), "2026-11-23 14:30", or how long from now, "2h"."""
    at = _moment(text, now, back=False) or now + span(text)
    if at < now:
        raise UsageProblem(f'"{text}" is over already.', try_="Give a time to come, such as 14:30 or 2h.")
    return at


def _moment(text: str, now: datetime, *, back: bool) -> datetime | None:
    """Read a clock time or a date in the local zone; None where it looks like a span."""
    text = text.strip()
    here = now.astimezone()
    match = _CLOCK.match(text)
    if match:
        hour, minute = int(match[1]), int(match[2])
        if hour > 23 or minute > 59:
            raise UsageProblem(f'"{text}" is not a time of day.', try_="Write it as 02:10.")
        at = _on_day(here, hour, minute, 0)
        if back and at > here:
            return _on_day(here, hour, minute, -1)
        if not back and at <= here:
            return _on_day(here, hour, minute, 1)
        return at
    if _SPAN.match(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):  # not a date, or too near to the first or the last day there is
        raise UsageProblem(
            f'"{text}" is not a time.', try_='Write it as 02:10, "2026-11-23 02:10", or a span such as 20m.'
        ) from None


def _on_day(here: datetime, hour: int, minute: int, days: int) -> datetime:
    """Return that wall-clock time some days from today, with the offset that holds then."""
    day = (here + timedelta(days=days)).replace(tzinfo=None)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone()
