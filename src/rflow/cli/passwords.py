"""Passwords, as people type or pipe them in: never on a command line, where others could read them."""

import sys

from rflow.cli.app import App
from rflow.errors import BadInput, UsageProblem

_LIMIT = 4096


def read_password(run: App, question: str, *, from_stdin: bool) -> str:
    """Return a password: the first line of standard input, or what is typed twice at a terminal, unseen."""
    if from_stdin:
        return _from_stdin(run)
    if not run.can_ask:
        raise UsageProblem("There is no terminal to ask for the password.", try_="Pipe it in, with --password-stdin.")
    from rflow.cli.ask import or_end, typed

    password = or_end(typed(question, hidden=True))
    if or_end(typed("The same again", hidden=True)) != password:
        raise UsageProblem("Those were two different passwords.", try_="Nothing was changed. Repeat the command.")
    return password


def _from_stdin(run: App) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        raise UsageProblem("--password-stdin reads what is piped in.", try_="At a terminal, leave it out.")
    line, _, rest = run.read_stdin(_LIMIT).partition(b"\n")
    try:
        password = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise BadInput("The password is not text in UTF-8.", try_="Pipe in one line of text.") from None
    if rest.strip() or not password:
        raise UsageProblem("The password must be one line.", try_="For example: pass show rflow | rflow …")
    return password
