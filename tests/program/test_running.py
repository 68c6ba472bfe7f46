"""Running commands, seen from outside: real processes, pipes, pseudo-terminals and signals."""

import fcntl
import io
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.capture import Captured, run_captured
from rflow.capture.output import HeadAndTail
from rflow.core.excerpt import excerpt
from rflow.errors import NoProgram, UsageProblem
from support.needs import need
from support.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes"),
    pytest.mark.timeout(60),
]

# A program that runs one command and leaves what was captured in a file.
RUNNER = """
import os, pathlib, sys, tracemalloc
if os.environ.get("THREADS"):
    import rflow.capture.posix, rflow.capture.threads
    rflow.capture.posix.run = rflow.capture.threads.run
import msgspec
from rflow.capture import run_captured
from rflow.errors import UsageProblem
answer, limit, *command = sys.argv[1:]
if os.environ.get("TRACE"):
    tracemalloc.start()
try:
    captured = run_captured(command[1] if command[0] == "-c" else command, limit=int(limit))
except UsageProblem as problem:
    sys.exit(f"{problem}")
if os.environ.get("AGAIN"):
    os.kill(os.getpid(), int(os.environ["AGAIN"]))
if os.environ.get("TRACE"):
    pathlib.Path(answer + ".peak").write_text(str(tracemalloc.get_traced_memory()[1]))
pathlib.Path(answer + ".part").write_bytes(msgspec.json.encode(captured))
os.rename(answer + ".part", answer)
sys.exit(captured.status)
"""
# Gives a program the pseudo-terminal on its standard input as the terminal of its session.
LOGIN = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Bench:
    """Where commands are run: a folder for what they leave, and the ways to start the runner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer = folder / "answer"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        (folder / "runner.py").write_text(RUNNER, encoding="utf-8")

    def words(self, *command: str, limit: int = 1_000_000) -> list[str]:
        """The words that have `command` run."""
        return [sys.executable, str(self.folder / "runner.py"), str(self.answer), str(limit), *command]

    def run(self, *command: str, limit: int = 1_000_000, input: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run in pipes."""
        words = self.words(*command, limit=limit)
        return subprocess.run(words, capture_output=True, env=self.env, timeout=PATIENCE, check=False, input=input)

    def start(self, *command: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start in pipes, in a process group of its own, as a shell does."""
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process: subprocess.Popen[bytes]
        process = subprocess.Popen(self.words(*command), env=self.env, start_new_session=True, **(pipes | options))
        return process

    def follow(self, text: str) -> list[str]:
        """A command that prints a text and then waits, in one process: a shell may lose a signal before its `exec`."""
        (self.folder / "log").write_text(f"{text}\n", encoding="utf-8")
        return ["tail", "-f", str(self.folder / "log")]

    @property
    def captured(self) -> Captured:
        assert until(self.answer.exists), "no answer"
        return msgspec.json.decode(self.answer.read_bytes(), type=Captured)

    @property
    def peak(self) -> int:
        return int(Path(f"{self.answer}.peak").read_text())


class Terminal:
    """A real terminal, with somebody who looks and types."""

    def __init__(self, bench: Bench, *command: str, size: tuple[int, int] = (33, 121), stderr: Any = None) -> None:
        self.screen = bytearray()
        self.master, slave = os.openpty()
        self.resize(*size)
        # On Ctrl-C and Ctrl-Z the system discards what is on its way to the screen, and so may the handler's answer.
        mode = termios.tcgetattr(slave)
        mode[3] |= termios.NOFLSH
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOGIN, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave if stderr is None else stderr,
            env=bench.env,
            start_new_session=True,
        )
        os.close(slave)
        self._leaving = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        """Read until the other end is closed, or this one is to be: a thread in read(2) would keep it open."""
        while not self._leaving:
            if select.select([self.master], [], [], 0.02)[0]:
                try:
                    self.screen += os.read(self.master, 65536)
                except OSError:
                    return

    def see(self, text: str) -> None:
        assert until(lambda: text.encode() in self.screen), f"{text!r} is not in {bytes(self.screen[-2000:])!r}"

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Close the window: the system tells who runs in it by SIGHUP."""
        self._leaving = True
        self._reader.join(PATIENCE)
        with suppress(OSError):
            os.close(self.master)
        self.master = -1

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(params=["select", "threads"])
def either(bench: Bench, request: pytest.FixtureRequest) -> Bench:
    """Both ways to read pipes: that of POSIX and that of Windows."""
    if request.param == "threads":
        bench.env["THREADS"] = "1"
    return bench


@pytest.fixture
def terminal(bench: Bench) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def on_terminal(*command: str, **options: Any) -> Terminal:
        opened.append(Terminal(bench, *command, **options))
        return opened[-1]

    yield on_terminal
    for each in opened:
        each.end()


# --- pipes


def test_each_stream_goes_to_its_own_and_both_are_captured_in_order(either: Bench) -> None:
    done = either.run("-c", "echo up; sleep 0.2; echo 'disk full' >&2; sleep 0.2; echo down")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"up\ndown\n", b"disk full\n")
    assert either.captured.data == b"up\ndisk full\ndown\n"
    assert (either.captured.total, either.captured.kept, either.captured.cut) == (18, 18, 0)


