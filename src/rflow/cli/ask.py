"""Prompts at the terminal, on standard error. Typer is imported only when a question is asked."""

import sys
from typing import TypeVar

from rflow.cli.output import echo

_Answer = TypeVar("_Answer")


def confirmed(question: str) -> bool | None:
    """Ask a yes-or-no question (the default is no); return None after Ctrl-C or Ctrl-D."""
    from typer import Abort, confirm

    try:
        return confirm(question, err=True)
    except Abort:
        echo(err=True)  # the shell's prompt should start on a new line
        return None


def typed(question: str, *, hidden: bool = False) -> str | None:
    """Ask for a text, which may be empty; with `hidden` it is not shown. Return None after Ctrl-C or Ctrl-D."""
    from typer import Abort, prompt

    try:
        return str(prompt(question, hide_input=hidden, default="", show_default=False, err=True))
    except Abort:
        echo(err=True)
        return None


def or_exit(answer: _Answer | None) -> _Answer:
    """Return an answer; exit if there is none."""
    if answer is None:
        sys.exit(130)
    return answer
