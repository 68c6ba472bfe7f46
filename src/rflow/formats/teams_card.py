"""The format teams-card: an Adaptive Card in the envelope that the webhook of a Teams workflow takes.

Version 1.4: of a later one, Workflows says that it was posted and shows "this card couldn't be displayed". So there is
no Table and no CodeBlock. Whatever somebody wrote stands in a TextRun, which is literal: TextBlock and FactSet read a
part of Markdown, whose escapes differ from client to client. Elements: adaptivecards.io/explorer.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rflow.core.summary.progress import Digest, Progress
from rflow.formats import layout_of
from rflow.formats.environment import stamp
from rflow.formats.escaping.plain import is_link
from rflow.formats.parts import Block, Command, Entry, Fact, Item, Items, Line, Link, Section, Sheet, Steps, sheet

Element = dict[str, Any]
_Drawing = Callable[[str, str, int, int], Element]
"""Draws an entry: its number or bullet, its text, how deep it lies, how wide the numbers are."""

_LABELS = "128px"
_BULLET, _DIGIT, _INDENT = 14, 10, 22  # pixels
_BLANKS = "\u00a0" * 5
ROOM = 20_000
"""The bytes that a card may have, of 28,672, which Teams counts after it has wrapped the card in its own:
learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using."""

# A renderer fills in times for {{DATE(…)}} and {{TIME(…)}}, in a TextRun, too (npm adaptivecards, text-formatters).
_FUNCTION = re.compile(r"\{\{(?=DATE|TIME)")
# Spaces at a line's beginning and beside each other would become one.
_SPACES = re.compile(r"^ +|  +", re.MULTILINE)


def build(told: Progress | Digest, cache: Path | None = None) -> str:
    """Write a card in its envelope, one element a line: a handsome one if there is room, else a plainer one."""
    parts = sheet(told, layout_of(told), cache)
    card = _card(parts, _hanging)
    return card if len(card.encode()) <= ROOM else _card(parts, _running)


def _card(parts: Sheet, draw: _Drawing) -> str:
    body = ",\n".join(msgspec.json.encode(element).decode() for element in _body(parts, draw))
    found = list(_actions(parts))
    actions = f',"actions":{msgspec.json.encode(found).decode()}' if found else ""
    return (
        '{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,'
        '"content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard",'
        f'"version":"1.4","msteams":{{"width":"Full"}},"body":[\n{body}\n]{actions}}}}}]}}\n'
    )


def _body(parts: Sheet, draw: _Drawing) -> Iterator[Element]:
    """Give the title, what concerns the session in small print, and the sections."""
    yield _block([_run(parts.title, size="Large", weight="Bolder")])
    if parts.lines:
        yield _block([_run("\n".join(parts.lines), size="Small", isSubtle=True)], spacing="Small")
    for place, section in enumerate(parts.sections):
        if place == 0 and not isinstance(section.blocks[0], Entry):
            yield {"type": "Container", "style": "emphasis", "items": list(_asking(section, draw))}
        else:
            yield from _section(section, draw)


def _actions(parts: Sheet) -> Iterator[Element]:
    """Give a button for the link, if it leads to the web: Action.OpenUrl would take `javascript:`, too."""
    links = [block for section in parts.sections for block in section.blocks if isinstance(block, Link)]
    for link in links:
        if is_link(link.url) and link.url.casefold().startswith("http"):
            yield {"type": "Action.OpenUrl", "title": "Open the session", "url": link.url}


def _asking(section: Section, draw: _Drawing) -> Iterator[Element]:
    """Set the first section off: what is asked, or where it is stuck, with its label above it."""
    for block in section.blocks:
        if isinstance(block, Fact):
            yield _block([_run(block.label, weight="Bolder", color="Accent")])
            yield _block([_run(block.text)], spacing="None")
        else:
            yield from _drawn(block, "Small", draw)


def _section(section: Section, draw: _Drawing) -> Iterator[Element]:
    """Give the heading, and each part; the first of them stands off from the section before."""
    spacing = "Medium"
    if section.heading.strip():
        yield _block([_run(section.heading, weight="Bolder")], spacing="Medium", separator=True)
        spacing = "Small"
    for block in section.blocks:
        yield from _drawn(block, spacing, draw)
        spacing = "Small"


def _drawn(block: Block, spacing: str, draw: _Drawing) -> Iterator[Element]:
    """Write a part down."""
    match block:
        case Fact(label=label, text=text):
            yield _row(label, [_run(text)], spacing)
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
            yield from (draw(f"{step.number}.", step.text, 0, width) for step in steps)
        case Entry(title=title, lines=lines):
            yield _block([_run(title, weight="Bolder")], spacing="Medium", separator=True)
            yield _block([_run("\n".join(line.replace("\n", f"\n{_BLANKS}") for line in lines))], spacing="None")


def _bullets(items: Iterable[Item], depth: int, draw: _Drawing) -> Iterator[Element]:
    """Write the entries of a list one by one: the only lists that cards know are Markdown's."""
    for item in items:
        yield draw("•", item.text, depth, _BULLET)
        if item.output.strip():
            code = _block([_run(item.output, fontType="Monospace", size="Small")])
            yield {"type": "Container", "style": "emphasis", "spacing": "Small", "items": [code]}
        yield from _bullets(item.items, depth + 1, draw)


# Entries of lists


def _hanging(mark: str, text: str, depth: int, width: int) -> Element:
    """Put the mark into a column of its own, so that every line of the text begins behind it: 250 bytes more."""
    columns: list[Element] = [{"type": "Column", "width": f"{depth * _INDENT}px"}] if depth else []
    columns.append({"type": "Column", "width": f"{width}px", "spacing": "None", "items": [_block([_run(mark)])]})
    columns.append({"type": "Column", "width": "stretch", "spacing": "None", "items": [_block([_run(text)])]})
    return {"type": "ColumnSet", "spacing": "None" if depth else "Small", "columns": columns}


def _running(mark: str, text: str, depth: int, width: int) -> Element:
    """Put the mark before the text; the text's own lines are set in, so that none is taken for an entry."""
    blanks = _BLANKS * depth
    line = text.replace("\n", f"\n{blanks}{_BLANKS}")
    return _block([_run(f"{blanks}{mark}\u00a0{line}")], spacing="None" if depth else "Small")


# Elements


def _row(label: str, value: list[Element], spacing: str) -> Element:
    """Put a label beside what belongs to it; the labels of all rows are equally wide."""
    columns = [
        {"type": "Column", "width": _LABELS, "items": [_block([_run(label, weight="Bolder")])]},
        {"type": "Column", "width": "stretch", "items": [_block(value)]},
    ]
    return {"type": "ColumnSet", "spacing": spacing, "columns": columns}


def _block(runs: list[Element], **options: object) -> Element:
    return {"type": "RichTextBlock", **options, "inlines": runs}


def _run(text: str, **style: object) -> Element:
    return {"type": "TextRun", "text": _literal(text), **style}


def _literal(text: str) -> str:
    """Keep a text as it is: its spaces, and what looks like a function."""
    spaced = _SPACES.sub(_kept, text.strip("\n").expandtabs(4))
    return _FUNCTION.sub("{\u2060{", spaced) or "\u00a0"


def _kept(run: re.Match[str]) -> str:
    """Make every other space one that stays; a line can still be folded at the others."""
    return ("\u00a0 " * len(run[0]))[: len(run[0])]
