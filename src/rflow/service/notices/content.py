"""The text of a notice: sender, receiver, session and its link; texts of the session only where allowed."""

from collections.abc import Iterator, Sequence

import msgspec

from rflow.core.notices import Notice
from rflow.core.redaction import Redactor
from rflow.core.session.state import Session
from rflow.core.text import clean, one_line, shorten

_SUBJECT = 120
"""Characters of a subject; the rest of a long name is left out."""
_TEXT = 2_000


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A notice for people: one sentence, where to open the session, the command for it, where notices are switched off.

    `parts` are texts of the session, each with what it is; there are none unless the space allows them.
    """

    subject: str
    what: str
    url: str
    command: str
    account_url: str
    parts: Sequence[tuple[str, str]] = ()


def session_url(base: str, code: str) -> str:
    """Return the address of a session at a server."""
    return f"{base.rstrip('/')}/sessions/{code}"


def content(notice: Notice, session: Session, base: str, patterns: Sequence[str], *, texts: bool) -> Content:
    """Return what a notice says; with `texts` what its space lets it show of the session, without secrets."""
    what, command = _sentence(notice)
    redact = Redactor(patterns)
    parts = [(name, shorten(redact(clean(text)), _TEXT)) for name, text in _texts(notice, session) if text]
    return Content(
        subject=shorten(f"[rflow] {what}", _SUBJECT),
        what=f"{what}.",
        url=session_url(base, notice.code),
        command=command,
        account_url=f"{base.rstrip('/')}/account",
        parts=parts if texts else (),
    )


def _sentence(notice: Notice) -> tuple[str, str]:
    """Return what happened, without the full stop, and the command that comes next."""
    code, by = notice.code, one_line(notice.by.name)
    whom = one_line(notice.to.name) if notice.to.is_queue or notice.way == "post" else "you"
    match notice.kind:
        case "handoff":
            return f"{by} handed {code} to {whom}", f"rflow accept {code}"
        case "reminder":
            return f"{code} still waits for {whom}; {by} handed it over", f"rflow accept {code}"
        case "question":
            return f"{by} asked {whom} something in {code}", f"rflow show {code}"
        case "reassigned":
            return f"{by} gave {code} to {whom}", f"rflow resume {code}"
        case "declined":
            return f"{by} declined {code}: it is with {whom} again", f"rflow resume {code}"
        case "expired":
            return f"{code} is with {whom} again: nobody accepted it in time", f"rflow resume {code}"


def _texts(notice: Notice, session: Session) -> Iterator[tuple[str, str]]:
    yield "Session", one_line(session.title)
    if notice.kind == "question":
        asked = session.questions.get(notice.seq)
        yield "Question", asked.text if asked else ""
    elif session.pending is not None and session.pending.seq == notice.seq:
        yield "Note", session.pending.note
