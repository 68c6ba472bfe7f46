"""`rflow run` and `attach`: a command as evidence, its output whole, its exit code passed on."""

import shlex
import signal
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from rflow.service.attaching import LIMIT
from support.program import SCRIPT, Program

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX commands")]


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    (tmp_path / "here").mkdir()
    me = Program(tmp_path, cwd=tmp_path / "here", real=True)
    me.at(real=False).with_tree().start()
    return me


def content(me: Program, seq: int) -> bytes:
    return me.at(real=False).ok("show", "--evidence", str(seq)).data


def test_it_shows_the_output_passes_the_exit_code_on_and_says_what_was_kept(ana: Program) -> None:
    code = ana.show()["code"]
    result = ana.run("run", "--", "sh", "-c", "printf 'lp: ready\\n'; printf 'lp: error 42\\n' >&2; exit 3")
    told = f"{code} · A label printer prints nothing · Leeds: evidence 3 recorded (23 bytes, exit code 3).\n"
    assert result == (3, "lp: ready\n", f"lp: error 42\n{told}")
    piece = ana.show()["evidence"][0]
    assert (piece["kind"], piece["exit_code"], piece["bytes_total"]) == ("command", 3, 23)
    assert piece["command"].startswith("sh -c ")
    assert piece["label"] == piece["command"][:78] + "…"
    assert piece["cwd"] == str(ana.cwd)


@pytest.mark.parametrize("status", [0, 1, 2, 5, 42, 127, 255])
def test_every_exit_code_is_passed_on(status: int, ana: Program) -> None:
    assert ana.run("run", "-c", f"exit {status}").code == status
    assert ana.at(real=False).show()["evidence"][0]["exit_code"] == status


def test_a_signal_is_reported_as_shells_do(ana: Program) -> None:
    assert ana.run("run", "-c", "kill -TERM $$").code == 128 + 15
    assert ana.at(real=False).show()["evidence"][0]["exit_code"] == -15


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("INT", "interrupted with Ctrl-C"),
        ("KILL", "killed by SIGKILL"),
        ("TERM", "ended by SIGTERM"),
        ("SEGV", "crashed with SIGSEGV"),
        ("USR1", ""),  # its number is another one on other systems
    ],
)
def test_a_signal_is_named_in_every_format_and_a_number_in_json(name: str, words: str, ana: Program) -> None:
    number = int(signal.Signals[f"SIG{name}"])
    result = ana.run("run", "-c", f"echo ready; kill -{name} $$")
    words = words or f"ended by signal {number}"
    assert (result.code, f"(6 bytes, {words})" in result.err) == (128 + number, True)
    here = ana.at(real=False)
    for form in ("text", "markdown", "jira", "slack", "teams", "html", "slack-blocks", "teams-card"):
        said = here.ok("progress", "-f", form).out
        assert words in said.replace("\\", ""), form
        assert f"code -{number}" not in said and f"exit -{number}" not in said, form
    assert words in " ".join(here.ok("show").out.split())
    assert here.json("progress", "-f", "json")["evidence"][0]["exit_code"] == -number
    assert here.show()["evidence"][0]["exit_code"] == -number


def test_a_command_line_goes_through_the_shell(ana: Program) -> None:
    assert ana.ok("run", "-c", "printf 'b\\na\\n' | sort").out == "a\nb\n"
    assert ana.at(real=False).show()["evidence"][0]["command"] == "printf 'b\\na\\n' | sort"


def test_it_can_be_called_something_else(ana: Program) -> None:
    ana.ok("run", "--label", "The queue in Leeds", "--", "echo", "empty")
    assert ana.at(real=False).show()["evidence"][0]["label"] == "The queue in Leeds"
    assert "The queue in Leeds" in ana.ok("progress").out


@pytest.mark.parametrize(
    "data",
    [b"", b"no line break", b"caf\xe9 \xff\xfe\x00\x01\n", bytes(range(256)) * 16, b"\x1b[31mred\x1b[0m\r\nline\r\n"],
    ids=["nothing", "no line break", "not UTF-8", "binary", "escapes"],
)
def test_its_content_is_kept_byte_by_byte(data: bytes, ana: Program) -> None:
    file = ana.home / "data.bin"
    file.write_bytes(data)
    assert ana.ok("run", "--", "cat", str(file)).data == data
    assert content(ana, 3) == data
    assert ana.at(real=False).show()["evidence"][0]["digest"] == sha256(data).hexdigest()
    if data:
        ana.ok("attach", str(file))
        ana.ok("attach", "-", "--label", "pasted", stdin=data)
        assert content(ana, 4) == content(ana, 5) == data


