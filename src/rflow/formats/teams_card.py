"""The format teams-card: an Adaptive Card in the envelope that the webhook of a Teams workflow takes.

Version 1.4: for a later version Workflows reports success and shows "this card couldn't be displayed". So there is no
Table and no CodeBlock. Untrusted text goes into a TextRun, which is literal: TextBlock and FactSet read a part of
Markdown, whose escapes differ from client to client. Elements: adaptivecards.io/explorer.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from rflow.core.summary.progress import Summary
from rflow.core.summary.units.times import stamp
from rflow.formats import layout_of
from rflow.formats.escaping.plain import is_link, on_one_line, split_command
from rflow.formats.parts import Block, Command, Entry, Fact, Item, Items, Line, Link, Section, Sheet, Steps, sheet

Element = dict[str, Any]
_Drawing = Callable[[str, Item, int, int], Element]
"""Draws an entry, given its number or bullet, the entry, its depth and the width of the numbers."""

_LABELS = "128px"
_BULLET, _DIGIT, _INDENT = 14, 10, 22  # pixels
_BLANKS = "\u00a0" * 5
ROOM = 20_000
"""Maximum size of a card in bytes, of the 28,672 that Teams counts after wrapping it in its own envelope:
learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using."""

# Renderers replace {{DATE(…)}} and {{TIME(…)}} by times, also in a TextRun (npm adaptivecards, text-formatters).
_FUNCTION = re.compile(r"\{\{(?=DATE|TIME)")
# Renderers collapse leading and repeated spaces.
_SPACES = re.compile(r"^ +|  +", re.MULTILINE)


def build(summary: Summary) -> str:
    """Return a card in its envelope, one element per line: with hanging numbers if there is room, else without."""
    parts = sheet(summary, layout_of(summary))
    card = _card(parts, _hanging)
    return card if weight(card) <= ROOM else _card(parts, _running)


def weight(card: str) -> int:
    """Return the size of a card in bytes as Teams may re-encode it: ASCII JSON, six bytes per non-ASCII UTF-16 unit."""
    letters = sum(letter.isascii() for letter in card) if not card.isascii() else len(card)
    return letters + 6 * (len(card.encode("utf-16-le", "replace")) // 2 - letters)


def _card(parts: Sheet, draw: _Drawing) -> str:
    body = ",\n".join(msgspec.json.encode(element).decode() for element in _body(parts, draw))
    buttons = list(_actions(parts))
    actions = f',"actions":{msgspec.json.encode(buttons).decode()}' if buttons else ""
    return (
        '{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,'
        '"content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard",'
        f'"version":"1.4","msteams":{{"width":"Full"}},"body":[\n{body}\n]{actions}}}}}]}}\n'
    )


def _body(parts: Sheet, draw: _Drawing) -> Iterator[Element]:
    """Return the title, the facts of the session in small print, and the sections."""
    yield _block([_run(parts.title, size="Large", weight="Bolder")])
    if parts.lines:
        yield _block([_run("\n".join(parts.lines), size="Small", isSubtle=True)], spacing="Small")
    for place, section in enumerate(parts.sections):
        if place == 0 and not isinstance(section.blocks[0], Entry):
            yield {"type": "Container", "style": "emphasis", "items": list(_asking(section, draw))}
        else:
            yield from _section(section, draw)


def _actions(parts: Sheet) -> Iterator[Element]:
    """Return a button for a link to the web: Action.OpenUrl would also accept `javascript:`."""
    links = [block for section in parts.sections for block in section.blocks if isinstance(block, Link)]
    for link in links:
        if is_link(link.url) and link.url.casefold().startswith("http"):
            yield {"type": "Action.OpenUrl", "title": "Open the session", "url": link.url}


def _asking(section: Section, draw: _Drawing) -> Iterator[Element]:
    """Return the first section, the ask or the position, with the labels above the texts."""
    for block in section.blocks:
        if isinstance(block, Fact):
            yield _block([_run(block.label, weight="Bolder", color="Accent")])
            yield _block(_said(block.text, block.command), spacing="None")
        else:
            yield from _drawn(block, "Small", draw)


def _section(section: Section, draw: _Drawing) -> Iterator[Element]:
    """Return the heading and the parts, with a gap to the section before."""
    spacing = "Medium"
    if section.heading.strip():
        yield _block([_run(section.heading, weight="Bolder")], spacing="Medium", separator=True)
        spacing = "Small"
    for block in section.blocks:
        yield from _drawn(block, spacing, draw)
        spacing = "Small"


def _drawn(block: Block, spacing: str, draw: _Drawing) -> Iterator[Element]:
    """Return a part as elements."""
    match block:
        case Fact(label=label, text=text, command=command):
            yield _row(label, _said(text, command), spacing)
        case Command(label=label, text=text):
            yield _row(label, [_run(text, fontType="Monospace")], spacing)
        case Link(label=label, url=url, until=until):
            yield _row(label, [_run(f"{url} (until {stamp(until)})" if until else url)], spacing)
        case Line(text=text):
            yield _block([_run(text)], spacing=spacing)
        case Items(items=items):
            yield from _bullets(items, 0, draw)
        case Steps(steps=steps):
            width = _DIGIT * (len(str(steps[-1].number)) + 1)
            yield from (draw(f"{step.number}.", Item(text=step.text), 0, width) for step in steps)
        case Entry(title=title, lines=lines):
            yield _block([_run(title, weight="Bolder")], spacing="Medium", separator=True)
            yield _block([_run("\n".join(line.replace("\n", f"\n{_BLANKS}") for line in lines))], spacing="None")


def _bullets(items: Iterable[Item], depth: int, draw: _Drawing) -> Iterator[Element]:
    """Return the entries of a list one by one: the only lists in cards are those of Markdown."""
    for item in items:
        yield draw("•", item, depth, _BULLET)
        if item.output.strip():
            code = _block([_run(item.output, fontType="Monospace", size="Small")])
            yield {"type": "Container", "style": "emphasis", "spacing": "Small", "items": [code]}
        yield from _bullets(item.items, depth + 1, draw)


# Entries of lists


def _hanging(mark: str, item: Item, depth: int, width: int) -> Element:
    """Return an entry with its mark in a column, so that all lines of the text align; costs 250 bytes more."""
    columns: list[Element] = [{"type": "Column", "width": f"{depth * _INDENT}px"}] if depth else []
    columns.append({"type": "Column", "width": f"{width}px", "spacing": "None", "items": [_block([_run(mark)])]})
    text_block = _block(_said(item.text, item.command))
    columns.append({"type": "Column", "width": "stretch", "spacing": "None", "items": [text_block]})
    return {"type": "ColumnSet", "spacing": "None" if depth else "Small", "columns": columns}


def _running(mark: str, item: Item, depth: int, width: int) -> Element:
    """Return an entry with its mark before the text, whose other lines are indented, unlike an entry."""
    blanks = _BLANKS * depth
    line = item.text.replace("\n", f"\n{blanks}{_BLANKS}")
    return _block(_said(f"{blanks}{mark}\u00a0{line}", item.command), spacing="None" if depth else "Small")


# Elements


def _row(label: str, value: list[Element], spacing: str) -> Element:
    """Return a label beside its text; the labels of all rows have the same width."""
    columns = [
        {"type": "Column", "width": _LABELS, "items": [_block([_run(label, weight="Bolder")])]},
        {"type": "Column", "width": "stretch", "items": [_block(value)]},
    ]
    return {"type": "ColumnSet", "spacing": spacing, "columns": columns}


def _block(runs: list[Element], **options: object) -> Element:
    return {"type": "RichTextBlock", **options, "inlines": runs}


def _said(text: str, command: str) -> list[Element]:
    """Return a text as runs, one of its own for the command that ends its first line, without no-break spaces."""
    before, command, below = split_command(text, command)
    if not command:
        return [_run(text)]
    lines = [_run(below) | {"text": f"\n{_literal(below)}"}] if below else []
    return [_run(f"{before} "), _run(on_one_line(command), fontType="Monospace"), *lines]


def _run(text: str, **style: object) -> Element:
    return {"type": "TextRun", "text": _literal(text), **style}


def _literal(text: str) -> str:
    """Return a text that renderers show literally, with its spaces and anything that looks like a function."""
    spaced = _SPACES.sub(_kept, text.strip("\n").expandtabs(4))
    return _FUNCTION.sub("{\u2060{", spaced) or "\u00a0"


def _kept(run: re.Match[str]) -> str:
    """Replace every other space by a no-break space; the line can still wrap at the others."""
    return ("\u00a0 " * len(run[0]))[: len(run[0])]
