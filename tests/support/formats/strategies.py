"""Hostile texts, and summaries in which every text is hostile, each with a harmless twin of the same shape."""

import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from msgspec.inspect import NoneType, StrType, StructType, Type, UnionType, VarTupleType, type_info
from msgspec.structs import replace

from rflow.core.summary.progress import Digest, Progress, ProgressEvidence, SectionEntry
from rflow.core.summary.units.outputs import telling_line
from rflow.core.summary.units.phrases import NOTHING
from rflow.core.text import clean, one_line

Told = TypeVar("Told", bound=Progress | Digest)

PIECES = (
    *"\\`*_[]<>&~|#+-=:.!()\"'$^{}/@é1 \t\n",
    *("\n\n", " \n", "    ", "1.", "1)", "99999999999.", "---", "===", "```", "~~~~", "``", "~~", "**", "__", "***"),
    *("\\\n", "- ", "+ ", "* ", "> ", "# ", " #", ":-", "|-|", "[ ] ", "[x]: ", "[^1]: ", "![", "](", "http://", "//"),
    *("www.x.example", "x.com", "ann@x.example", "mailto:", "@ann", "@here", "@channel", "@everyone", "<!channel>"),
    *("<@U024>", "<http://x|y>", "<b>", "</li>", "<!--", "-->", "<script>", "&amp;", "&lt;", "&#64;", "&nbsp;"),
    *(
        ":smile:",
        "{{ 7*7 }}",
        "{% x %}",
        "\u202e",
        "\u2066",
        "\u200f",
        "\ufeff",
        "\u200b",
        "\u2060",
        "\u00a0",
        "\u3000",
    ),
    *(
        "\u2028",
        "\x85",
        "\r\n",
        "\x1b[31m",
        "\x1b]52;c;x\x07",
        "\x00",
        "e\u0301",
        "👩\u200d💻",
        "🇬🇧",
        "مرحبا",
        "…",
        "→",
        "“",
    ),
)
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=8).map("".join)

NOTES = (
    *("# Heading #", "Setext\n===", "Setext\n---", "- a\n- b", "+ a", "* * *", "1. a\n2) b", "7. a", "> quote\nlazy"),
    *(
        "a | b\n--- | ---\n1 | 2",
        "|a|\n|:-:|",
        "    indented\n\tcode",
        "```sh\nrm\n```",
        "~~~\nx",
        "`` ` ``",
        "a`",
        "`a",
    ),
    *(
        "**bold** __bold__ *em* _em_ ~~gone~~",
        "***",
        "snake_case and 2*3*4",
        "wow!",
        "[a](http://x.example)",
        "![a](b)",
    ),
    *("[a][b]\n\n[b]: http://x.example", "[^1]\n\n[^1]: note", "[!NOTE]\nx", "- [ ] a\n- [x] b", "<http://x.example>"),
    *(
        "https://x.example/?a=b&c=d_e*f",
        "www.x.example",
        "setup.py.",
        "ann@x.example",
        "@ann, @here (@channel): @everyone",
    ),
    *(
        "@Everyone a@here @hereby",
        "<!channel> <@U024> <!subteam^S1>",
        "<script>alert(1)</script>",
        "<img src=x onerror=y>",
    ),
    *(
        "<!-- gone? -->",
        "</li></ul></div>",
        "<br>",
        "&lt;b&gt; &copy; &#x41;",
        "ends in a backslash\\",
        "\\\\",
        "a\\\nb\\\nc",
    ),
    *(
        "C:\\Windows and \\\\server\\share$",
        "grep 'a\\|b' x | wc -l",
        "echo $HOME `id` $(id)",
        "{{ 7*7 }} {% x %} {# y #}",
    ),
    *("a\n\n\n\nb", "  a  b  ", "a\n  - b\n    - c", " ", "\u00a0", "\u3000\n ", "\t-\tx", "\u200b# a", "\u3000* a"),
    *(
        "\u202egnp.exe",
        "\u2066a\u2069",
        "\x1b[31mred\x1b[0m",
        "\x1b]52;c;eA==\x07",
        "a\rb\x0bc\x85d\u2028e",
        "\x00",
        "\ud83d",
    ),
    *(
        "👩\u200d💻 e\u0301 🇬🇧",
        "مرحبا *a*",
        ":smile: #123",
        "x → y · z — “w”:",
        "RULED OUT\n• all of it",
        "*Ask:* nothing",
    ),
    *("word " * 40, "x" * 300, "ab`" * 60, "- " * 60, "(" * 90 + "[" * 90, "a " + "\u00a0b" * 60, "?"),
)
"""Texts that once broke a format, or could; the empty ones too."""


