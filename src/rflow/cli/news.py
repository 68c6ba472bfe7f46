"""News for a user: answers to their questions, and the outcomes of their handoffs."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from rflow.cli.app import App
from rflow.cli.app.awaited import Entry
from rflow.cli.display.entries import quoted
from rflow.cli.display.text import ago, wrapped
from rflow.cli.output import styled
from rflow.core.session.state import Session
from rflow.core.text import one_line
from rflow.errors import NotFound, RflowError
from rflow.service.sessions import load_session

_SHOWN = 20
"""How many news items the inbox shows at once; the next call shows further ones."""
_KEPT = timedelta(days=30)
"""For how long an answered question is still checked for further answers."""
_GLANCED = 3
"""How many sessions at a server `rflow` alone checks for news, because each is a request; the inbox checks all."""


class News(NamedTuple):
    """A news item: what happened in a session, and the text that came with it.

    `entry` is the question or handoff that it is about, `event` the number of the event, `brief` a short form without
    texts of the session. `is_back` says that the session is the user's again.
    """

    session: Session
    entry: Entry
    event: int
    brief: str
    what: str
    text: str
    at: datetime | None
    is_back: bool = False


class Unseen(NamedTuple):
    """The news for a user, and the entries about which there will be no more news."""

    news: list[News]
    over: set[Entry]


def unseen(run: App, sessions: int | None = None) -> Unseen:
    """Return the news not yet shown to this user, from the last `sessions` sessions added, or from all."""
    found = Unseen([], set())
    last_shown = run.awaited.entries()
    by_session: dict[str, list[Entry]] = {}
    for entry in last_shown:
        by_session.setdefault(entry.session_id, []).append(entry)
    for session_id, entries in list(by_session.items())[-sessions if sessions else None :]:
        try:
            session = load_session(run.workspace, session_id)
        except NotFound:
            found.over.update(entries)
            continue
        except RflowError:  # a server or a session that can't be read now
            continue
        for entry in entries:
            news, is_over = _news(session, entry, run.me.id, run.workspace.now())
            found.news.extend(each for each in news if each.event > last_shown[entry])
            if is_over:
                found.over.add(entry)
    return found


def settle(run: App, found: Unseen) -> None:
    """Record which news the inbox has shown; print a message if that can't be saved."""
    shown = {each.entry: each.event for each in found.news[:_SHOWN]}
    left = {each.entry for each in found.news[_SHOWN:]}
    try:
        run.awaited.settle({**shown, **dict.fromkeys(found.over - left)})
    except OSError as error:
        if shown:
            why = f"{error.filename or 'the state folder'}: {error.strerror}"
            run.say(f"This news will be shown again, because the state file can't be written: {why}.")


def news_line(run: App) -> str:
    """Return one line about the news in the inbox; "" if there is none."""
    news = unseen(run, _GLANCED if run.at_server else None).news
    if not news:
        return ""
    more = f", and {len(news) - 1} more" if len(news) > 1 else ""
    return f"{news[0].brief}{more}: {run.program} inbox"


def news_entries(news: Sequence[News], now: datetime, program: str) -> Iterator[str]:
    """Yield the lines of news: the session, what happened, and how to continue if it is the user's again."""
    indent = " " * 9
    for each in news[:_SHOWN]:
        code = each.session.code
        yield styled(wrapped(one_line(each.session.title), indent, f"{code}  "), bold=True)
        when = f", {ago(each.at, now)}" if each.at else ""
        text = f": {one_line(each.text)}" if each.text else ""
        yield wrapped(f"{each.what}{when}{text}", indent, indent)
        if each.is_back:
            yield f"{indent}It is yours again: {program} resume {code}"
    if len(news) > _SHOWN:
        yield f"and {len(news) - _SHOWN} more: {program} inbox"


def _news(session: Session, entry: Entry, me: str, now: datetime) -> tuple[list[News], bool]:
    """Return all news about a question or a handoff, in order, and whether there will be no more."""
    question = session.questions.get(entry.seq)
    if question is None:
        return _of_handoff(session, entry, me)
    if question.undone:
        return [], True
    is_old = bool(question.replies) and question.at is not None and now - question.at > _KEPT
    answers = [
        News(
            session=session,
            entry=entry,
            event=reply.seq,
            brief=f"{reply.by.name} answered your question {question.seq} in {session.code}",
            what=f"{reply.by.name} answered {quoted(question.text)}",
            text=reply.text,
            at=reply.at,
        )
        for reply in sorted(question.replies, key=lambda reply: reply.seq)
        if reply.by.id != me
    ]
    return answers, is_old or session.status == "closed"


def _of_handoff(session: Session, entry: Entry, me: str) -> tuple[list[News], bool]:
    change = next((change for change in session.ownership if change.seq > entry.seq), None)
    if change is None:
        return [], False
    if change.by.id == me and change.word != "expired":
        return [], True
    brief, what = _handoff_words(change.word, change.by.name, session.code)
    is_back = session.owner.id == me and session.status == "open"
    news = News(
        session=session,
        entry=entry,
        event=change.seq,
        brief=brief,
        what=what,
        text=change.text,
        at=change.at,
        is_back=is_back,
    )
    return [news], True


def _handoff_words(word: str, name: str, code: str) -> tuple[str, str]:
    """Return a phrase for what happened to a handoff, with and without the session's code."""
    match word:
        case "expired":
            return f"nobody accepted your handoff of {code} in time", "nobody accepted your handoff in time"
        case "accepted" | "declined":
            return f"{name} {word} your handoff of {code}", f"{name} {word} your handoff"
        case "took over":
            return f"{name} took over {code}", f"{name} took it over"
    return f"{name} {word} {code}", f"{name} {word} it"
