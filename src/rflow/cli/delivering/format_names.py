"""Reading a format from a command line: -f, --json, or its name in place of a session."""

from contextlib import suppress

from rflow.cli.app import App
from rflow.errors import BadInput, UsageProblem
from rflow.identity import is_code


def json_or(format_: str | None, *, json: bool) -> str | None:
    """Return the format given by name or as --json; raise `UsageProblem` if both were given."""
    if json and format_ is not None:
        raise UsageProblem("--json and -f exclude each other.", try_="--json is the same as -f json: leave one out.")
    return "json" if json else format_


def is_format(run: App, word: str) -> bool:
    """Whether a word is the exact name of a format."""
    from rflow.formats import FORMATS, SHORT_NAMES

    if word in FORMATS or word in SHORT_NAMES:
        return True
    if is_code(word):
        return False
    from rflow.formats.custom.entry_points import packaged
    from rflow.formats.custom.find import format_names

    with suppress(BadInput):  # a folder that can't be read offers no format
        return word in format_names(run.settings.folders) or any(word == name for name, _, _ in packaged())
    return False


def named_twice(format_: str | None, word: str) -> str:
    """Return the format that a word names in place of a session; raise `UsageProblem` if -f was given too."""
    if format_ is not None:
        raise UsageProblem(
            f'"{word}" is a format, and {format_} is another one.',
            try_="Name one of them; a session of that name goes by its whole code, a file as ./FILE.",
        )
    return word
