"""Questions at the terminal, asked on standard error. Typer, which asks them, is imported only then."""

import sys
from typing import TypeVar

from rflow.cli.output import echo

_Answer = TypeVar("_Answer")


def confirmed(question: str) -> bool | None:
    """Ask a question that is answered with yes or no (the default); return None after Ctrl-C or Ctrl-D."""
    from typer import Abort, confirm

    try:
        return confirm(question, err=True)
    except Abort:
        echo(err=True)  # the shell's prompt begins on a new line
        return None


def typed(question: str, *, hidden: bool = False) -> str | None:
    """Ask for a text, which may be empty; `hidden` does not show it. Return None after Ctrl-C or Ctrl-D."""
    from typer import Abort, prompt

    try:
        return str(prompt(question, hide_input=hidden, default="", show_default=False, err=True))
    except Abort:
        echo(err=True)
        return None


def or_end(answer: _Answer | None) -> _Answer:
    """Return an answer; end the program if there is none."""
    if answer is None:
        sys.exit(130)
    return answer
