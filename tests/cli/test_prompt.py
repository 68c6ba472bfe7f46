"""`rflow prompt`: a few words for a shell prompt, in every set-up of docs/prompt.md, and no text is evaluated."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rflow.cli.terminal_state import terminal_id
from rflow.core.session.rules.steering import MOVES, OWNERSHIP
from rflow.stores.sqlite.glance import STEERING
from support.core.foreign_trees import put_tree
from support.needs import need
from support.program import SCRIPT, Program
from support.waiting import until

DOCS = (Path(__file__).parents[2] / "docs" / "prompt.md").read_text("utf-8")
TOUCH = "touch EVALUATED"
HOSTILE = f"A \\$({TOUCH}) `{TOUCH}` %F{{blue}} %n #[fg=blue] #({TOUCH}) \\[ \\u"
RED = {
    "bash": "\x01\x1b[31m\x02{}\x01\x1b[0m\x02 ",
    "zsh": "%F{{red}}{}%f ",
    "fish": "\x1b[31m{}\x1b[0m ",
    "tmux": "#[fg=red]{}#[default]",
}


@pytest.fixture(params=["work.db", "work"], ids=["SQLite", "folder"])
def ana(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    """Ana, at a store of each kind that keeps files."""
    return Program(tmp_path, store=str(tmp_path / request.param)).with_tree()


def says(me: Program, *words: str) -> str:
    result = me.run("prompt", *words)
    assert (result.code, result.err) == (0, "")
    return result.out


def test_without_a_session_it_says_nothing(ana: Program) -> None:
    assert says(ana) == ""
    ana.start()
    assert says(ana.at(terminal="another")) == ""
    ana.ok("close", "--outcome", "abandoned")
    assert says(ana) == ""


def test_it_says_where_the_session_stands(ana: Program) -> None:
    code = ana.start()
    assert says(ana) == f"{code} question, 0 tried\n"
    ana.ok("choose", "green")
    assert says(ana) == f"{code} action, 1 tried\n"
    ana.ok("back")
    assert says(ana) == f"{code} question, 0 tried\n"
    free = ana.start("--title", "A printer in Leeds")
    ana.ok("step", "Changed the label roll")
    assert says(ana) == f"{free} 1 tried\n"
    assert says(ana, "-s", code) == says(ana.at(environ={"RFLOW_SESSION": code})) == f"{code} question, 0 tried\n"


def test_it_says_until_when_the_session_waits(ana: Program) -> None:
    code = ana.at(environ={"TZ": "UTC"}).start()
    ana.ok("wait", "--for", "the vendor")
    assert says(ana) == f"{code} waiting\n"
    ana.ok("wait", "--until", "30d")
    assert re.fullmatch(rf"{code} waiting until \d{{4}}-\d\d-\d\d \d\d:\d\d\n", says(ana))
    ana.ok("wait", "--until", "1m")
    assert re.fullmatch(rf"{code} waiting until (\d{{4}}-\d\d-\d\d )?\d\d:\d\d\n", says(ana))


@pytest.mark.parametrize("shell", RED)
def test_it_is_red_when_the_session_was_moved_elsewhere(shell: str, ana: Program) -> None:
    code = ana.start()
    ben = ana.at(user="Ben Okafor", terminal="Ben's")
    ben.ok("note", "Not a move", "-s", code)
    assert says(ana) == f"{code} question, 0 tried\n"
    assert "\x1b" not in says(ana, "--shell", shell)
    ben.ok("resume", code, "--take", "--reason", "Ana's shift is over")
    assert says(ana) == f"{code} moved elsewhere\n"
    assert says(ana, "--shell", shell) == RED[shell].format(f"{code} moved elsewhere")
    assert "red" not in says(ana.at(environ={"NO_COLOR": "1"}), "--shell", shell)
    ana.ok()
    assert says(ana) == f"{code} question, 0 tried\n"


def test_it_says_that_something_was_handed_to_me(ana: Program) -> None:
    ben = ana.at(user="Ben Okafor", terminal="Ben's")
    assert says(ben) == ""
    ana.start()
    ana.ok("handoff", "ben  OKAFOR", "--new-user")
    assert says(ben) == "inbox 1\n"
    mine = ben.start("--title", "A printer in Leeds")
    assert says(ben) == f"{mine} 0 tried, inbox 1\n"
    assert says(ben, "--shell", "bash") == f"{mine} 0 tried, inbox 1 "
    ben.ok("accept")
    assert "inbox" not in says(ben)
    ana.ok("start", "--title", "A queue")
    ana.ok("handoff", "@tier2")
    assert "inbox" not in says(ben)


def test_a_tmux_pane_is_the_same_terminal_in_another_session_of_its_server() -> None:
    pane = {"TMUX": "/tmp/tmux-0/default,4711,0", "TMUX_PANE": "%3"}
    assert terminal_id(pane) == terminal_id(pane | {"TMUX": "/tmp/tmux-0/default,4711,5"})
    assert terminal_id(pane) != terminal_id(pane | {"TMUX": "/tmp/tmux-0/default,4712,0"})
    assert terminal_id(pane) != terminal_id(pane | {"TMUX_PANE": "%4"})


def test_what_moves_a_session_is_what_rflow_holds_for_a_move() -> None:
    assert {fact.__struct_config__.tag for fact in (*MOVES, *OWNERSHIP)} == STEERING


@pytest.mark.parametrize("damage", ["store", "configuration", "terminal", "no store", "a code that is none"])
def test_it_never_fails(damage: str, tmp_path: Path) -> None:
    me = Program(tmp_path, store=str(tmp_path / "work.db")).with_tree()
    me.start()
    if damage == "store":
        (tmp_path / "work.db").write_bytes(b"no store" * 2000)
    elif damage == "configuration":
        (tmp_path / "config" / "rflow").mkdir(parents=True)
        (tmp_path / "config" / "rflow" / "config.toml").write_text("[[[")
    elif damage == "terminal":
        for path in (tmp_path / "state").rglob("*.json"):
            path.write_text('{"key": 3, "current": ["x"]}')
    elif damage == "no store":
        (tmp_path / "work.db").unlink()
    else:
        _write_code(tmp_path / "work.db", f"$({TOUCH})")
    before = sorted(tmp_path.rglob("*"))
    assert says(me) == ""
    assert sorted(tmp_path.rglob("*")) == before


def _write_code(path: Path, code: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE sessions SET code = ?", (code,))


# The set-ups of the docs, in real shells


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[Program, str]]:
    """Ana, whose session has hostile texts everywhere, and has been moved by somebody else."""
    with TemporaryDirectory(prefix="rflow-") as folder:
        me = Program(Path(folder), store=f"{folder}/work.db")
        put_tree(Path(me.store), "hostile", HOSTILE, [HOSTILE, "no"])
        code = me.start("hostile", "--title", HOSTILE, "--customer", HOSTILE, "--ticket", HOSTILE)
        me.at(user=HOSTILE, terminal="x").ok("resume", code, "--take", "--reason", HOSTILE)
        (Path(folder) / "work").mkdir()
        yield me, code
        assert list((Path(folder) / "work").iterdir()) == []


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    assert found is not None
    return found[1]


def shown(me: Program, *argv: str) -> str:
    """What a shell prints, with rflow on its path."""
    if argv[0] != "sh":
        need(argv[0])
    environ = me.variables | {"PATH": f"{Path(SCRIPT).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        argv, env=environ, cwd=me.home / "work", capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("bash", "PS1='$ '\n{}\nprintf %s \"${{PS1@P}}\""),
        ("zsh", "PROMPT='$ '\n{}\nprint -nP -- \"$PROMPT\""),
        ("fish", "function fish_prompt; printf '$ '; end\n{}\nfish_prompt"),
    ],
    ids=["bash", "zsh", "fish"],
)
def test_a_shell_shows_the_code_and_evaluates_nothing(shell: str, script: str, hostile: tuple[Program, str]) -> None:
    me, code = hostile
    said = shown(me, shell, "-c", script.format(block(shell)))
    assert re.sub(r"\x1b\[[\d;]*m|[\x01\x02]", "", said) == f"{code} moved elsewhere $ "
    assert "\x1b[31m" in said


@pytest.mark.slow
def test_starship_runs_a_command_that_prints_the_code(hostile: tuple[Program, str]) -> None:
    me, code = hostile
    module = tomllib.loads(block("toml"))["custom"]["rflow"]
    assert shown(me, "sh", "-c", module["command"]) == f"{code} moved elsewhere\n"


@pytest.mark.slow
def test_tmux_shows_the_session_of_the_pane(hostile: tuple[Program, str]) -> None:
    need("tmux")
    me, code = hostile
    (me.home / "tmux.conf").write_text(block("tmux"), "utf-8")
    environ = me.variables | {"PATH": f"{Path(SCRIPT).parent}:{os.environ['PATH']}"}
    del environ["RFLOW_TERMINAL"]
    inner = ["tmux", "-S", str(me.home / "inner"), "-f", str(me.home / "tmux.conf")]
    outer = ["tmux", "-S", str(me.home / "outer"), "-f", "/dev/null"]

    def run(*argv: str) -> str:
        done = subprocess.run(argv, env=environ, cwd=me.home / "work", capture_output=True, check=True)
        return done.stdout.decode()

    def status() -> str:
        return run(*outer, "capture-pane", "-p").rstrip().splitlines()[-1]

    attached = shlex.join(["env", "-u", "TMUX", "-u", "TMUX_PANE", *inner, "new-session", "sh"])
    run(*outer, "new-session", "-d", "-x", "150", "-y", "20", attached)  # only a status line on a screen runs commands
    try:
        assert until(lambda: run(*outer, "capture-pane", "-p").strip())
        run(*inner, "send-keys", f"rflow resume {code} >/dev/null", "Enter")
        assert until(lambda: f"{code} question, 0 tried" in status())
        me.at(user="Zoe", terminal="hers").ok("resume", code, "--take", "--reason", HOSTILE)
        assert until(lambda: f"{code} moved elsewhere" in status())
        run(*inner, "new-window", "sh")
        assert until(lambda: "1:sh*" in status() and code not in status())
    finally:
        for server in (inner, outer):  # the outer one ends by itself when its only program does
            subprocess.run([*server, "kill-server"], env=environ, capture_output=True, check=False)
