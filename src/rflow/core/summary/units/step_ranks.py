"""Ranking steps by their relevance for the ask."""

from rflow.core.summary.progress import Progress
from rflow.core.summary.units.relations import words_in

_COMPARED = 30
"""How many of the last steps are compared with the ask."""
_CORRECTED = 3
"""The bonus of a corrected step: its first version may have been passed on."""
_SAME = 2
"""Two steps that share so many words of the ask are about the same subject."""


def rank_steps(progress: Progress) -> dict[int, int]:
    """Return the relevance of the last steps by event: how many words each shares with the title, ask and impact.

    A step has rank 0 if a later one is about the same subject, because that supersedes it. Corrected steps get a bonus.
    """
    subject = words_in(f"{progress.session.title} {progress.ask or ''} {progress.impact or ''}")
    ranks = {step.seq: _CORRECTED for step in progress.tried[:-_COMPARED] if step.amended and not step.undone}
    later: list[frozenset[str]] = []
    for step in reversed(progress.tried[-_COMPARED:]):
        if step.result and not step.undone:
            shared = words_in(f"{step.text} {step.result}") & subject
            ranks[step.seq] = 0 if any(len(shared & words) >= _SAME for words in later) else len(shared)
            ranks[step.seq] += _CORRECTED * step.amended
            later.append(shared)
    return ranks
