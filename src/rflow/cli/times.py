"""Reading times and time spans that people type."""

import re
from datetime import datetime, timedelta

from rflow.errors import UsageProblem

_SPAN = re.compile(r"(?:(\d{1,4})\s*d)?\s*(?:(\d{1,4})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?\Z", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\Z")


def span(text: str, *others: str) -> timedelta:
    """Return a span such as "4h", "30m", "1d12h"; raise `UsageProblem` for other text, with `others` as valid too."""
    match = _SPAN.match(text.strip())
    if not match or not any(match.groups()):
        *forms, last = "30m", "4h", "2d", *others
        raise UsageProblem(f'"{text}" is not a time span.', try_=f"Write it as {', '.join(forms)} or {last}.")
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def past(text: str, now: datetime) -> datetime:
    """Return a time in the past: "02:10" (the latest), "2026-11-23 02:10", or how long ago, "20m"."""
    at = _moment(text, now, back=True) or now - span(text)
    if at > now:
        raise UsageProblem(
            f'"{text}" is in the future.', try_="Use a time in the past, such as 02:10, or 20m for 20 minutes ago."
        )
    return at


def future(text: str, now: datetime) -> datetime:
    """Return a time in the future: "14:30" (the next), "2026-11-23 14:30", or how long from now, "2h"."""
    at = _moment(text, now, back=False) or now + span(text)
    if at < now:
        raise UsageProblem(
            f'"{text}" is in the past.', try_="Use a time in the future, such as 14:30, or 2h for two hours from now."
        )
    return at


def _moment(text: str, now: datetime, *, back: bool) -> datetime | None:
    """Return a clock time or a date in the local time zone; None if it is a span."""
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
    except (ValueError, OverflowError, OSError):  # not a date, or too close to the first or last possible day
        raise UsageProblem(
            f'"{text}" is not a time.', try_='Write it as 02:10, "2026-11-23 02:10", or a span such as 20m.'
        ) from None


def _on_day(here: datetime, hour: int, minute: int, days: int) -> datetime:
    """Return a wall-clock time some days from today, with the UTC offset of that day."""
    day = (here + timedelta(days=days)).replace(tzinfo=None)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone()
