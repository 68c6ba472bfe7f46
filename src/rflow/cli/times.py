"""Parsing times that users type, in their time zone, and printing them unambiguously.

Six forms are accepted (`FORMS`); ambiguous times are refused. Libraries that accept more forms guess: `dateparser`
parses "9" as a date next year, and `parsedatetime` completes a date with the current time of day.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from rflow.cli.app import local
from rflow.errors import UsageProblem

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LENGTH = r"(?:(\d{1,4})\s*d)?\s*(?:(\d{1,4})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?"
_SPAN = re.compile(rf"{_LENGTH}\Z", re.IGNORECASE)


class _Asked(NamedTuple):
    """A typed time: its text, the current time in the user's zone (`here`), and whether it is in the past (`back`)."""

    text: str
    here: datetime
    back: bool


class Form(NamedTuple):
    """A form of times: an example, a pattern of the whole text, and a function that parses a match."""

    example: str
    pattern: re.Pattern[str]
    read: Callable[[_Asked, re.Match[str]], datetime]


def _form(example: str, pattern: str, read: Callable[[_Asked, re.Match[str]], datetime]) -> Form:
    return Form(example, re.compile(rf"(?:{pattern})\Z", re.IGNORECASE), read)


def span(text: str, *others: str) -> timedelta:
    """Parse a span such as "4h", "30m", "1d12h"; raise `UsageProblem`, which lists `others` as valid values too."""
    match = _SPAN.match(text.strip())
    if not match or not any(match.groups()):
        *forms, last = "30m", "4h", "2d", *others
        raise UsageProblem(f'"{text}" is not a time span.', try_=f"Write it as {', '.join(forms)} or {last}.")
    return _length(match)


def past(text: str, now: datetime) -> datetime:
    """Parse a time in the past: "02:10" and "friday 9:00" are the most recent such times, "20m" is 20 minutes ago."""
    at = _read(_Asked(text.strip(), now.astimezone(), back=True))
    if at > now:
        raise UsageProblem(
            f'"{text}" is in the future.', try_="Use a time in the past, such as 02:10, or 20m for 20 minutes ago."
        )
    return at


def future(text: str, now: datetime) -> datetime:
    """Parse a time in the future: "14:30" and "friday 9:00" are the next such times, "2h" is two hours from now."""
    at = _read(_Asked(text.strip(), now.astimezone(), back=False))
    if at < now:
        raise UsageProblem(
            f'"{text}" is in the past.', try_="Use a time in the future, such as 14:30, or 2h for two hours from now."
        )
    return at


def is_time(text: str) -> bool:
    """Whether a text is a time or a span: "30m", "friday 9:00"."""
    return any(form.pattern.match(text.strip()) for form in FORMS) and any(map(str.isdigit, text))


def stated(at: datetime) -> str:
    """Return an unambiguous time: weekday, date, time, and offset from UTC."""
    text = local(at).isoformat(" ", "minutes")
    return f"{local(at):%a} {text[:16]} {text[16:]}"


def _read(asked: _Asked) -> datetime:
    for form in FORMS:
        if match := form.pattern.match(asked.text):
            return form.read(asked, match)
    raise _refusal(asked)


def _refusal(asked: _Asked) -> UsageProblem:
    """Return the error for a text that is not a time, or is ambiguous."""
    text = asked.text.casefold()
    if re.fullmatch(r"\d{1,2}", text):
        return UsageProblem(
            f'"{asked.text}" could be an hour or a number of minutes.', try_=f"Write {text}:00 or {text}m."
        )
    if text in ("today", "tomorrow", "yesterday", *_DAYS, *(day[:3] for day in _DAYS)) or _is_date(text):
        return UsageProblem(f'"{asked.text}" says no time of day.', try_=f'Write it as "{asked.text} 9:00".')
    examples = ", ".join(f'"{form.example}"' if " " in form.example else form.example for form in FORMS)
    return UsageProblem(f'"{asked.text}" is not a time.', try_=f"Write it as {examples}.")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _length(match: re.Match[str]) -> timedelta:
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _by_span(asked: _Asked, match: re.Match[str]) -> datetime:
    length = _length(match)
    try:
        return asked.here - length if asked.back else asked.here + length
    except OverflowError:
        raise UsageProblem(f'"{asked.text}" is not a time.', try_="It is too far away.") from None


