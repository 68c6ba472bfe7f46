"""`rflow demo`: a recorded session played again through the real commands, in a store of its own."""

import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.examples import Recording, recorded
from rflow.cli.output import echo, styled
from rflow.cli.parsing.declare import Group, Option
from rflow.core.session.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChoiceMade,
    EvidenceAdded,
    Fact,
    NoteAdded,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
)
from rflow.data import data_dir
from rflow.errors import UsageProblem

app = Group()

STORE = "demo.db"
RECEIVER = "sam"
_NOTES = {"note": "note", "warning": "warn", "assumption": "assume"}


@app.command()
def demo(
    _: App,
    keep: Annotated[
        Path | None, Option(metavar="DIR", help="Keep the demo's store in this folder, to try more.")
    ] = None,
    slow: Annotated[bool, Option("--slow", help="Pause before each command.")] = False,
) -> None:
    """Replay a recorded session, each command with its real output."""
    if keep is not None:
        kept = _folder(keep)
        _play(kept, slow)
        _say_how_to_continue(kept)
        return
    with TemporaryDirectory(prefix="rflow-demo-", ignore_cleanup_errors=True) as folder:
        _play(Path(folder), slow)
        _forget(Path(folder))
    echo("\nThe demo's store is deleted. To keep it and try more: rflow demo --keep DIR")


def _folder(keep: Path) -> Path:
    """Create the folder and return it; if it holds an earlier demo, use the next free name."""
    folder, number = keep, 1
    try:
        while (folder / STORE).exists():
            number += 1
            folder = keep.with_name(f"{keep.name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageProblem(f"{keep} can't be used: {error.strerror}.", try_="Name another folder.") from error
    if folder != keep:
        echo(f"{keep} holds an earlier demo, which stays as it is. This one is in {folder}.\n", err=True)
    return folder


def _forget(folder: Path) -> None:
    """Remove the deleted store from this terminal's state."""
    here = App(store=str(folder / STORE), user=None, session=None, config=None)
    here.terminal.forget()
    here.close()


def _say_how_to_continue(keep: Path) -> None:
    """Say how to continue, with the path of this program: in a fresh checkout it is not on the PATH."""
    started = Path(sys.argv[0])
    program = shlex.quote(os.path.relpath(started)) if started.stem == "rflow" else "rflow"
    store = f"{program} --store {shlex.quote(str(keep / STORE))}"
    echo(f"\nThe session is kept. To continue as {RECEIVER}, who received it:")
    echo(f"    {store} --user {RECEIVER} accept")
    echo(f"    {store} --user {RECEIVER}")
    echo("Or start your own session, in your own store:")
    echo(f"    {program} tree add --examples")
    echo(f"    {program}")


def _play(folder: Path, slow: bool) -> None:
    """Replay the recording into a new store in `folder`."""
    recording = recorded("postgres-refused")
    player = _Player(folder / STORE, recording.author, slow)
    player.say(
        "Two in the morning: an application can't reach its database. The engineer starts a session in its tree."
    )
    tree = data_dir("examples") / "trees" / f"{recording.tree}.toml"
    player.run("tree", "add", str(tree), shown=("tree", "add", f"examples/trees/{tree.name}"))
    player.run(*_start(recording))
    for event in recording.events:
        if isinstance(event.fact, EvidenceAdded):
            player.evidence(event.fact, recording.blobs)
        elif words := command_of(event.fact):
            player.run(*words)
    player.say('Stuck. "What have you tried so far?" One command answers, ready to paste into Teams:')
    player.run("progress", "-f", "teams")
    player.say("Then hand the session to somebody, who continues at the same point:")
    player.run("handoff", RECEIVER, "--new-user", "--note", "Please take it from here.", "-f", "teams", quiet=True)
    player.say(f"What {RECEIVER} sees:")
    player.run("inbox", user=RECEIVER)


def _start(recording: Recording) -> list[str]:
    """Return the words that start a session like the recorded session."""
    started = next(event.fact for event in recording.events if isinstance(event.fact, SessionStarted))
    return ["start", recording.tree, "--title", started.title, *_options(started.brief)]


def command_of(fact: Fact) -> list[str]:
    """Return the words of the command that records a fact again; none for the start and for handoffs."""
    match fact:
        case ChoiceMade(label=label, assumed=assumed, reason=reason):
            return ["choose", label, *(["--assume", "--reason", reason] if assumed else [])]
        case ActionDone(result=result):
            return ["done", result]
        case StepSkipped(reason=reason):
            return ["skip", "--reason", reason]
        case StepAdded(text=text, result=result, assumed=assumed):
            return ["step", text, *(["--result", result] if result else []), *(["--assume"] if assumed else [])]
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


def _quoted(word: str) -> str:
    """Return a word quoted as a person would type it: "can't" rather than 'can'"'"'t'."""
    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else shlex.quote(word)


def _options(brief: Brief) -> Iterator[str]:
    for name in brief.__struct_fields__:
        text = getattr(brief, name)
        if text is not None:
            yield from (f"--{name}", text)


class _Player:
    """Runs commands of this program, and shows each as a person would have typed it."""

    def __init__(self, store: Path, author: str, slow: bool) -> None:
        self._store, self._author, self._slow = store, author, slow
        os.environ["RFLOW_TERMINAL"] = f"demo {store}"
        os.environ.pop("RFLOW_SESSION", None)  # it belongs to another store

    def say(self, text: str) -> None:
        """Print what happens next."""
        echo(styled(f"\n# {text}", dim=True))

    def run(self, *words: str, shown: tuple[str, ...] = (), user: str = "", quiet: bool = False) -> None:
        """Run a command; `quiet` leaves out what it prints as data."""
        from rflow.cli.main import run

        self._prompt(" ".join(map(_quoted, ["rflow", *(shown or words)])))
        here = ["--store", str(self._store), "--user", user or self._author]
        with redirect_stdout(StringIO()) if quiet else nullcontext():
            code = run([*here, *words])
        if code:
            sys.exit(code)

    def evidence(self, fact: EvidenceAdded, blobs: Mapping[str, bytes]) -> None:
        """Record the evidence again without running its command, which may not be available here."""
        from rflow.cli.commands.session.evidence import keep
        from rflow.core.session.commands import AddEvidence

        self._prompt(f"rflow run -- {fact.command}")
        data = blobs.get(fact.digest, b"")
        echo(data.decode("utf-8", "replace"), newline=False)
        here = App(store=str(self._store), user=self._author, session=None, config=None)
        try:
            keep(here, here.session(), AddEvidence(evidence=fact), data)
        finally:
            here.close()

    def _prompt(self, line: str) -> None:
        if self._slow:
            time.sleep(min(0.5 + len(line) / 40, 3.0))
        echo(f"\n{styled('$', dim=True)} {styled(line, bold=True)}")
