"""Times and durations as summaries show them."""

from datetime import datetime, timedelta

SAME_NIGHT = timedelta(hours=12)
"""A time within this span needs no date, even across midnight."""
_JUST_BEGUN = timedelta(minutes=15)
"""A session that began within this time needs no start time."""


def clock(at: datetime) -> str:
    """Return a time of day: 02:41."""
    return f"{at.hour:02}:{at.minute:02}"


def stamp(at: datetime) -> str:
    """Return a time that is unambiguous wherever it is pasted: 2026-11-23 02:41 +01:00."""
    text = at.isoformat(" ", "minutes")
    return f"{text[:16]} {text[16:]}".rstrip()


def stamp_since(start: datetime | None, at: datetime) -> str:
    """Return a stamp with the start time, if that is 15 minutes to 12 hours earlier: 2026-11-23 02:41–04:05 +01:00."""
    if start is None or not _JUST_BEGUN <= at - start < SAME_NIGHT or start.utcoffset() != at.utcoffset():
        return stamp(at)
    return stamp(start).replace(clock(start), f"{clock(start)}–{clock(at)}", 1)


def moment(at: datetime, as_of: datetime) -> str:
    """Return a time, with its date and offset only if they differ from those of the summary."""
    if at.utcoffset() != as_of.utcoffset():
        return stamp(at)
    return clock(at) if at.date() == as_of.date() else f"{at.date()} {clock(at)}"


def span(start: datetime | None, end: datetime | None, as_of: datetime) -> str:
    """Return a time range, with the date only once if both are on the same day; either time may be unknown."""
    if start and end and start.date() == end.date() and start.utcoffset() == end.utcoffset() == as_of.utcoffset():
        return f"{moment(start, as_of)}–{clock(end)}"
    return "–".join(moment(at, as_of) for at in (start, end) if at)


def duration(seconds: float) -> str:
    """Return a length of time in at most two units: 0.4 s, 38 min, 2 h 05 min, 3 d 4 h."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f}".removesuffix(".0") + " s"
    if (whole := round(seconds)) < 60:
        return f"{whole} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02} min" if hours else f"{minutes} min"
    return f"{hours // 24} d {hours % 24} h"
