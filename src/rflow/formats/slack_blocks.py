"""The format slack-blocks: a Block Kit message, the body that a Slack webhook and chat.postMessage take.

Untrusted text goes into `rich_text` elements or `plain_text`, which Slack shows literally: its mrkdwn can't be
escaped. Elements: docs.slack.dev/reference/block-kit. Slack refuses empty texts, so there are none.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from rflow.core.summary.progress import Progress, Summary
from rflow.core.summary.units.times import stamp
from rflow.core.text import shorten
from rflow.formats import layout_of
from rflow.formats.escaping.plain import SlackPaste, is_link, split_command
from rflow.formats.parts import (
    Block,
    Command,
    Entry,
    Fact,
    Item,
    Items,
    Line,
    Link,
    NumberedStep,
    Section,
    Sheet,
    Steps,
    sheet,
)

Element = dict[str, Any]

_HEADER = 150  # docs.slack.dev/reference/block-kit/blocks/header-block
_CONTEXT = 2_000  # within the 3,000 of a text object
_URL = 3_000
_FALLBACK = 2_000  # 4,000 are advised, docs.slack.dev/reference/methods/chat.postMessage; a notification shows far less
_DEEPEST = 8  # the indent of a list, docs.slack.dev/reference/block-kit/block-elements/rich-text-list-element
_BLOCKS = 50
_INDENT = "\u00a0" * 4
ROOM = 10_000
"""Maximum `weight` of a message. Slack rejects more than about 12,000 characters over all blocks (undocumented;
11,341 and their elements were too many: github.com/slackapi/bolt-js, issues 2509 and 2867)."""
_ELEMENT = 6
"""The weight of an element in addition to its text: Slack counts elements too."""


def build(summary: Summary) -> str:
    """Return the message, one block per line."""
    parts = sheet(summary, layout_of(summary))
    text = msgspec.json.encode(_fallback(summary, parts)).decode()
    blocks = ",\n".join(msgspec.json.encode(block).decode() for block in _blocks(parts))
    # Slack must not fetch the link to show a preview of the page: the address is a secret.
    return f'{{"text":{text},"unfurl_links":false,"unfurl_media":false,"blocks":[\n{blocks}\n]}}\n'


def weight(message: str) -> int:
    """Return the weight of a message, to compare with `ROOM`: texts, URLs, elements, and the number of blocks."""
    blocks = msgspec.json.decode(message)["blocks"]
    return max(_weight(blocks), len(blocks) * ROOM // _BLOCKS)


def _weight(part: object) -> int:
    match part:
        case list():
            return sum(map(_weight, part))
        case dict():
            texts = sum(len(value) for key, value in part.items() if key in ("text", "url") and isinstance(value, str))
            return _ELEMENT + texts + sum(_weight(value) for value in part.values())
    return 0


def _fallback(summary: Summary, parts: Sheet) -> str:
    """Return the line for notifications, with `& < >` as entities and mentions disabled."""
    ask = summary.ask if isinstance(summary, Progress) else None
    line = shorten(f"{parts.title} — {ask}" if ask else parts.title, _FALLBACK)
    return SlackPaste().inline(line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(parts: Sheet) -> Iterator[Element]:
    """Return the title as a header, the facts of the session in small print, and each section as one text."""
    yield {"type": "header", "text": _plain(shorten(parts.title, _HEADER))}
    long = [parts.title] if len(parts.title) > _HEADER else []
    yield from _context("\n".join([*long, *parts.lines]))
    for place, section in enumerate(parts.sections):
        first = place == 0 and not isinstance(section.blocks[0], Entry)
        yield {"type": "rich_text", "elements": list(_asking(section) if first else _section(section))}
        if first:
            yield {"type": "divider"}


def _plain(text: str) -> Element:
    return {"type": "plain_text", "text": text, "emoji": False}


def _context(text: str) -> Iterator[Element]:
    """Return a text in small print, or as a normal one if it is too long for that."""
    if len(text) > _CONTEXT:
        yield {"type": "rich_text", "elements": [_of("section", [_text(text)])]}
    elif text.strip():
        yield {"type": "context", "elements": [_plain(text)]}


# Sections


def _asking(section: Section) -> Iterator[Element]:
    """Return the first section, the ask or the position, as quotations below their labels."""
    for block in section.blocks:
        if isinstance(block, Fact) and block.text.strip():
            yield _of("section", [_text(block.label, bold=True)])
            yield _of("quote", _said(block.text, block.command))
        else:
            yield from _listed(block)


def _section(section: Section) -> Iterator[Element]:
    """Return the heading and the single lines as one paragraph, followed by lists and output."""
    lines: list[list[Element]] = [[_text(section.heading, bold=True)]] if section.heading.strip() else []
    for inline, blocks in groupby(section.blocks, lambda block: not isinstance(block, Items | Steps)):
        if inline:
            lines += [line for block in blocks for line in _lines(block)]
            continue
        yield from _paragraph(lines)
        lines = []
        for block in blocks:
            yield from _listed(block)
    yield from _paragraph(lines)


def _paragraph(lines: list[list[Element]]) -> Iterator[Element]:
    """Return lines as one paragraph."""
    elements = [element for line in lines for element in (_text("\n"), *line)][1:]
    if elements:
        yield _of("section", elements)


def _lines(block: Block) -> Iterator[list[Element]]:
    """Return a part as lines."""
    match block:
        case Fact(label=label, text=text, command=command):
            yield [_text(f"{label}: ", bold=True), *_said(_indented(text), command)]
        case Command(label=label, text=text):
            yield [_text(f"{label}: ", bold=True), *_texts(text, code=True)]
        case Link(label=label, url=url, until=until):
            ends = [_text(f" (until {stamp(until)})")] if until else []
            yield [_text(f"{label}: ", bold=True), _address(url), *ends]
        case Line(text=text):
            yield _texts(_indented(text))
        case Entry(title=title, lines=lines):
            yield [_text(title, bold=True)]
            yield from ([_text(_indented(line))] for line in lines)


def _listed(block: Block) -> Iterator[Element]:
    """Return a list; anything else is a paragraph."""
    match block:
        case Items(items=items):
            yield from _bullets(items, 0)
        case Steps(steps=steps):
            yield from _numbered(steps)
        case _:
            yield from _paragraph(list(_lines(block)))


def _numbered(steps: Iterable[NumberedStep]) -> Iterator[Element]:
    """Return numbered lists, a new one after each gap: within a list Slack counts on."""
    for _, run in groupby(enumerate(steps), lambda placed: placed[1].number - placed[0]):
        unbroken = [step for _, step in run]
        yield _list("ordered", [[_text(step.text)] for step in unbroken], 0, unbroken[0].number - 1)


def _bullets(items: Iterable[Item], depth: int) -> Iterator[Element]:
    """Return neighbouring entries as one list; what is below an entry interrupts it."""
    texts: list[list[Element]] = []
    for item in items:
        texts.append(_said(item.text, item.command) or [_text("")])
        if item.output or item.items:
            yield _list("bullet", texts, depth)
            texts = []
            yield from _output(item.output)
            yield from _bullets(item.items, depth + 1)
    if texts:
        yield _list("bullet", texts, depth)


def _output(text: str) -> Iterator[Element]:
    if text.strip():
        yield _of("preformatted", [_text(text)])


# Elements


def _list(style: str, entries: list[list[Element]], depth: int, offset: int = 0) -> Element:
    """Return a list; `offset` is the number before its first entry."""
    items = [_of("section", entry) for entry in entries]
    place = {"indent": min(depth, _DEEPEST)} | ({"offset": offset} if offset else {})
    return {"type": "rich_text_list", "style": style, **place, "elements": items}


def _of(kind: str, elements: list[Element]) -> Element:
    return {"type": f"rich_text_{kind}", "elements": elements}


def _indented(text: str) -> str:
    """Indent all lines but the first, so that none is mistaken for a part of the summary."""
    return text.replace("\n", f"\n{_INDENT}")


def _said(text: str, command: str) -> list[Element]:
    """Return a text as elements, one of its own for the command that ends its first line; nothing if it is empty."""
    before, command, below = split_command(text, command)
    if not command:
        return _texts(text)
    return [_text(f"{before} "), _text(command, code=True), *_texts(f"\n{below}" if below else "")]


def _texts(text: str, **style: bool) -> list[Element]:
    """Return a text as an element; nothing if it is empty."""
    return [_text(text, **style)] if text else []


def _text(text: str, **style: bool) -> Element:
    """Return literal text; a blank one gets an invisible character, since Slack refuses it."""
    shown = text if text.strip() or text == "\n" else f"{text}\u200b"
    return {"type": "text", "text": shown} | ({"style": style} if style else {})


def _address(url: str) -> Element:
    """Return a link if the address is on the web or a mailbox, else text."""
    return {"type": "link", "url": url} if is_link(url) and len(url) <= _URL else _text(url)
