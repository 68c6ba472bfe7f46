"""The program killed with `kill -9`: what it had acknowledged is there, and nothing else is half there."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from model.session import Session, like, record
from model.trees import TREES
from model.world import Terminal, World
from support.nightly import NIGHTLY
from support.program import Program, Result
from support.races.killing import INTERRUPTED, KILLED, AtAnyStep, AtAnyTime, Killing
from support.stores.faults import files_with
from support.stores.kinds import SHARED_KINDS, url_in

fcntl = pytest.importorskip("fcntl", reason="Windows")
pytestmark = pytest.mark.slow

BATCHES = range(5 if NIGHTLY else 1)
ROUNDS = 10 if NIGHTLY else 2
"""Rounds in a batch, each of which kills every command that writes."""
SPARE = {**TREES["scales"], "id": "spare", "title": "Spare scales"}
SECRET = "hunter2-the-password-of-the-till"


class Night:
    """A night at a store whose programs are killed: the model says what must be there, or may be there."""

    def __init__(self, program: Program, killing: Killing) -> None:
        self.program = program
        self.killing = killing
        self.ann, self.ben, self.cleo = (Terminal(name, name) for name in ("ann", "ben", "cleo"))
        self.world = World([self.ann, self.ben, self.cleo])
        self.code = ""
        self.number = 0
        self.met: Counter[str] = Counter()
        for name, tree in {**TREES, "spare": SPARE}.items():
            (program.home / f"{name}.json").write_text(json.dumps(tree), "utf-8")

    def at(self, who: Terminal) -> Program:
        """The program in somebody's hands."""
        return self.program.at(user=who.member.title(), terminal=who.name)

    @property
    def session(self) -> Session:
        """The session of this night."""
        return self.world.named(self.code)

    def fits(self) -> bool:
        """Whether the store holds just what the model says."""
        listed = {head["id"] for head in self.program.json("list", "--all", "--json")}
        sessions = self.world.sessions.values()
        return listed == self.world.sessions.keys() and all(self.shows(session) for session in sessions)

    def shows(self, session: Session) -> bool:
        """Whether a session is shown as the model has it."""
        expected = record(session)
        shown = self.program.show(session.code)
        return {key: like(expected[key], shown[key]) for key in expected} == expected

    def killed(self, who: Terminal, *words: str, stdin: str = "") -> Result:
        """Run the program and kill it on the way; the store is clean afterwards."""
        result = self.killing.run(self.at(who), words, stdin)
        assert result.code in (0, KILLED, INTERRUPTED), result
        assert "Traceback" not in result.err, result.err
        self.met["killed" if result.code else "acknowledged"] += 1
        self.program.ok("store", "check")
        return result

    def do(self, who: Terminal, act: Callable[..., Session], *words: str, stdin: str = "", once: bool = False) -> None:
        """Let a command be killed: it is carried out whole or not at all; sent again, it is carried out once.

        `once` is for a command that can't be sent again.
        """
        self.look(who)
        self.number += 1
        sent = f"sent {self.number}"
        told = [words[0], "-s", self.code, *([] if once else ["--command-id", sent]), *words[1:]]
        before = dict(self.world.sessions), who.current, dict(who.seen)
        act(who, self.code, **({} if once else {"command_id": sent}))
        result = self.killed(who, *told, stdin=stdin)
        carried_out = self.fits()
        assert carried_out or result.code, f"acknowledged and lost: {told}"
        self.met["carried out, not acknowledged"] += carried_out and result.code != 0
        if not carried_out:
            after = dict(self.world.sessions)
            self.world.sessions, who.current, who.seen = before
            assert self.fits(), f"half carried out: {told}"
            self.world.sessions = self.world.sessions if once else after
        if not once:
            self.at(who).ok(*told, stdin=stdin)
            assert self.fits(), f"sent again: {told}"

    def look(self, who: Terminal) -> None:
        """Let somebody look where the session stands."""
        self.at(who).ok("show", self.code)
        self.world.show(who, self.code)

    def start(self) -> None:
        """Begin a session; where the program was killed, look whether there is one."""
        who, words = self.ann, ("start", "label-printer", "--customer", "Leeds")
        known = {head["id"] for head in self.program.json("list", "--all", "--json")}
        result = self.killed(who, *words)
        new = self.new_ones(known)
        assert new or result.code, "acknowledged and lost"
        if not new:
            self.at(who).ok(*words)
            new = self.new_ones(known)
        (head,) = new
        self.code = head["code"]
        self.world.begun(who, self.world.start(who, "label-printer", "", "Leeds"), head["id"], self.code)
        assert self.fits()
        self.at(who).ok("resume", self.code)

    def new_ones(self, known: set[str]) -> list[Any]:
        """Give the sessions that were not known."""
        return [head for head in self.program.json("list", "--all", "--json") if head["id"] not in known]

    def delete_and_take_in(self) -> None:
        """Delete the session, and take its export in again."""
        file = str(self.program.home / "session.jsonl")
        who = next(one for one in self.world.terminals if one.member == self.session.owner)
        self.at(who).ok("export", self.code, "-o", file, "--overwrite")
        session = self.world.delete(who, self.code)
        result = self.killed(who, "delete", self.code, "--yes")
        if not self.fits():
            assert result.code, "acknowledged and still there"
            self.at(who).ok("delete", self.code, "--yes")
            assert self.fits()
        result = self.killed(who, "import", "--accept-ownership", file)
        if self.fits():
            assert result.code, "acknowledged and lost"
            self.at(who).ok("import", "--accept-ownership", file)
        self.world.take_in(session)
        assert self.fits()

    def set_up(self) -> None:
        """Add and remove a tree, and set a setting."""
        tree = str(self.program.home / "spare.json")
        result = self.killed(self.ann, "tree", "add", tree)
        assert self.has_spare() or result.code
        self.program.ok("tree", "add", tree)
        result = self.killed(self.ann, "tree", "remove", "spare")
        assert not self.has_spare() or result.code
        old, new = self.format(), ("slack", "text")[self.number % 2]
        result = self.killed(self.ann, "config", "set", "progress.format", new)
        assert self.format() == new or (result.code and self.format() == old)

    def has_spare(self) -> bool:
        """Whether the spare tree is listed."""
        return "spare" in [tree["id"] for tree in self.program.json("tree", "list", "--json")]

    def format(self) -> str:
        """The format that is set."""
        return self.program.ok("config", "get", "progress.format").out.strip()

    def all_of_it(self) -> None:
        """Let every command that writes be killed."""
        ann, ben, cleo, world = self.ann, self.ben, self.cleo, self.world
        self.start()
        self.do(ann, partial(world.choose, said="#1", assume=False, reason=""), "choose", "#1")
        self.do(ann, partial(world.act_here, name="done", text="Reseated"), "done", "Reseated")
        self.do(ann, partial(world.back), "back")
        self.do(ann, partial(world.act_here, name="skip", text="No ribbon"), "skip", "--reason", "No ribbon")
        self.do(ann, partial(world.step, text="Asked Leeds", result=""), "step", "Asked Leeds")
        self.do(ann, partial(world.note, text="It worked this morning"), "note", "It worked this morning")
        note = self.session.version
        self.do(ben, partial(world.note, text=SECRET), "note", "-", stdin=SECRET)
        self.do(ann, partial(world.amend, seq=note, text="It did not"), "amend", str(note), "It did not")
        pasted = partial(world.keep, label="pasted text", content=f"till {SECRET}", exit_code=None)
        self.do(ann, pasted, "attach", "-", stdin=f"till {SECRET}")
        evidence = self.session.version
        self.do(ann, partial(world.keep, label="echo lost", content="lost\n", exit_code=0), "run", "-c", "echo lost")
        self.do(ann, partial(world.set_brief, facts={"ask": "A new head?"}), "brief", "--ask", "A new head?")
        self.do(ann, partial(world.change, text="Off", revert="On"), "change", "Off", "--revert", "On")
        change = self.session.version
        self.do(ann, partial(world.revert, seq=change), "change", "--reverted", str(change))
        self.do(ann, partial(world.wait, for_="the vendor", until=False), "wait", "--for", "the vendor")
        self.do(ann, world.share, "progress", "-o", str(self.program.home / "summary.md"), "--overwrite", once=True)
        self.do(ann, partial(world.enter, tree="scales"), "enter", "scales")
        self.do(ann, partial(world.hand_off, to="Ben", new=True, note=""), "handoff", "Ben", "--new-user")
        self.do(ben, partial(world.accept, read_back="The head"), "accept", "--read-back", "The head")
        self.do(ben, partial(world.hand_off, to="@tier2", new=True, note=""), "handoff", "@tier2", "--new-user")
        self.do(cleo, partial(world.decline, reason="Not ours"), "decline", "--reason", "Not ours")
        self.do(ben, partial(world.hand_off, to="Cleo", new=True, note=""), "handoff", "Cleo", "--new-user")
        self.do(ben, world.cancel, "handoff", "--cancel")
        self.do(ann, partial(self.take, reason="Off shift"), "resume", self.code, "--take", "--reason", "Off shift")
        self.do(ann, partial(world.redact, seq=note + 1), "redact", str(note + 1), "--yes")
        self.do(ann, partial(world.redact, seq=evidence), "redact", str(evidence), "--yes")
        self.do(ann, partial(world.close, outcome="resolved", summary=""), "close", "--outcome", "resolved")
        self.do(ann, world.reopen, "reopen")
        self.delete_and_take_in()
        self.set_up()

    def take(self, at: Terminal, ref: str, reason: str, command_id: str) -> Session:
        """Take the session over."""
        return self.world.resume(at, ref, True, reason, command_id)