def test_of_more_than_the_limit_the_head_and_the_tail_are_kept(ana: Program) -> None:
    size = LIMIT + 2_000_000
    result = ana.ok("run", "--", "head", "-c", str(size), "/dev/zero")
    assert len(result.data) == size
    assert "only the first and last" in result.err
    kept = content(ana, 3)
    assert len(kept) <= LIMIT
    assert b"left out" in kept


def test_without_a_session_nothing_is_run(tmp_path: Path) -> None:
    nobody = Program(tmp_path, cwd=tmp_path, real=True)
    assert "You have no open session." in nobody.refused(2, "run", "--", "touch", "ran")
    assert "You have no open session." in nobody.refused(2, "run", "-c", "touch ran")
    for _ in range(2):
        nobody.start("--title", "The till in Leeds is slow")
    elsewhere = nobody.at(terminal="never used")
    assert "Which session?" in elsewhere.refused(2, "run", "--", "touch", "ran")
    assert not (tmp_path / "ran").exists()


def test_where_it_could_not_be_kept_nothing_is_run(ana: Program) -> None:
    code = ana.show()["code"]
    ana.ok("close", "--outcome", "abandoned")
    assert "is closed" in ana.refused(5, "-s", code, "run", "--", "touch", "ran")
    assert ana.cwd is not None
    assert not (ana.cwd / "ran").exists()


def test_what_it_belongs_to_is_settled_when_it_begins(ana: Program) -> None:
    """While a command runs, its terminal may come to be without a session, and its user with several."""
    code = ana.show()["code"]
    forget = f"rm -r '{ana.home}/state'"
    another = f"RFLOW_TERMINAL=kitchen '{SCRIPT}' start --title 'The till in Leeds is slow'"
    result = ana.ok("run", "-c", f"{forget}; {another} 2>&1")
    assert result.err.split()[0] == code
    assert [entry["evidence"] for entry in ana.json("list", "--json")] == [1, 0]


def test_secrets_in_evidence_stay_in_and_out_of_summaries(ana: Program) -> None:
    secret = "Sommer-2026-Leeds"
    ana.ok("run", "--label", "the printer's settings", "--", "echo", f"password={secret}")
    me = ana.at(real=False)
    for name in ("markdown", "text", "slack", "teams", "json"):
        assert secret not in me.ok("progress", "-f", name).out
    assert secret in me.ok("progress", "--no-redact").out
    assert secret.encode() in content(ana, 3)
    me.ok("redact", "3", "--yes")
    assert "was removed" in me.refused(3, "show", "--evidence", "3")
    assert secret not in me.ok("export").out


def test_its_environment_and_folder_are_the_users(ana: Program) -> None:
    result = ana.ok("run", "-c", "pwd; printf '%s\\n' \"$QUEUE\"", QUEUE="leeds-labels")
    assert result.out == f"{ana.cwd}\nleeds-labels\n"


def test_standard_input_reaches_it(ana: Program) -> None:
    assert ana.ok("run", "--", "tr", "a-z", "A-Z", stdin="ready\n").out == "READY\n"


