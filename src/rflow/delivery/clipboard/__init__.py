"""The clipboard: text, rich where that can be, to where this person will paste it, and an honest word about it.

The order: `RFLOW_CLIPBOARD_CMD`; over SSH tmux, else the terminal (OSC 52); the desktop's own clipboard; tmux,
then the terminal. A way that fails hands over to the next. Reasons and measurements: docs/decisions/0003.

Tested on Linux (X11, Wayland, tmux, GNU screen, pseudo-terminals). What is written for WSL, macOS and
Windows follows the documentation of those systems; only its plumbing is tested.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from rflow.delivery.clipboard import terminal
from rflow.delivery.clipboard.helpers import helpers, run
from rflow.delivery.clipboard.request import Failed, Helper, Job, human
from rflow.errors import NotDelivered

TIMEOUT = 5.0
"""Seconds that each helper, and the terminal, gets."""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a copy.

    `method` is "command", "tmux", "osc52" or "desktop:HELPER"; `size` counts bytes of UTF-8; `rich` says whether
    an HTML flavour went along. `confirmed` is false where the last leg, to the terminal, has no acknowledgement.
    `said` is a fragment of a sentence for people, and names what was tried before and failed.
    """

    method: str
    confirmed: bool
    size: int
    rich: bool = False
    said: str


_Way = tuple[str, Callable[[Job], Copied]]


def copy(
    text: str,
    *,
    html: str | None = None,
    environ: Mapping[str, str],
    platform: str = sys.platform,
    timeout: float = TIMEOUT,
) -> Copied:
    """Copy `text` by the first way that works, with `html` where that way can; raises NotDelivered when none does.

    `html` is a fragment (no `<html>`) that shows the same.
    """
    rich = _whole(html) if html else None
    job = Job(text=_whole(text), html=rich, environ=environ, platform=platform, timeout=timeout)
    failed: list[str] = []
    for name, way in _ways(job):
        try:
            copied = way(job)
        except OSError as failure:
            failed.append(f"{name} ({failure.strerror or failure})")
            continue
        return _with_failures(copied, failed)
    raise NotDelivered(f"Nothing was copied; tried: {', '.join(failed)}.", try_=_advice(job))


def _whole(text: str) -> str:
    """The text with a question mark for each half of a character (a lone surrogate)."""
    return text.encode(errors="replace").decode()


def _with_failures(copied: Copied, failed: list[str]) -> Copied:
    if not failed:
        return copied
    return msgspec.structs.replace(copied, said=f"{copied.said}; tried before: {', '.join(failed)}")


def _advice(job: Job) -> str:
    if job.remote:
        return "Connect with a terminal (ssh -t), work inside tmux, or set RFLOW_CLIPBOARD_CMD."
    if job.platform in ("darwin", "win32"):
        return "Set RFLOW_CLIPBOARD_CMD to a command that reads the text on its standard input."
    return "Install wl-clipboard (Wayland), work inside tmux, or set RFLOW_CLIPBOARD_CMD."


def _ways(job: Job) -> list[_Way]:
    """Every way worth trying here, by name, each once."""
    command: list[_Way] = [("RFLOW_CLIPBOARD_CMD", _by_command)] if job.command else []
    tmux: list[_Way] = [("tmux", _by_tmux)] if job.environ.get("TMUX") else []
    osc52: list[_Way] = [("OSC 52", _by_terminal)]
    desktop: list[_Way] = [(helper.name, partial(_by_helper, helper)) for helper in helpers(job)]
    nearest = (tmux or osc52) if job.remote else []
    return list(dict.fromkeys([*command, *nearest, *(desktop or [("desktop", _no_desktop)]), *tmux, *osc52]))


def _by_command(job: Job) -> Copied:
    """The person's own command line, by the shell: pipes, `~` and quotes work as they did when it was tried out."""
    run(job.command, job, job.text.encode())
    said = f"copied with RFLOW_CLIPBOARD_CMD ({job.amount('it')})"
    return Copied(method="command", confirmed=True, size=job.size, said=said)


def _by_helper(helper: Helper, job: Job) -> Copied:
    run(helper.argv, job, helper.data(job))
    rich = helper.rich and job.html is not None
    said = f"copied to the clipboard ({helper.name}, {job.amount(helper.name, rich=rich)})"
    return Copied(method=f"desktop:{helper.name}", confirmed=True, size=job.size, rich=rich, said=said)


def _no_desktop(job: Job) -> Copied:
    if job.remote:
        raise Failed("over SSH it is on the other machine")
    raise Failed("neither WAYLAND_DISPLAY nor DISPLAY is set")


def _by_tmux(job: Job) -> Copied:
    said = f"copied to the tmux buffer ({job.amount('tmux')}) {_load_tmux(job)}"
    return Copied(method="tmux", confirmed=False, size=job.size, said=said)


def _load_tmux(job: Job) -> str:
    """Fill the buffer and tell what happened beyond it.

    `-w` (3.2) sends to the attached terminal, but only if tmux knows it to take OSC 52, and succeeds either way.
    """
    beyond = f"only: it is longer than the {human(terminal.LIMIT)} a terminal takes"
    if job.size <= terminal.LIMIT:
        with contextlib.suppress(Failed):
            run(("tmux", "load-buffer", "-w", "-"), job, job.text.encode())
            return "and offered to the terminal; terminals do not confirm"
        beyond = "only: tmux before 3.2 cannot pass it on to the terminal"
    run(("tmux", "load-buffer", "-"), job, job.text.encode())
    return beyond


def _by_terminal(job: Job) -> Copied:
    terminal.send(job)
    said = f"sent to the terminal (OSC 52, {job.amount('the terminal')}); terminals do not confirm"
    return Copied(method="osc52", confirmed=False, size=job.size, said=said)
