"""The shorthands that a command line accepts, and the names of other programs that it suggests a command for.

`expand_shorthand` is applied before the reader and before Typer. The help of `rflow` and docs/commands.md list the
shorthands, and suggestions for unknown commands come from here.
"""

from collections.abc import Iterable, Sequence

from rflow.cli.commands import COMMANDS, NOUNS

VALUE_OPTIONS = ("--store", "--user", "-s", "--session", "--config")
"""The global options that take a value; they may appear anywhere."""
FLAGS = ("--verbose",)
"""The global options without one."""
_ABOUT = ("--install-completion", "--show-completion")

SHORT: dict[str, tuple[str, ...]] = {
    "status": (),
    "ls": ("list",),
    "log": ("show",),
    "summary": ("progress",),
    "copy": ("progress", "--copy"),
    "version": ("--version",),
    "new": ("start",),
}
"""A shorthand for a command -> the words it stands for. In addition, `help CMD` stands for `CMD --help`, and `help all`
for the whole help."""

BELOW: dict[str, dict[str, str]] = {
    "drafts": {"ls": "list", "rm": "remove", "delete": "remove", "push": "send"},
    "share": {"ls": "list", "new": "create", "rm": "revoke", "remove": "revoke", "delete": "revoke"},
    "tree": {"ls": "list", "rm": "remove", "delete": "remove", "validate": "check"},
    "format": {"ls": "list", "create": "new", "validate": "check"},
    "store": {"status": "info"},
    "config": {"ls": "list", "show": "list", "rm": "unset", "remove": "unset"},
    "user": {"ls": "list", "new": "add", "create": "add", "passwd": "password"},
    "space": {"ls": "list", "new": "add", "create": "add"},
    "token": {"ls": "list", "new": "create", "add": "create", "rm": "revoke", "remove": "revoke", "delete": "revoke"},
}
"""The same for subcommands: `rflow tree ls`."""

MEANT: dict[str, str] = {
    **dict.fromkeys(("finish", "end", "resolve", "resolved", "fixed", "solve", "quit", "exit", "stop"), "close"),
    **dict.fromkeys(("begin", "init", "create", "open-session"), "start"),
    **dict.fromkeys(("continue", "open", "use", "switch", "checkout", "take", "goto", "pick"), "resume"),
    **dict.fromkeys(("answer", "select", "yes", "no", "next"), "choose"),
    **dict.fromkeys(("previous", "prev"), "back"),
    **dict.fromkeys(("add", "write", "comment", "remember", "jot"), "note"),
    **dict.fromkeys(("try", "tried", "did"), "step"),
    **dict.fromkeys(("warning", "caution"), "warn"),
    **dict.fromkeys(("exec", "execute", "sh", "shell", "cmd"), "run"),
    **dict.fromkeys(("upload", "file", "evidence", "paste", "screenshot"), "attach"),
    **dict.fromkeys(("edit", "correct", "update", "fix", "change-note"), "amend"),
    **dict.fromkeys(("rm", "remove", "del", "drop"), "delete"),
    **dict.fromkeys(("report", "summarize", "summarise", "summery", "print", "send"), "progress"),
    **dict.fromkeys(("post", "publish", "teams", "slack", "markdown"), "progress"),
    **dict.fromkeys(("url", "link", "links"), "share"),
    **dict.fromkeys(("assign", "transfer", "escalate", "delegate", "pass", "give"), "handoff"),
    **dict.fromkeys(("ask",), "question"),
    **dict.fromkeys(("history", "view", "cat", "info", "details"), "show"),
    "sessions": "list",
    **dict.fromkeys(("find", "grep", "lookup"), "search"),
    **dict.fromkeys(("where", "whereami"), "status"),
    **dict.fromkeys(("server", "web", "http"), "serve"),
    **dict.fromkeys(("settings", "set", "setup", "configure", "unset"), "config"),
    **dict.fromkeys(("trees",), "tree"),
    **dict.fromkeys(("formats",), "format"),
    **dict.fromkeys(("backup", "restore", "db"), "store"),
    **dict.fromkeys(("users", "account", "accounts", "invite", "passwd"), "user"),
    **dict.fromkeys(("spaces", "member", "members", "team"), "space"),
    **dict.fromkeys(("tokens",), "token"),
    **dict.fromkeys(("tutorial", "example", "examples", "tour"), "demo"),
    **dict.fromkeys(("cancel",), "undo"),
    **dict.fromkeys(("pause", "hold", "park", "snooze"), "wait"),
}
"""Words that are not commands -> the command with that meaning, which is suggested but not run."""


