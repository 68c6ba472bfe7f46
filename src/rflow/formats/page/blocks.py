"""The parts of a page other than its steps: callouts, facts, and what stands beside and below them."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from rflow.core.summary.budget.sections import label
from rflow.core.summary.progress import Progress, Section, SectionEntry
from rflow.core.summary.units import phrases
from rflow.formats.page.lines import WHOLE, Line
from rflow.formats.phrases import FOOTER, numbered


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a page: its label, what stands behind that, and its entries; `until` is a time behind the label."""

    key: str
    label: str
    lines: tuple[Line, ...]
    detail: str = ""
    until: datetime | None = None
    tone: str = ""
    icon: str = ""


class Blocks(msgspec.Struct, frozen=True, kw_only=True):
    """The blocks of a page by their place, each in the order in which they are read."""

    top: tuple[Block, ...]
    facts: tuple[Block, ...]
    side: tuple[Block, ...]
    below: tuple[Block, ...]
    end: tuple[Block, ...]
    ruled_out: Block | None = None
    tried: Block | None = None


_TONES = {
    "ask": ("ask", "flag"),
    "closed": ("ok", "tick"),
    "caution": ("bad", "warning"),
    "changes": ("hold", "change"),
    "waiting": ("hold", "clock"),
}
"""The tone and the icon of each callout."""
_TOP = ("ask", "closed", "caution")
_SIDE = ("changes", "waiting")
_BELOW = ("next", "outputs", "notes", "handed_over", "taken_back")
_ELSEWHERE = frozenset({*_TOP, *_SIDE, *_BELOW, *FOOTER, "tried", "ruled_out"})


def blocks(progress: Progress) -> Blocks:
    """Return the blocks of a page; a section that has no place of its own stands among the facts."""
    made = {block.key: block for block in _made(progress)}
    side = [made[key] for key in _SIDE if key in made and not _says_nothing(made[key])]
    return Blocks(
        top=tuple(block for block in made.values() if block.key in _TOP),
        facts=tuple(block for block in made.values() if block.key not in _ELSEWHERE or _says_nothing(block)),
        side=tuple(side),
        below=tuple(made[key] for key in _BELOW if key in made),
        end=tuple(made[key] for key in FOOTER if key in made),
        ruled_out=made.get("ruled_out"),
        tried=made.get("tried"),
    )


def _says_nothing(block: Block) -> bool:
    """Whether a block says that no change is in place: nothing to act on, so no callout."""
    return block.key == "changes" and [line.text for line in block.lines] == [phrases.NOTHING]


def _made(progress: Progress) -> Iterator[Block]:
    """Return a block for each section, and for what had no room in any."""
    whole: dict[str, tuple[Line, ...]] = {}
    if is_whole(progress):
        whole |= {key: tuple(lines(progress)) for key, lines in WHOLE.items()}
    numbers = {} if progress.brief else {step.seq: step.number for step in progress.tried}
    for section in progress.sections:
        if not (whole and section.key in _REPLACED):
            yield _block(progress, section, whole.pop(section.key, ()), numbers)
    for key in WHOLE:
        if lines := whole.get(key):
            yield Block(key=key, label="Not shown" if key == "not_shown" else label(key, progress), lines=lines)


_REPLACED = ("taken_back", "not_shown")
"""In the whole form, what was taken back stands among the steps, and a page leaves out less than its sections."""


def is_whole(progress: Progress) -> bool:
    """Whether a page has more than the sections of a summary."""
    return not progress.brief and any((progress.tried, progress.notes, progress.evidence, progress.changes))


def _line(progress: Progress, section: Section, entry: SectionEntry, numbers: dict[int, int]) -> Line:
    text = numbered(entry)
    if section.key == "ask" and progress.ask_at:
        return Line(text=text, by=progress.ask_by or progress.session.owner, at=progress.ask_at)
    step = 0 if entry.number else numbers.get(entry.seq, 0)
    return Line(text=text.removesuffix(entry.command).rstrip(), command=entry.command, step=step)


def _block(progress: Progress, section: Section, lines: tuple[Line, ...], numbers: dict[int, int]) -> Block:
    tone, icon = _TONES.get(section.key, ("", ""))
    part = progress.waiting[0] if section.key == "waiting" and lines and progress.waiting else None
    until = part.until if part and len(progress.waiting) == 1 else None
    detail = section.detail if not lines or section.key == "now" else ""
    if section.key == "ask" and progress.ask_at:
        detail = ""  # who asks stands with the time
    if part and until:
        detail = "overdue since" if part.overdue else "until"
    entries = (_line(progress, section, entry, numbers) for entry in section.entries)
    return Block(
        key=section.key,
        label=section.label,
        lines=lines or tuple(entries),
        detail=detail,
        until=until,
        tone="bad" if (part and part.overdue) or detail.startswith("overdue") else tone,
        icon=icon,
    )
