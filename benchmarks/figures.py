"""Figures and how they are told: a table on the screen, the same one in Markdown."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from benchmarks.pairing import Round, Spread, cpu, ratios, wall


class Aim(msgspec.Struct, frozen=True):
    """What a figure should be; `on` names which of its two values is judged."""

    bound: float
    sense: Literal["≤", "≥"] = "≤"
    on: Literal["wall", "cpu"] = "wall"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A value of this run: `what` measured against `base`, in `unit` ("×" is a ratio)."""

    what: str
    base: str
    wall: Spread | None = None
    cpu: Spread | None = None
    unit: str = "×"
    aim: Aim | None = None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        judged = self.wall if self.aim.on == "wall" else self.cpu
        assert judged is not None
        return judged.median <= self.aim.bound if self.aim.sense == "≤" else judged.median >= self.aim.bound


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a topic, or why there are none."""

    name: str
    figures: tuple[Figure, ...] = ()
    remark: str = ""


def ratio(found: Sequence[Round], what: str, base: str, aim: Aim | None = None, **told: str) -> Figure:
    """Make the figure of `what` ÷ `base`; `told` says otherwise how to call them."""
    return Figure(
        what=told.get("what", what),
        base=told.get("base", base),
        wall=ratios(found, wall, what, base),
        cpu=ratios(found, cpu, what, base),
        aim=aim,
    )


_HEAD = ("measured", "against", "wall clock", "CPU", "aim", "")


def markdown(sections: Sequence[Section]) -> str:
    """Give the sections as Markdown tables."""
    return "\n\n".join(_markdown(section) for section in sections)


def _markdown(section: Section) -> str:
    lines = [f"### {section.name}", ""]
    if section.figures:
        rows = [_HEAD, ("---",) * len(_HEAD), *map(_row, section.figures)]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
    if section.remark:
        lines += ["", section.remark] if section.figures else [section.remark]
    return "\n".join(lines)


def screen(section: Section) -> str:
    """Give a section as a table in columns."""
    rows = [_HEAD, *map(_row, section.figures)] if section.figures else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"\n{section.name}", *(f"  {line}" for line in [*lines, section.remark] if line)])


def _row(figure: Figure) -> tuple[str, ...]:
    aim = figure.aim
    wanted = f"{aim.sense} {aim.bound:g} {figure.unit}" if aim else ""
    if aim and aim.on == "cpu":
        wanted += " CPU"
    verdict = {True: "met", False: "**missed**", None: ""}[figure.met]
    return figure.what, figure.base, _told(figure.wall, figure.unit), _told(figure.cpu, figure.unit), wanted, verdict


def _told(value: Spread | None, unit: str) -> str:
    if value is None:
        return ""
    low, median, high = (_rounded(number) for number in (value.low, value.median, value.high))
    return f"{median} {unit} ({low} to {high})"


def _rounded(number: float) -> str:
    return f"{number:.3f}" if abs(number) < 0.1 else f"{number:.2f}" if abs(number) < 10 else f"{number:.1f}"