def test_the_record_says_what_ran_where_and_when(bench: Bench) -> None:
    before = datetime.now(UTC)
    assert bench.run("printf", "%s", "it's up").stdout == b"it's up"
    captured = bench.captured
    assert captured.command == """printf %s 'it'"'"'s up'"""
    assert captured.cwd == str(Path.cwd())
    assert captured.host == os.uname().nodename
    assert captured.started_at.utcoffset() == timedelta(0)
    assert before <= captured.started_at <= datetime.now(UTC)
    assert 0 <= captured.duration < 30


def test_output_is_shown_while_the_command_runs(either: Bench) -> None:
    with either.start("-c", "echo first; read go; echo second", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"first\n"
        process.stdin.write(b"go\n")
        process.stdin.close()
        assert process.stdout.readline() == b"second\n"


def test_input_is_the_commands_own(either: Bench) -> None:
    assert either.run("wc", "-c", input=b"x" * 300_000).stdout.strip() == b"300000"


@pytest.mark.parametrize(("script", "code", "status"), [("exit 3", 3, 3), ("kill -9 $$", -9, 137), ("true", 0, 0)])
def test_the_exit_code_is_passed_on(either: Bench, script: str, code: int, status: int) -> None:
    assert either.run("-c", script).returncode == status
    assert (either.captured.exit_code, either.captured.status) == (code, status)
    assert (either.captured.data, either.captured.total) == (b"", 0)


def test_binary_output_arrives_as_it_is(either: Bench) -> None:
    done = either.run("head", "-c", "100000", "/dev/urandom")
    assert done.stdout == either.captured.data
    assert len(done.stdout) == 100_000
    assert excerpt(either.captured.data).text == "(binary, 98 KiB)"


def test_text_that_is_not_utf_8_arrives_as_it_is(bench: Bench) -> None:
    assert bench.run("printf", r"Drucker im Caf\351\n").stdout == b"Drucker im Caf\xe9\n"
    assert bench.captured.data == b"Drucker im Caf\xe9\n"
    assert excerpt(bench.captured.data).text == "Drucker im Caf\N{REPLACEMENT CHARACTER}"


def test_fifty_megabytes_take_no_more_memory_than_the_limit(either: Bench) -> None:
    either.env["TRACE"] = "yes"
    done = either.run("-c", "seq -f 'line %.0f of a very long story' 1 1600000", limit=1_000_000)
    captured = either.captured
    assert captured.total == len(done.stdout) > 50_000_000
    assert len(captured.data) <= 1_000_000
    assert captured.kept > 980_000
    head, said, tail = captured.data.partition(b"\xe2\x80\xa6 ")
    assert said
    marker, _, tail = tail.partition(b"\n")
    assert marker.decode() == f"{captured.cut / 2**20:.0f} MiB left out …"
    assert done.stdout.startswith(head)
    assert done.stdout.endswith(tail)
    assert head.endswith(b"story\n")
    assert tail.startswith(b"line ")
    assert either.peak < 4_000_000


def test_a_reader_that_leaves_ends_the_command(either: Bench) -> None:
    with either.start("yes") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert either.captured.data.startswith(b"y\ny\n")
    assert (either.captured.exit_code, either.captured.undelivered) == (-signal.SIGPIPE, "")


def test_without_a_standard_output_nothing_hangs(bench: Bench) -> None:
    words = bench.words("yes")
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words], env=bench.env, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (141, b"", b"")
    assert bench.captured.data.startswith(b"y\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_could_not_be_stored_is_said(either: Bench) -> None:
    with Path("/dev/full").open("wb") as full, either.start("echo", "spooler stopped", stdout=full) as process:
        process.wait(PATIENCE)
    assert either.captured.undelivered == "No space left on device"
    assert either.captured.data == b"spooler stopped\n"


def test_a_standard_output_that_does_not_block_gets_everything(bench: Bench) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with bench.start("seq", "100000", stdout=writer) as process, os.fdopen(reader, "rb") as pipe:
        os.close(writer)
        time.sleep(0.3)  # it must meet a full pipe
        assert len(pipe.read().splitlines()) == 100_000
        assert process.wait(PATIENCE) == 0


def test_a_process_left_behind_does_not_hold_us(either: Bench) -> None:
    done = either.run("-c", "(while sleep 0.05; do echo still here; done) & echo $!; seq 20000; exit 4")
    pid, *lines = done.stdout.decode().splitlines()
    try:
        assert done.returncode == 4
        assert [line for line in lines if line != "still here"] == [str(number) for number in range(1, 20001)]
        assert either.captured.data == done.stdout
    finally:
        os.kill(int(pid), signal.SIGKILL)


def test_a_command_that_closes_its_output_is_waited_for(either: Bench) -> None:
    either.run("-c", "echo detached; exec >&- 2>&-; sleep 0.3; exit 5")
    assert (either.captured.data, either.captured.exit_code) == (b"detached\n", 5)


def test_a_stream_in_memory_gets_the_output_too(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", screen)
    assert run_captured(["echo", "Leeds"], limit=1024).data == b"Leeds\n"
    assert screen.buffer.getvalue() == b"Leeds\n"


def test_nothing_heavy_is_imported_before_something_runs(bench: Bench) -> None:
    heavy = "{'subprocess', 'termios', 'select', 'selectors', 'shutil', 'shlex', 'difflib'}"
    script = f"import sys, rflow.capture; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], env=bench.env, capture_output=True, check=True, timeout=PATIENCE
    )
    assert done.stdout == b"set()\n"


# --- signals, in pipes


def test_ctrl_c_goes_to_the_command_and_we_stay_to_record_it(either: Bench) -> None:
    script = "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.05; done"
    with either.start("-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == 7
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert either.captured.data == b"ready\ninterrupted\n"


def test_ctrl_c_ends_a_plain_command(either: Bench) -> None:
    with either.start(*either.follow("ready")) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert either.captured.exit_code == -signal.SIGINT


STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: os.write(1, b"no\\n"))
signal.signal(signal.SIGTERM, signal.SIG_IGN if "TERM" in sys.argv else signal.SIG_DFL)
os.write(1, b"ready\\n")
while True: time.sleep(0.02)
"""


def interrupt(process: "subprocess.Popen[bytes]") -> int:
    """Press Ctrl-C until it has an effect: two at once are one to a process that was not scheduled in between."""
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout.readline() == b"no\n"  # else the second might come before the command has seen the first
    while process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.3)
    return process.wait()


def test_the_second_ctrl_c_terminates_what_ignores_the_first(either: Bench) -> None:
    with either.start(sys.executable, "-c", STUBBORN) as process:
        assert interrupt(process) in (143, 137)  # or the third, on a busy machine
    assert either.captured.data.startswith(b"ready\nno\n")


def test_the_third_ctrl_c_kills(bench: Bench) -> None:
    with bench.start(sys.executable, "-c", STUBBORN, "TERM") as process:
        assert interrupt(process) == 137


@pytest.mark.parametrize("number", [signal.SIGTERM.value, signal.SIGHUP.value])
def test_a_signal_to_us_ends_the_command_and_its_output_is_kept(bench: Bench, number: int) -> None:
    bench.env["AGAIN"] = str(number)  # it may come once more, while that is recorded
    with bench.start(*bench.follow("so far")) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
    assert (bench.captured.data, bench.captured.exit_code) == (b"so far\n", -number)


def test_a_command_that_will_not_end_is_killed_after_a_while(bench: Bench) -> None:
    with bench.start("-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 137


def test_a_reader_that_is_stuck_does_not_keep_us_from_ending(bench: Bench) -> None:
    with bench.start("yes") as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 2) == b"y\n"
        time.sleep(0.3)  # nobody reads any more: the pipe is full by then
        process.send_signal(signal.SIGTERM)
        assert until(bench.answer.exists), "no answer"
        assert process.wait(PATIENCE) in (143, 141)


def test_these_tests_pass_where_the_test_run_ignores_signals() -> None:
    """As in the background of a script, and under nohup."""
    tests = (test_ctrl_c_ends_a_plain_command, test_a_signal_to_us_ends_the_command_and_its_output_is_kept)
    names = [f"{__file__}::{test.__name__}" for test in tests]
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *names]
    words = ["sh", "-c", 'trap "" INT QUIT HUP TERM; exec "$@"', "sh", *run]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout


def test_what_we_were_told_to_ignore_stays_ignored(bench: Bench) -> None:
    words = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *bench.words("-c", "echo ready; sleep 0.5; echo done")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=bench.env, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == b"done\n"


# --- what can't be run


def test_the_error_of_a_missing_program_suggests_the_nearest_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubectl").write_text("#!/bin/sh\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoProgram) as caught:
        run_captured(["kubctl", "get", "pods"], limit=1000)
    assert caught.value.what == 'There is no program "kubctl" here; nothing was recorded.'
    assert caught.value.try_ == "Did you mean: rflow run -- kubectl get pods"


def test_a_command_line_in_one_word_is_sent_to_the_shell() -> None:
    with pytest.raises(UsageProblem, match=r"There is no program .*rflow run -c 'dmesg \| tail'"):
        run_captured(["dmesg | tail"], limit=1000)


def test_a_missing_program_is_reported(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("echo hello\n")
    (tmp_path / "lost").write_text("#!/no/such/python\n")
    (tmp_path / "lost").chmod(0o755)
    (tmp_path / "data").write_bytes(b"\x01\x02")
    (tmp_path / "data").chmod(0o755)
    expected = {
        "": "is a folder",
        "missing": "There is no program",
        "plain": r"Permission denied\. Make it executable: chmod \+x",
        "lost": "interpreter",
        "data": r"Exec format error\. If it is a script",
    }
    for name, words in expected.items():
        with pytest.raises(UsageProblem, match=words):
            run_captured([f"{tmp_path}/{name}"], limit=1000)


@pytest.mark.parametrize("shell", ["", "/no/such/shell", "/usr/sbin/nologin", "/bin/sh"])
def test_a_string_goes_through_a_shell_that_works(bench: Bench, shell: str) -> None:
    bench.env["SHELL"] = shell
    assert bench.run("-c", "echo $((6*7)) | tr 4 5").stdout == b"52\n"
    assert bench.captured.command == "echo $((6*7)) | tr 4 5"


def test_the_shell_is_the_users(bench: Bench, tmp_path: Path) -> None:
    shell = tmp_path / "fish"
    shell.write_text('#!/bin/sh\necho "fish: $1 $2"\n')
    shell.chmod(0o755)
    bench.env["SHELL"] = str(shell)
    assert bench.run("-c", "echo $status").stdout == b"fish: -c echo $status\n"


# --- on a terminal

PYTHON = (sys.executable, "-c")


def awaiting(name: str) -> str:
    """The beginning of a Python program that waits for a signal; not in read(2), which one that comes before misses."""
    return f"""
import signal, time
came = []
signal.signal(signal.{name}, lambda *_: came.append(True))
print("ready", flush=True)
while not came: time.sleep(0.02)
"""


def test_an_interactive_program_asks_and_is_answered(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words(*PYTHON, "print('hello ' + input('name? '))"))
    screen.see("name? ")
    screen.type("Ada\r")
    assert screen.wait() == 0
    screen.see("hello Ada")
    assert excerpt(bench.captured.data).text == "name? Ada\nhello Ada"


def test_lines_are_kept_as_the_command_wrote_them(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    """A terminal makes CR LF of LF, which may arrive apart; what is kept is the same as in a pipe."""
    parts = r"""'one\n', 'two\r\n', 'bar\r', '\n', 'end\r'"""
    script = f"import time\nfor part in ({parts}): print(part, end='', flush=True); time.sleep(.05)"
    screen = terminal(*bench.words(*PYTHON, script))
    assert screen.wait() == 0
    assert bench.captured.data == b"one\ntwo\r\nbar\r\nend\r"
    assert bench.captured.total == len(bench.captured.data)
    screen.see("one\r\n")


def test_a_password_is_asked_for_and_not_recorded(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words(*PYTHON, "import getpass; print(len(getpass.getpass('password: ')))"))
    screen.see("password: ")
    screen.type("hunter2\r")
    screen.see("7\r\n")
    assert screen.wait() == 0
    assert b"hunter2" not in bench.captured.data
    assert b"hunter2" not in screen.screen


def test_the_command_has_a_terminal_like_ours(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words("-c", "stty size; test -t 0 && test -t 1 && test -t 2 && : >/dev/tty && echo all"))
    assert screen.wait() == 0
    assert excerpt(bench.captured.data).text == "33 121\nall"
    assert bytes(screen.screen).replace(b"\r\n", b"\n") == bench.captured.data


def test_the_window_can_change_its_size(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words(*PYTHON, awaiting("SIGWINCH") + "import os; print(os.get_terminal_size())"))
    screen.see("ready")
    screen.resize(50, 200)
    screen.see("columns=200, lines=50")
    assert screen.wait() == 0


def test_ctrl_c_on_the_terminal_goes_to_the_command(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    script = "trap 'echo caught; caught=yes' INT; echo ready; until [ $caught ]; do sleep 0.02; done; read it"
    screen = terminal(*bench.words("-c", f"{script}; echo got $it"))
    screen.see("ready")
    screen.type("\x03")
    screen.see("caught")
    screen.type("Leeds\r")
    screen.see("got Leeds")
    assert screen.wait() == 0


def test_ctrl_c_on_the_terminal_ends_a_plain_command(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words(*bench.follow("ready")))
    screen.see("ready")
    screen.type("\x03")
    assert screen.wait() == 130
    assert bench.captured.exit_code == -signal.SIGINT


def test_the_terminals_own_ctrl_c_is_shown_and_not_kept(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    script = "trap 'printf \"caught ^C\\n\"; exit 0' INT; echo ready ^C; while :; do sleep 0.02; done"
    screen = terminal(*bench.words("-c", script))
    screen.see("ready ^C")
    screen.type("\x03")
    assert screen.wait() == 0
    assert bytes(screen.screen).count(b"^C") == 3
    assert bench.captured.data == b"ready ^C\ncaught ^C\n"


def test_what_is_said_next_begins_a_line(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    ends = {"half a line": True, "a line\n": False, "50 %\r": True, "bold\x1b[0m": True, "bold\x1b[0m\n\x1b[m": False}
    for text, broken in ends.items():
        screen = terminal(*bench.words(*PYTHON, f"import os; os.write(1, {text.encode()!r})"))
        assert screen.wait() == 0
        shown = text.replace("\n", "\r\n") + ("\r\n" if broken else "")
        assert bytes(screen.screen).decode() == shown
        assert bench.captured.data == text.encode()


def test_ctrl_z_and_the_end_of_input_are_passed_on(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words(*PYTHON, awaiting("SIGTSTP") + "import sys; print('go'); print(sys.stdin.read())"))
    screen.see("ready")
    screen.type("\x1a")
    screen.see("go\r\n")
    screen.type("abc\r\x04")
    screen.see("abc\r\nabc")
    assert screen.wait() == 0


def test_what_was_typed_ahead_arrives(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    words = bench.words("-c", "read name; echo got $name")
    screen = terminal("sh", "-c", 'echo busy; sleep 0.3; "$@"', "sh", *words)
    screen.see("busy")
    screen.type("Leeds\r")
    screen.see("got Leeds")
    assert screen.wait() == 0


def test_a_plain_background_process_ends_with_its_terminal(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words("-c", "sleep 60 & echo $!"))
    assert screen.wait() == 0
    pid = int(bench.captured.data)

    def is_gone() -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
        return True

    assert until(is_gone), "sleep has not ended"


BEFORE_AND_AFTER = 'stty -a > before; "$@"; echo "status $?"; stty -a > after'


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 3", 3),
        ("stty -echo -icanon; kill -9 $$", 137),
        ("(while sleep 0.1; do kill -TERM $PPID; done) & exec sleep 60", 143),
        ("(while sleep 0.1; do kill -HUP $PPID; done) & exec sleep 60", 129),
        ("(while sleep 0.1; do kill -INT $PPID; done) & exec sleep 60", 130),
        (None, 1),
    ],
)
def test_the_terminal_is_afterwards_as_it_was(
    bench: Bench, terminal: Callable[..., Terminal], script: str | None, status: int
) -> None:
    words = bench.words("-c", f"echo so far; {script}") if script else bench.words("no-such-program")
    around = f"cd {bench.folder}; stty intr ^X; {BEFORE_AND_AFTER}"
    screen = terminal("sh", "-c", around, "sh", *words)
    screen.see(f"status {status}")
    assert screen.wait() == 0
    before, after = ((bench.folder / name).read_text() for name in ("before", "after"))
    assert "intr = ^X" in before
    assert before == after
    if script:
        assert bench.captured.data == b"so far\n"


def test_a_terminal_that_is_closed_ends_the_command_and_its_output_is_kept(
    bench: Bench, terminal: Callable[..., Terminal]
) -> None:
    screen = terminal(*bench.words(*bench.follow("so far")))
    screen.see("so far")
    screen.close()
    assert screen.wait() == 129
    assert (bench.captured.data, bench.captured.exit_code) == (b"so far\n", -signal.SIGHUP)


def test_a_long_output_arrives_whole(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words("seq", "100000"))
    assert screen.wait() == 0
    screen.see("100000\r\n")
    assert bytes(screen.screen).replace(b"\r\n", b"\n") == bench.captured.data
    assert bench.captured.data.split() == [b"%d" % number for number in range(1, 100_001)]


def test_a_long_paste_arrives_whole_while_the_command_is_talking(
    bench: Bench, terminal: Callable[..., Terminal]
) -> None:
    script = "stty -echo; echo ready; sleep 0.3; seq 20000; sed -n '$='"
    screen = terminal(*bench.words("-c", script))
    screen.see("ready")
    pasting = threading.Thread(target=screen.type, args=("spooler\r" * 5000 + "\x04",))
    pasting.start()
    screen.see("20000\r\n5000\r\n")
    pasting.join(PATIENCE)
    assert screen.wait() == 0


def test_errors_sent_elsewhere_go_there(bench: Bench, terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    with (tmp_path / "errors.log").open("wb") as log:
        screen = terminal(*bench.words("-c", "echo out; sleep 0.2; echo bad >&2; test -t 1"), stderr=log)
        assert screen.wait() == 0
    assert (tmp_path / "errors.log").read_bytes() == b"bad\n"
    assert bytes(screen.screen) == b"out\r\n"
    assert bench.captured.data == b"out\nbad\n"


def test_a_background_process_on_the_terminal_does_not_hold_us(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words("-c", "trap '' HUP; sleep 60 & echo $!; exit 4"))
    try:
        assert screen.wait() == 4
    finally:
        os.kill(int(bench.captured.data), signal.SIGKILL)


def test_a_command_that_leaves_its_terminal_lives_on(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    script = "echo detached; exec </dev/null >/dev/null 2>&1; sleep 0.5; echo back >/dev/tty; exit 5"
    screen = terminal(*bench.words("-c", script))
    assert screen.wait() == 5
    assert excerpt(bench.captured.data).text == "detached\nback"


def test_a_job_in_the_background_leaves_the_terminal_alone(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    words = bench.words("-c", "echo working; test -t 1 || echo in pipes")
    screen = terminal("sh", "-c", 'set -m; "$@" & wait $!; echo "status $?"', "sh", *words)
    screen.see("status 0")
    assert bench.captured.data == b"working\nin pipes\n"


def test_a_stop_and_a_return_find_the_terminal_raw_again(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(*bench.words("-c", "stty -echo; echo ready; read a; echo got $a"))
    screen.see("ready")
    screen.process.send_signal(signal.SIGSTOP)
    mode = termios.tcgetattr(screen.master)
    mode[3] |= termios.ECHO | termios.ICANON | termios.ISIG
    termios.tcsetattr(screen.master, termios.TCSANOW, mode)
    screen.process.send_signal(signal.SIGCONT)
    assert until(lambda: not termios.tcgetattr(screen.master)[3] & termios.ICANON), "the terminal is not raw"
    screen.type("secret\r")
    screen.see("got secret")
    assert screen.wait() == 0
    assert screen.screen.count(b"secret") == 1


def test_less_pages_and_is_left(bench: Bench, terminal: Callable[..., Terminal]) -> None:
    need("less")
    screen = terminal(*bench.words("-c", "seq 1000 | less; echo left"))
    screen.see("32\r\n")
    screen.type("G")
    screen.see("1000\r\n")
    screen.type("q")
    assert screen.wait() == 0
    assert excerpt(bench.captured.data).text.split() == ["(full", "screen)", "left"]


def test_vim_edits(bench: Bench, terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    need("vim")
    screen = terminal(*bench.words("vim", "-u", "NONE", str(tmp_path / "hosts")))
    screen.see("hosts")
    screen.type("i10.1.4.7 printer-leeds\x1b:wq\r")
    assert screen.wait() == 0
    assert (tmp_path / "hosts").read_text() == "10.1.4.7 printer-leeds\n"


# --- what is kept


@given(st.lists(st.binary(max_size=3000), max_size=20), st.integers(1024, 5000))
def test_what_is_kept_is_the_beginning_and_the_end(pieces: list[bytes], limit: int) -> None:
    kept = HeadAndTail(limit)
    for piece in pieces:
        kept.add(piece)
    whole = b"".join(pieces)
    data, count = kept.result()
    assert len(data) <= limit
    assert kept.total == len(whole)
    if len(whole) < limit:
        assert (data, count) == (whole, len(whole))
    elif count < len(whole):
        head, said, tail = data.partition(b"\xe2\x80\xa6 ")
        tail = tail.partition("out …\n".encode())[2]
        assert said
        assert whole.startswith((head, head.removesuffix(b"\n")))
        assert whole.endswith(tail)
        assert count in (len(head) + len(tail), len(head) + len(tail) - 1)