# The texts that may have several lines; all others are put on one on their way into a summary.
_OF_LINES = re.compile(
    r"(^|\.)(ask|situation|impact|hypothesis|text|result|reason|revert|closing_summary|help|run"
    r"|ticket|customer|severity)$"
)


def shown(text: str) -> str:
    """Clean a text of several lines in the same way as the texts of a summary."""
    return clean(text).strip("\n").rstrip()


def with_texts(summary: Told, text: Callable[[str, str], str]) -> Told:
    """Replace every text of a summary by `text(path, old)`; a path is like `tried[0].text`.

    It walks the types, so new fields are included automatically.
    """
    made: Told = _with_texts(type_info(type(summary)), summary, "", text)
    return made


def _with_texts(kind: Type, summary: Any, path: str, text: Callable[[str, str], str]) -> Any:
    match kind:
        case StrType():
            return text(path.removeprefix("."), summary)
        case UnionType(types=types) if summary is not None:
            return _with_texts(next(one for one in types if not isinstance(one, NoneType)), summary, path, text)
        case VarTupleType(item_type=item):
            return tuple(_with_texts(item, one, f"{path}[{number}]", text) for number, one in enumerate(summary))
        case StructType(cls=cls) if cls is SectionEntry:
            return _entry_with_texts(summary, path, text)
        case StructType(fields=fields):
            parts = {
                part.name: _with_texts(part.type, getattr(summary, part.name), f"{path}.{part.name}", text)
                for part in fields
            }
            made = replace(summary, **parts)
            return replace(made, telling=telling_line(made.lines)) if isinstance(made, ProgressEvidence) else made
    return summary


def _entry_with_texts(entry: SectionEntry, path: str, text: Callable[[str, str], str]) -> SectionEntry:
    """Replace the texts of an entry; if its first line ends in a command, the new one does."""
    said, newline, below = entry.text.partition("\n")
    if entry.command:
        said = said.removesuffix(entry.command).rstrip()
    said, newline, below = text(f"{path}.text".removeprefix("."), said + newline + below).partition("\n")
    command = text(f"{path}.command", entry.command) if entry.command else ""
    return replace(
        entry,
        text=f"{said} {command}".strip() + newline + below if command else said + newline + below,
        below=tuple(text(f"{path}.below[{number}]", line) for number, line in enumerate(entry.below)),
        command=command,
    )


# A digest is shown in part, whether a link is one is decided by its text, and labels are rflow's own words.
_NOT_WRITTEN = re.compile(r"session\.tree\.digest|resume\.link|sections\[\d+\]\.(key|label)|handovers\[\d+\]\.word")


def with_hostile_texts(summary: Told, texts: Sequence[str], offset: int = 0) -> Told:
    """Replace the texts of a summary by `texts` in turn, cleaned as they would be shown."""
    turns = count(offset)

    def turn(path: str, old: str) -> str:
        if _NOT_WRITTEN.fullmatch(path):
            return old
        text = texts[next(turns) % len(texts)]
        if ".lines[" in path or ".below[" in path:
            return shown(text).replace("\n", " ")
        return shown(text) if _OF_LINES.search(path) else one_line(text)

    return with_texts(summary, turn)


class Twin:
    """Makes a harmless twin of a summary: each distinct line becomes a distinct word; `original` puts the lines back.

    `keep` returns the part of a line that its word must keep because formats depend on it.
    """

    def __init__(
        self, keep: Callable[[str], str] = lambda line: "".join(re.findall(r"[.!?…;:。]\Z", line.rstrip()))
    ) -> None:
        self._words: dict[str, str] = {}
        self._keep = keep

    def of(self, summary: Told) -> Told:
        """Return the twin of a summary."""
        return with_texts(summary, lambda path, text: text if _NOT_WRITTEN.fullmatch(path) else self._replaced(text))

    def _replaced(self, text: str) -> str:
        return "\n".join(self._word(line) if line.strip() else line for line in text.split("\n"))

    def _word(self, line: str) -> str:
        if re.fullmatch("[0-9]", line) or line == NOTHING:  # a severity, or no changes: they decide what is shown
            return line
        return self._words.setdefault(line, f"Qx{len(self._words)}xQ{self._keep(line)}")

    def original(self, rendered: str) -> str:
        """Put the original lines back into a rendered twin, without the spaces at their ends."""
        lines = {word: line.strip() for line, word in self._words.items()}
        return re.sub("|".join(map(re.escape, lines)) or "(?!)", lambda word: lines[word[0]], rendered)
