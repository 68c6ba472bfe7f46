"""Answering a shell's request for completions: one line for each matching word. It never fails and records nothing.

A script (`rflow.*`) sends its request in two variables: _RFLOW_COMPLETE names the shell, _RFLOW_WORDS has the words up
to and including the current one, each followed by a newline. For bash it has the command line up to the cursor, and
the part of it that a completion replaces. The words are not passed as arguments, so that a wrapper that drops the
variables does not execute the line.

Typer's own scripts, which evaluate what they get, don't set _RFLOW_WORDS, and get no completions.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from rflow.cli.output import echo
from rflow.cli.shells.quoting import for_bash, for_powershell, words_of
from rflow.core.text import clean, shorten

Offer = tuple[str, str]
_MEANING = 60  # characters


def answer() -> None:
    """Answer the request in the environment."""
    shell, words = os.environ.pop("_RFLOW_COMPLETE"), os.environ.pop("_RFLOW_WORDS", None)
    if words is not None and shell in _ANSWERS:
        with suppress(Exception):  # an error in the middle of typing helps nobody
            from rflow.cli.parsing.with_typer import root_command

            lines = list(_ANSWERS[shell](root_command(), words.removesuffix("\n").split("\n")))
            echo("\n".join(lines), newline=bool(lines))


def offers(root: Any, words: list[str]) -> Iterator[Offer]:
    """Yield the completions of the last word with their meanings, except for words with control characters."""
    from typer._click.shell_completion import ShellComplete

    class Completer(ShellComplete):
        """Only its search is used, with our own parsing and output."""

        def get_completion_args(self) -> tuple[list[str], str]:
            return words[:-1], words[-1]

        def format_completion(self, item: Any) -> str:
            return str(item.value)

        def source_vars(self) -> dict[str, Any]:
            return {}

    option, equals, _ = words[-1].partition("=")
    before = option + equals if equals and option.startswith("-") else ""
    for item in Completer(root, {}, "rflow", "_RFLOW_COMPLETE").get_completions(words[:-1], words[-1]):
        if item.value and item.value == clean(item.value) and not set(item.value) & set("\n\t"):
            yield before + item.value, shorten(item.help or "", _MEANING)


def _listed(root: Any, words: list[str]) -> Iterator[str]:
    """Yield lines for zsh, which quotes words itself: word, tab, meaning."""
    yield from ("\t".join(offer) for offer in offers(root, words))


def _for_fish(root: Any, words: list[str]) -> Iterator[str]:
    """Yield lines for fish, which quotes and filters words itself, and sends the current word unparsed."""
    yield from _listed(root, [*words[:-1], words[-1] if words[-1].startswith("-") else ""])


def _for_bash(root: Any, lines: list[str]) -> Iterator[str]:
    """Yield lines for bash, which inserts them literally: the rest of the word, quoted. There are none in $'…'."""
    *line, replaced = lines
    *earlier, current = words_of("\n".join(line))
    if "$'" in current.raw or '$"' in current.raw:
        return
    kept = words_of(current.raw.removesuffix(replaced))[-1]
    for word, _ in offers(root, [*(word.text for word in earlier[1:]), current.text]):
        yield for_bash(word.removeprefix(kept.text), current.quote)


def _for_powershell(root: Any, words: list[str]) -> Iterator[str]:
    """Yield lines for PowerShell: quoted word, tab, displayed word, tab, meaning, which must not be empty."""
    for word, meaning in offers(root, words):
        yield "\t".join((for_powershell(word), word, meaning or word))


_ANSWERS: dict[str, Callable[[Any, list[str]], Iterator[str]]] = {
    "bash": _for_bash,
    "zsh": _listed,
    "fish": _for_fish,
    "powershell": _for_powershell,
}
