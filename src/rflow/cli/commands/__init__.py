"""The commands: one module for each group of them. A module is imported when one of its commands is wanted."""

from importlib import import_module

from rflow.cli.parsing.declare import Group

# Every command, in the order of the help: name -> (module, section).
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("setup.demo", "Begin"),
    "start": ("session.sessions", "Begin"),
    "resume": ("session.sessions", "Begin"),
    "list": ("session.lists", "Begin"),
    "show": ("session.sessions", "Begin"),
    "search": ("session.search", "Begin"),
    "choose": ("session.work", "Work through the tree"),
    "done": ("session.work", "Work through the tree"),
    "skip": ("session.work", "Work through the tree"),
    "step": ("session.work", "Work through the tree"),
    "back": ("session.work", "Work through the tree"),
    "enter": ("session.work", "Work through the tree"),
    "hints": ("session.learning", "Work through the tree"),
    "note": ("session.notes", "Write down"),
    "warn": ("session.notes", "Write down"),
    "assume": ("session.notes", "Write down"),
    "run": ("session.evidence", "Write down"),
    "attach": ("session.evidence", "Write down"),
    "pin": ("session.corrections", "Write down"),
    "unpin": ("session.corrections", "Write down"),
    "amend": ("session.corrections", "Write down"),
    "undo": ("session.corrections", "Write down"),
    "brief": ("session.header", "Write down"),
    "shorten": ("session.shortening", "Write down"),
    "change": ("session.header", "Write down"),
    "wait": ("session.header", "Write down"),
    "question": ("session.notes", "Write down"),
    "reply": ("session.notes", "Write down"),
    "flag": ("session.notes", "Write down"),
    "drafts": ("session.drafts", "Write down"),
    "progress": ("sharing.progress", "Stuck? Share it"),
    "digest": ("sharing.progress", "Stuck? Share it"),
    "share": ("sharing.share", "Stuck? Share it"),
    "serve": ("sharing.serve", "Stuck? Share it"),
    "handoff": ("sharing.handoff", "Stuck? Share it"),
    "inbox": ("sharing.handoff", "Stuck? Share it"),
    "accept": ("sharing.handoff", "Stuck? Share it"),
    "decline": ("sharing.handoff", "Stuck? Share it"),
    "close": ("session.sessions", "End, keep, remove"),
    "reopen": ("session.sessions", "End, keep, remove"),
    "export": ("setup.interchange", "End, keep, remove"),
    "import": ("setup.interchange", "End, keep, remove"),
    "redact": ("session.sessions", "End, keep, remove"),
    "delete": ("session.sessions", "End, keep, remove"),
    "prompt": ("setup.prompt", "Set up"),
    "tree": ("setup.tree", "Set up"),
    "format": ("sharing.format", "Set up"),
    "store": ("setup.store", "Set up"),
    "login": ("setup.login", "Set up"),
    "logout": ("setup.login", "Set up"),
    "whoami": ("setup.login", "Set up"),
    "config": ("setup.config", "Set up"),
    "user": ("team.users", "Team"),
    "space": ("team.spaces", "Team"),
    "token": ("team.tokens", "Team"),
    "audit": ("team.audit", "Team"),
}
EVERYDAY = (
    *("start", "resume", "choose", "done", "step", "note", "run", "undo"),
    *("progress", "handoff", "close"),
)
"""The commands of every day, in the order in which a session needs them: `rflow --help` begins with them."""
NOUNS = ("drafts", "share", "tree", "format", "store", "config", "user", "space", "token")
"""The commands that have commands of their own, such as `rflow tree list`."""


def group_of(name: str) -> Group:
    """Import the module of a command, and return the group that it is in."""
    group = import_module(f"rflow.cli.commands.{COMMANDS[name][0]}").app
    assert isinstance(group, Group)
    return group
