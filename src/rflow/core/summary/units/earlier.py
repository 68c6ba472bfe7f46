"""What was said before: a situation or an impact that was replaced by another, a warning that repeats another."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from rflow.core.session.events import Brief, BriefSet, Event, SessionStarted
from rflow.core.session.state import OwnershipEntry, Session, Step
from rflow.core.summary.progress import Handover
from rflow.core.summary.units.relations import says_little_more

_Handoff = TypeVar("_Handoff", Handover, OwnershipEntry)

NEW_FOR = timedelta(minutes=30)
"""How long a situation is taken as it was said, whatever came since."""
_CORRECTED = timedelta(minutes=5)
"""A text that takes the place of one so new, and says part of it or more, only says it in other words."""
_NEGATIONS = frozenset("not no don't dont never without nicht kein keine keinen nie ohne".split())
_CONDITION = r"(?i)\b(?:if|when|once|unless|wenn|falls|sobald)\b"
_WEAK = frozenset("do does the a an of is are was be to in on at it its and please der die das den dem und ist".split())


def situation_before(session: Session) -> str | None:
    """Return the first situation, if it has become another one since; None if it was only said in other words."""
    return _before(session, "situation")


def impact_before(session: Session) -> str | None:
    """Return the first impact, if it has become another one since; None if it was only said in other words."""
    return _before(session, "impact")


def ask_by(session: Session) -> str | None:
    """Return who asks, where that is not the owner: "I" is somebody else in what an earlier owner asked."""
    event = _asked_in(session)
    return event.by.name if event is not None and event.by.id != session.owner.id else None


def ask_at(session: Session) -> datetime | None:
    """Return when the ask was last said."""
    event = _asked_in(session)
    return event.at if event is not None and not event.undated else None


def _asked_in(session: Session) -> Event | None:
    """Return the event with the ask as it stands; None where there is none."""
    for event in reversed(session.adjustments.values()):
        if isinstance(event.fact, SessionStarted | BriefSet) and event.fact.brief.ask is not None:
            return event if event.fact.brief.ask else None
    return None


def situation_at(session: Session) -> datetime | None:
    """Return when the situation or the impact was last said, where results have come since; None where it is new.

    What was measured half an hour later may be another situation, which nobody has said yet.
    """
    said = [at for brief, at in _briefs(session) if brief.situation or brief.impact]
    last = said[-1] if said and (session.brief.situation or session.brief.impact) else None
    if last is None:
        return None
    later = (step.at - last > NEW_FOR for step in session.steps.newest() if _is_result(step) and step.at)
    return last if any(later) else None


def _is_result(step: Step) -> bool:
    return step.kind in ("own", "action") and bool(step.result) and not step.undone


def _before(session: Session, name: str) -> str | None:
    brief = session.brief
    if not getattr(brief, name):
        return None
    known = f"{session.title} {brief.situation or ''} {brief.impact or ''}"
    said = [(text, at) for each, at in _briefs(session) if (text := getattr(each, name))]
    later = [*said[1:], ("", None)][: len(said)]  # what was redacted has left none
    for (text, at), (after, then) in zip(said, later, strict=True):
        soon = at and then and then - at < _CORRECTED
        reworded = soon and (says_little_more(after, text) or says_little_more(text, after))
        if not (reworded or says_little_more(text, known)):
            return str(text)
    return None


def _briefs(session: Session) -> Iterator[tuple[Brief, datetime | None]]:
    for event in session.adjustments.values():
        if isinstance(event.fact, SessionStarted | BriefSet) and event.seq not in session.redacted:
            yield event.fact.brief, None if event.undated else event.at


def repeats(text: str, others: Iterable[str]) -> bool:
    """Whether one of `others` says all that a text says: the same words and more, and forbids it if that does."""
    return _is_said(_meaning(text), map(_meaning, others))


def _is_said(meaning: tuple[frozenset[str], bool], others: Iterable[tuple[frozenset[str], bool]]) -> bool:
    words, forbids = meaning
    return bool(words) and any(words <= more and forbids == also for more, also in others)


def warnings_given(handoffs: Sequence[_Handoff], written: Iterable[str]) -> Iterator[tuple[_Handoff, str]]:
    """Yield the warnings that came with handoffs, the newest first, but for what was `written` or given later."""
    said = list(map(_meaning, written))
    for handoff in reversed(handoffs):
        for warning in handoff.warnings:
            meaning = _meaning(warning)
            if not _is_said(meaning, said):
                said.append(meaning)
                yield handoff, warning


def plan_repeats(plan: str, warnings: Iterable[str]) -> bool:
    """Whether a warning says what to do if something happens, both in the same clause; in doubt it does not.

    A clause with several conditions may join the condition of one with the action of another.
    """
    clauses = (clause for warning in warnings for clause in re.split(r";|\.\s|[\r\n]", warning))
    return repeats(plan, [clause for clause in clauses if len(re.findall(_CONDITION, clause)) < 2])


def _meaning(text: str) -> tuple[frozenset[str], bool]:
    """Return the words of a text that say what it is about, and whether it forbids."""
    words = {word.strip("'.-_/").replace("’", "'") for word in re.findall(r"[\w'’./-]+", text.casefold())}
    return frozenset(words - _NEGATIONS - _WEAK - {""}), bool(words & _NEGATIONS)
