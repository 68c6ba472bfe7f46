"""What was said before: a situation or an impact that was replaced by another, a warning that repeats another."""

import re
from collections.abc import Iterable, Iterator

from rflow.core.session.events import BriefSet, SessionStarted
from rflow.core.session.state import Session
from rflow.core.summary.units.relations import says_little_more

_NEGATIONS = frozenset("not no don't dont never without nicht kein keine keinen nie ohne".split())
_WEAK = frozenset("do does the a an of is are was be to in on at it its and please der die das den dem und ist".split())


def situation_before(session: Session) -> str | None:
    """Return the situation as it was before it became another one; None where it was only said more exactly."""
    return _before(session, "situation")


def impact_before(session: Session) -> str | None:
    """Return the impact as it was before it became another one; None where it was only said more exactly."""
    return _before(session, "impact")


def _before(session: Session, name: str) -> str | None:
    brief = session.brief
    if not getattr(brief, name):
        return None
    known = f"{session.title} {brief.situation or ''} {brief.impact or ''}"
    for text in reversed(list(_values(session, name))):
        if not says_little_more(text, known):
            return text
    return None


def _values(session: Session, name: str) -> Iterator[str]:
    for event in session.adjustments.values():
        if isinstance(event.fact, SessionStarted | BriefSet) and event.seq not in session.redacted:
            yield getattr(event.fact.brief, name) or ""


def repeats(warning: str, others: Iterable[str]) -> bool:
    """Whether one of `others` says all that a warning says: the same words and more."""
    words, forbids = _meaning(warning)
    return bool(words) and any(words <= more and forbids == also for more, also in map(_meaning, others))


def _meaning(text: str) -> tuple[frozenset[str], bool]:
    """Return the words of a warning that say what it is about, and whether it forbids."""
    words = {word.strip("'.-_/").replace("’", "'") for word in re.findall(r"[\w'’./-]+", text.casefold())}
    return frozenset(words - _NEGATIONS - _WEAK - {""}), bool(words & _NEGATIONS)
