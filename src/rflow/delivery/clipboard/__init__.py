"""The clipboard: put a text where the user will paste it, as rich text if possible, and say what is known about it.

The order: `RFLOW_CLIPBOARD_CMD`; over SSH tmux, else the terminal (OSC 52); the desktop's own clipboard; tmux, then
the terminal. If one way fails, the next is tried. Reasons and measurements: docs/decisions/0003.

Tested on Linux (X11, Wayland, tmux, GNU screen, pseudo-terminals). The code for WSL, macOS and Windows follows the
documentation of those systems; only the parts around it are tested.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from rflow.core.text import byte_size
from rflow.delivery.clipboard.programs import desktop_programs, run
from rflow.delivery.clipboard.request import ClipboardProgram, CopyFailed, CopyRequest
from rflow.errors import NotDelivered

TIMEOUT = 5.0
"""Seconds for each program, and for the terminal."""

_COMMAND = "RFLOW_CLIPBOARD_CMD"


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a copy.

    `method` is "command", "tmux", "osc52" or "desktop:PROGRAM"; `size` counts bytes of UTF-8; `rich` says whether
    HTML was copied too. `confirmed` is false for terminals, which never acknowledge. `message` is a phrase for people;
    `hint` says what to do if pasting brings nothing; `detail` says the rest: what failed before. `command_failed` is
    why the user's own command failed, or "".
    """

    method: str
    confirmed: bool
    size: int
    rich: bool = False
    message: str
    hint: str = ""
    detail: str = ""
    command_failed: str = ""


_Way = tuple[str, Callable[[CopyRequest], Copied]]


def copy(
    text: str,
    *,
    html: str | None = None,
    environ: Mapping[str, str],
    platform: str = sys.platform,
    timeout: float = TIMEOUT,
) -> Copied:
    """Copy `text` in the first way that works, with `html` if that way can; raises NotDelivered if none works.

    `html` is a fragment (without `<html>`) that shows the same.
    """
    rich = _encodable(html) if html else None
    request = CopyRequest(text=_encodable(text), html=rich, environ=environ, platform=platform, timeout=timeout)
    failed: dict[str, str] = {}
    for name, way in _ways(request):
        try:
            copied = way(request)
        except OSError as failure:
            failed[name] = str(failure.strerror or failure)
            continue
        command_failed = failed.pop(_COMMAND, "")
        return msgspec.structs.replace(_with_failures(copied, failed), command_failed=command_failed)
    raise NotDelivered(f"Nothing was copied; tried: {_listed(failed)}.", try_=_advice(request))


def _encodable(text: str) -> str:
    """Return the text with a question mark for each lone surrogate."""
    return text.encode(errors="replace").decode()


def _listed(failed: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({reason})" for name, reason in failed.items())


def _with_failures(copied: Copied, failed: Mapping[str, str]) -> Copied:
    if not failed:
        return copied
    before = f"; tried before: {_listed(failed)}"
    if copied.detail:
        return msgspec.structs.replace(copied, detail=f"{copied.detail}{before}")
    return msgspec.structs.replace(copied, message=f"{copied.message}{before}")


def _advice(request: CopyRequest) -> str:
    if request.remote:
        return "Connect with a terminal (ssh -t), work inside tmux, or set RFLOW_CLIPBOARD_CMD."
    if request.platform in ("darwin", "win32"):
        return "Set RFLOW_CLIPBOARD_CMD to a command that reads the text on its standard input."
    return "Install wl-clipboard (Wayland), work inside tmux, or set RFLOW_CLIPBOARD_CMD."


def _ways(request: CopyRequest) -> list[_Way]:
    """Return the ways to try, by name, in order, each once."""
    command: list[_Way] = [(_COMMAND, _by_command)] if request.command else []
    tmux: list[_Way] = [("tmux", _by_tmux)] if request.environ.get("TMUX") else []
    osc52: list[_Way] = [("OSC 52", _by_terminal)]
    desktop: list[_Way] = [(program.name, partial(_by_program, program)) for program in desktop_programs(request)]
    nearest = (tmux or osc52) if request.remote else []
    return list(dict.fromkeys([*command, *nearest, *(desktop or [("desktop", _no_desktop)]), *tmux, *osc52]))


def _by_command(request: CopyRequest) -> Copied:
    """Run the user's own command in the shell, so that pipes, `~` and quotes work as they do at the prompt."""
    run(request.command, request, request.text.encode())
    message = f"copied with RFLOW_CLIPBOARD_CMD ({request.amount()})"
    return Copied(method="command", confirmed=True, size=request.size, message=message)


def _by_program(program: ClipboardProgram, request: CopyRequest) -> Copied:
    run(program.argv, request, program.data(request))
    rich = program.rich and request.html is not None
    message = f"copied to the clipboard ({program.name}, {request.amount(rich=rich)})"
    return Copied(method=f"desktop:{program.name}", confirmed=True, size=request.size, rich=rich, message=message)


def _no_desktop(request: CopyRequest) -> Copied:
    if request.remote:
        raise CopyFailed("over SSH it is on the other machine")
    raise CopyFailed("neither WAYLAND_DISPLAY nor DISPLAY is set")


def _by_tmux(request: CopyRequest) -> Copied:
    beyond = _load_tmux_buffer(request)
    message = f"copied to tmux (prefix + ] pastes it; {request.amount()}){beyond}"
    hint = f"{_NOT_TAKEN} in tmux, type {_TMUX_SETTING}. {_ELSE}" if beyond == _OFFERED else ""
    known = "terminals do not confirm"
    return Copied(method="tmux", confirmed=False, size=request.size, message=message, hint=hint, detail=known)


_OFFERED = " and offered to the terminal"
_NOT_TAKEN = "If Ctrl-V pastes nothing, the terminal did not take it:"
_TMUX_SETTING = "tmux set -as terminal-features ',*:clipboard'"
"""Without it, tmux sends a copy only to terminals that it knows to take one."""
_ELSE = "Or print it, and select it with the mouse."


def _load_tmux_buffer(request: CopyRequest) -> str:
    """Fill the tmux buffer, and return what happened beyond it, as the end of a phrase.

    `-w` (tmux 3.2) also sends the text to the attached terminal, but only if tmux knows that the terminal accepts
    OSC 52, and it succeeds either way.
    """
    from rflow.delivery.clipboard import terminal

    beyond = f", but not to the terminal, which takes at most {byte_size(terminal.LIMIT)}"
    if request.size <= terminal.LIMIT:
        with contextlib.suppress(CopyFailed):
            run(("tmux", "load-buffer", "-w", "-"), request, request.text.encode())
            return _OFFERED
        beyond = ", but not to the terminal, which needs tmux 3.2 or later"
    run(("tmux", "load-buffer", "-"), request, request.text.encode())
    return beyond


def _by_terminal(request: CopyRequest) -> Copied:
    from rflow.delivery.clipboard import terminal

    terminal.send(request)
    needs = terminal.setting_needed(request)
    setting = f"; it arrives only with this setting {needs}" if needs else ""
    message = f"sent to the terminal (OSC 52, {request.amount()}); terminals do not confirm{setting}"
    hint = f"{_NOT_TAKEN} allow OSC 52 in its settings. {_ELSE}"
    return Copied(method="osc52", confirmed=False, size=request.size, message=message, hint=hint)
