"""The numbers of a session's steps: from 1, in the order in which they happened."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice

from rflow.core.session.state import Session, Step
from rflow.core.summary.budget.view import latest


class StepNumbers:
    """The number of each step, by its event.

    A step that was recorded late is placed when it happened. Usually there is none, and only the latest steps are read.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._late: dict[int, int] = {}

    def latest(self, count: int | None) -> Sequence[Step]:
        """Return the last `count` steps (None: all) in the order in which they happened."""
        if self._session.in_order:
            late = list(islice(self._session.steps.newest(), count))[::-1]
            self._late = {
                step.seq: number for number, step in enumerate(late, len(self._session.steps) - len(late) + 1)
            }
            return late
        return latest(self._sorted, count)

    def __getitem__(self, seq: int) -> int:
        """Return the number of the step of event `seq`."""
        return self._late.get(seq) or self._numbers[seq]

    @cached_property
    def _numbers(self) -> dict[int, int]:
        seqs = self._session.steps if self._session.in_order else [step.seq for step in self._sorted]
        return {seq: number for number, seq in enumerate(seqs, 1)}

    @cached_property
    def _sorted(self) -> list[Step]:
        steps = list(self._session.steps.values())
        if not any(step.kind == "own" for step in steps):
            return steps
        last: datetime | None = None
        keys = []
        for step in steps:
            last = step.at or last
            keys.append((last is not None, last.timestamp() if last else 0.0, step.seq))
        return [step for _, step in sorted(zip(keys, steps, strict=True), key=lambda pair: pair[0])]