@pytest.fixture(params=SHARED_KINDS)
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Killing], Night]]:
    """Make a night at a store with the two trees."""
    store = url_in(tmp_path, str(request.param))
    begun: list[Night] = []

    def begin(killing: Killing) -> Night:
        begun.append(Night(Program(home=tmp_path, user="Olga", terminal="looks on", store=store), killing))
        for name in TREES:
            begun[0].program.ok("tree", "add", str(tmp_path / f"{name}.json"))
        return begun[0]

    yield begin
    for one in begun:
        one.killing.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("batch", BATCHES)
def test_a_command_killed_at_any_step_is_carried_out_whole_or_not_at_all(
    night: Callable[[Killing], Night], tmp_path: Path, batch: int
) -> None:
    here = night(AtAnyStep(tmp_path / "streams", 4711 + batch))
    for number in range(ROUNDS + 4):  # a short run may miss the moment between carrying out and saying so: on it goes
        if number < ROUNDS or not here.met["carried out, not acknowledged"]:
            here.all_of_it()
    assert here.met["killed"] > here.met["acknowledged"] > 0
    assert here.met["carried out, not acknowledged"] > 0
    here.at(here.ann).ok("progress", here.code, "-o", str(tmp_path / "summary.md"), "--overwrite")
    assert set(files_with(tmp_path, SECRET.encode())) <= {"streams/in", "streams/out", "streams/err"}


