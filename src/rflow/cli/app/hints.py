"""Adding the global options of a run to the commands that a message suggests."""

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
"""The commands that use the current session unless another one is named."""
_FOR_ANY_STORE = frozenset({"help", "demo", "login", "config", "drafts"})
"""The commands that don't depend on the store and user."""
_PLACEHOLDERS = frozenset({"CODE", "SESSION"})


def typable(text: str, *, config: str | None, program: str, session: str | None) -> str:
    """Return a message in which each command starts with `program`, and has -s if `session` is given.

    Commands that name a store, a user or a session themselves, and texts in quotation marks, are not changed.
    """

    def with_options(command: str) -> str:
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

    return _pattern().sub(lambda found: with_options(found[0]), text) if "rflow " in text else text


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of a command in a message, or of a text in quotation marks (but not after an apostrophe)."""
    return re.compile(rf"""{command_pattern().pattern}|"[^"]*"|(?<!\w)'[^']*'(?!\w)""")
