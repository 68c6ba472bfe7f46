"""Hints for a text just entered that the brief form may cut or leave out, with the command that shortens it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from rflow.core.session.events import Contingency
from rflow.core.session.state import Change, Note, Session, Step
from rflow.core.summary.budget.cutting import shortest, word_count
from rflow.core.summary.budget.shares import BRIEF, WHOLE_OR_NOT
from rflow.core.text import one_line

if TYPE_CHECKING:
    from rflow.cli.app import App

LIMITS = {
    "ask": BRIEF.ask.limits,
    "situation": BRIEF.situation.limits,
    "impact": BRIEF.impact.limits,
    "hypothesis": BRIEF.hypothesis.limits,
    "change": BRIEF.change[0].limits,
    "fact": BRIEF.fact,
    "assumption": BRIEF.assumption.limits,
    "wait": BRIEF.waiting.limits,
    "handoff note": BRIEF.last_note.limits,
    "summary": BRIEF.closing.limits,
}
"""How many words of each kind of text the brief form shows if room is short."""
_OFTEN = ("change", "fact", "assumption", "wait")
"""Kinds that are entered so often that a hint at every slightly long text would soon be ignored."""
_PLACE = 2
"""How many words before a cut show its place."""
_PLACE_LENGTH = 32


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A text just entered: its kind, its name in a message, and its part of the command that replaces it.

    A text of a kind without limits is shown whole or not at all, possibly with the entry that it belongs to.
    """

    kind: str
    text: str
    name: str = "it"
    part: str = '"…"'

    @property
    def words(self) -> int:
        """The number of words that count towards the budget."""
        return word_count(one_line(self.text))

    @property
    def most(self) -> int:
        """How many words fit."""
        limits = LIMITS.get(self.kind)
        return limits.most if limits else WHOLE_OR_NOT

    @property
    def left_out(self) -> bool:
        """Whether the brief form may leave it out."""
        return self.kind not in LIMITS and self.words > WHOLE_OR_NOT

    @property
    def place(self) -> str:
        """The words before the place where the brief form may cut it; "" if it won't, or cuts only a few words."""
        text = one_line(self.text)
        if self.kind in _OFTEN and self.words <= self.most * 3 // 2:
            return ""
        shown = shortest(text, LIMITS[self.kind]) if self.kind in LIMITS else text
        place = " ".join(shown.split()[-_PLACE:]) if shown != text else ""
        return place if len(place) <= _PLACE_LENGTH else f"…{place[-_PLACE_LENGTH:]}"


def say_cut(run: "App", command: str, texts: Iterable[Typed], then: str = "") -> None:
    """Say which texts the brief form may cut or leave out, and the command that shortens them; nothing if all fit.

    `command` is completed with the parts of these texts; `then` is a further step after it.
    """
    long = [text for text in texts if text.left_out or text.place]
    if long:
        cut = [f'{text.name} at "{text.place}" ({text.most} words fit)' for text in long if text.place]
        out = [f"{text.name}, with {text.words} words ({text.most} fit)" for text in long if text.left_out]
        phrases = [f"{verb} {', '.join(names)}" for verb, names in (("cut", cut), ("leave out", out)) if names]
        shorter = " ".join([command, *(text.part for text in long if text.part)])
        run.say(f"A brief may {'; it may '.join(phrases)}. Shorter: {shorter}{then}")


def say_cut_entry(run: "App", session: Session, seq: int) -> None:
    """Say what the brief form may cut of an entry, if it is the user's own, since nobody else can correct it."""
    entry = session.entry(seq)
    if entry is not None and not entry.undone and entry.by.id == run.me.id:
        say_cut(run, f"{run.command_prefix(session)} shorten {seq}", key_texts(session, seq))


def key_texts(session: Session, seq: int) -> list[Typed]:
    """Return the texts of an entry that the brief form shows as a change, a key fact or an assumption."""
    match session.entry(seq):
        case Change(text=text, revert=revert) as change if change.in_place:
            both = '"…; revert: …"'
            return [
                Typed(kind="change", text=text, part="" if len(revert.split()) > WHOLE_OR_NOT else '"…"'),
                Typed(kind="way back", name="the way back", text=revert, part=both),
            ]
        case Note(kind="assumption", text=text, settled=None):
            return [Typed(kind="assumption", text=text)]
        case Note(kind="note", text=text) if seq in session.pins:
            return [Typed(kind="fact", text=text)]
        case Step(kind="own" | "action") as step:
            return _of_step(step, pinned=seq in session.pins)
    return []


def _of_step(step: Step, *, pinned: bool) -> list[Typed]:
    """Return the result of a step that is a key fact or assumed, or its text if there is no result."""
    kind = "assumption" if step.assumed and step.settled is None else "fact" if pinned else ""
    if not kind or not (step.result or step.kind == "own"):
        return []
    if step.result:
        return [Typed(kind=kind, text=step.result)]
    return [Typed(kind=kind, text=step.text)]


def if_thens(plans: Sequence[Contingency], part: str = '--if "…" --then "…"') -> list[Typed]:
    """Return a single contingency plan; none if there are several, which can only be re-entered together."""
    texts = [f"if {plan.condition}: {plan.action}" for plan in plans] if len(plans) == 1 or not part else []
    return [Typed(kind="if-then", name="the if-then", text=text, part=part) for text in texts]