def test_a_program_that_may_not_be_run_is_reported(ana: Program) -> None:
    assert ana.cwd is not None
    (ana.cwd / "notes.txt").write_text("no program")
    error = ana.run("run", "--", "./notes.txt")
    assert error.code in (2, 126)
    assert "notes.txt" in error.err
    assert ana.at(real=False).show()["evidence"] == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["cd", "/srv/print queue"], """-c 'cd '"'"'/srv/print queue'"'"' && COMMAND'"""),
        (["source", "settings.sh"], "-c 'source settings.sh && COMMAND'"),
        (["export", "PRINTER=leeds"], "-c 'export PRINTER=leeds && COMMAND'"),
        (["alias"], "-c alias"),
        (["ulimit", "-a"], "-c 'ulimit -a'"),
        (["history"], "-c history"),
        (["[[", "!", "-f", "/etc/print queue", "]]"], """-c '[[ ! -f '"'"'/etc/print queue'"'"' ]]'"""),
        (["!", "lpstat", "-p"], "-c '! lpstat -p'"),
        (["{", "lpstat", "-p", "}"], "-c '{ lpstat -p; }'"),
        (["PRINTER=leeds", "lpstat", "-p"], "-- env PRINTER=leeds lpstat -p"),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_a_shell_builtin_is_refused_with_the_line_to_type(words: list[str], line: str, ana: Program) -> None:
    (ana.home / "bin").mkdir()  # some systems have a program called cd, which changes nothing
    said = ana.refused(2, "run", "--", *words, PATH=str(ana.home / "bin"))
    assert f'"{words[0]}" is a command of the shell, not a program.' in said or "sets a variable" in said
    assert said.endswith(f"rflow run {line}\n")
    assert ana.at(real=False).show()["evidence"] == []


def test_evidence_is_found_by_its_number_only(ana: Program) -> None:
    ana.ok("run", "--", "true")
    assert "Entry 1 is not evidence.\n       Evidence of" in ana.refused(2, "show", "--evidence", "1")


def test_an_encoding_can_be_named_for_what_is_run_and_what_is_attached(ana: Program) -> None:
    said = "接続が拒否されました。"
    ana.ok("attach", "-", "--encoding", "Shift-JIS", stdin=f"{said}\r\n".encode("shift_jis"))
    ana.at(real=True).ok("run", "--encoding", "850", "-c", r"printf 'Gr\224\341e\n'")
    assert [piece["excerpt"] for piece in ana.show()["evidence"]] == [said, "Größe"]
    assert "is not an encoding of text" in ana.refused(2, "attach", "-", "--encoding", "klingon", stdin="x")


# What can't be run


def test_a_missing_program_ends_as_in_a_shell_and_leaves_nothing(ana: Program) -> None:
    for words in (("run", "nosuchcmd"), ("run", "--", "nosuchcmd", "--verbose")):
        assert ana.run(*words) == (
            127,
            "",
            'rflow: There is no program "nosuchcmd" here; nothing was recorded.\n'
            "       Check its name, and whether it is installed on this machine.\n",
        )
    assert ana.run("run", "./nosuchcmd").code == 127
    assert ana.run("run", "--", str(ana.cwd)).code == 126
    assert "rflow run -c 'echo a | cat'" in ana.run("run", "echo a | cat").err
    assert ana.show()["evidence"] == []


def test_a_whole_command_line_in_quotes_is_shown_with_the_shell(ana: Program) -> None:
    said = ana.run("run", "cat /etc/passwd | head")
    assert said.code == 127 and "rflow run -c 'cat /etc/passwd | head'\n" in said.err
    assert "rflow run -c 'cat /etc/passwd'\n" in ana.run("run", "cat /etc/passwd").err
    assert "Check the path." in ana.run("run", "/no such/program").err
    line = ana.run("run", "--", "ls | wc", "-l", "a b").err
    assert shlex.split(line.rpartition("rflow run -c ")[2]) == ["ls | wc -l 'a b'"]


def test_a_program_name_that_is_too_long_is_refused(ana: Program) -> None:
    for name in ("/" + "a" * 300, "a" * 300, "/a" * 5000):
        said = ana.run("run", "--", name)
        assert said.code == 127
        assert said.err.startswith('rflow: There is no program "') and "nothing was recorded" in said.err


# What is entered next has the output


def test_the_entry_that_gets_the_output_from_before_says_so_and_how_to_keep_them_apart(ana: Program) -> None:
    ana.ok("run", "--", "echo", "ready")
    ana.ok("run", "--", "echo", "idle")
    said = ana.ok("note", "The night shift changed the roll").err
    assert 'Attached: evidence 3 "echo ready" and evidence 4 "echo idle". If it doesn' in said
    assert "If it doesn't belong here: rflow undo, then enter it again." in said
    assert [piece["on"] for piece in ana.show()["evidence"]] == [5, 5]
    ana.ok("undo")
    assert "Attached" not in ana.ok("note", "The night shift changed the roll").err
    summary = ana.ok("progress", "-f", "text").out
    assert "OUTPUTS\n" in summary
    assert "LAST NOTE" in summary.partition("OUTPUTS\n")[0]


