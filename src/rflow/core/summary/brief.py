"""The brief form of a summary: at most 130 words for ten steps, thirty seconds to read."""

from msgspec.structs import replace

from rflow.core.summary.progress import (
    Header,
    Progress,
    ProgressRuledOut,
    Tried,
)
from rflow.core.text import one_line

STEPS = 10
WORDS = 130
_ROOMIEST, _TIGHTEST = 12, 2


def shorten_progress(progress: Progress) -> Progress:
    """Return the brief form of `progress`.

    It keeps the ask, the position, the last steps with their results and what is ruled out. Each text is cut to as
    many words as leave the whole within the limit.
    """
    short = _cut(progress, _ROOMIEST)
    for room in range(_ROOMIEST - 1, _TIGHTEST - 1, -1):
        if _length(short) <= WORDS:
            break
        short = _cut(progress, room)
    return short


def _cut(progress: Progress, room: int) -> Progress:
    """Leave out what the brief form does not show, and cut the rest; `room` is the number of words for a step."""
    active = [step for step in progress.tried if not step.undone]
    shown = active[-STEPS:]
    place = progress.position
    return replace(
        progress,
        brief=True,
        session=_header(progress.session, room),
        ask=words(progress.ask, room + 11) if progress.ask else None,
        position=replace(place, text=words(place.text, room + 4), help="", run="", choices=()) if place else None,
        tried=tuple(_step(step, room) for step in shown),
        earlier=progress.earlier + len(active) - len(shown),
        ruled_out=tuple(_ruled_out(answer, room) for answer in progress.ruled_out),
        situation=None,
        impact=None,
        hypothesis=None,
        waiting=None,
        ahead=(),
        outline=(),
        evidence=(),
        evidence_more=len(progress.evidence) + progress.evidence_more,
        notes=(),
    )


def _header(header: Header, room: int) -> Header:
    return replace(
        header,
        title=words(header.title, room + 3),
        ticket=words(header.ticket, 2) if header.ticket else None,
        customer=words(header.customer, 2) if header.customer else None,
        severity=words(header.severity, 2) if header.severity else None,
        owner=words(header.owner, 2),
    )


def _step(step: Tried, room: int) -> Tried:
    text, result = words(telling(step.text), room), words(step.result, max(room // 2, 1))
    return replace(step, text=text, result=result, reason="")


def _ruled_out(answer: ProgressRuledOut, room: int) -> ProgressRuledOut:
    ends = tuple(words(end, min(room, 5)) for end in answer.ends)
    return replace(answer, question=words(answer.question, 4), answer=words(answer.answer, 3), ends=ends)


def _length(short: Progress) -> int:
    """Count the words of a rendering, labels and numbers included; rather too many than too few."""
    header, ends = short.session, [end for answer in short.ruled_out for end in answer.ends]
    texts = [header.title, header.ticket, header.customer, header.severity, header.owner, short.ask]
    texts += [short.position.text if short.position else None, *ends[-2:]]
    steps = sum(
        _count(step.text) + _count(step.result) + 1 + step.assumed + step.skipped + (step.kind == "tree")
        for step in short.tried
    )
    labels = (
        18
        + (2 if header.status != "open" else 0)
        + (6 if ends else 0)
        + (5 if short.changes else 0)
        + (3 if short.redacted else 0)
    )
    labels += (4 if short.position else 0) + (2 if short.earlier else 0) + (2 if short.resume.link else 0)
    return sum(map(_count, texts)) + steps + labels


def _count(text: str | None) -> int:
    return len((text or "").split())


_FILLERS = frozenset(
    "a an the is are was were be do does did of to in on at it its this that there has have had"
    " which what who say says".split()
)


def telling(text: str) -> str:
    """Drop the least important words ("Is the server running?" becomes "server running?"); never a negation."""
    every = one_line(text).split(" ")
    return " ".join(word for word in every if word.casefold() not in _FILLERS) or " ".join(every)


def words(text: str, most: int) -> str:
    """Cut `text` to its first `most` words."""
    every = one_line(text).split(" ")
    return " ".join(every) if len(every) <= most else " ".join(every[:most]).rstrip(",;:-") + "…"
