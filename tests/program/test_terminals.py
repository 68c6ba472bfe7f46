"""The program at real terminals: tmux panes and pseudo-terminals, closed streams, interrupts."""

import base64
import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from rflow.cli.commands import COMMANDS
from support.needs import need
from support.program import SCRIPT, Program, without_times
from support.stores.kinds import SHARED_KINDS, url_in
from support.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals"),
    pytest.mark.timeout(120),
]

PROMPT = "READY>"
LOGIN = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def ann(tmp_path: Path) -> Program:
    """Ann, whose terminals are real: nothing names them for her."""
    return Program(home=tmp_path, user="Ann", terminal="")


class Pane:
    """A pane of a tmux server, with a shell in it."""

    def __init__(self, server: list[str], environ: dict[str, str], name: str) -> None:
        self.name = name
        self._server = server
        self._environ = environ
        assert until(lambda: self.screen().strip()), "no shell"
        self.type(f"PS1='{PROMPT} '; clear")
        self.wait()

    def tmux(self, *words: str) -> str:
        """Tell the server something."""
        done = subprocess.run([*self._server, *words], env=self._environ, capture_output=True, text=True, check=True)
        return done.stdout

    def keys(self, *keys: str) -> None:
        """Press keys, by their names in tmux."""
        self.tmux("send-keys", "-t", self.name, *keys)

    def type(self, line: str) -> None:
        """Type a line."""
        self.tmux("send-keys", "-t", self.name, "-l", line)
        self.keys("Enter")

    def screen(self) -> str:
        """Read what is on the screen, as it is broken into lines there."""
        return self.tmux("capture-pane", "-p", "-t", self.name).rstrip("\n")

    def shows(self, text: str) -> None:
        """Wait until a text is on the screen."""
        assert until(lambda: text in self.screen()), f"{text!r} is not in {self.screen()!r}"

    def begins(self, text: str) -> None:
        """Wait until the screen, which was cleared, begins with a text."""
        assert until(lambda: self.screen().startswith(text)), f"{text!r} is not at the top of {self.screen()!r}"

    def wait(self) -> None:
        """Wait for the shell's prompt."""
        assert until(lambda: self.screen().endswith(PROMPT)), f"no prompt after {self.screen()!r}"

    def run(self, line: str) -> int:
        """Type a line on a clear screen, wait until it is done, and give its exit code."""
        self.type(f"clear; {line}")
        self.wait()
        return self.status()

    def status(self) -> int:
        """Ask the shell for the exit code of the last command."""
        self.type('echo "it was $?."')
        assert until(lambda: re.search(r"it was \d+\.", self.screen())), "no exit code"
        self.wait()
        return int(re.findall(r"it was (\d+)\.", self.screen())[-1])


@pytest.fixture
def panes(ann: Program) -> Iterator[Callable[[], Pane]]:
    """Open panes of 80 columns in one tmux server."""
    need("tmux")
    with TemporaryDirectory(prefix="rflow-") as short:
        server = ["tmux", "-S", f"{short}/tmux", "-f", "/dev/null"]
        path = f"{Path(SCRIPT).parent}:{os.environ['PATH']}"
        environ = {name: text for name, text in ann.variables.items() if name != "RFLOW_TERMINAL"} | {"PATH": path}

        def told(*words: str) -> str:
            command = [*server, *words, "-P", "-F", "#{pane_id}", "sh"]
            return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()

        opened: list[Pane] = []

        def open_pane() -> Pane:
            new = ["new-window", "-d"] if opened else ["new-session", "-d", "-x", "80", "-y", "150"]
            opened.append(Pane(server, environ, told(*new)))
            return opened[-1]

        yield open_pane
        if opened:
            subprocess.run([*server, "kill-server"], check=False)


# Copying


