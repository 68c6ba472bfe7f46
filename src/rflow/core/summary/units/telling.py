"""Which steps say most about what is asked."""

from rflow.core.summary.progress import Progress
from rflow.core.summary.units.relations import words_in

_LOOKED_AT = 30
"""So many steps, the last, are compared with what is asked."""
_CORRECTED = 3
"""How much more a step says that was corrected: what it said at first may have been passed on."""
_SAME = 2
"""Two steps that share so many words of what is asked are about the same."""


def ranks_of_steps(progress: Progress) -> dict[int, int]:
    """Return how much each of the last steps has to do with what is asked: how many words it shares with that.

    A step says nothing more where a later one is about the same: what "works again" may not for long. One that was
    corrected says more than the others.
    """
    subject = words_in(f"{progress.session.title} {progress.ask or ''} {progress.impact or ''}")
    ranks = {step.seq: _CORRECTED for step in progress.tried[:-_LOOKED_AT] if step.amended and not step.undone}
    later: list[frozenset[str]] = []
    for step in reversed(progress.tried[-_LOOKED_AT:]):
        if step.result and not step.undone:
            shared = words_in(f"{step.text} {step.result}") & subject
            ranks[step.seq] = 0 if any(len(shared & words) >= _SAME for words in later) else len(shared)
            ranks[step.seq] += _CORRECTED * step.amended
            later.append(shared)
    return ranks
