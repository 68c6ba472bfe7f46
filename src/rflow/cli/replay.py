"""Replaying a recorded session through the real commands, at the times of the recording."""

import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, redirect_stderr
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec

from rflow.cli.app import App, World
from rflow.cli.examples import Recording
from rflow.cli.output import echo, styled
from rflow.core.session.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChoiceMade,
    Event,
    EvidenceAdded,
    NoteAdded,
    Pinned,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
)
from rflow.identity import new_codes

_NOTES = {"note": "note", "warning": "warn", "assumption": "assume"}
_LONG = ("start", "choose", "progress", "handoff")
"""The commands whose output takes a while to read."""
_PAUSE, _LONG_PAUSE = 1.3, 3.2
_LONGEST = 50.0
"""The maximum sum of all pauses in seconds, so that a replay takes less than a minute."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a replay: a remark, or the words of a command with the time at which it runs.

    `shown` replaces the words on the screen. With `evidence`, the recorded output is added and no command is run.
    """

    at: datetime
    remark: str = ""
    words: Sequence[str] = ()
    shown: Sequence[str] = ()
    user: str = ""
    evidence: EvidenceAdded | None = None


def lines_of(recording: Recording) -> Iterator[Line]:
    """Yield a line for each event of a recording that a command can reproduce."""
    pinned = {event.fact.target: event.command_id for event in recording.events if isinstance(event.fact, Pinned)}
    for event in recording.events:
        if isinstance(event.fact, SessionStarted):
            options = _options(event.fact.brief)
            yield Line(at=event.at, words=("start", recording.tree, "--title", event.fact.title, *options))
        elif isinstance(event.fact, EvidenceAdded):
            yield Line(at=event.at, evidence=event.fact, shown=("run", "--", event.fact.command))
        elif words := _words_of(event):
            with_entry = pinned.get(event.seq) == event.command_id
            yield Line(at=event.at, words=[*words, "--pin"] if with_entry else words)


def _words_of(event: Event) -> Sequence[str]:
    """Return the words of the command that reproduces an event; none for handoffs and implied events."""
    match event.fact:
        case ChoiceMade(label=label, assumed=assumed, reason=reason):
            return ["choose", label, *(["--assume", "--reason", reason] if assumed else [])]
        case ActionDone(result=result):
            return ["done", result]
        case StepSkipped(reason=reason):
            return ["skip", "--reason", reason]
        case StepAdded(text=text, result=result, assumed=assumed):
            options = [*(["--result", result] if result else []), *(["--assume"] if assumed else [])]
            return ["step", text, *options, *_earlier(event)]
        case SteppedBack():
            return ["back"]
        case NoteAdded(text=text, kind=kind):
            return [_NOTES[kind], text]
        case BriefSet(brief=brief):
            return ["brief", *_options(brief)]
        case ChangeMade(text=text, revert=revert):
            return ["change", text, "--revert", revert]
        case _:
            return []


def _earlier(event: Event) -> list[str]:
    """Return the option that says how long before its entry something happened."""
    if event.happened_at is None:
        return []
    return ["--at", f"{round((event.at - event.happened_at).total_seconds() / 60)}m"]


def _options(brief: Brief) -> Iterator[str]:
    for name in brief.__struct_fields__:
        text = getattr(brief, name)
        if text is not None:
            yield from (f"--{name}", text)


def pauses(lines: Sequence[Line]) -> list[float]:
    """Return the seconds after each line: longer where there is much to read, but not too long together."""
    wanted = [_LONG_PAUSE if line.words and line.words[0] in _LONG else _PAUSE for line in lines]
    scale = min(1.0, _LONGEST / sum(wanted))
    return [pause * scale for pause in wanted]


class Player:
    """Runs commands of this program in a store, and shows each as a person would have typed it.

    What they print goes to standard output, messages too, in the order of a terminal. With `pauses` there is time to
    read it.
    """

    def __init__(self, store: Path, recording: Recording, *, pauses: bool) -> None:
        self._author, self._pauses = recording.author, pauses
        self._blobs: Mapping[str, bytes] = recording.blobs
        self._code = recording.session.code
        # As in a terminal that uses this store: the output names no store, no user, and no session of another one.
        os.environ.update(RFLOW_STORE=str(store), RFLOW_TERMINAL=f"demo {store}")
        os.environ.pop("RFLOW_SESSION", None)

    def play(self, lines: Sequence[Line]) -> None:
        """Play all lines; end the program if a command fails."""
        with redirect_stderr(sys.stdout):
            for line, pause in zip(lines, pauses(lines), strict=True):
                self._play(line)
                if self._pauses:
                    time.sleep(pause)

    def _play(self, line: Line) -> None:
        if line.remark:
            echo(styled(f"\n# {line.remark}", dim=True))
            return
        typed = " ".join(map(_quoted, ["rflow", *(line.shown or line.words)]))
        if line.evidence is not None:
            typed = f"rflow run -- {line.evidence.command}"
        echo(f"\n{styled('$', dim=True)} {styled(typed, bold=True)}")
        if line.evidence is not None:
            self._keep(line.evidence, line.at)
        else:
            self._run(line)

    def _run(self, line: Line) -> None:
        from rflow.cli.main import run

        os.environ["RFLOW_USER"] = line.user or self._author
        code = run(line.words, self._at(line.at))
        if code:
            sys.exit(code)

    def _keep(self, evidence: EvidenceAdded, at: datetime) -> None:
        """Show an output again and record it, without running its command, which may not be available here."""
        from rflow.cli.commands.session.evidence import keep
        from rflow.core.session.commands import AddEvidence

        data = self._blobs.get(evidence.digest, b"")
        echo(data.decode("utf-8", "replace"), newline=False)
        os.environ["RFLOW_USER"] = self._author
        here = App(store=None, user=None, session=None, config=None, world=self._at(at))
        with closing(here):
            keep(here, here.session(), AddEvidence(evidence=evidence), data)

    def _at(self, at: datetime) -> World:
        """Return the world in which it is that time, and the code of the recording is the next one."""
        return World(clock=lambda: at, codes=lambda: chain([self._code], new_codes()))


def _quoted(word: str) -> str:
    """Return a word quoted as a person would type it: "can't" rather than 'can'"'"'t'."""
    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else shlex.quote(word)
