"""News for somebody who asked a question or handed a session over: the answer, or what became of the handoff."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from rflow.cli.app import App
from rflow.cli.app.awaited import Entries
from rflow.cli.display.entries import quoted
from rflow.cli.display.text import ago, wrapped
from rflow.cli.output import styled
from rflow.core.session.state import Session
from rflow.core.text import counted, one_line
from rflow.errors import NotFound, RflowError
from rflow.service.sessions import load_session

_WHAT = {"accepted": "accepted your handoff", "declined": "declined your handoff"}


class News(NamedTuple):
    """What happened in a session and what was said, and whether the session is this user's again.

    `brief` is what happened, without the texts of the session.
    """

    session: Session
    brief: str
    what: str
    said: str
    at: datetime | None
    is_back: bool = False


def unseen(run: App) -> tuple[list[News], Entries]:
    """Return the news for this user, and what need not be waited for any longer once they were shown."""
    found: list[News] = []
    over: Entries = []
    for session_id, seq in run.awaited.entries():
        try:
            news = _news(load_session(run.workspace, session_id), seq, run.me.id)
        except NotFound:
            news = []
        except RflowError:  # a server or a session that can't be read now
            continue
        if news is not None:
            found += news
            over.append((session_id, seq))
    return found, over


def news_line(run: App) -> str:
    """Return in a line what the inbox has to tell; "" if there is nothing."""
    news, _ = unseen(run)
    if not news:
        return ""
    first = f"{news[0].brief} in {news[0].session.code}"
    more = f", and {counted(len(news) - 1, 'other thing')} happened" if len(news) > 1 else ""
    return f"{first}{more}: {run.program} inbox"


def news_entries(news: list[News], now: datetime, program: str) -> Iterator[str]:
    """Yield the news as the inbox shows them: the session, what happened, and how to go on where it is theirs again."""
    indent = " " * 9
    for each in news:
        code = each.session.code
        yield styled(wrapped(one_line(each.session.title), indent, f"{code}  "), bold=True)
        when = f", {ago(each.at, now)}" if each.at else ""
        said = f": {one_line(each.said)}" if each.said else ""
        yield wrapped(f"{each.what}{when}{said}", indent, indent)
        if each.is_back:
            yield f"{indent}It is yours again: {program} resume {code}"


def _news(session: Session, seq: int, me: str) -> list[News] | None:
    """Return the news of a question or a handoff; none if it needs none any more, None as long as it waits."""
    question = session.questions.get(seq)
    if question is None:
        return _of_handoff(session, seq, me)
    if question.is_open and session.status != "closed":
        return None
    return [
        News(
            session=session,
            brief=f"{reply.by.name} answered your question {seq}",
            what=f"{reply.by.name} answered {quoted(question.text)}",
            said=reply.text,
            at=reply.at,
        )
        for reply in question.replies
        if reply.by.id != me and not question.undone
    ]


def _of_handoff(session: Session, seq: int, me: str) -> list[News] | None:
    entry = next((entry for entry in session.ownership if entry.seq > seq), None)
    if entry is None:
        return None
    is_expired = entry.word == "expired"
    if entry.by.id == me and not is_expired:
        return []
    what = f"{entry.by.name} {_WHAT.get(entry.word, entry.word)}"
    what = "nobody accepted your handoff in time" if is_expired else what
    is_back = session.owner.id == me and session.status == "open"
    return [News(session=session, brief=what, what=what, said=entry.text, at=entry.at, is_back=is_back)]
