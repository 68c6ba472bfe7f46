"""`rflow demo`: replays a recorded session through the real commands, in a store of its own."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.display.text import next_block, to_type
from rflow.cli.examples import Recording, recorded
from rflow.cli.output import echo, is_terminal
from rflow.cli.parsing.declare import Group, Option
from rflow.cli.replay import Line, Player, lines_of
from rflow.data import data_dir
from rflow.errors import UsageProblem

app = Group()

STORE = "demo.db"
RECEIVER = "sam"


@app.command()
def demo(
    _: App,
    keep: Annotated[
        Path | None, Option(metavar="DIR", help="Keep the demo's store in this folder, to try more.")
    ] = None,
    fast: Annotated[bool, Option("--fast", help="Don't pause between the commands.")] = False,
) -> None:
    """Replay a recorded session, each command with its real output.

    It takes less than a minute on a terminal; elsewhere, with --fast, or where CI is set, it does not pause.
    """
    pauses = is_terminal(sys.stdout) and not fast and not os.environ.get("CI")
    if keep is not None:
        kept = _folder(keep)
        _play(kept, pauses=pauses)
        _say_how_to_continue(kept)
        return
    with TemporaryDirectory(prefix="rflow-demo-", ignore_cleanup_errors=True) as folder:
        _play(Path(folder), pauses=pauses)
        _forget(Path(folder))
    echo("\nThat was the demo; its store is deleted.")
    program = _program()
    echo(next_block([*_own(program), f"{f'{program} demo --keep demo':28}  (the demo again, to go on with)"]))


def _folder(keep: Path) -> Path:
    """Create the folder and return it; if it contains an earlier demo, use the next free name."""
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
    """Remove a deleted store from the state folder."""
    here = App(store=str(folder / STORE), user=None, session=None, config=None)
    here.terminal.forget()
    here.awaited.forget()
    here.close()


def _program() -> str:
    """Return the command that starts this program: its path if it is not on the PATH, as in a fresh checkout."""
    started = Path(sys.argv[0])
    on_path = shutil.which("rflow")
    if started.stem != "rflow" or (on_path and Path(on_path).resolve() == started.resolve()):
        return "rflow"
    return shlex.quote(os.path.relpath(started))


def _own(program: str) -> list[str]:
    """Return how to start with real sessions."""
    return [f"{f'{program} tree add --examples':28}  (five ready-made troubleshooting trees)", program]


def _say_how_to_continue(keep: Path) -> None:
    """Say how to continue the session, and how to start one."""
    program = _program()
    store = f"{program} --store {shlex.quote(str(keep / STORE))} --user {RECEIVER}"
    echo(f"\nThat was the demo. Its session is kept; to continue as {RECEIVER}, who received it:")
    echo(to_type([f"{store} accept", store]))
    echo("Or start your own, in your own store:")
    echo(to_type(_own(program)))


def _play(folder: Path, *, pauses: bool) -> None:
    """Replay the recording into a new store in `folder`."""
    recording = recorded("postgres-refused")
    Player(folder / STORE, recording, pauses=pauses).play(list(script(recording)))


def script(recording: Recording) -> Iterator[Line]:
    """Yield the lines to replay: the recording, then what the engineer does once they are stuck."""
    first, last = recording.events[0].at, recording.events[-1].at
    tree = data_dir("examples") / "trees" / f"{recording.tree}.toml"
    yield Line(at=first, remark="An application can't reach its database. Maya starts a session in its tree.")
    yield Line(at=first, words=("tree", "add", str(tree)), shown=("tree", "add", f"examples/trees/{tree.name}"))
    yield from lines_of(recording)
    yield Line(at=last, remark='Stuck. "What have you tried so far?" One command answers, ready to paste:')
    yield Line(at=last, words=("progress", "--brief", "-f", "text"))
    yield Line(at=last, remark="Then she hands the session to Sam, who continues at the same place:")
    yield Line(at=last, words=("handoff", RECEIVER, "--new-user", "--note", "Please take it from here."))
    yield Line(at=last, remark="What Sam sees:")
    yield Line(at=last, words=("inbox",), user=RECEIVER)
