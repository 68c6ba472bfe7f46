"""Removing for good: a fact without the texts that people wrote."""

from typing import TypeVar, assert_never

import msgspec

from rflow.core.session.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChangeReverted,
    ChoiceMade,
    EvidenceAdded,
    Fact,
    HandedOff,
    HandoffAccepted,
    HandoffCancelled,
    HandoffDeclined,
    NoteAdded,
    NoteAmended,
    ProgressShared,
    SessionClosed,
    SessionReopened,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
    TakenOver,
    TextRedacted,
    TreeEntered,
    WaitingSet,
)

_F = TypeVar("_F", bound=msgspec.Struct)
REMOVED = "[removed]"


def blank(fact: Fact) -> Fact:
    """Give `fact` without the texts that people wrote; what keeps the session in place stays."""
    match fact:
        case SessionStarted():
            return SessionStarted(title=REMOVED, brief=_blank_brief(fact.brief), source="")
        case BriefSet():
            return BriefSet(brief=_blank_brief(fact.brief), title=None if fact.title is None else REMOVED)
        case ChoiceMade():
            return _without(fact, "reason")
        case ActionDone():
            return _without(fact, "result")
        case StepSkipped() | HandoffDeclined() | TakenOver():
            return _without(fact, "reason")
        case StepAdded():
            return _without(fact, "text", "result")
        case NoteAdded() | NoteAmended():
            return _without(fact, "text")
        case EvidenceAdded():
            bare = _without(fact, "label", "excerpt", "command", "cwd", "host")
            return msgspec.structs.replace(bare, digest="", bytes_kept=0, left_out=0)
        case ChangeMade():
            return _without(fact, "text", "revert")
        case WaitingSet():
            return _without(fact, "waiting_for")
        case HandedOff():
            return _without(fact, "note")
        case HandoffAccepted():
            return _without(fact, "read_back")
        case SessionClosed():
            return _without(fact, "summary")
        case (
            TreeEntered()
            | SteppedBack()
            | ChangeReverted()
            | ProgressShared()
            | HandoffCancelled()
            | SessionReopened()
            | TextRedacted()
        ):
            return fact
        case _ as unexpected:
            assert_never(unexpected)


def _without(fact: _F, *fields: str) -> _F:
    return msgspec.structs.replace(fact, **{name: REMOVED for name in fields if getattr(fact, name)})


def _blank_brief(brief: Brief) -> Brief:
    """Blank what was said; a fact that was cleared stays cleared, or the one before it would show again."""
    facts = {name: getattr(brief, name) for name in brief.__struct_fields__}
    return Brief(**{name: text and REMOVED for name, text in facts.items() if text is not None})