def test_many_pieces_of_evidence_are_counted_and_a_change_names_its_own_way_back(ana: Program) -> None:
    for number in range(9):
        ana.ok("run", "--", "echo", str(number))
    said = ana.ok("change", "Set the fallback queue", "--revert", "unset it").err
    assert '"echo 2" and 6 more. If it doesn\'t belong here: rflow undo --never-made, then enter it again.\n' in said
    assert '"echo 3"' not in said
    ana.ok("undo", "--never-made")


def test_an_answer_names_the_output_that_it_gets_and_a_step_not_its_own(ana: Program) -> None:
    ana.ok("run", "--", "echo", "green")
    assert 'Attached: evidence 3 "echo green". If it doesn' in ana.ok("choose", "green").err
    assert "Attached" not in ana.ok("run", "--step", "Looked at the lamp", "--", "echo", "green").err
    assert "Attached" not in ana.ok("step", "Asked the driver").err
    ana.ok("run", "--", "echo", "still green")
    assert "Attached" not in ana.ok("warn", "do NOT open the lid").err


FAIL = ("sh", "-c", 'printf "%s|" "$@"; exit 3', "sh")
"""A program that fails, and shows its arguments."""
LINE = """-- sh -c 'printf "%s|" "$@"; exit 3' sh"""


@pytest.mark.parametrize(
    ("front", "words", "said"),
    [
        ((), ("a", "--step"), f'got it. For rflow: rflow run --step "…" {LINE} a'),
        (
            (),
            ("--step", "Is it full?", "-h"),
            f'--step stands after the program, which got it. For rflow: rflow run --step "Is it full?" {LINE} -h',
        ),
        (("--pin",), ("--step=a", "--result", "b", "--label=a"), f"run --pin --step=a --result b {LINE} --label=a"),
        ((), ("--step", "a", "--pin", "-d", " ", "", "a  b"), f"run --step a --pin {LINE} -d ' ' '' 'a  b'"),
        ((), ("--step", "x", "--", "--pin"), f"rflow run --step x {LINE} -- --pin"),
        ((), ("--step", "Is", "it", "full?"), "which got it. What is for rflow stands before the program."),
        ((), ("a\nb", "--step", "x"), "which got it. What is for rflow stands before the program."),
        ((), ("--step", "x", "--on", "1"), "which got it. What is for rflow stands before the program."),
    ],
)
def test_a_step_behind_a_program_that_failed_is_passed_on_and_named_with_the_line_to_type(
    front: tuple[str, ...], words: tuple[str, ...], said: str, ana: Program
) -> None:
    result = ana.run("run", *front, *FAIL, *words)
    assert (result.code, result.out) == (3, "".join(f"{word}|" for word in words))
    assert result.err.count("after the program") == 1
    assert result.err.endswith(f"{said}\n")


def test_a_program_that_succeeded_is_not_to_be_run_again_for_a_step(ana: Program) -> None:
    for words, got in ((("--step", "x"), "it"), (("--step=x", "--pin"), "them"), (("a", "--step"), "it")):
        said = ana.ok("run", "echo", *words).err
        assert said.endswith(f'after the program, which got {got}. To record the step: rflow step "…"\n')
        assert said.count("rflow") == 1
    ana.ok("step", "x")
    assert [piece["on"] for piece in ana.show()["evidence"]] == [6, 6, 6]


@pytest.mark.parametrize(
    "words",
    [
        ("--", "echo", "--step"),
        ("echo", "--", "--step"),
        ("--step", "web", "echo", "--step", "a=b"),
        ("echo", "docker", "run", "--label", "a=b", "nginx"),
        ("echo", "--encoding", "utf8", "--on", "1", "--pin", "--result", "x"),
        ("echo", "--steps", "--user", "ben", "-c"),
        ("-c", "echo --step"),
    ],
    ids=" ".join,
)
def test_what_is_clearly_an_option_of_the_program_is_not_remarked_on(words: tuple[str, ...], ana: Program) -> None:
    assert "after the program" not in ana.ok("run", *words).err
