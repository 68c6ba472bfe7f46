"""Setting up a target to post to: a URL that is asked for without showing it, and a word on what is missing."""

import sys
from collections.abc import Sequence

import typer

from rflow.cli.app import App
from rflow.delivery.webhooks import KINDS, host_of, kinds_at
from rflow.errors import UsageProblem
from rflow.settings import Setting

_LIMIT = 8192
"""Bytes of a URL: what servers and proxies take at the most."""


def secret_of(run: App, setting: Setting, said: Sequence[str]) -> str:
    """Take a secret from the terminal, without an echo, or from standard input for "-"; empty text takes it out.

    One among the arguments is taken as well: it stands in the shell's history by then, and refusing it would only have
    it typed again.
    """
    if not said or list(said) == ["-"]:
        value = _piped(run) if said and not _at_terminal() else _typed(setting)
        if not value:
            raise UsageProblem("There was nothing in it, and nothing was set.", try_=_ways(setting))
        return value
    if any(said):
        run.say(f"Warning: the URL now stands in your shell's history. {_ways(setting)}")
    return run.text(" ".join(said)).strip()


def _ways(setting: Setting) -> str:
    return (
        f"rflow asks for it (rflow config set {setting.name}) or reads it from a pipe "
        f"(… | rflow config set {setting.name} -)."
    )


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _piped(run: App) -> str:
    return run.read_stdin(_LIMIT).decode("utf-8", "replace").strip()


def _typed(setting: Setting) -> str:
    if not _at_terminal():
        raise UsageProblem(
            "The URL is a secret, and there is no terminal to ask for it.",
            try_=f'Pipe it in: … | rflow config set {setting.name} -  (to take it out, give "" in place of the -)',
        )
    try:
        said: str = typer.prompt(
            f"{setting.name} (not shown)", hide_input=True, default="", show_default=False, err=True
        )
    except typer.Abort:
        typer.echo(err=True)  # the shell's prompt begins on a line of its own
        raise typer.Exit(130) from None
    return said.strip()


def check_target(setting: Setting, value: str) -> None:
    """Refuse a URL that can't be posted to, or a kind that there isn't."""
    _, name, field = setting.name.split(".")
    if field == "url":
        host_of(name, value)
    elif value not in KINDS:
        raise UsageProblem(f'There is no kind of target "{value}".', try_=f"There are: {', '.join(KINDS)}.")


def what_is_missing(name: str, kind: str, url: str) -> str:
    """Say what to do next with a target of which this is set; the URL has been checked when it was set."""
    if not url:
        return f"Its URL is still missing: rflow config set targets.{name}.url"
    host = host_of(name, url)
    kinds = kinds_at(host)
    if kind and kinds and kind not in kinds:
        mend = f"rflow config set targets.{name}.kind {kinds[0]}"
        return f"Note: {name} is of kind {kind}, but {host} takes {' or '.join(kinds)}: {mend}"
    if not kind and not kinds:
        return f"{host} does not tell what it takes: rflow config set targets.{name}.kind {'|'.join(KINDS)}"
    guessed = "" if kind else f"{name} is of kind {kinds[0]}, as {host} tells. "
    return f"{guessed}See what it would get: rflow progress --post {name} --dry-run"
