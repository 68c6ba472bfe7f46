"""What Jira makes of wiki markup, as Atlassian's own parser reads it: the text shown, and the kinds of its parts."""

import atexit
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from judges.node import NodeJudge
from rflow.core.summary.progress import Digest, Progress
from rflow.formats import FORMATS, render_whole
from rflow.formats.escaping.jira import Jira
from support.formats.strategies import Twin

_BLOCKS = frozenset("doc paragraph heading listItem bulletList orderedList codeBlock blockquote rule".split())


@cache
def _judge() -> NodeJudge:
    """Start the judge once for all tests."""
    judge = NodeJudge("jira.mjs", "@atlaskit/editor-wikimarkup-transformer")
    atexit.register(judge.close)
    return judge


def read(markup: str) -> dict[str, Any]:
    """Read wiki markup: a tree of nodes with `type`, `text`, `marks` and `content`."""
    document: dict[str, Any] = _judge().ask(markup)
    return document


def shown_lines(document: dict[str, Any]) -> list[str]:
    """Return the lines shown, white space collapsed, without the U+200B that nobody sees; images, emoticons by kind."""
    lines = "".join(_shown(document)).replace("\u200b", "").split("\n")
    return [line for line in (" ".join(line.split()) for line in lines) if line]


def kinds(document: dict[str, Any]) -> Counter[str]:
    """Count the kinds of nodes and marks; text and line breaks left out."""
    counts = Counter(f"mark {mark['type']}" for mark in document.get("marks", ()))
    counts[document["type"]] += document["type"] not in ("text", "hardBreak")
    for part in document.get("content", ()):
        counts += kinds(part)
    return counts


def links(document: dict[str, Any]) -> list[str]:
    """List where links lead."""
    own = [mark["attrs"]["href"] for mark in document.get("marks", ()) if mark["type"] == "link"]
    return own + [url for part in document.get("content", ()) for url in links(part)]


def kept(line: str) -> str:
    """Return what a text's stand-in must have too: a command that would need U+200B is shown as output."""
    end = "".join(re.findall(r"[.!?…;:。]\Z", line.rstrip()))
    return ("&amp;" if "\u200b" in Jira().inline(line) else "") + end


def assert_literal_in_jira(summary: Progress | Digest) -> None:
    """Compare with harmless texts, all of them: what is shown, and the kinds of parts."""
    twin = Twin(kept)
    document, harmless = (read(render_whole(FORMATS["jira"], form)) for form in (summary, twin.of(summary)))
    expected = twin.original("\n".join(shown_lines(harmless))).replace("\u200b", "")
    assert " ".join(shown_lines(document)).split() == expected.split()
    assert kinds(document) == kinds(harmless)


def _shown(node: dict[str, Any]) -> Iterator[str]:
    kind = node["type"]
    if kind == "text":
        yield node["text"]
    elif kind == "hardBreak":
        yield "\n"
    else:
        yield "\n" if kind in _BLOCKS else f"[{kind}]"
        for part in node.get("content", ()):
            yield from _shown(part)
        yield "\n" if kind in _BLOCKS else ""
