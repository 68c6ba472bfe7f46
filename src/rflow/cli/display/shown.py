"""What the brief form shows of a text: the echo of what was recorded."""

from rflow.core.summary.budget.cutting import Limits, shortest, word_count
from rflow.core.summary.budget.shares import BRIEF
from rflow.core.text import counted, one_line

LIMITS = {
    "ask": BRIEF.ask.limits,
    "situation": BRIEF.situation.limits,
    "impact": BRIEF.impact.limits,
    "hypothesis": BRIEF.hypothesis.limits,
    "change": BRIEF.change[0].limits,
    "fact": BRIEF.fact,
}
"""How much of each kind of text the brief form shows where room is short."""


def as_shown(text: str, limits: Limits) -> str:
    """Return a text in quotation marks as the brief form shows it at the least, with a word where it is cut."""
    text = one_line(text)
    shown = shortest(text, limits)
    if shown == text:
        return f'"{text}"'
    length = counted(word_count(text), "word")
    return f'{length}, of which a brief may show only "{shown}" (up to {limits.most} are always shown)'
