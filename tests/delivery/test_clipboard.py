"""Copying, from outside: real commands, tmux servers, pseudo-terminals, X and Wayland displays."""

import base64
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rflow.delivery.clipboard import Copied, copy
from rflow.errors import Exit, NotDelivered
from support.clipboard_world import (
    DEAD_DISPLAY,
    OVER_SSH,
    SIZE,
    SUMMARY,
    Terminal,
    answer_in,
    away_from_terminals,
    bare_environ,
    copier,
    copy_in,
    importable,
    only,
    osc52,
    pastes,
    script,
    short_folder,
    wayland_session,
    x_display,
)
from support.needs import need
from support.waiting import PATIENCE, until


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    return bare_environ(tmp_path)


@pytest.fixture
def short() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture(scope="module")
def x_server() -> Iterator[str]:
    with x_display() as number:
        yield number


@pytest.fixture
def wayland(bare: dict[str, str], short: Path) -> Iterator[dict[str, str]]:
    with wayland_session(bare, short) as environ:
        yield environ


# --- the user's own command


def test_the_own_command_gets_exactly_the_text(bare: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "clipboard"
    copied = copy(SUMMARY, environ=bare | {"RFLOW_CLIPBOARD_CMD": f"cat > '{target}'"})
    assert target.read_text(encoding="utf-8") == SUMMARY
    assert copied == Copied(
        method="command",
        confirmed=True,
        size=SIZE,
        rich=False,
        message=f"copied with RFLOW_CLIPBOARD_CMD ({SIZE} bytes, plain text)",
    )


def test_the_own_command_comes_before_everything_else(bare: dict[str, str], tmp_path: Path) -> None:
    elsewhere = {"TMUX": "/nowhere,1,0", "DISPLAY": DEAD_DISPLAY, "WAYLAND_DISPLAY": "wayland-77"} | OVER_SSH
    command = f"tr a-z A-Z | head -1 > '{tmp_path}/clipboard'"
    copied = copy(SUMMARY, environ=bare | elsewhere | {"RFLOW_CLIPBOARD_CMD": command})
    assert copied.method == "command"
    assert (tmp_path / "clipboard").read_text() == "PRINTER IN LEEDS IS OFFLINE\n", "pipes work"


def test_a_megabyte_reaches_the_own_command(bare: dict[str, str], tmp_path: Path) -> None:
    copied = copy("x" * 1_234_567, environ=bare | {"RFLOW_CLIPBOARD_CMD": f"cat > '{tmp_path}/clipboard'"})
    assert (tmp_path / "clipboard").stat().st_size == copied.size == 1_234_567
    assert "1.2 MiB" in copied.message


def test_a_lone_surrogate_is_replaced(bare: dict[str, str], tmp_path: Path) -> None:
    copied = copy("caf\udce9", environ=bare | {"RFLOW_CLIPBOARD_CMD": f"cat > '{tmp_path}/clipboard'"})
    assert (tmp_path / "clipboard").read_text() == "caf?"
    assert copied.size == 4


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("echo the relay is down >&2; exit 3", "exit status 3: the relay is down"),
        ("exit 3", "exit status 3"),
        ("no-such-program-anywhere", "exit status 127"),
        (r"printf 'red \033[31m' >&2; exit 1", "exit status 1: red ?[31m"),
    ],
)
def test_a_failing_command_is_named_with_its_reason(
    bare: dict[str, str], tmp_path: Path, command: str, reason: str
) -> None:
    answer = away_from_terminals(tmp_path, bare | {"RFLOW_CLIPBOARD_CMD": command})
    assert f"RFLOW_CLIPBOARD_CMD ({reason}" in answer["error"]


@pytest.mark.parametrize("text", [SUMMARY, "x" * 1_000_000])
def test_a_hanging_command_is_given_up(bare: dict[str, str], tmp_path: Path, text: str) -> None:
    """Also one that never reads its input, with more text than a pipe holds."""
    answer = away_from_terminals(tmp_path, bare | {"RFLOW_CLIPBOARD_CMD": "exec sleep 600"}, text, timeout=0.3)
    assert "RFLOW_CLIPBOARD_CMD (still busy after 0.3 s)" in answer["error"]


def test_a_command_that_leaves_a_process_behind_does_not_hang(bare: dict[str, str], tmp_path: Path) -> None:
    """As `xclip` does; what is left behind holds the error stream, which must not be waited for."""
    command = f"cat > '{tmp_path}/clipboard'; sleep 600 & echo $! > '{tmp_path}/pid'"
    copy(SUMMARY, environ=bare | {"RFLOW_CLIPBOARD_CMD": command})
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)  # it is still there, or this would fail


