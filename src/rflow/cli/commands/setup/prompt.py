"""The command for shell prompts and status lines: prompt. It runs at every prompt, so it must be fast."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

from rflow.cli.parsing.declare import Group, Option
from rflow.cli.root import GlobalOptions

if TYPE_CHECKING:
    from rflow.service.glance import Glance

app = Group()

_RED = {
    "bash": ("\x01\x1b[31m\x02", "\x01\x1b[0m\x02"),  # what stands between these two takes no room on the line
    "zsh": ("%F{red}", "%f"),
    "fish": ("\x1b[31m", "\x1b[0m"),
    "tmux": ("#[fg=red]", "#[default]"),
}
_PLACES = {"decision": "question, ", "action": "action, ", "end": "end, "}


@app.command(bare=True)
def prompt(
    given: GlobalOptions,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "tmux"] | None,
        Option(help="Mark colours for this program; otherwise there are none."),
    ] = None,
) -> None:
    """Show the session in your shell prompt (docs/prompt.md).

    It prints nothing where there is no session, and never fails.
    """
    from rflow.cli.output import echo

    with suppress(Exception):
        glance, inbox, is_asked = _glance(given)
        parts = []
        if glance is not None and _is_plain(glance.code):
            parts.append(_marked(_in_words(glance), shell) if glance.moved and shell else _in_words(glance))
            parts += ["you are asked something"] if is_asked else []
        if inbox:
            parts.append(f"inbox {inbox}")
        if parts:
            text = ", ".join(parts)
            echo(text if shell in (None, "tmux") else f"{text} ", newline=shell is None)


def _glance(given: GlobalOptions) -> "tuple[Glance | None, int, bool]":
    """Return the state of the named session, or else of the current one.

    With it: how many wait for this user, and whether that session has a question for them.
    """
    import os

    from rflow.cli.terminal_state import Terminal
    from rflow.core.person_names import person_id
    from rflow.service.glance import glance, url_of
    from rflow.settings import folders, load_settings

    settings = load_settings({"store": given.store, "user.name": given.user}, folders(given.config))
    url = url_of(settings["store"].text)
    terminal = Terminal(settings.folders.state_name, _public(url), os.environ)
    session_id = given.app.session().id if given.session else terminal.current
    me = person_id(settings["user.name"].text)
    shown, inbox = glance(url, session_id, terminal.seen(session_id) if session_id else None, me)
    return shown, inbox, shown is not None and me in shown.asked


def _public(url: str) -> str:
    """Return the URL of the store that the terminal's state file is keyed by."""
    if not url.startswith("postgresql:"):
        return url
    from rflow.service.opening import public_url

    return public_url(url)


def _is_plain(code: str) -> bool:
    """Whether a code is valid, and so has no special characters of a shell; in a damaged store it may be anything."""
    return code.isascii() and code.replace("-", "").isalnum()


def _in_words(glance: "Glance") -> str:
    """Return the state of a session. It contains no text of the session, because a shell evaluates its prompt."""
    if glance.moved:
        return f"{glance.code} moved elsewhere"
    if glance.status == "closed":
        return f"{glance.code} closed"
    if glance.status == "handed_off":
        return f"{glance.code} handed off"
    if glance.waiting:
        return f"{glance.code} {_waiting(glance.waiting)}"
    return f"{glance.code} {_PLACES.get(glance.place, '')}{glance.steps} tried"


def _waiting(waiting: str) -> str:
    """Return the deadline of a wait: the time, with the date unless it is today."""
    from datetime import UTC, datetime

    if waiting == "-":
        return "waiting"
    until, now = datetime.fromisoformat(waiting).astimezone(), datetime.now(UTC).astimezone()
    at = f"{until:%H:%M}" if until.date() == now.date() else f"{until:%Y-%m-%d %H:%M}"
    return f"overdue since {at}" if until < now else f"waiting until {at}"


def _marked(text: str, shell: str) -> str:
    """Return a text in red, for a shell or tmux; unchanged with NO_COLOR."""
    import os

    begin, end = ("", "") if os.environ.get("NO_COLOR") else _RED[shell]
    return f"{begin}{text}{end}"