def _by_clock(asked: _Asked, match: re.Match[str]) -> datetime:
    """Return the most recent, or the next, occurrence of a time of day."""
    clock = _clock(match["clock"])
    at = _on(asked.here.date(), clock)
    if asked.back and at > asked.here:
        return _on(asked.here.date() - timedelta(days=1), clock)
    if not asked.back and at <= asked.here:
        return _on(asked.here.date() + timedelta(days=1), clock)
    return at


def _by_day(asked: _Asked, match: re.Match[str]) -> datetime:
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}[match["day"].casefold()]
    return _on(asked.here.date() + timedelta(days=days), _clock(match["clock"]))


def _by_weekday(asked: _Asked, match: re.Match[str]) -> datetime:
    """Return a time on the last, or the next, such weekday; today's weekday is ambiguous and refused."""
    wanted = next(number for number, day in enumerate(_DAYS) if day.startswith(match["weekday"].casefold()))
    today = asked.here.date()
    ahead = (wanted - today.weekday()) % 7
    if ahead == 0:
        other = today + timedelta(days=-7 if asked.back else 7)
        raise UsageProblem(
            f'Today is {_DAYS[wanted].capitalize()}: "{asked.text}" could be today\'s or another one.',
            try_=f'Write "today {match["clock"]}", or "{other} {match["clock"]}".',
        )
    return _on(today + timedelta(days=ahead - 7 if asked.back else ahead), _clock(match["clock"]))


def _by_date(asked: _Asked, match: re.Match[str]) -> datetime:
    """Parse an ISO time; without an offset it is in the user's time zone."""
    try:
        at = datetime.fromisoformat(asked.text)
        return at.astimezone() if at.tzinfo else _local(at)
    except (ValueError, OverflowError, OSError):  # no such day, or too close to the first or last possible one
        raise _refusal(asked) from None


def _clock(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    if hour > 23 or minute > 59:
        raise UsageProblem(f'"{text}" is not a time of day.', try_="Write it as 02:10.")
    return time(hour, minute)


def _on(day: date, clock: time) -> datetime:
    """Return a time of day on a date, with the UTC offset of that time."""
    return _local(datetime.combine(day, clock))


def _local(wall: datetime) -> datetime:
    """Return a wall-clock time with its offset; raise `UsageProblem` if the clock shows it twice, or never."""
    first, second = wall.astimezone(), wall.replace(fold=1).astimezone()
    if first.utcoffset() == second.utcoffset():
        return first
    if first.replace(tzinfo=None) != wall:
        raise UsageProblem(
            f"There is no {wall:%H:%M} on {wall:%Y-%m-%d}: the clock is put forward.",
            try_="Use a time before or after.",
        )
    raise UsageProblem(
        f"On {wall:%Y-%m-%d} the clock shows {wall:%H:%M} twice, because it is put back.",
        try_=f"Write {first.isoformat('T', 'minutes')} or {second.isoformat('T', 'minutes')}.",
    )


_CLOCK = r"(?P<clock>\d{1,2}:\d{2})"
_WEEKDAY = "|".join(f"{day[:3]}(?:{day[3:]})?" for day in _DAYS)
FORMS = (
    _form("2h", rf"(?=\d){_LENGTH}", _by_span),
    _form("17:30", _CLOCK, _by_clock),
    _form("tomorrow 9:00", rf"(?P<day>yesterday|today|tomorrow)\s+{_CLOCK}", _by_day),
    _form("friday 9:00", rf"(?P<weekday>{_WEEKDAY})\s+{_CLOCK}", _by_weekday),
    _form("2026-11-23 14:30", r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.]*", _by_date),
    _form("2026-11-23T14:30+01:00", r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", _by_date),
)
"""The six forms."""