ROWS = (
    *((typed, " ".join(("rflow", *words))) for typed, words in SHORT.items()),
    ("help CMD", "rflow CMD --help"),
    ("help all", "rflow --verbose --help"),
    ("note WORDS …", "a text needs no quotes; options stand before it or at its end"),
    ("skip TEXT", "rflow skip --reason TEXT"),
    ("wait TEXT", "rflow wait --for TEXT"),
    ("close TEXT", "rflow close --summary TEXT"),
    ("list WORD", "those with the word in title, customer or ticket"),
    ("start vpn", "the only tree with that in its name"),
    ("progress teams", "rflow progress -f teams"),
    ("progress --json", "rflow progress -f json"),
    ("progress -o x.html", "rflow progress -f html -o x.html"),
    ("-f md", "-f markdown"),
    ("config set format teams", "rflow config set progress.format teams"),
)
"""All shorthands as the help lists them: what is typed, and what it stands for."""


def expand_shorthand(words: Sequence[str]) -> list[str]:
    """Return a command line with a shorthand in it replaced by what it stands for."""
    place = place_of_command(words)
    if place == len(words):
        return list(words)
    front, name, rest = list(words[:place]), words[place], list(words[place + 1 :])
    if name == "help" and rest in (["all"], ["--all"], ["-a"]):
        return [*front, "--verbose", "--help"]
    if name == "help":
        asked = expand_shorthand(rest)
        return [*front, *([word for word in asked if not word.startswith("-")]), "--help"]
    if name in NOUNS and rest:
        return [*front, name, BELOW[name].get(rest[0], rest[0]), *rest[1:]]
    return [*front, *SHORT.get(name, (name,)), *rest]


def place_of_command(words: Sequence[str]) -> int:
    """Return the index of the command, which follows any global options."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] != "-":
        place += 2 if words[place] in (*VALUE_OPTIONS, *_ABOUT) else 1
    return min(place, len(words))


_ENDINGS = ("s", "ed", "es", "ing")
_SHORT_WORD = 3
"""A word of fewer letters is not treated as a prefix of a command."""
_NEAR, _NEAR_SHORT, _NEAR_SYNONYM = 0.75, 0.8, 0.88
"""The similarity from which a word counts as a misspelt command; higher for a short word, or a synonym."""


def suggestion(word: str, names: Iterable[str], meant: dict[str, str] = MEANT) -> str:
    """Return the command that was probably meant: by the meaning of the word, else by its spelling; "" if unclear."""
    word = word.casefold()
    if word in meant:
        return meant[word]
    from difflib import get_close_matches

    names = list(names)
    begun = [name for name in names if len(word) >= _SHORT_WORD and name.startswith(word)]
    ended = [name for name in names if any(word == name.removesuffix("e") + ending for ending in _ENDINGS)]
    for near in (begun, ended):
        if len(near) == 1:
            return near[0]
    near_enough = _NEAR_SHORT if len(word) <= _SHORT_WORD else _NEAR
    close = get_close_matches(word, names, 1, near_enough) or get_close_matches(word, meant, 1, _NEAR_SYNONYM)
    return meant.get(close[0], close[0]) if close else ""


def command_meant(word: str) -> str:
    """Return the command that was probably meant by an unknown word; "" if unclear."""
    return suggestion(word, (*COMMANDS, *SHORT, "help"))