def test_in_tmux_the_summary_is_in_the_paste_buffer_as_it_is_printed(ann: Program, panes: Callable[[], Pane]) -> None:
    pane = panes()
    code = ann.with_tree().start()
    ann.ok("note", "The display flickers → since Monday 🖨", "-s", code)
    assert pane.run("rflow progress --copy") == 0
    assert "Traceback" not in pane.screen()
    copied = pane.tmux("show-buffer")
    assert "The display flickers → since Monday 🖨" in copied
    assert without_times(copied) == without_times(ann.ok("progress", code).out)
    assert pane.run("rflow handoff Ben --copy") == 0
    assert "Ben" in pane.tmux("show-buffer")


class Keyboard:
    """A pseudo-terminal that is the controlling one of a program; `seen` is what that wrote to it."""

    def __init__(self, words: list[str], environ: dict[str, str], **streams: Any) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")
        login = [sys.executable, "-c", LOGIN, *words]
        ends: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs} | streams
        self.process = subprocess.Popen(login, env=environ, start_new_session=True, **ends)
        os.close(theirs)
        self.seen = b""

    def wait_for(self, text: bytes) -> None:
        """Read until a text has come."""
        while text not in self.seen:
            part = self._read()
            assert part, f"{text!r} did not come: {self.seen!r}"

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._ours, keys)

    def end(self) -> int:
        """Read all there is, and give the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self.process.wait(PATIENCE)

    def _read(self) -> bytes:
        try:
            part = os.read(self._ours, 65_536)
        except OSError:  # EIO: nobody has the terminal any more
            part = b""
        self.seen += part
        return part


def test_over_ssh_the_terminal_is_asked_to_copy_by_osc_52(ann: Program) -> None:
    code = ann.with_tree().start()
    ann.ok("note", "The display flickers → since Monday 🖨", "-s", code)
    environ = ann.variables | {"SSH_CONNECTION": "10.0.0.8 52100 10.0.0.2 22"}
    for streams in ({}, {"stdout": subprocess.DEVNULL}):
        keyboard = Keyboard([SCRIPT, "progress", code, "--copy"], environ, **streams)
        assert keyboard.end() == 0
        (sent,) = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)(?:\a|\x1b\\)", keyboard.seen)
        copied = base64.b64decode(sent).decode()
        assert without_times(copied) == without_times(ann.ok("progress", code).out)


# Streams that are closed, full, or read by nobody


def shell(program: Program, line: str) -> subprocess.CompletedProcess[str]:
    """Type a line into a shell that ends a pipeline with the program's own exit code; it must not hang."""
    path = f"{Path(SCRIPT).parent}:{os.environ['PATH']}"
    words = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(
        words, env=program.variables | {"PATH": path}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def long(ann: Program) -> str:
    """The code of a session that is longer than any pipe."""
    code = ann.at(terminal="desk").with_tree().start()
    for number in range(5):
        ann.ok("note", "-", "-s", code, stdin=f"{number}: the log says so\n" * 2500)
    return code


READING = ["show", "show --json", "export", "progress", "list --all", "", "--help"]


@pytest.mark.parametrize("words", READING)
def test_a_pipe_gets_all_of_it_and_may_be_left_early(ann: Program, long: str, words: str) -> None:
    here = ann.at(terminal="desk")
    whole = shell(here, f"rflow {words} | cat")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert without_times(whole.stdout) == without_times(here.ok(*words.split()).out)
    left = shell(here, f"rflow {words} | head -1")
    assert (left.stdout, left.stderr) == (whole.stdout.splitlines(keepends=True)[0], "")
    assert left.returncode in (0, 1, 141)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_stop_nobody_from_writing(ann: Program, closed: str) -> None:
    code = ann.with_tree().start()
    here = ann.at(terminal="desk", environ={"RFLOW_SESSION": code})
    commands = [
        "note 'nobody listens'",
        "choose '#3'",
        "done cleared",
        "attach /dev/null",
        "run -- sh -c 'echo lost; exit 3'",
    ]
    codes = [shell(here, f"rflow {words} {closed}").returncode for words in [*commands, "progress", "show", ""]]
    assert codes == [0, 0, 0, 2, 3, 0, 0, 0]
    shown = here.show(code)
    assert (shown["version"], shown["position"]["node"], len(shown["evidence"])) == (6, "works", 1)
    assert shown["evidence"][0]["excerpt"] == "lost"


@pytest.mark.parametrize("words", READING)
def test_a_full_disk_behind_standard_output_is_an_error(ann: Program, long: str, words: str) -> None:
    done = shell(ann.at(terminal="desk"), f"rflow {words} > /dev/full")
    assert done.returncode not in (0, 1), done.stderr
    assert "No space left on device" in done.stderr
    assert "unexpected" not in done.stderr


def test_what_was_written_before_its_output_failed_stays_written(ann: Program) -> None:
    code = ann.with_tree().start()
    here = ann.at(terminal="desk", environ={"RFLOW_SESSION": code})
    for line in ("choose '#3' > /dev/full", "note 'the lamp is dark' 2> /dev/full", "run -- echo lost > /dev/full"):
        shell(here, f"rflow {line}")
    shown = here.show(code)
    assert (shown["position"]["node"], len(shown["notes"]), len(shown["evidence"])) == ("queue", 1, 1)
    here.ok("store", "check")


@pytest.mark.parametrize("words", ["export", "show --evidence 3"])
def test_bytes_for_a_closed_standard_output_go_nowhere(ann: Program, words: str) -> None:
    here = ann.at(terminal="desk")
    here.with_tree().start()
    here.ok("attach", "-", stdin="lpstat: no printer")
    done = shell(here, f"rflow {words} >&-")
    assert (done.returncode, done.stderr) == (0, "")


# Interrupts


def test_ctrl_c_ends_the_command_that_runs_and_keeps_what_it_said(ann: Program, panes: Callable[[], Pane]) -> None:
    pane = panes()
    code = ann.with_tree().start()
    pane.type(f"clear; rflow run -s {code} -- sh -c 'echo begun; sleep 600; echo never'")
    pane.begins("begun")
    pane.keys("C-c")
    pane.wait()
    assert (pane.status(), "Traceback" in pane.screen()) == (130, False)
    (evidence,) = ann.show(code)["evidence"]
    assert (evidence["excerpt"], evidence["exit_code"]) == ("begun", -2)
    said = next(line for line in pane.screen().splitlines() if "evidence" in line)
    assert said.startswith(code) and "interrupted with Ctrl-C" in said
    assert pane.run("stty -a | grep -o -w -e '-echo' -e '-icanon'") == 1
    ann.ok("store", "check")


def test_ctrl_z_stops_the_command_that_runs_until_the_shell_continues_it(
    ann: Program, panes: Callable[[], Pane]
) -> None:
    pane = panes()
    code = ann.with_tree().start()
    pane.type(f"clear; rflow run -s {code} -- sh -c 'echo begun; read line; echo went on: $line'")
    pane.begins("begun")
    pane.keys("C-z")
    pane.wait()
    assert "Stopped" in pane.screen() or "suspended" in pane.screen()
    assert pane.run("stty -a | grep -o -w -e '-echo' -e '-icanon'") == 1
    pane.type("clear; fg")
    pane.type("Leeds")
    pane.shows("went on: Leeds")
    pane.wait()
    (evidence,) = ann.show(code)["evidence"]
    assert evidence["exit_code"] == 0


@pytest.mark.parametrize(("after", "kept"), [("", False), ("echo over", True)])
def test_unread_type_ahead_is_reported_and_not_recorded_as_evidence(
    ann: Program, panes: Callable[[], Pane], after: str, *, kept: bool
) -> None:
    pane = panes()
    code = ann.with_tree().start()
    waits = f"while ! test -e {ann.home}/go; do sleep 0.1; done"
    pane.type(f"clear; rflow run -s {code} -- sh -c 'echo begun; {waits}; {after}'")
    pane.begins("begun")
    pane.type("rflow note hunter2")
    pane.type("swordfish")
    pane.keys("-l", "half")  # as the command has ended, a part of the line "halfover"
    pane.shows("half")
    (ann.home / "go").touch()
    pane.wait()
    told = pane.screen()[pane.screen().index("Typed while") :].splitlines()
    said = "Typed while it ran, and not read by it: type it again."
    assert told[0].startswith(said) and ("so does the evidence" in " ".join(told)) == kept
    assert "swordfish" not in " ".join(told)
    (evidence,) = ann.show(code)["evidence"]
    assert evidence["excerpt"].splitlines() == ["begun", "halfover"][: 1 + kept]
    assert evidence["bytes_total"] == evidence["bytes_kept"] == len(evidence["excerpt"]) + 1


def test_what_the_command_read_or_return_alone_is_nothing_to_type_again(
    ann: Program, panes: Callable[[], Pane]
) -> None:
    pane = panes()
    code = ann.with_tree().start()
    pane.type(f"clear; rflow run -s {code} -- sh -c 'echo begun; read line; echo $line; sleep 1'")
    pane.begins("begun")
    pane.type("Leeds")
    pane.shows("Leeds\nLeeds")
    pane.keys("Enter")
    pane.wait()
    assert "type it again" not in pane.screen()
    (evidence,) = ann.show(code)["evidence"]
    assert evidence["excerpt"].splitlines()[:3] == ["begun", "Leeds", "Leeds"]


def test_a_command_may_take_ctrl_c_for_itself(ann: Program, panes: Callable[[], Pane]) -> None:
    pane = panes()
    code = ann.with_tree().start()
    script = ann.home / "stubborn.sh"
    script.write_text("trap 'echo not now; exit 7' INT\necho begun\nwhile :; do sleep 0.1; done\n")
    pane.type(f"clear; rflow run -s {code} -- sh {script}")
    pane.begins("begun")
    pane.keys("C-c")
    pane.wait()
    assert pane.status() == 7
    (evidence,) = ann.show(code)["evidence"]
    assert (evidence["excerpt"].splitlines()[-1].endswith("not now"), evidence["exit_code"]) == (True, 7)


@pytest.mark.parametrize(
    ("words", "asks"),
    [("delete {}", "[y/N]"), ("note - -s {}", "Ctrl-D"), ("attach - -s {}", "Ctrl-D")],
)
def test_ctrl_c_at_a_prompt_does_nothing(ann: Program, panes: Callable[[], Pane], words: str, asks: str) -> None:
    pane = panes()
    code = ann.with_tree().start()
    before = ann.show(code)
    pane.type(f"clear; rflow {words.format(code)}")
    pane.shows(asks)
    pane.keys("h", "a", "l", "f", "C-c")
    pane.wait()
    assert "Traceback" not in pane.screen()
    assert ann.show(code) == before
    ann.ok("store", "check")
    assert pane.status() == 130


def test_what_is_typed_or_answered_at_a_prompt_counts(ann: Program, panes: Callable[[], Pane]) -> None:
    pane = panes()
    code = ann.with_tree().start()
    pane.type(f"clear; rflow note - -s {code}")
    pane.shows("Ctrl-D")
    pane.type("The display flickers")
    pane.type("since Monday")
    pane.keys("C-d")
    pane.wait()
    assert pane.status() == 0
    assert [note["text"] for note in ann.show(code)["notes"]] == ["The display flickers\nsince Monday"]
    for answer, status in (("n", 2), ("", 2), ("y", 0)):
        pane.type(f"clear; rflow delete {code}")
        pane.shows("[y/N]")
        pane.type(answer)
        pane.wait()
        assert pane.status() == status
        assert ann.run("show", code).code == (0 if status else 3)


@pytest.mark.parametrize("kind", SHARED_KINDS)
def test_ctrl_c_at_any_time_leaves_no_half_written_session(ann: Program, kind: str) -> None:
    here = ann.at(store=url_in(ann.home, kind), terminal="desk")
    code = here.with_tree().start()
    done = 0
    for number in range(12):
        begun = time.monotonic()
        child = subprocess.Popen([SCRIPT, "note", str(number)], env=here.variables, stderr=subprocess.PIPE, text=True)
        time.sleep(0.1 + 0.01 * number)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=PATIENCE)
        assert child.returncode in (0, 1, 130, -signal.SIGINT), (time.monotonic() - begun, err)
        notes = [note["text"] for note in here.show(code)["notes"]]
        assert child.returncode or notes[-1] == str(number)
        assert len(notes) in (done, done + 1)
        done = len(notes)
        here.ok("store", "check")


