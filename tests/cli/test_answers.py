"""What people read after a command: what they must copy is whole, what they waited for is complete, nothing is lost."""

import os
import pty
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from rflow.cli import extras
from support.needs import need
from support.program import SCRIPT, Program
from support.web.server import free_port

needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
STYLE = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path, cwd=tmp_path).with_tree()


def at_terminal(me: Program, *words: str, typed: bytes = b"", width: int = 50, until: str = "") -> str:
    """Run a command at a terminal of `width` columns where somebody types; stop it once it has printed `until`."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*me.wrapper, SCRIPT, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=me.variables | {"COLUMNS": str(width)},
        cwd=me.cwd,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, typed)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    seen = ""
    with suppress(OSError):  # EIO: the program has ended
        while part := os.read(ours, 65_536):
            seen += part.decode()
            if until and until in seen:
                process.terminate()
                until = ""
    watchdog.cancel()
    os.close(ours)
    process.wait(60)
    assert "Traceback" not in seen
    return STYLE.sub("", seen.replace("\r\n", "\n"))


@needs_pty
@pytest.mark.slow
def test_a_command_in_a_message_is_never_folded(ana: Program) -> None:
    code = ana.start("--title", "A title that is as long as titles are in real life", "--customer", "Leeds & Sons")
    for words, command in {
        ("show", "ZZZZ"): "rflow list --all",
        ("note", "x"): "rflow note",
        ("assume", "the cable is fine"): f'rflow assume "what came of it" --settled {ana.show()["version"] + 1}',
        ("handoff", "ben", "--new-user"): f"rflow export {code} -o {code}.jsonl",
    }.items():
        if words != ("note", "x"):
            assert any(command in line for line in at_terminal(ana, *words, width=44).splitlines())
    assert 'rflow start --title "What is wrong"' in at_terminal(ana, "start", width=44)
    for line in at_terminal(ana, "-s", code, "share", "create", width=44).splitlines():
        assert len(line) <= 44 or line.startswith(("http", "    rflow "))


def test_a_new_link_stands_first_and_alone_on_its_line(ana: Program) -> None:
    ana.start()
    if sys.platform != "win32":
        shown = at_terminal(ana, "share", "create").splitlines()
        assert re.fullmatch(r"http://127\.0\.0\.1:8765/share/rfs_\w+", shown[0])
    assert ana.json("share", "create", "--json")["url"].startswith("http://")


@needs_pty
def test_what_was_typed_at_the_prompt_is_acknowledged_in_full(ana: Program) -> None:
    ana.start()
    long = "the night shift says that " + "it stopped again and " * 20 + "nobody touched it"
    shown = at_terminal(ana, "note", "-", typed=f"{long}\nLeeds\n\x04".encode())
    acknowledged = shown.partition("note 3 recorded, 2 lines:\n")[2]
    assert acknowledged.splitlines() == [f"    {long}", "    Leeds"]


def test_what_was_piped_in_is_acknowledged_in_full(ana: Program) -> None:
    code = ana.start("--title", "The till is slow")
    assert ana.ok("note", "-", stdin="one\ntwo\n").err == (
        f"{code} · The till is slow: note 2 recorded, 2 lines:\n    one\n    two\n"
    )
    assert ana.ok("note", "one").err == f"{code} · The till is slow: note 3 recorded.\n"


@pytest.mark.slow
@needs_pty
@pytest.mark.parametrize(("typed", "left"), [(b"n\n", "secret door code"), (b"y\n", "")])
def test_redact_asks_first_and_names_the_entry(typed: bytes, left: str, ana: Program) -> None:
    ana.start()
    ana.ok("note", "secret door code")
    shown = " ".join(at_terminal(ana, "redact", "3", typed=typed).split())
    assert 'Erase the texts of note 3 "secret door code"' in shown
    assert ("secret door code" in ana.ok("show").out) == bool(left)


def test_redact_asks_nothing_about_an_entry_that_is_not_there(ana: Program) -> None:
    ana.start()
    assert "has no entry 9" in ana.refused(3, "redact", "9")
    ana.ok("note", "secret door code")
    assert "To do it, add --yes." in ana.refused(2, "redact", "3")
    assert ana.show()["notes"][0]["text"] == "secret door code"


@pytest.mark.parametrize("words", [("progress",), ("digest",), ("tree", "graph")], ids=" ".join)
def test_what_is_written_to_a_file_replaces_one_only_if_that_is_wanted(
    words: tuple[str, ...], ana: Program, tmp_path: Path
) -> None:
    ana.with_tree().start()
    file = tmp_path / "notes.txt"
    file.write_text("three weeks of work", "utf-8")
    error = ana.refused(2, *words, "-o", str(file))
    assert "already exists. Replace it?" in error
    assert "--overwrite" in error
    assert file.read_text("utf-8") == "three weeks of work"
    ana.ok(*words, "-o", str(file), "--overwrite")
    written = file.read_text("utf-8")
    assert "Which lamp is lit?" in written
    assert "\N{LEFT SQUARE BRACKET WITH QUILL}" not in written  # the mark of a style


@pytest.mark.slow
@needs_pty
def test_export_replaces_a_file_only_if_that_is_wanted(ana: Program, tmp_path: Path) -> None:
    ana.start()
    file = tmp_path / "notes.txt"
    file.write_text("three weeks of work", "utf-8")
    assert "already exists. Replace it?" in ana.refused(2, "export", "-o", str(file))
    assert "already exists. Replace it?" in " ".join(at_terminal(ana, "export", "-o", str(file), typed=b"\n").split())
    assert file.read_text("utf-8") == "three weeks of work"
    at_terminal(ana, "export", "-o", "notes.txt", typed=b"y\n")
    assert file.read_text("utf-8").startswith('{"rflow":')
    ana.ok("note", "x")
    ana.ok("export", "-o", str(file), "--overwrite")
    assert ana.ok("export").out == file.read_text("utf-8")


def test_a_list_keeps_the_customer_of_a_session_with_a_long_title(ana: Program) -> None:
    ana.start("--title", "The label printer in the packing hall prints nothing since Monday", "--customer", "Leeds")
    ana.start("--title", "The label printer in the packing hall prints nothing", "--customer", "Hull", "--ticket", "42")
    hull, leeds = ana.ok("list").out.splitlines()[1:]
    assert "  Hull  " in hull
    assert "  Leeds  " in leeds
    assert max(map(len, (hull, leeds))) <= 80


def test_a_drawn_tree_has_a_legend_of_what_is_in_it(ana: Program) -> None:
    ana.start()
    ana.ok("choose", "green")
    legend = ana.ok("tree", "show", "label-printer").out.splitlines()[-1]
    assert "▶ you are here" in legend
    assert "✔ resolved   ▲ to escalate" in legend
    assert "drawn below" not in legend
    assert "you are here" not in ana.at(home=ana.home, terminal="sofa").ok("tree", "show", "label-printer").out


@needs_pty
@pytest.mark.slow
def test_inside_tmux_a_copy_says_how_to_paste(ana: Program, tmp_path: Path) -> None:
    need("tmux")
    code = ana.start("--title", "The till is slow")
    socket = str(tmp_path / "tmux")
    tmux = ["tmux", "-S", socket, "-f", "/dev/null"]
    subprocess.run([*tmux, "new-session", "-d", "sleep 60"], env=ana.variables, check=True, timeout=20)
    try:
        inside = ana.at(real=True, environ={"TMUX": f"{socket},1,0"})
        assert inside.ok("progress", "--copy").err.startswith(
            f"{code} · The till is slow: copied to tmux (prefix + ] pastes it; "
        )
        said = inside.ok("progress", "--copy").err
        assert "plain text) and offered to the terminal.\nIf Ctrl-V pastes nothing, " in said
        assert ":clipboard'. Or print it, and select it with the mouse.\n" in said
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, timeout=20)


@needs_pty
@pytest.mark.slow
def test_the_server_prints_plain_lines_on_a_terminal(ana: Program) -> None:
    pytest.importorskip("uvicorn")
    shown = at_terminal(ana, "serve", "--port", str(free_port()), until="rflow share create --copy", width=100)
    assert re.search(r"^Serving http://127\.0\.0\.1:\d+ \(Ctrl-C stops\)$", shown, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d  \w", shown, re.MULTILINE)
    assert "{" not in shown


def test_the_hint_for_the_server_names_what_is_missing_or_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Path(__file__).parents[2]
    assert extras.how_to_install("server") == f"{sys.executable} -m pip install -e '{checkout}[server]'"
    monkeypatch.setattr(extras, "_checkout", lambda: None)
    installed = extras.how_to_install("server")
    assert installed.startswith(f"{sys.executable} -m pip install ")
    assert "'starlette>=" in installed
    assert "'uvicorn[standard]>=" in installed
    assert "rflow" not in installed.partition(" install ")[2]
