"""What a brief form has no room for, and the command that chooses what it says."""

from collections.abc import Mapping
from contextlib import suppress

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.core.session.state import Session
from rflow.core.summary.budget.arrange import Losses, crowded_out, longest, losses
from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.budget.filling import WARNINGS
from rflow.core.summary.budget.shares import BRIEF_WORDS, brief_words
from rflow.core.summary.progress import Progress, Summary
from rflow.core.summary.units.short_forms import short_forms
from rflow.core.summary.units.unit import SectionKey
from rflow.core.text import counted, enumerated
from rflow.errors import RflowError

_MANY = 8
"""So many entries without room are worth saying, where nobody has chosen what a brief says."""
_NAMED = 6
"""So many entries are named at most."""
_LONGEST = 4
"""So many entries that take most room are named."""
_BEGINNING: dict[SectionKey, str] = {"ask": "the ask", "now": "the situation", "hypothesis": "the hypothesis"}
_NAMES: dict[SectionKey, tuple[str, str]] = {
    "caution": ("warning", "warnings"),
    "plans": ("if-then", "if-thens"),
    "changes": ("change in place", "changes in place"),
    "waiting": ("wait", "waits"),
    "hypothesis": ("hypothesis", "hypotheses"),
    "assumed": ("assumption", "assumptions"),
    "facts": ("key fact", "key facts"),
}
"""The nouns of essential entries."""


def warn_about_losses(run: App, session: Session, summary: Summary, begin: str) -> None:
    """Say of a brief form without room for all that is important, or for many entries, what it lacks.

    `begin` is how a command for this session begins.
    """
    if session.status == "closed" or not (isinstance(summary, Progress) and summary.brief and not summary.since):
        return
    _say_longer(run, summary)
    if crowded := crowded_out(summary):
        most = enumerated([f"{_place(key, seq)} ({words})" for key, seq, words in longest(summary, _LONGEST)])
        run.say(f"A brief has no room for {_forms(crowded)}. Most room is taken by {most}: {begin} shorten")
        return
    lost = losses(summary)
    chosen = bool(short_forms(summary))
    if lost.essential or lost.cut or (lost.entries >= _MANY and not chosen):
        run.say(f"{_lacks(lost)} Choose what it says, a line each: {begin} shorten")


def _place(key: SectionKey, seq: int) -> str:
    """Return the name of an entry in a brief."""
    return _BEGINNING.get(key) or (
        f"#{seq}" if seq else f"the {_NAMES[key][0]}" if key in _NAMES else f"a line of {key}"
    )


def _forms(words: Mapping[int, int]) -> str:
    """Name the entries whose short forms have no room, with the words of these."""
    seqs = sorted(filter(None, words))
    if not seqs:
        return f"the hypothesis ({counted(sum(words.values()), 'word')})"
    named = [f"#{seq}" for seq in seqs[:_NAMED]] + ([f"{len(seqs) - _NAMED} more"] if len(seqs) > _NAMED else [])
    count = counted(sum(words.values()), "word")
    return f"the short form{'s' if len(seqs) > 1 else ''} of {enumerated(named)} ({count})"


def _say_longer(run: App, summary: Progress) -> None:
    """Say if a brief form is longer than usual because of its warnings."""
    shown = [section for section in summary.sections if section.key in WARNINGS]
    words = sum(word_count(entry.text) for section in shown for entry in section.entries)
    if (most := brief_words(words)) > BRIEF_WORDS:
        run.say(f"The warnings have {words} words, so a brief may have {most} in place of {BRIEF_WORDS}.")


def _lacks(lost: Losses) -> str:
    cuts = enumerated([_place(*entry) for entry in lost.cut])
    cut = f", and cuts {cuts}" if cuts else ""
    if not lost.entries:
        return f"A brief cuts {cuts}."
    kinds = enumerated([_named(key, lost.essential[key]) for key in _NAMES if lost.essential.get(key)])
    among = f" ({kinds} among them)" if kinds else ""
    return f"A brief has no room for {counted(lost.entries, 'entry', 'entries')}{among}{cut}."


def _named(key: SectionKey, count: int) -> str:
    return "the hypothesis" if key == "hypothesis" else counted(count, *_NAMES[key])


def warn_about_brief(run: App, session: Session, begin: str) -> None:
    """Do the same for a session without a summary at hand, such as one just handed over."""
    from rflow.service.summaries import session_progress

    if session.version:
        with suppress(RflowError):  # it has been recorded
            warn_about_losses(
                run, session, session_progress(run.workspace, session, replace(run.view(), brief=True)), begin
            )
