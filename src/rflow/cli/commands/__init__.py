"""The commands: one module for each group of them. A module is imported when one of its commands is wanted."""

from importlib import import_module

from rflow.cli.declare import Group

# Every command, in the order of the help: name -> (module, section).
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Begin"),
    "start": ("sessions", "Begin"),
    "resume": ("sessions", "Begin"),
    "list": ("sessions", "Begin"),
    "show": ("sessions", "Begin"),
    "choose": ("work", "Work through the tree"),
    "done": ("work", "Work through the tree"),
    "skip": ("work", "Work through the tree"),
    "step": ("work", "Work through the tree"),
    "back": ("work", "Work through the tree"),
    "enter": ("work", "Work through the tree"),
    "note": ("notes", "Write down"),
    "warn": ("notes", "Write down"),
    "assume": ("notes", "Write down"),
    "run": ("evidence", "Write down"),
    "attach": ("evidence", "Write down"),
    "pin": ("corrections", "Write down"),
    "unpin": ("corrections", "Write down"),
    "amend": ("corrections", "Write down"),
    "undo": ("corrections", "Write down"),
    "brief": ("header", "Write down"),
    "change": ("header", "Write down"),
    "wait": ("header", "Write down"),
    "question": ("notes", "Write down"),
    "reply": ("notes", "Write down"),
    "flag": ("notes", "Write down"),
    "progress": ("progress", "Stuck? Share it"),
    "digest": ("progress", "Stuck? Share it"),
    "share": ("share", "Stuck? Share it"),
    "serve": ("serve", "Stuck? Share it"),
    "handoff": ("handoff", "Stuck? Share it"),
    "inbox": ("handoff", "Stuck? Share it"),
    "accept": ("handoff", "Stuck? Share it"),
    "decline": ("handoff", "Stuck? Share it"),
    "close": ("sessions", "End, keep, remove"),
    "reopen": ("sessions", "End, keep, remove"),
    "export": ("interchange", "End, keep, remove"),
    "import": ("interchange", "End, keep, remove"),
    "redact": ("sessions", "End, keep, remove"),
    "delete": ("sessions", "End, keep, remove"),
    "prompt": ("prompt", "Set up"),
    "tree": ("tree", "Set up"),
    "format": ("format", "Set up"),
    "store": ("store", "Set up"),
    "config": ("config", "Set up"),
}
NOUNS = ("share", "tree", "format", "store", "config")
"""The commands that have commands of their own, such as `rflow tree list`."""


def group_of(name: str) -> Group:
    """Import the module of a command, and return the group that it is in."""
    group = import_module(f"rflow.cli.commands.{COMMANDS[name][0]}").app
    assert isinstance(group, Group)
    return group
