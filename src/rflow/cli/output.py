"""Standard output and standard error: what people see is cleaned here, styled here, and written here.

`guard_streams` puts a `Guarded` stream before each of the two. All that is printed goes through it: data, messages,
usage errors, help. On a terminal no control character of a text gets past it; only the styles that `styled` makes do.
`rflow run` passes a command's output on by the descriptor, and the clipboard's escape sequence goes to /dev/tty: those
two are meant to reach the terminal as they are.
"""

import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from io import TextIOWrapper
from typing import Any, TextIO, cast

from rflow.core.text import clean, wrap
from rflow.errors import RflowError

_STYLE = f"\N{LEFT SQUARE BRACKET WITH QUILL}{os.urandom(8).hex()}["
"""Begins a style in place of an escape character. It is random: no text holds it but what `styled` returns."""
_NO_BREAK = "\N{NO-BREAK SPACE}"
_COLOURS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "bright_white": "97",
}


class Guarded:
    """A text stream as Python has it, with nothing written to it that a terminal would obey."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text; the length that counts is that of the text, whatever became of it."""
        self._stream.write(_for_terminal(text) if self._terminal else unstyled(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    @property
    def terminal(self) -> TextIO:
        """The stream itself, for what rflow draws: nothing written to it may come from anybody else."""
        return self._stream

    @property
    def buffer(self) -> Any:
        """Where bytes are written: the stream's own, but on a terminal they are cleaned as texts are."""
        return _Bytes(self) if self._terminal else self._stream.buffer


class _Bytes:
    """Takes bytes for a terminal, and shows them as text."""

    def __init__(self, stream: Guarded) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, data: bytes) -> int:
        """Write bytes as UTF-8; what is not UTF-8 is replaced."""
        self._stream.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


def guard_streams() -> None:
    """Let no character stop the output, nor be obeyed: pipes and files get UTF-8, terminals what they can show."""
    if sys.platform == "win32":
        from colorama import just_fix_windows_console  # comes with Typer there

        just_fix_windows_console()
    sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)


def _guarded(stream: TextIO | None) -> Any:
    """Guard a stream; None, where it was closed before the program began, stays None."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    return cast(TextIO, Guarded(stream)) if stream is not None else None


def discard_output() -> None:
    """Discard what is left of the output: it would fail again when Python flushes it at the very end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def echo(text: str = "", *, err: bool = False, newline: bool = True) -> None:
    """Print a text at once."""
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        stream.write(f"{text}\n" if newline else text)
        stream.flush()


def echo_bytes(data: bytes) -> None:
    """Print bytes at once: as they are to a pipe or a file, as text to a terminal."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def styled(text: str, *, bold: bool = False, dim: bool = False, colour: str | None = None) -> str:
    """Return a text that is styled where it reaches a terminal; NO_COLOR (no-color.org) leaves it plain."""
    codes = ["1"] * bold + ["2"] * dim + ([_COLOURS[colour]] if colour else [])
    if not codes or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return clean(text)
    return f"{_STYLE}{';'.join(codes)}m{clean(text)}{_STYLE}0m"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is open (it may have been closed before the program began), and a terminal."""
    return stream is not None and stream.isatty()


def width_of(stream: TextIO | None) -> int:
    """Return the columns of the terminal that a stream goes to, or what COLUMNS says; 80 where it goes elsewhere."""
    if not is_terminal(stream):
        return 80
    if (said := os.environ.get("COLUMNS", "")).isdecimal() and int(said):
        return int(said)
    assert stream is not None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def prose_width(stream: TextIO | None) -> int:
    """Return the width to which text is wrapped: no line of more than 100 columns, which is hard to read."""
    return max(min(width_of(stream), 100), 40)


@cache
def command_pattern() -> re.Pattern[str]:
    """Return what a command looks like in a message: from "rflow" to the end of the phrase, texts in quotes whole.

    It ends before the next command, and where a sentence does.
    """
    from rflow.cli.commands import COMMANDS

    first = "|".join((*COMMANDS, "help", "-[-a-z]+"))
    given = r"(?:--(?:config|store|user) (?:'[^']*'|\S+) )*"
    return re.compile(
        rf"""rflow {given}(?:{first})(?![\w-])(?:(?<![.:]) (?!rflow )(?:"[^"]*"|'[^']*'|[^\s(),;"']+))*"""
    )


def folded(text: str, indent: str = "    ", first: str = "") -> str:
    """Fold a message to the width of the terminal it goes to, between words; one that goes elsewhere stays as it is.

    Commands in it, which people copy, are never folded, nor are lines that are indented by four spaces or more.
    """
    if not is_terminal(sys.stderr):
        return first + text
    width = prose_width(sys.stderr)
    shown = len(first) if first.isspace() or not first else 7  # styles take no room on the screen
    lines = []
    for number, line in enumerate(text.split("\n")):
        start = " " * shown if number == 0 else ""
        if line.startswith("    "):
            lines.append(line)
            continue
        whole = command_pattern().sub(lambda command: command[0].replace(" ", _NO_BREAK), line)
        lines += wrap(whole, width, start, indent) or [""]
    return first + "\n".join(lines).replace(_NO_BREAK, " ")[shown:]


def complain(error: RflowError) -> None:
    """Print an error: what happened, all its details, what to try."""
    lines = [folded(clean(error.what), "       ", f"{styled('rflow:', bold=True, colour='red')} ")]
    problems: tuple[str, ...] = getattr(error, "problems", ())
    lines += [folded(clean(problem), "    ", "  ") for problem in problems]
    lines += [folded(clean(error.try_), "       ", "       ")] if error.try_ else []
    echo("\n".join(lines), err=True)


def _for_terminal(text: str) -> str:
    return clean(text).replace(_STYLE, "\x1b[")


def unstyled(text: str) -> str:
    """Leave the styles out: a pipe or a file gets the text alone."""
    if _STYLE not in text:
        return text
    first, *rest = text.split(_STYLE)
    return first + "".join(part.partition("m")[2] for part in rest)
