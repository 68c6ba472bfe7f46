"""Standard output and standard error: cleaning, styling and printing.

`guard_streams` wraps both in a `Guarded` stream, through which everything is printed: data, messages, usage errors,
help. On a terminal it removes all control characters except the styles of `styled`. Two things bypass it on purpose:
`rflow run` copies a command's output to the file descriptor, and the clipboard's escape sequence goes to /dev/tty.
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
"""Marks the start of a style in place of an escape character. It is random, so that no text can contain it."""
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
    """Wraps a text stream; control characters are removed from everything that is written to a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, and return its length before cleaning, as callers expect."""
        self._stream.write(_for_terminal(text) if self._terminal else unstyled(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    @property
    def terminal(self) -> TextIO:
        """The unguarded stream, only for output that contains no text of users."""
        return self._stream

    @property
    def buffer(self) -> Any:
        """The stream's binary buffer; on a terminal a wrapper that cleans what is written."""
        return _Bytes(self) if self._terminal else self._stream.buffer


class _Bytes:
    """A binary stream that writes to a terminal as cleaned text."""

    def __init__(self, stream: Guarded) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, data: bytes) -> int:
        """Write bytes decoded as UTF-8; invalid bytes are replaced."""
        self._stream.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


def guard_streams() -> None:
    """Guard both streams, and make every text printable: pipes and files get UTF-8, terminals what they can show."""
    if sys.platform == "win32":
        from colorama import just_fix_windows_console  # comes with Typer there

        just_fix_windows_console()
    sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)


def _guarded(stream: TextIO | None) -> Any:
    """Guard a stream; None, if it was closed before the program started, stays None."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    return cast(TextIO, Guarded(stream)) if stream is not None else None


def discard_output() -> None:
    """Discard the buffered output, which would fail again when Python flushes it on exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def echo(text: str = "", *, err: bool = False, newline: bool = True) -> None:
    """Print a text, and flush the stream."""
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        stream.write(f"{text}\n" if newline else text)
        stream.flush()


def echo_bytes(data: bytes) -> None:
    """Print bytes and flush: unchanged to a pipe or a file, as cleaned text to a terminal."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def styled(text: str, *, bold: bool = False, dim: bool = False, colour: str | None = None) -> str:
    """Return a text with a style that takes effect on terminals only; NO_COLOR (no-color.org) disables styles."""
    codes = ["1"] * bold + ["2"] * dim + ([_COLOURS[colour]] if colour else [])
    if not codes or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return clean(text)
    return f"{_STYLE}{';'.join(codes)}m{clean(text)}{_STYLE}0m"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; None is a stream that was closed before the program started."""
    return stream is not None and stream.isatty()


def width_of(stream: TextIO | None) -> int:
    """Return the width of the terminal of a stream, or COLUMNS if set; 80 if it is not a terminal."""
    if not is_terminal(stream):
        return 80
    if (setting := os.environ.get("COLUMNS", "")).isdecimal() and int(setting):
        return int(setting)
    assert stream is not None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def prose_width(stream: TextIO | None) -> int:
    """Return the width to wrap text to: that of the terminal, from 40 to 100 columns."""
    return max(min(width_of(stream), 100), 40)


@cache
def command_pattern() -> re.Pattern[str]:
    """Return the pattern of a command in a message: from "rflow" to the end of the phrase, with quoted texts.

    It ends before the next command, and at the end of a sentence.
    """
    from rflow.cli.commands import COMMANDS

    first = "|".join((*COMMANDS, "help", "-[-a-z]+"))
    given = r"(?:--(?:config|store|user) (?:'[^']*'|\S+) )*"
    return re.compile(
        rf"""rflow {given}(?:{first})(?![\w-])(?:(?<![.:]) (?!rflow )(?:"[^"]*"|'[^']*'|[^\s(),;"']+))*"""
    )


def folded(text: str, indent: str = "    ", first: str = "") -> str:
    """Wrap a message to the width of the terminal; it is not changed if standard error is not a terminal.

    Commands in it, which people copy, and lines that are indented by four spaces or more are never wrapped.
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


def print_error(error: RflowError) -> None:
    """Print an error: what happened, all its details, what to try."""
    lines = [folded(clean(error.what), "       ", f"{styled('rflow:', bold=True, colour='red')} ")]
    problems: tuple[str, ...] = getattr(error, "problems", ())
    lines += [folded(clean(problem), "    ", "  ") for problem in problems]
    lines += [folded(clean(error.try_), "       ", "       ")] if error.try_ else []
    echo("\n".join(lines), err=True)


def _for_terminal(text: str) -> str:
    return clean(text).replace(_STYLE, "\x1b[")


def unstyled(text: str) -> str:
    """Return a text without styles, for a pipe or a file."""
    if _STYLE not in text:
        return text
    first, *rest = text.split(_STYLE)
    return first + "".join(part.partition("m")[2] for part in rest)