@pytest.mark.parametrize("command", ["cat >&2; exit 3", 'read line; echo "got: $line" >&2; exit 3'])
def test_no_error_repeats_the_text(bare: dict[str, str], tmp_path: Path, command: str) -> None:
    answer = away_from_terminals(tmp_path, bare | {"RFLOW_CLIPBOARD_CMD": command}, "token hunter2-hunter2")
    assert "exit status 3" in answer["error"]
    assert "hunter2" not in answer["error"]


def test_the_copy_says_why_the_own_command_failed(terminal: Terminal, bare: dict[str, str], tmp_path: Path) -> None:
    terminal.watch()
    answer = copy_in(terminal, tmp_path, SUMMARY, bare | OVER_SSH | {"RFLOW_CLIPBOARD_CMD": "exit 3"})
    assert answer["method"] == "osc52"
    assert answer["command_failed"] == "exit status 3"


# --- tmux


@pytest.fixture
def tmux(bare: dict[str, str], short: Path) -> Iterator[dict[str, str]]:
    """The environment inside a real tmux server of its own."""
    need("tmux")
    server = ["tmux", "-S", str(short / "tmux"), "-f", "/dev/null"]
    outside = bare | {"TERM": "xterm-256color"}
    subprocess.run([*server, "new-session", "-d", "-x", "80", "-y", "24", "sh"], env=outside, check=True)
    yield bare | {"TMUX": f"{short}/tmux,1,0", "TERM": "screen"}
    subprocess.run([*server, "kill-server"], env=outside, check=True)


