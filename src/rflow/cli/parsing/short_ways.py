"""Short ways that people try: one table of what they type and what it means.

`expanded` turns the words of a command line into what they mean, for the reader and for Typer alike. The help of
`rflow` and docs/commands.md list the table, and suggestions for unknown commands come from it.
"""

from collections.abc import Iterable, Sequence

from rflow.cli.commands import COMMANDS, NOUNS

VALUED = ("--store", "--user", "-s", "--session", "--config")
"""The global options that take a value; they may stand anywhere."""
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
"""A word in place of a command -> the words that it stands for. Beside these: `help CMD` stands for `CMD --help`, and
`help all` for the whole help."""

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
"""The same for the commands of a noun: `rflow tree ls`."""

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
"""Words that are no commands -> the command that does what they mean: it is suggested, not run."""


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
"""All short ways, as the help lists them: what is typed, and what it stands for."""


def expanded(words: Sequence[str]) -> list[str]:
    """Return a command line with the short way in it, if there is one, replaced by what it stands for."""
    place = place_of_command(words)
    if place == len(words):
        return list(words)
    front, name, rest = list(words[:place]), words[place], list(words[place + 1 :])
    if name == "help" and rest in (["all"], ["--all"], ["-a"]):
        return [*front, "--verbose", "--help"]
    if name == "help":
        asked = expanded(rest)
        return [*front, *([word for word in asked if not word.startswith("-")]), "--help"]
    if name in NOUNS and rest:
        return [*front, name, BELOW[name].get(rest[0], rest[0]), *rest[1:]]
    return [*front, *SHORT.get(name, (name,)), *rest]


def place_of_command(words: Sequence[str]) -> int:
    """Return the place of the command among the words: behind the global options before it."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] != "-":
        place += 2 if words[place] in (*VALUED, *_ABOUT) else 1
    return min(place, len(words))


_ENDINGS = ("s", "ed", "es", "ing")
_MOST_EDITS = 2
"""A long word may have so many mistakes."""
_LONG, _SHORT_WORD = 6, 3
"""A word of so many letters is long; one of less than so many may have no mistake."""
_SYNONYM = 5
"""A word that means a command may have a mistake if it has so many letters: short ones are near too much."""


def suggestion(word: str, names: Iterable[str], meant: dict[str, str] = MEANT) -> str:
    """Return the command that was probably meant: by what the word means, else by its letters; "" if none is near."""
    word = word.casefold()
    if word in meant:
        return meant[word]
    names = list(names)
    begun = [name for name in names if len(word) >= _SHORT_WORD and name.startswith(word)]
    ended = [name for name in names if any(word == name.removesuffix("e") + ending for ending in _ENDINGS)]
    for near in (begun, ended):
        if len(near) == 1:
            return near[0]
    found = [(_edits(word, name), name) for name in names if _may_be_near(word, name)]
    found = [(edits, name) for edits, name in found if edits <= _most_edits(word, name)]
    if not found and len(word) >= _SYNONYM:
        found = [(1, synonym) for synonym in meant if _may_be_near(word, synonym) and _edits(word, synonym) == 1]
    close = min(found, default=(0, ""), key=lambda each: each[0])[1]
    return meant.get(close, close)


def _most_edits(word: str, name: str) -> int:
    """Return how many edits a word may be from a name to be taken for it."""
    length = min(len(word.lstrip("-")), len(name.lstrip("-")))
    return 0 if length < _SHORT_WORD else 1 if length < _LONG else _MOST_EDITS


def _may_be_near(word: str, other: str) -> bool:
    """Whether two words are about as long, and begin with the same letter, or one with the second letter of the other.

    Of others the edits are not counted, which takes seconds for a whole file that was typed as a command.
    """
    word, other = word.lstrip("-"), other.lstrip("-")
    return abs(len(word) - len(other)) <= _MOST_EDITS and (word[:1] in other[:2] or other[:1] in word[:2])


def _edits(word: str, other: str) -> int:
    """Return how many letters have to be added, left out, replaced, or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(word, 1):
        before, last, row = row, before, [at]
        for to, wanted in enumerate(other, 1):
            edits = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != wanted))
            if last and to > 1 and letter == other[to - 2] and word[at - 2] == wanted:
                edits = min(edits, last[to - 2] + 1)
            row.append(edits)
    return row[-1]


def command_meant(word: str) -> str:
    """Return the command that an unknown word probably means; "" if none is near."""
    return suggestion(word, (*COMMANDS, *SHORT, "help"))