# Terminals of their own


def test_every_pane_has_its_own_current_session(ann: Program, panes: Callable[[], Pane]) -> None:
    first, second = panes(), panes()
    assert first.run("rflow start --title 'Till 4 is dark'") == 0
    assert second.run("rflow start --title 'Scales show nothing'") == 0
    third = panes()
    assert third.run("rflow note 'whose is it?'") == 2
    assert "several open" in " ".join(third.screen().split())
    for pane, title in ((first, "Till 4 is dark"), (second, "Scales show nothing")):
        assert pane.run(f"rflow note 'in {title}'") == 0
        assert pane.run("rflow") == 0
        assert title in pane.screen()
    for head in ann.json("list", "--json"):
        assert [note["text"] for note in ann.show(head["code"])["notes"]] == [f"in {head['title']}"]
    assert first.run("rflow close --outcome abandoned") == 0
    assert first.run("rflow note 'to the only one that is left'") == 2
    assert "Scales show nothing" in first.screen()
    [left] = ann.json("list", "--json")
    assert [note["text"] for note in ann.show(left["code"])["notes"]] == ["in Scales show nothing"]


def test_a_move_made_in_one_pane_is_news_to_the_other(ann: Program, panes: Callable[[], Pane]) -> None:
    first, second = panes(), panes()
    code = ann.with_tree().start()
    for pane in (first, second):
        assert pane.run(f"rflow resume {code}") == 0
    assert first.run("rflow choose 3") == 0
    assert second.run("rflow done cleared") == 4
    assert "has moved since you last looked: Ann was there" in " ".join(second.screen().split())
    assert second.run("rflow") == 0
    assert second.run("rflow done cleared") == 0
    assert first.run("rflow back") == 4


