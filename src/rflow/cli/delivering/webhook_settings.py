"""Configuring a target: reading its URL without echo, checking it, and saying what is missing."""

import sys
from collections.abc import Sequence

from rflow.cli.app import App
from rflow.delivery.webhooks.targets import KINDS, checked_host, kinds_accepted_by, url_command
from rflow.errors import UsageProblem
from rflow.settings import Setting

_LIMIT = 8192
"""The maximum length of a URL in bytes, which is what servers and proxies accept."""


def read_secret(run: App, setting: Setting, arguments: Sequence[str]) -> str:
    """Return a secret typed at the terminal without echo, or piped in for "-"; "" removes the setting.

    A secret among the arguments is accepted too, with a warning that it is in the shell's history.
    """
    if not arguments or list(arguments) == ["-"]:
        value = _piped(run) if arguments and not _at_terminal() else _typed(setting)
        if not value:
            raise UsageProblem(f"No {_what(setting)} was given, and nothing was set.", try_=_ways(setting))
        return value
    if any(arguments):
        run.say(f"Warning: the {_what(setting)} is in your shell's history now. {_ways(setting)}")
    return run.text(" ".join(arguments)).strip()


def _what(setting: Setting) -> str:
    names = {"url": "URL", "password": "password"}
    return names.get(setting.name.rpartition(".")[2], "secret")


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
            f"The {_what(setting)} is a secret, and there is no terminal to ask for it.",
            try_=f'Pipe it in: … | rflow config set {setting.name} -  (to remove it, "" instead of the -)',
        )
    from rflow.cli.ask import or_exit, typed

    return or_exit(typed(f"{setting.name} (not shown)", hidden=True)).strip()


def check_target_setting(setting: Setting, value: str) -> None:
    """Raise `UsageProblem` for a URL that can't be posted to, or an unknown kind."""
    _, name, field = setting.name.split(".")
    if field == "url":
        checked_host(name, value)
    elif value not in KINDS:
        raise UsageProblem(f'"{value}" is not a kind of target.', try_=f"There are: {', '.join(KINDS)}.")


def next_step(name: str, kind: str, url: str) -> str:
    """Return the next step to configure a target, whose URL has been checked already."""
    if not url:
        return f"The URL is still missing: {url_command(name)}"
    host = checked_host(name, url)
    accepted = kinds_accepted_by(host)
    if kind and accepted and kind not in accepted:
        command = f"rflow config set targets.{name}.kind {accepted[0]}"
        return f"Note: {name} is of kind {kind}, but {host} accepts {' or '.join(accepted)}: {command}"
    if not kind and not accepted:
        return f"The kind is still missing: rflow config set targets.{name}.kind {'|'.join(KINDS)}"
    implied = "" if kind else f"Its kind is {accepted[0]}, because of the host {host}. "
    return f"{implied}To see what would be sent: rflow progress --post {name} --dry-run"
