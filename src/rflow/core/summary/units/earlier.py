"""Earlier versions of the situation and the impact, warnings that repeat others, and what came with handoffs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from rflow.core.session.events import Brief, BriefSet, Contingency, Event, SessionStarted
from rflow.core.session.state import OwnershipEntry, Session, Step
from rflow.core.summary.units.relations import says_little_more

if TYPE_CHECKING:
    from rflow.core.summary.progress import Handover

_Handoff = TypeVar("_Handoff", "Handover", OwnershipEntry)

NEW_FOR = timedelta(minutes=30)
"""For how long a situation counts as current even if there are newer results."""
_CORRECTED = timedelta(minutes=5)
"""A text that replaces another within this time and mostly repeats it is only a rewording."""
_NEGATIONS = frozenset("not no don't dont never without nicht kein keine keinen nie ohne".split())
_CONDITION = r"(?i)\b(?:if|when|once|unless|wenn|falls|sobald)\b"
_WEAK = frozenset("do does the a an of is are was be to in on at it its and please der die das den dem und ist".split())


def situation_before(session: Session) -> str | None:
    """Return the first situation, if it has changed since; None if it was only reworded."""
    return _before(session, "situation")


def impact_before(session: Session) -> str | None:
    """Return the first impact, if it has changed since; None if it was only reworded."""
    return _before(session, "impact")


def ask_by(session: Session) -> str | None:
    """Return who wrote the ask, if that is not the owner; None otherwise."""
    event = _asked_in(session)
    return event.by.name if event is not None and event.by.id != session.owner.id else None


def ask_at(session: Session) -> datetime | None:
    """Return when the current ask was recorded; None if there is none, or its time is unknown."""
    event = _asked_in(session)
    return event.at if event is not None and not event.undated else None


def _asked_in(session: Session) -> Event | None:
    """Return the event that recorded the current ask; None if there is none."""
    for event in reversed(session.adjustments.values()):
        if isinstance(event.fact, SessionStarted | BriefSet) and event.fact.brief.ask is not None:
            return event if event.fact.brief.ask else None
    return None


def situation_at(session: Session) -> datetime | None:
    """Return when the situation or the impact was last recorded, if a result came more than `NEW_FOR` later.

    None otherwise: the situation is still current.
    """
    recorded = [at for brief, at in _briefs(session) if brief.situation or brief.impact]
    last = recorded[-1] if recorded and (session.brief.situation or session.brief.impact) else None
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
    versions = [(text, at) for each, at in _briefs(session) if (text := getattr(each, name))]
    later = [*versions[1:], ("", None)][: len(versions)]  # what was redacted has left none
    for (text, at), (after, then) in zip(versions, later, strict=True):
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
    """Whether one of `others` contains all words of a text, and both or neither contain a negation."""
    return _is_repeated(_meaning(text), map(_meaning, others))


def _is_repeated(meaning: tuple[frozenset[str], bool], others: Iterable[tuple[frozenset[str], bool]]) -> bool:
    words, negated = meaning
    return bool(words) and any(words <= other and negated == other_negated for other, other_negated in others)


def warnings_given(handoffs: Sequence[_Handoff], written: Iterable[str]) -> Iterator[tuple[_Handoff, str]]:
    """Yield the warnings of handoffs, newest first, except for those that `written` or newer ones repeat."""
    known = list(map(_meaning, written))
    for handoff in reversed(handoffs):
        for warning in handoff.warnings:
            meaning = _meaning(warning)
            if not _is_repeated(meaning, known):
                known.append(meaning)
                yield handoff, warning


def valid_warnings(session: Session) -> list[str]:
    """Return the valid warnings: those that were written, then those of handoffs."""
    texts = [note.text for note in session.unsettled("warning")]
    texts += [text for _, text in warnings_given(session.handoffs, texts)]
    return list(dict.fromkeys(texts))


def plans_given(handoffs: Sequence[_Handoff]) -> tuple[Contingency, ...]:
    """Return the contingencies of the last handoff that had any."""
    return next((handoff.contingencies for handoff in reversed(handoffs) if handoff.contingencies), ())


def plan_repeats(plan: str, warnings: Iterable[str]) -> bool:
    """Whether a single clause of a warning contains a contingency plan.

    Clauses with several conditions don't count: they may combine the condition of one plan with the action of another.
    """
    clauses = (clause for warning in warnings for clause in re.split(r";|\.\s|[\r\n]", warning))
    return repeats(plan, [clause for clause in clauses if len(re.findall(_CONDITION, clause)) < 2])


def _meaning(text: str) -> tuple[frozenset[str], bool]:
    """Return the significant words of a text, and whether it contains a negation."""
    words = {word.strip("'.-_/").replace("’", "'") for word in re.findall(r"[\w'’./-]+", text.casefold())}
    return frozenset(words - _NEGATIONS - _WEAK - {""}), bool(words & _NEGATIONS)