# What 80 columns show


@pytest.mark.parametrize("words", ["", "choose", "progress", "handoff", "tree add", "config"])
def test_help_is_shown_in_80_columns_line_by_line(ann: Program, panes: Callable[[], Pane], words: str) -> None:
    pane = panes()
    assert pane.run(f"rflow {words} --help".replace("  ", " ")) == 0
    told = [line.rstrip() for line in ann.ok(*words.split(), "--help").out.rstrip("\n").splitlines()]
    screen = [line.rstrip() for line in pane.screen().splitlines()]
    first = screen.index(told[0])  # a slow shell echoes what was typed ahead above it
    assert screen[first : first + len(told)] == told


def test_no_help_is_wider_than_80_columns(ann: Program) -> None:
    groups = {"tree": "list show check add remove", "format": "list show", "store": "info check copy backup"}
    groups["config"] = "list get set path"
    pages = [(), *((name,) for name in COMMANDS)]
    pages += [(name, word) for name, words in groups.items() for word in words.split()]
    for page in pages:
        wide = [line for line in ann.ok(*page, "--help").out.splitlines() if len(line) > 80]
        assert wide == [], page


@pytest.mark.parametrize("line", ["rflow", "rflow show", "rflow list", "rflow tree show label-printer", "rflow inbox"])
def test_what_is_shown_fits_into_80_columns(ann: Program, panes: Callable[[], Pane], line: str) -> None:
    pane = panes()
    code = ann.with_tree().start(
        "label-printer", "--customer", "Northern Parcels, Leeds", "--title", "x" * 30 + " y" * 60
    )
    ann.ok("note", "The display flickers " * 12, "-s", code)
    assert pane.run(f"rflow resume {code}") == 0
    assert pane.run(line) == 0
    shown = pane.screen().splitlines()
    joined = pane.tmux("capture-pane", "-p", "-J", "-t", pane.name).splitlines()
    assert [text.rstrip() for text in shown] == [text.rstrip() for text in joined[: len(shown)]]
