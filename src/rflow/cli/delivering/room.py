"""Messages about a brief form that omits or cuts something essential, and the texts to shorten."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.display.shown import LIMITS, Typed, if_thens, key_texts
from rflow.core.session.state import Session
from rflow.core.summary.budget.arrange import essential_losses
from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.budget.filling import WARNINGS
from rflow.core.summary.budget.shares import BRIEF_WORDS, brief_words
from rflow.core.summary.progress import Progress, Summary
from rflow.core.summary.units.unit import SectionKey
from rflow.core.text import counted, enumerated, one_line, shorten
from rflow.errors import RflowError

_LONG, _LONG_ASK = 16, 30
"""Texts of at most so many words are not listed, because shortening them saves too little."""
_NAMED = 3
"""How many texts are listed."""
_QUOTED = 24
"""How many characters of a text identify it."""
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
    """Say what a brief form omits or cuts of the essential entries, and which long texts this user can shorten.

    `begin` is the prefix of a command for this session.
    """
    if session.status == "closed" or not (isinstance(summary, Progress) and summary.brief and not summary.since):
        return
    _say_longer(run, summary)
    omitted, cut = essential_losses(summary)
    if not (omitted or cut):
        return
    texts = sorted(_long_texts(run, session), key=lambda found: found[0], reverse=True)[:_NAMED]
    problem = f"{_lacks(omitted, cut)} "
    for _, name, text, command in texts:
        quoted = f'"{shorten(one_line(text.text), _QUOTED)}"'
        run.say(f"{problem}Shorten {name} {quoted} ({text.words} words): {begin} {command} {text.part}")
        problem = ""


def _say_longer(run: App, summary: Progress) -> None:
    """Say if a brief form is longer than usual because of its warnings."""
    shown = [section for section in summary.sections if section.key in WARNINGS]
    words = sum(word_count(entry.text) for section in shown for entry in section.entries)
    if (most := brief_words(words)) > BRIEF_WORDS:
        run.say(f"The warnings have {words} words, so a brief may have {most} in place of {BRIEF_WORDS}.")


def _lacks(omitted: Mapping[SectionKey, int], cut: int) -> str:
    if not omitted:
        return f"A brief cuts {counted(cut, 'key entry', 'key entries')}."
    kinds = [_named(key, omitted[key]) for key in _NAMES if omitted.get(key)]
    return f"A brief has no room for {enumerated(kinds)}{f', and cuts {cut} more' if cut else ''}."


def _named(key: SectionKey, count: int) -> str:
    return "the hypothesis" if key == "hypothesis" else counted(count, *_NAMES[key])


def warn_about_brief(run: App, session: Session, begin: str) -> None:
    """Do the same for a session without a summary at hand, such as one just handed over."""
    from rflow.service.summaries import session_progress

    if session.version:
        with suppress(RflowError):  # the command itself has succeeded
            warn_about_losses(
                run, session, session_progress(run.workspace, session, replace(run.view(), brief=True)), begin
            )


def _long_texts(run: App, session: Session) -> Iterator[tuple[int, str, Typed, str]]:
    """Yield the long texts of this user: excess words, name, text, and the command that replaces it."""
    for seq, text in _of_entries(run, session):
        name = f"{text.name} of #{seq}" if text.name != "it" else f"#{seq}"
        yield from _if_long(name, text, f"amend {seq}", _LONG)
    if session.owner.id != run.me.id:
        return
    facts = {name: getattr(session.brief, name) or "" for name in ("ask", "situation", "impact", "hypothesis")}
    for name, fact in facts.items():
        text = Typed(kind=name, text=fact, part=f'--{name} "…"')
        yield from _if_long(f"the {name}", text, "brief", _LONG_ASK if name == "ask" else _LONG)
    for wait in session.waiting:
        for text in (Typed(kind="wait", text=wait.waiting_for), *if_thens(wait.contingencies)):
            name = f"{text.name} of #{wait.seq}" if text.kind not in LIMITS else f"#{wait.seq}"
            yield from _if_long(name, text, f"wait --replaces {wait.seq}", _LONG)


def _if_long(name: str, text: Typed, command: str, most: int) -> Iterator[tuple[int, str, Typed, str]]:
    if (words := text.words) > most:
        yield words - most, name, text, command


def _of_entries(run: App, session: Session) -> Iterator[tuple[int, Typed]]:
    """Yield the texts of this user's entries that the brief form shows, with their event numbers."""
    for note in session.unsettled("warning"):
        if note.by.id == run.me.id:
            yield note.seq, Typed(kind="warning", text=note.text)
    notes = [note.seq for note in session.unsettled("assumption")]
    steps = [step.seq for step in session.steps.values() if step.assumed]
    for seq in sorted({*notes, *steps, *session.pins, *session.changes}):
        entry = session.entry(seq)
        if entry is not None and not entry.undone and entry.by.id == run.me.id:
            for text in key_texts(session, seq):
                yield seq, text
