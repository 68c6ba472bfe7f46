"""The steps on a page: each with its outputs, older ones folded unless they are key facts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice

import msgspec

from rflow.core.summary.progress import Progress, ProgressEvidence, Tried

OPEN_STEPS = 5
"""Number of last steps that are never folded."""
_MAX_HINTS = 4
"""Maximum number of steps to name on a fold."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its outputs; `by` and `day` are set only if they differ from those of the previous row."""

    step: Tried
    by: str = ""
    day: datetime | None = None
    outputs: tuple[ProgressEvidence, ...] = ()


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive steps, folded or not; `hints` are texts of some of them, to label the fold."""

    folded: bool
    rows: tuple[Row, ...]
    hints: tuple[str, ...] = ()


def runs(progress: Progress) -> tuple[Run, ...]:
    """Group the steps into runs, folded or not: the last steps and key facts are never folded."""
    last = {step.seq for step in progress.tried[-OPEN_STEPS:]}
    grouped = groupby(progress.tried, lambda step: step.seq not in last and (step.undone or not step.pinned))
    return tuple(_run(progress, tuple(run), folded=folded) for folded, run in grouped)


def _run(progress: Progress, steps: tuple[Tried, ...], *, folded: bool) -> Run:
    valid = (step.text for step in steps if not step.undone)
    hints = tuple(islice(valid, _MAX_HINTS)) or ("taken back",)
    alone = len(steps) == 1  # a fold would not save any room
    return Run(folded=folded and not alone, rows=tuple(_rows(progress, steps)), hints=hints)


def _rows(progress: Progress, steps: tuple[Tried, ...]) -> Iterator[Row]:
    by, day = "", progress.session.as_of.date()
    for step in steps:
        new_day = step.at is not None and step.at.date() != day
        yield Row(
            step=step,
            by=step.by if step.by != by else "",
            day=step.at if new_day else None,
            outputs=tuple(piece for piece in progress.evidence if piece.on == step.seq),
        )
        by, day = step.by, step.at.date() if step.at else day


def loose_outputs(progress: Progress) -> Sequence[ProgressEvidence]:
    """Return the outputs whose step is not shown."""
    shown = {step.seq for step in progress.tried}
    return [piece for piece in progress.evidence if piece.on not in shown]


def output_lines(piece: ProgressEvidence) -> list[str]:
    """Return the end of an output, below the line that says most if that came before: the message above a stack."""
    lines = [*piece.lines]
    before = [] if not piece.telling or piece.telling in map(str.strip, lines) else [piece.telling, "…"]
    return [*before, *lines]
