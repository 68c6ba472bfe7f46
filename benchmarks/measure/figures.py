"""Figures, and their tables on the screen and in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from benchmarks.measure.pairing import Round, Spread, cpu, ratios, wall

WALL, CPU = "wall clock", "CPU"


class Aim(msgspec.Struct, frozen=True):
    """The target of a figure, an upper or lower bound for its value `on`."""

    bound: float
    sense: Literal["≤", "≥"] = "≤"
    on: str = WALL


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured and what it is compared with; `values` by their names, in `unit` ("×" is a ratio)."""

    what: str
    base: str
    values: Mapping[str, Spread]
    unit: str = "×"
    aim: Aim | None = None

    @property
    def verdict(self) -> str:
        """Whether the target is met; "" if there is none."""
        if self.aim is None:
            return ""
        value, bound = self.values[self.aim.on].median, self.aim.bound
        met = value <= bound if self.aim.sense == "≤" else value >= bound
        return "met" if met else "missed"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a topic, or why there are none."""

    name: str
    figures: Sequence[Figure] = ()
    remark: str = ""


def ratio(results: Sequence[Round], name: str, base: str, aim: Aim | None = None, *, of: str, to: str) -> Figure:
    """Return the figure of the commands `name` ÷ `base`, described as `of` and `to`."""
    values = {WALL: ratios(results, wall, name, base), CPU: ratios(results, cpu, name, base)}
    return Figure(what=of, base=to, values=values, aim=aim)


def markdown(sections: Sequence[Section]) -> str:
    """Return the sections as Markdown tables."""
    return "\n\n".join(_markdown(section) for section in sections)


def _markdown(section: Section) -> str:
    head, *rows = _table(section)
    ruled = [head, ["---"] * len(head), *rows] if rows else []
    table = "\n".join(f"| {' | '.join(row)} |" for row in ruled)
    return "\n\n".join(part for part in (f"### {section.name}", table, section.remark) if part)


def screen(section: Section) -> str:
    """Return a section as a table in columns."""
    rows = _table(section) if section.figures else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"\n{section.name}", *(f"  {line}" for line in [*lines, section.remark] if line)])


def _table(section: Section) -> list[list[str]]:
    columns = list(dict.fromkeys(name for figure in section.figures for name in figure.values))
    aims = any(figure.aim for figure in section.figures)
    head = ["measured", "against", *columns, *(["aim", ""] if aims else [])]
    return [head, *(_row(figure, columns, aims) for figure in section.figures)]


def _row(figure: Figure, columns: Sequence[str], aims: bool) -> list[str]:
    values = [_formatted(figure.values.get(name), figure.unit) for name in columns]
    aim = figure.aim
    on = f" {aim.on}" if aim and aim.on != next(iter(figure.values)) else ""
    wanted = f"{aim.sense} {aim.bound:g} {figure.unit}{on}" if aim else ""
    return [figure.what, figure.base, *values, *([wanted, figure.verdict] if aims else [])]


def _formatted(value: Spread | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{_rounded(value.median)} {unit} ({_rounded(value.low)} to {_rounded(value.high)})"


def _rounded(number: float) -> str:
    return f"{number:.3f}" if abs(number) < 0.1 else f"{number:.2f}" if abs(number) < 10 else f"{number:.1f}"