@pytest.mark.timeout(900)
def test_a_command_interrupted_at_any_step_is_carried_out_whole_or_not_at_all(
    night: Callable[[Killing], Night], tmp_path: Path
) -> None:
    here = night(AtAnyStep(tmp_path / "streams", 4711, signal.SIGINT))
    for _ in range(10 if NIGHTLY else 1):
        here.all_of_it()
    assert here.met["killed"] > 0
    assert here.met["acknowledged"] > 0


@pytest.mark.timeout(900)
def test_the_installed_program_killed_at_any_time_loses_nothing_it_acknowledged(
    night: Callable[[Killing], Night],
) -> None:
    here = night(AtAnyTime(4711))
    for _ in range(10 if NIGHTLY else 1):
        here.all_of_it()
    assert here.met["killed"] > 0
    assert here.met["acknowledged"] > 0


@pytest.mark.parametrize("steps", [1000, 5000])
def test_an_interrupt_while_the_words_are_read_shows_no_traceback(tmp_path: Path, steps: int) -> None:
    interrupting = AtAnyStep(tmp_path / "streams", 0, signal.SIGINT)
    result = interrupting.interrupt(Program(home=tmp_path), ("list",), steps)
    interrupting.close()
    assert (result.code, result.out) == (INTERRUPTED, "")
    assert "Traceback" not in result.err


KILLED_AT_THE_RENAME = """
import os, signal
from rflow.cli.main import main

rename = os.replace
os.replace = lambda draft, path: (
    os.kill(os.getpid(), signal.SIGKILL) if path.endswith("summary.md") else rename(draft, path)
)
main()
"""


def test_what_a_killed_command_left_of_a_file_is_removed_when_that_file_is_written_again(tmp_path: Path) -> None:
    ann, summary, drafts = Program(home=tmp_path, user="Ann"), tmp_path / "summary.md", ".summary.md.*.rflow-draft"
    ann.start("--title", "Till 4 is dark")
    ann.ok("note", SECRET)
    words = ("progress", "-o", str(summary), "--overwrite")
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_RENAME, *words], env=ann.variables, check=False)
    assert killed.returncode == KILLED
    (left,) = tmp_path.glob(drafts)
    assert SECRET in left.read_text("utf-8")
    used, other = tmp_path / ".summary.md.0123456789ab.rflow-draft", tmp_path / ".summary.md.of Ann.rflow-draft"
    other.touch()
    with used.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ann.ok(*words)
        assert {*tmp_path.glob(drafts)} == {used, other}
    ann.ok(*words)
    assert {*tmp_path.glob(drafts)} == {other}
