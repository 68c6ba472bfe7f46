"""How many words of each kind of text the brief and the whole form of a summary show."""

import msgspec

from rflow.core.summary.budget.cutting import Limits
from rflow.core.summary.units.unit import Share, readable, share

BRIEF_WORDS = 200
WHOLE_LEAST, WHOLE_MOST = 380, 900
WHOLE_OR_NOT = 20
"""A text that is never cut, such as how to revert a change, usually has room in a full brief form up to this length."""
UNCUT, MOST_UNCUT = 60, 150
"""Each word of the ask, warnings and contingencies between these numbers makes the whole form longer by one.

Beyond that, it gets longer only to leave `WHOLE_LEAST` words for everything else.
"""


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """The shares of one form."""

    ask: Share
    last_note: Share
    situation: Share
    impact: Share
    before: tuple[Share, Share]
    waiting: Share
    change: tuple[Share, Share]
    reverted: tuple[Share, Share]
    reverted_then: Share
    """The outcome of a change, if what followed its revert is shown at more length."""
    assumption: Share
    hypothesis: Share
    choice: Share
    step: tuple[Share, Share]
    on_step: Share
    taken_back: tuple[Share, Share]
    note: Share
    output: Share
    handover: Share
    closing: Share
    causes: tuple[int, int, int]
    """How many ruled-out causes of an answer are named: in the shortest form, in the target form, and at most."""
    fact_what: Share
    fact: Limits
    """The number of words of a key fact."""
    facts: tuple[int, int, int]
    """The number of words of all key facts together, and the smallest and largest target for each."""
    last_results: int
    """How many results (of key facts, changes and the last steps together) always have room."""


BRIEF = Shares(
    ask=share(60, 60, 60, 60, 60),
    last_note=share(12, 40, 40, 40, 40),
    situation=share(6, 12, 8, 14, 30),
    impact=share(8, 14, 12, 22, 36),
    before=(share(4, 8, 4, 10, 16), share(4, 8, 4, 10, 16)),
    waiting=share(8, 14, 8, 14, 18),
    change=(share(3, 7, 3, 7, 14), share(4, 8, 6, 16, 16)),
    reverted=(share(3, 7, 3, 7, 12), share(4, 8, 12, 20, 24)),
    reverted_then=share(3, 8, 3, 8, 10),
    assumption=share(4, 8, 8, 14, 24),
    hypothesis=share(6, 12, 12, 16, 28),
    choice=share(4, 7, 6, 9, 16),
    step=(share(3, 7, 3, 7, 10), share(4, 8, 4, 9, 14)),
    on_step=share(8, 16, 8, 16, 24),
    taken_back=(share(3, 6, 3, 6, 8), share(6, 14, 8, 18, 24)),
    note=share(7, 12, 12, 24, 40),
    output=share(6, 12, 8, 16, 20),
    handover=share(6, 12, 8, 20, 40),
    closing=share(12, 40, 40, 40, 60),
    causes=(1, 2, 3),
    fact_what=share(3, 6, 3, 6, 10),
    fact=Limits(6, 12, 30),
    facts=(44, 14, 18),
    last_results=3,
)
WHOLE = Shares(
    ask=readable(90, 90, 90, 90, 90),
    last_note=readable(14, 40, 40, 40, 60),
    situation=readable(10, 16, 14, 30, 60),
    impact=readable(10, 18, 20, 34, 50),
    before=(readable(4, 12, 8, 20, 40), readable(4, 12, 8, 20, 40)),
    waiting=readable(10, 18, 16, 24, 30),
    change=(readable(4, 9, 8, 16, 28), readable(3, 8, 20, 24, 24)),
    reverted=(readable(4, 8, 6, 12, 16), readable(4, 9, 20, 26, 26)),
    reverted_then=readable(2, 8, 6, 12, 20),
    assumption=readable(5, 10, 16, 24, 40),
    hypothesis=readable(8, 14, 24, 36, 45),
    choice=readable(5, 9, 10, 16, 24),
    step=(readable(3, 6, 5, 10, 16), readable(5, 8, 5, 12, 24)),
    on_step=readable(8, 16, 12, 24, 40),
    taken_back=(readable(3, 8, 3, 8, 8), readable(8, 20, 16, 24, 40)),
    note=readable(8, 14, 12, 24, 40),
    output=readable(6, 12, 8, 16, 20),
    handover=readable(12, 24, 24, 40, 60),
    closing=readable(12, 40, 40, 40, 90),
    causes=(1, 2, 5),
    fact_what=readable(3, 6, 5, 10, 16),
    fact=Limits(6, 12, 60, readable=True),
    facts=(10_000, 36, 40),
    last_results=0,
)


def brief_words(warnings: int) -> int:
    """Return the budget of the brief form: larger if `warnings`, the words of warnings, exceed a third of it."""
    return BRIEF_WORDS + max(warnings - BRIEF_WORDS // 3, 0)


def whole_words(entries: int, outputs: int, typed: int, uncut: int) -> int:
    """Return the budget of the whole form.

    It grows with the number of `entries` and `outputs`, with `typed`, the number of words that people entered, and with
    `uncut`, the number of words that are never cut.
    """
    by_entries = min(186 + 7 * entries + 12 * outputs, WHOLE_MOST) + max(min(uncut, MOST_UNCUT) - UNCUT, 0)
    return max(by_entries, min(typed * 5 // 8, WHOLE_MOST), WHOLE_LEAST + max(uncut - MOST_UNCUT, 0))
