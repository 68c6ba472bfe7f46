"""A summary as structured parts, for formats that are not plain text: cards, messages and pages.

The layouts (progress.j2, digest.j2) decide for all formats what is shown, in which order and words. They call the
macros of `f`: in a text format those of its template, here the methods of a `Recorder`, which collects the parts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

import msgspec
from markupsafe import Markup
from msgspec.structs import replace

from rflow.core.summary.progress import Summary
from rflow.formats.templates import environment


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a summary. All its texts are untrusted; they are cleaned but not escaped."""


class Fact(_Part, frozen=True, kw_only=True):
    """A label and its text, which may have several lines; its first line may end in a `command` to type."""

    label: str
    text: str
    command: str = ""


class Command(_Part, frozen=True, kw_only=True):
    """A label and a command to type."""

    label: str
    text: str


class Link(_Part, frozen=True, kw_only=True):
    """A label and an address, which may expire."""

    label: str
    url: str
    until: datetime | None = None


class Line(_Part, frozen=True, kw_only=True):
    """A line of its own."""

    text: str


class Item(_Part, frozen=True, kw_only=True):
    """An entry of a list, with what is below it: the lines of an output, or a list of its own.

    The first line of its text may end in a `command` to type.
    """

    text: str
    command: str = ""
    output: str = ""
    items: tuple["Item", ...] = ()


class Items(_Part, frozen=True, kw_only=True):
    """A list."""

    items: tuple[Item, ...]


class NumberedStep(_Part, frozen=True, kw_only=True):
    """A step with its number; the numbers of a list may have gaps."""

    number: int
    text: str


class Steps(_Part, frozen=True, kw_only=True):
    """A numbered list."""

    steps: tuple[NumberedStep, ...]


class Entry(_Part, frozen=True, kw_only=True):
    """One session of a digest: its title and some lines."""

    title: str
    lines: tuple[str, ...]


Block = Fact | Command | Link | Line | Items | Steps | Entry


class Section(_Part, frozen=True, kw_only=True):
    """A group of parts; the heading may be empty."""

    heading: str
    blocks: tuple[Block, ...]


class Sheet(_Part, frozen=True, kw_only=True):
    """A whole summary in parts: title, lines below the title, and sections."""

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]


class _Title(_Part, frozen=True, kw_only=True):
    text: str
    lines: tuple[str, ...]


class _Deep(_Part, frozen=True, kw_only=True):
    """An entry of a list as a layout draws it: with its depth instead of what is below it."""

    text: str
    depth: int
    command: str = ""
    output: str = ""


class _Output(_Part, frozen=True, kw_only=True):
    text: str


_Recorded = _Title | Section | Fact | Command | Link | Line | _Deep | NumberedStep | _Output | Entry
# Delimited by control characters, which cleaned text never contains.
_TOKEN = re.compile("\x02([0-9]+)\x03")


class Recorder:
    """Implements the macros of a format: records each part, and returns a token that the layout puts in its place."""

    def __init__(self) -> None:
        self._recorded: list[_Recorded] = []

    def sheet(self, drawn: str) -> Sheet:
        """Return the parts whose tokens are in the output of a layout."""
        parts = list(self._placed(drawn))
        title = next(part for part in parts if isinstance(part, _Title))
        sections = tuple(part for part in parts if isinstance(part, Section))
        return Sheet(title=title.text, lines=title.lines, sections=sections)

    def _keep(self, part: _Recorded) -> Markup:
        self._recorded.append(part)
        return Markup(f"\x02{len(self._recorded) - 1}\x03")  # noqa: S704 (a token, not untrusted text)

    def _placed(self, drawn: str) -> Iterator[_Recorded]:
        return (self._recorded[int(number)] for number in _TOKEN.findall(drawn))

    # Called by layouts

    def title(self, text: str, lines: Sequence[str]) -> Markup:
        """Record the title."""
        return self._keep(_Title(text=text, lines=tuple(line for line in lines if line)))

    def part(self, heading: str = "", detail: str = "", *, caller: Callable[[], str]) -> Markup:
        """Record a section, unless it is empty."""
        blocks = tuple(_grouped(self._placed(caller())))
        return self._keep(Section(heading=f"{heading} {detail}".strip(), blocks=blocks)) if blocks else Markup()

    def fact(self, label: str, text: object, detail: str = "", command: str = "") -> Markup:
        """Record a fact, unless it is empty; `detail` belongs to its label."""
        whole = f"{label} {detail}".strip()
        return self._keep(Fact(label=whole, text=str(text), command=command)) if text else Markup()

    def command(self, label: str, text: str) -> Markup:
        """Record a command."""
        return self._keep(Command(label=label, text=text))

    def link(self, label: str, url: str | None, until: datetime | None = None) -> Markup:
        """Record a link, if there is one."""
        return self._keep(Link(label=label, url=url, until=until)) if url else Markup()

    def line(self, text: str) -> Markup:
        """Record a line."""
        return self._keep(Line(text=text))

    def item(self, text: str, depth: int = 1, command: str = "") -> Markup:
        """Record an entry of a list."""
        return self._keep(_Deep(text=text, depth=depth, command=command))

    def step(self, number: int, text: str, gap: int, last: int) -> Markup:
        """Record a numbered step."""
        return self._keep(NumberedStep(number=number, text=text))

    def output(self, text: str) -> Markup:
        """Record the output of the entry above, unless it is empty."""
        return self._keep(_Output(text=text)) if text else Markup()

    def entry(self, title: str, lines: Sequence[str]) -> Markup:
        """Record one session of a digest."""
        return self._keep(Entry(title=title, lines=tuple(lines)))


def _kind(part: _Recorded) -> type:
    return _Deep if isinstance(part, _Output) else type(part)


def _grouped(parts: Iterator[_Recorded]) -> Iterator[Block]:
    """Yield the parts, with consecutive entries of a list combined."""
    for kind, run in groupby(parts, _kind):
        if kind is _Deep:
            yield Items(items=_nested(part for part in run if isinstance(part, _Deep | _Output)))
        elif kind is NumberedStep:
            yield Steps(steps=tuple(part for part in run if isinstance(part, NumberedStep)))
        else:
            yield from (part for part in run if isinstance(part, Fact | Command | Link | Line | Entry))


def _nested(parts: Iterable[_Deep | _Output]) -> tuple[Item, ...]:
    """Return the entries of a list as a tree, by their depth, each with its output."""
    entries: list[_Deep] = []
    for part in parts:
        if isinstance(part, _Deep):
            entries.append(part)
        else:
            entries[-1] = replace(entries[-1], output=part.text)
    return tuple(_list(entries[::-1], 1))


def _list(waiting: list[_Deep], depth: int) -> Iterator[Item]:
    """Take the entries of one list, those at least `depth` deep, from the end of `waiting`."""
    while waiting and waiting[-1].depth >= depth:
        entry = waiting.pop()
        items = tuple(_list(waiting, entry.depth + 1))
        yield Item(text=entry.text, command=entry.command, output=entry.output, items=items)


def sheet(summary: Summary, layout: str) -> Sheet:
    """Return the parts of `summary` as its `layout` draws them."""
    recorder = Recorder()
    return recorder.sheet(environment(".txt.j2").get_template(layout).render(p=summary, f=recorder))
