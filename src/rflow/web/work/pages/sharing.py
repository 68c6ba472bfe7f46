"""Sharing progress: a summary to copy, in the format of the place to paste it, and links to the session."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from markupsafe import Markup

from rflow.core.session.commands import RecordShared
from rflow.core.session.rules.access import may
from rflow.core.session.state import Session
from rflow.core.sharing import Minted, ShareWish
from rflow.core.space_policy import Policy, shown
from rflow.core.summary.budget.view import Extent, View, widest
from rflow.core.summary.progress import Progress
from rflow.core.text import counted
from rflow.errors import NotAllowed, RflowError, UsageProblem
from rflow.formats import FORMATS, Format, Renderings, format_named
from rflow.service.sessions import find_session, send
from rflow.service.summaries import session_progress, what_leaves
from rflow.web.work.call import Call, Download, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import status_of
from rflow.web.work.forms import whole_number
from rflow.web.work.resubmission import refuse_resubmission

OFFERED: Mapping[str, str] = {
    "teams": "Teams",
    "slack": "Slack",
    "jira": "Jira",
    "markdown": "Markdown",
    "text": "Text",
    "html": "HTML file",
}
"""The formats that people paste, with their labels; the others are for programs."""
LIVES = {"1h": timedelta(hours=1), "8h": timedelta(hours=8), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
"""The lifetimes to choose from for a new link."""
DEFAULT_LIFE = "24h"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered summary: its text, its HTML if the format has one, and a description of its contents (`leaves`)."""

    format: Format
    brief: bool
    text: str
    html: Markup | None
    leaves: str
    progress: Progress
    words: tuple[int, int]
    """Number of words in the brief and in the full form."""


def share(call: Call) -> Result:
    """Show a summary to copy, and the form for a link."""
    return share_page(call, find_session(call.workspace, call.path_param("session")))


def share_page(
    call: Call, session: Session, *, minted: Minted | None = None, error: RflowError | None = None
) -> HtmlPage:
    """Return the page for sharing a session; `minted` is a link that was just created, shown only here."""
    preview = _preview(call, session)
    values = {
        "s": session,
        "preview": preview,
        "formats": OFFERED,
        "lives": _lives(_policy(call, session), call.team.now()),
        "policy": _policy(call, session),
        "may_link": may(session, call.me, RecordShared) and _policy(call, session).links != "off",
        "linked": what_leaves(_progress(call, session, FORMATS["html"].extent, brief=False)),
        "link": f"{call.site.url}/share/{minted.token}" if minted else "",
        "minted": minted.share if minted else None,
        "error": error,
    }
    return HtmlPage(template="share.html.j2", values=values, status=status_of(error))


def _preview(call: Call, session: Session) -> Preview:
    format_ = _format(call.query.get("format", "teams"))
    brief = call.query.get("length", "brief") == "brief"
    forms = {each: Renderings(_progress(call, session, format_.extent, brief=each)) for each in (True, False)}
    chosen = forms[brief]
    html = chosen.html(format_)
    progress = chosen.summary
    assert isinstance(progress, Progress)
    words = {each: len(of.text(FORMATS["text"]).split()) for each, of in forms.items()}
    return Preview(
        format=format_,
        brief=brief,
        text=chosen.text(format_),
        html=Markup(html) if html else None,  # noqa: S704 (made by our templates, which escape every text)
        leaves=what_leaves(progress),
        progress=progress,
        words=(words[True], words[False]),
    )


def _format(name: str) -> Format:
    if name not in OFFERED:
        raise UsageProblem(f'There is no format "{name}" to paste.', try_=f"Choose one of {', '.join(OFFERED)}.")
    return format_named(name)


def _progress(call: Call, session: Session, extent: Extent, *, brief: bool) -> Progress:
    every = widest([extent, FORMATS["text"].extent])
    view = View(
        as_of=call.team.now(), zone=call.site.zone, patterns=tuple(call.site.patterns), extent=every, brief=brief
    )
    return session_progress(call.workspace, session, view)


def _policy(call: Call, session: Session) -> Policy:
    return next((space.policy for space in call.workspace.spaces() if space.id == session.space), Policy())


def _lives(policy: Policy, now: datetime) -> Sequence[tuple[str, str, datetime]]:
    """Return the lifetimes that the policy allows: key, description, and time of expiry."""
    longest = policy.longest_link
    allowed = [(key, life) for key, life in LIVES.items() if longest is None or life.total_seconds() <= longest]
    if not allowed and longest is not None:
        allowed = [(shown(timedelta(seconds=longest)), timedelta(seconds=longest))]
    return [(key, f"in {_in_words(life)}", now + life) for key, life in allowed]


def _in_words(life: timedelta) -> str:
    hours = int(life.total_seconds()) // 3600
    return counted(hours // 24, "day") if hours > 24 else counted(hours, "hour") if hours else shown(life)


def send_link(call: Call) -> Result:
    """Create a link and show it, only once."""
    session = find_session(call.workspace, call.path_param("session"))
    try:
        wish = _wish(call, session)
        refuse_resubmission(call, "See My shares for the link; it was shown only once. If it is lost, revoke it.")
        minted = call.workspace.create_share(wish)
    except (UsageProblem, NotAllowed) as error:
        return share_page(call, session, error=error)
    return share_page(call, session, minted=minted)


def _wish(call: Call, session: Session) -> ShareWish:
    form, now = call.form, call.team.now()
    ends = {key: until for key, _, until in _lives(_policy(call, session), now)}
    expires = form.line("expires") or DEFAULT_LIFE
    if expires not in ends:
        raise UsageProblem("A link can't work for that long here.", try_=f"Choose one of {', '.join(ends)}.")
    views = whole_number(form.line("views"))
    if form.line("views") and not (views and views < 100_000):
        raise UsageProblem("The number of views must be a number from 1.", try_="Leave it empty for no limit.")
    return ShareWish(
        session=session.id,
        expires_at=ends[expires],
        label=form.line("label"),
        brief=bool(form.line("brief")),
        snapshot=bool(form.line("snapshot")),
        patterns=tuple(call.site.patterns),
        password=form.text("password"),
        max_views=views,
    )


def send_copied(call: Call) -> Result:
    """Record that a summary was copied; sent by the page's script."""
    session = find_session(call.workspace, call.path_param("session"))
    command = RecordShared(
        format=_format(call.form.line("format")).name,
        destination="clipboard",
        through=session.version,
        command_id=call.form.command_id,
    )
    send(call.workspace, session, command)
    return Redirect(to=f"/sessions/{session.code}/share")


def summary_file(call: Call) -> Result:
    """Download the summary as a file: for browsers without scripts, and for HTML to attach."""
    session = find_session(call.workspace, call.path_param("session"))
    preview = _preview(call, session)
    return Download(name=f"{session.code}{preview.format.suffix}", content=preview.text.encode())


PAGES = (
    Page(path="/sessions/{session}/share", get=share),
    Page(path="/sessions/{session}/share/link", post=send_link),
    Page(path="/sessions/{session}/share/copied", post=send_copied),
    Page(path="/sessions/{session}/share/file", get=summary_file),
)
