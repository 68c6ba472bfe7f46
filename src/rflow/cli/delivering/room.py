"""What a brief form had no room for, and how to shorten the texts that took it."""

import sys
from collections.abc import Iterator
from contextlib import suppress

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.display.shown import LIMITS, Typed, if_thens, key_texts
from rflow.cli.output import is_terminal
from rflow.core.session.state import Session
from rflow.core.summary.budget.arrange import squeezed
from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.budget.filling import WARNINGS
from rflow.core.summary.budget.shares import BRIEF_WORDS, brief_words
from rflow.core.summary.progress import Progress, Summary
from rflow.core.text import counted
from rflow.errors import RflowError

_LONG, _LONG_ASK = 14, 40
"""A text with no more words is not named."""
_NAMED = 2
"""So many texts are named at most."""


def say_squeezed(run: App, session: Session, summary: Summary, begin: str, first: str = "") -> None:
    """Say at a terminal, of a brief form without room for all that is important, which texts took it.

    Only those are named that this user can shorten; `begin` is how a command for this session begins, `first` what the
    message begins with.
    """
    if not (is_terminal(sys.stderr) and isinstance(summary, Progress) and summary.brief and not summary.since):
        return
    if session.status == "closed":
        return
    _say_longer(run, summary, first)
    omitted, cut = squeezed(summary)
    if not (omitted or cut):
        return
    texts = sorted(_long_texts(run, session), key=lambda found: found[0], reverse=True)[:_NAMED]
    said = f"{first}{_counts(omitted, cut)} "
    for _, name, text, command in texts:
        run.say(f"{said}Shorten {name} ({text.words} words): {begin} {command} {text.part}")
        said = ""


def _say_longer(run: App, summary: Progress, first: str) -> None:
    """Say that a brief form is longer than others, where the warnings make it so."""
    shown = [section for section in summary.sections if section.key in WARNINGS]
    words = sum(word_count(entry.text) for section in shown for entry in section.entries)
    if (most := brief_words(words)) > BRIEF_WORDS:
        run.say(f"{first}The warnings have {words} words, so a brief may have {most} in place of {BRIEF_WORDS}.")


def _counts(omitted: int, cut: int) -> str:
    if not omitted:
        return f"Cut {counted(cut, 'key entry', 'key entries')}."
    return f"Omitted {counted(omitted, 'key entry', 'key entries')}{f', cut {cut}' if cut else ''}."


def say_squeezed_for_receiver(run: App, session: Session) -> None:
    """Say of a session that was just handed over which texts, that its sender can still shorten, took the room."""
    from rflow.service.summaries import session_progress

    if is_terminal(sys.stderr) and session.version:
        with suppress(RflowError):  # it has been handed over
            progress = session_progress(run.workspace, session, replace(run.view(), brief=True))
            say_squeezed(run, session, progress, f"{run.program} -s {session.code}", "In a brief: ")


def _long_texts(run: App, session: Session) -> Iterator[tuple[int, str, Typed, str]]:
    """Return the long texts of this user: how much too long each is, its name, and the command that shortens it."""
    for seq, text in _of_entries(run, session):
        name = f"{text.name} of #{seq}" if text.name != "it" else f"#{seq}"
        yield from _if_long(name, text, f"amend {seq}", _LONG)
    if session.owner.id != run.me.id:
        return
    facts = {name: getattr(session.brief, name) or "" for name in ("ask", "situation", "impact", "hypothesis")}
    for name, said in facts.items():
        text = Typed(kind=name, text=said, part=f'--{name} "…"')
        yield from _if_long(f"the {name}", text, "brief", _LONG_ASK if name == "ask" else _LONG)
    for wait in session.waiting:
        for text in (Typed(kind="wait", text=wait.waiting_for), *if_thens(wait.contingencies)):
            name = f"{text.name} of #{wait.seq}" if text.kind not in LIMITS else f"#{wait.seq}"
            yield from _if_long(name, text, f"wait --replaces {wait.seq}", _LONG)


def _if_long(name: str, text: Typed, command: str, most: int) -> Iterator[tuple[int, str, Typed, str]]:
    if (words := text.words) > most:
        yield words - most, name, text, command


def _of_entries(run: App, session: Session) -> Iterator[tuple[int, Typed]]:
    """Return the texts of this user's entries that the brief form shows, with their numbers."""
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