def tmux_output(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(["tmux", *words], env=environ, check=True, capture_output=True)
    return done.stdout.decode()


def attach(terminal: Terminal, tmux: dict[str, str], kind: str = "xterm-256color") -> None:
    """Show that server on a terminal that is known to take OSC 52."""
    outside = {name: value for name, value in tmux.items() if name != "TMUX"} | {"TERM": kind}
    terminal.watch()
    terminal.run(["tmux", "-S", tmux["TMUX"].split(",")[0], "attach"], outside)
    assert until(lambda: tmux_output(tmux, "list-clients")), "nothing attached"


@pytest.mark.parametrize("ssh", [OVER_SSH, {}], ids=["over SSH", "on a machine without desktop"])
def test_inside_tmux_the_text_is_in_its_buffer_and_at_the_terminal(
    terminal: Terminal, tmux: dict[str, str], ssh: dict[str, str]
) -> None:
    attach(terminal, tmux)
    copied = copy(SUMMARY, environ=tmux | ssh)
    assert tmux_output(tmux, "show-buffer") == SUMMARY
    assert until(lambda: base64.b64encode(SUMMARY.encode()) in terminal.seen), "the outer terminal got no OSC 52"
    assert (copied.method, copied.confirmed) == ("tmux", False)
    offered = f"copied to tmux (prefix + ] pastes it; {SIZE} bytes, plain text) and offered to the terminal"
    assert copied.message == offered
    assert copied.hint.startswith(
        "If Ctrl-V pastes nothing, the terminal did not take it: in tmux, type tmux set -as term"
    )


def test_the_setting_that_is_named_lets_a_copy_through_to_a_terminal_that_tmux_does_not_know(
    terminal: Terminal, tmux: dict[str, str]
) -> None:
    hint = copy(SUMMARY, environ=tmux).hint
    tmux_output(tmux, *shlex.split(hint.partition("in tmux, type tmux ")[2].partition(". ")[0]))
    attach(terminal, tmux, kind="vt100")
    copy(SUMMARY, environ=tmux)
    assert until(lambda: base64.b64encode(SUMMARY.encode()) in terminal.seen), "the outer terminal got no OSC 52"


def test_an_older_tmux_keeps_the_text_in_its_buffer(tmux: dict[str, str], tmp_path: Path) -> None:
    """The stand-in refuses `-w` as tmux before 3.2 does, and passes everything else to the real one."""
    real = shutil.which("tmux")
    refuse = 'case " $* " in *" -w "*) echo usage: load-buffer >&2; exit 1;; esac'
    script(tmp_path / "tmux", f'{refuse}\nexec {real} "$@"')
    copied = copy(SUMMARY, environ=tmux | OVER_SSH | {"PATH": f"{tmp_path}:{tmux['PATH']}"})
    assert tmux_output(tmux, "show-buffer") == SUMMARY
    assert f"{SIZE} bytes, plain text), but not to the terminal, which needs tmux 3.2" in copied.message


def test_a_text_too_long_for_terminals_stays_in_the_tmux_buffer(tmux: dict[str, str]) -> None:
    copied = copy("x" * 74_001, environ=tmux | OVER_SSH)
    assert len(tmux_output(tmux, "show-buffer")) == 74_001
    assert copied.message.endswith(", but not to the terminal, which takes at most 72 KiB")


@pytest.mark.parametrize("tmux", [{}, {"TMUX": "/gone/default,1,0"}], ids=["none named", "left over"])
def test_over_ssh_from_a_tmux_the_setting_that_it_needs_is_named(
    tmux: dict[str, str], terminal: Terminal, bare: dict[str, str], tmp_path: Path
) -> None:
    """The tmux runs on the other machine, where its server takes the sequence only with this setting."""
    terminal.watch()
    answer = copy_in(terminal, tmp_path, "Leeds", bare | OVER_SSH | tmux | {"TERM": "tmux-256color"})
    assert until(lambda: bytes(terminal.seen) == osc52("Leeds")), bytes(terminal.seen)
    assert answer["method"] == "osc52"
    assert "set -g set-clipboard on" in answer["message"]


# --- OSC 52


@pytest.mark.parametrize("ssh", [OVER_SSH, {}], ids=["over SSH", "on a machine without desktop"])
def test_without_anything_else_the_terminal_gets_osc_52_and_no_copy_is_claimed(
    terminal: Terminal, bare: dict[str, str], tmp_path: Path, ssh: dict[str, str]
) -> None:
    terminal.watch()
    answer = copy_in(terminal, tmp_path, SUMMARY, bare | ssh)
    assert until(lambda: bytes(terminal.seen) == osc52(SUMMARY)), bytes(terminal.seen)
    assert (answer["method"], answer["confirmed"], answer["rich"]) == ("osc52", False, False)
    assert answer["message"].startswith(
        f"sent to the terminal (OSC 52, {SIZE} bytes, plain text); terminals do not confirm"
    )
    assert "copied" not in answer["message"]


def test_the_longest_text_for_a_terminal_arrives_whole(
    terminal: Terminal, bare: dict[str, str], tmp_path: Path
) -> None:
    terminal.watch()
    copy_in(terminal, tmp_path, "y" * 74_000, bare | OVER_SSH)
    assert until(lambda: bytes(terminal.seen) == osc52("y" * 74_000))
    assert len(terminal.seen) < 100_000


def test_a_text_too_long_for_a_terminal_is_not_sent_at_all(
    terminal: Terminal, bare: dict[str, str], tmp_path: Path
) -> None:
    terminal.watch()
    answer = copy_in(terminal, tmp_path, "y" * 74_001, bare | OVER_SSH)
    assert "OSC 52 (a terminal takes at most 72 KiB)" in answer["error"]
    assert terminal.seen == b""


def test_a_stopped_terminal_is_given_up(terminal: Terminal, bare: dict[str, str], tmp_path: Path) -> None:
    """As after Ctrl-S: nobody reads here, and the terminal's queue is smaller than the text."""
    answer = copy_in(terminal, tmp_path, "y" * 70_000, bare | OVER_SSH, timeout=0.3)
    assert "OSC 52 (the terminal accepted no output for 0.3 s)" in answer["error"]


@pytest.mark.parametrize("kind", ["dumb", "linux"])
def test_a_terminal_that_would_show_the_sequence_gets_nothing(
    terminal: Terminal, bare: dict[str, str], tmp_path: Path, kind: str
) -> None:
    terminal.watch()
    answer = copy_in(terminal, tmp_path, SUMMARY, bare | OVER_SSH | {"TERM": kind})
    assert f"OSC 52 (a {kind} terminal has no clipboard)" in answer["error"]
    assert terminal.seen == b""


def test_gnu_screen_passes_the_text_to_its_terminal(
    terminal: Terminal, bare: dict[str, str], tmp_path: Path, short: Path
) -> None:
    need("screen")
    text = SUMMARY * 40
    argv, answer = copier(tmp_path, text, bare | OVER_SSH | {"STY": "1.leeds"})
    (short / "screens").mkdir(mode=0o700)
    terminal.watch()
    inside = {"TERM": "xterm", "SCREENDIR": f"{short}/screens", "LANG": "C.UTF-8"} | importable()
    terminal.run(["screen", "-c", "/dev/null", *argv], inside)
    assert answer_in(answer)["method"] == "osc52"
    assert until(lambda: osc52(text) in terminal.seen), bytes(terminal.seen)[:200]


# --- the desktop


@pytest.mark.parametrize("program", ["xclip", "xsel"])
def test_on_x11_the_desktop_has_the_text(bare: dict[str, str], tmp_path: Path, x_server: str, program: str) -> None:
    need("xclip")
    display = {"DISPLAY": f":{x_server}"}
    text = f"{SUMMARY}2. Asked {program}\n"
    copied = copy(text, environ=bare | display | only(tmp_path / "bin", program), platform="linux")
    assert pastes(f":{x_server}", text)
    assert copied == Copied(
        method=f"desktop:{program}",
        confirmed=True,
        size=len(text.encode()),
        message=f"copied to the clipboard ({program}, {len(text.encode())} bytes, plain text)",
    )


def test_on_wayland_the_desktop_has_the_text_as_plain_text(wayland: dict[str, str]) -> None:
    page = "<html><b>Printer in Leeds</b> → offline</html>"
    copied = copy(page, environ=wayland, platform="linux")
    paste = ["wl-paste", "--no-newline"]
    assert subprocess.run(paste, env=wayland, capture_output=True, check=True, timeout=PATIENCE).stdout.decode() == page
    kinds = subprocess.run([*paste, "-l"], env=wayland, capture_output=True, check=True, timeout=PATIENCE).stdout
    assert b"text/plain" in kinds
    assert b"html" not in kinds
    assert (copied.method, copied.confirmed) == ("desktop:wl-copy", True)


def test_a_pipeline_ends_while_xclip_keeps_running(bare: dict[str, str], tmp_path: Path, x_server: str) -> None:
    need("xclip")
    argv, answer = copier(tmp_path, "Leeds, piped", bare | {"DISPLAY": f":{x_server}"})
    subprocess.run(["sh", "-c", '"$@" 2>&1 | cat', "sh", *argv], env=importable(), check=True, timeout=PATIENCE)
    assert answer_in(answer)["method"] == "desktop:xclip"
    assert pastes(f":{x_server}", "Leeds, piped")


def test_ctrl_c_in_that_pipeline_leaves_the_clipboard_alone(
    bare: dict[str, str], tmp_path: Path, x_server: str
) -> None:
    need("xclip")
    argv, answer = copier(tmp_path, "Leeds, interrupted", bare | {"DISPLAY": f":{x_server}"})
    pipeline = subprocess.Popen(["sh", "-c", '"$@"; sleep 60', "sh", *argv], env=importable(), process_group=0)
    answer_in(answer)
    assert until(lambda: _interrupted(pipeline))
    assert pastes(f":{x_server}", "Leeds, interrupted")


def _interrupted(pipeline: "subprocess.Popen[bytes]") -> bool:
    """Press Ctrl-C; a copier that is just ending takes it, and then the shell goes on: one presses it again."""
    with suppress(ProcessLookupError):
        os.killpg(pipeline.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        pipeline.wait(0.5)
    return pipeline.poll() is not None


@pytest.mark.parametrize("program", ["xclip", "xsel"])
def test_no_copy_is_claimed_for_a_dead_display(bare: dict[str, str], tmp_path: Path, program: str) -> None:
    dead = bare | {"DISPLAY": DEAD_DISPLAY} | only(tmp_path / "bin", program)
    error = away_from_terminals(tmp_path, dead)["error"]
    assert f"{program} (exit status 1: " in error
    assert "open display" in error


def test_x11_is_used_if_wayland_is_dead(bare: dict[str, str], tmp_path: Path, x_server: str) -> None:
    """A stale WAYLAND_DISPLAY, as in a tmux that outlived its desktop."""
    need("xclip", "wl-copy")
    stale = {"WAYLAND_DISPLAY": "wayland-77", "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": f":{x_server}"}
    copied = copy(SUMMARY, environ=bare | stale, platform="linux")
    assert copied.method == "desktop:xclip"
    assert "tried before: wl-copy (exit status 1: Failed to connect to a Wayland server" in copied.message


def test_a_display_that_never_answers_is_given_up(bare: dict[str, str], tmp_path: Path) -> None:
    need("xclip")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        display = f"127.0.0.1:{silent.getsockname()[1] - 6000}"
        answer = away_from_terminals(tmp_path, bare | {"DISPLAY": display}, timeout=0.3)
    assert "xclip (still busy after 0.3 s)" in answer["error"]


def test_over_ssh_the_far_desktop_is_left_alone(bare: dict[str, str], tmp_path: Path, x_server: str) -> None:
    need("xclip")
    copy("before", environ=bare | {"DISPLAY": f":{x_server}"}, platform="linux")
    answer = away_from_terminals(tmp_path, bare | OVER_SSH | {"DISPLAY": f":{x_server}"})
    assert "desktop (over SSH it is on the other machine)" in answer["error"]
    assert "ssh -t" in answer["error"], "installing xclip there would not help"
    assert pastes(f":{x_server}", "before")


def test_over_ssh_a_forwarded_display_is_used_without_a_terminal(
    bare: dict[str, str], tmp_path: Path, x_server: str
) -> None:
    need("xclip")
    forwarded = {"DISPLAY": f"127.0.0.1:{x_server}"}
    answer = away_from_terminals(tmp_path, bare | OVER_SSH | forwarded, "Leeds, forwarded")
    assert answer["method"] == "desktop:xclip"
    assert pastes(f":{x_server}", "Leeds, forwarded")


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_pyperclip_runs_in_its_own_process_and_must_return_the_text(
    bare: dict[str, str], x_server: str, platform: str
) -> None:
    """Where rflow uses pyperclip can't be tested here; this shows its plumbing, with X11 behind it."""
    need("xclip")
    display = bare | {"PYTHONPATH": importable()["PYTHONPATH"]}
    copied = copy(f"Leeds → {platform}", environ=display | {"DISPLAY": f":{x_server}"}, platform=platform)
    assert copied.method == "desktop:pyperclip"
    assert pastes(f":{x_server}", f"Leeds → {platform}")
    with pytest.raises(NotDelivered, match="the clipboard did not return the text") as caught:
        copy(SUMMARY, environ=display | {"DISPLAY": DEAD_DISPLAY, "TERM": "dumb"}, platform=platform)
    assert "xclip" not in caught.value.try_, "that advice is for Linux"


@pytest.mark.parametrize(
    ("desktop", "program", "encoding"),
    [
        ({"WSL_DISTRO_NAME": "Debian", "WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "clip.exe", "utf-16-le"),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "wl-copy", "utf-8"),
        ({"DISPLAY": ":0"}, "xclip", "utf-8"),
    ],
)
def test_a_program_gets_the_text_on_its_input_and_never_as_an_argument(
    bare: dict[str, str], tmp_path: Path, desktop: dict[str, str], program: str, encoding: str
) -> None:
    """All are installed, as stand-ins that note what they get; on WSL the Windows clipboard comes first."""
    for name in ("clip.exe", "wl-copy", "xclip"):
        script(tmp_path / name, f'cat > {tmp_path}/input; echo {name} "$@" > {tmp_path}/arguments')
    path = {"PATH": f"{tmp_path}:{bare['PATH']}"}
    assert copy(SUMMARY, environ=bare | desktop | path, platform="linux").method == f"desktop:{program}"
    assert (tmp_path / "input").read_bytes().decode(encoding) == SUMMARY
    arguments = (tmp_path / "arguments").read_text()
    assert arguments.startswith(program)
    assert "Leeds" not in arguments


# --- nothing works


def test_when_nothing_works_the_error_says_what_was_tried_and_what_to_do(bare: dict[str, str], tmp_path: Path) -> None:
    hopeless = {"RFLOW_CLIPBOARD_CMD": "exit 3", "PATH": str(tmp_path), "TMUX": "/gone,1,0", "DISPLAY": DEAD_DISPLAY}
    answer = away_from_terminals(tmp_path, bare | hopeless)
    assert answer["error"] == (
        "Nothing was copied; tried: RFLOW_CLIPBOARD_CMD (exit status 3), "
        "X11 (exit status 1: :4099: Connection refused), tmux (not installed), OSC 52 (there is no terminal). "
        "Install wl-clipboard (Wayland), work inside tmux, or set RFLOW_CLIPBOARD_CMD."
    )


def test_a_machine_without_desktop_or_terminal_says_so(bare: dict[str, str], tmp_path: Path) -> None:
    error = away_from_terminals(tmp_path, bare)["error"]
    assert "desktop (neither WAYLAND_DISPLAY nor DISPLAY is set), OSC 52 (there is no terminal)" in error


def test_not_delivered_has_its_own_exit_code(bare: dict[str, str]) -> None:
    with pytest.raises(NotDelivered) as caught:
        copy("y" * 80_000, environ=bare, platform="linux")
    assert caught.value.exit_code is Exit.NOT_DELIVERED


def test_importing_the_clipboard_loads_nothing_heavy() -> None:
    heavy = "base64 pyperclip select shutil subprocess tempfile threading typer jinja2"
    code = f"import sys, rflow.delivery.clipboard; print(*({set(heavy.split())} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env=importable(), capture_output=True, check=True)
    assert done.stdout.strip() == b""
