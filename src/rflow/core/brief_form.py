"""The brief form of a summary: at most 130 words for ten steps, thirty seconds to read."""

import msgspec

from rflow.core.progress import (
    Header,
    Progress,
    ProgressRuledOut,
    Tried,
)
from rflow.core.text import one_line

BRIEF_STEPS = 10


def shorten_progress(progress: Progress) -> Progress:
    """Give the brief form: at most 130 words for ten steps, thirty seconds to read.

    It keeps the ask, the position, the last steps with their results and what is ruled out; each is cut to a few
    words, fewer where there are many steps.
    """
    replace = msgspec.structs.replace
    active = [step for step in progress.tried if not step.undone]
    shown = active[-BRIEF_STEPS:]
    room = max(4, min(12, 40 // max(len(shown), 1)))
    place = progress.position
    return replace(
        progress,
        brief=True,
        session=_brief_header(progress.session),
        ask=words(progress.ask, 14) if progress.ask else None,
        position=replace(place, text=words(place.text, 10), help="", run="", choices=()) if place else None,
        tried=tuple(_brief_step(step, room) for step in shown),
        earlier=progress.earlier + len(active) - len(shown),
        ruled_out=tuple(_brief_ruled_out(answer) for answer in progress.ruled_out),
        situation=None,
        impact=None,
        hypothesis=None,
        waiting=None,
        ahead=(),
        evidence=(),
        evidence_more=len(progress.evidence) + progress.evidence_more,
        notes=(),
    )


def _brief_header(header: Header) -> Header:
    owner = words(header.owner, 2)
    customer = words(header.customer, 2) if header.customer else None
    return msgspec.structs.replace(header, title=words(header.title, 7), owner=owner, customer=customer)


def _brief_step(step: Tried, room: int) -> Tried:
    text, result = words(telling(step.text), room), words(step.result, max(room // 2, 2))
    return msgspec.structs.replace(step, text=text, result=result, reason="")


def _brief_ruled_out(answer: ProgressRuledOut) -> ProgressRuledOut:
    ends = tuple(words(end, 4) for end in answer.ends)
    return msgspec.structs.replace(
        answer, question=words(answer.question, 4), answer=words(answer.answer, 3), ends=ends
    )


_FILLERS = frozenset(
    "a an the is are was were be do does did of to in on at it its this that there has have had"
    " which what who say says".split()
)


def telling(text: str) -> str:
    """Drop the words that carry least ("Is the server running?" becomes "server running?"); never a negation."""
    found = one_line(text).split(" ")
    return " ".join(word for word in found if word.casefold() not in _FILLERS) or " ".join(found)


def words(text: str, most: int) -> str:
    """Cut `text` to its first `most` words."""
    found = one_line(text).split(" ")
    return " ".join(found) if len(found) <= most else " ".join(found[:most]) + "…"
