"""Commands that a message suggests, as they can be typed where it is read: with the global options of this run."""

import re
from functools import cache
from shlex import quote

from rflow.cli.commands import COMMANDS
from rflow.cli.output import command_pattern
from rflow.identity import is_code

_WORK = ("Work through the tree", "Write down")
_ON_CURRENT = frozenset(name for name, (_, section) in COMMANDS.items() if section in _WORK and name != "drafts") | {
    *("show", "progress", "share", "handoff", "close", "reopen", "redact", "export")
}
"""The commands that are about the current session unless another one is named."""
_FOR_ANY_STORE = frozenset({"help", "demo", "login", "config", "drafts"})
"""The commands that mean the same with any store and user."""
_PLACEHOLDERS = frozenset({"CODE", "SESSION"})


def typable(text: str, *, config: str | None, program: str, session: str | None) -> str:
    """Return a message in which each command begins with `program`, and names `session` if it was given.

    A command that names a store, a user or a session itself is meant as it is, and so is a text in quotation marks.
    """

    def whole(command: str) -> str:
        if not command.startswith("rflow "):
            return command
        _, name, *others = command.split(" ")
        if name in ("--store", "--user", "--config") or "--help" in others:
            return command
        if name in _FOR_ANY_STORE:
            return command.replace("rflow", f"rflow --config {quote(config)}", 1) if config else command
        named = name not in _ON_CURRENT or any(word in _PLACEHOLDERS or is_code(word.rstrip(".,:;")) for word in others)
        begin = program if named or session is None else f"{program} -s {quote(session)}"
        return command.replace("rflow", begin, 1)

    return _pattern().sub(lambda found: whole(found[0]), text) if "rflow " in text else text


@cache
def _pattern() -> re.Pattern[str]:
    """Return what a command looks like in a message, or a text in quotation marks; an apostrophe is none of them."""
    return re.compile(rf"""{command_pattern().pattern}|"[^"]*"|(?<!\w)'[^']*'(?!\w)""")
