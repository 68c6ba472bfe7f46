"""What reaches a terminal: no text of a session, a tree, a store or the command line is obeyed by it."""

import json
import re
import sys
from io import StringIO
from unittest.mock import patch

import pytest

from rflow.cli.output import Guarded, styled
from support.core.foreign_trees import put_tree
from support.program import SCRIPT, Program
from support.screens import at_terminal, written

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals"),
    pytest.mark.timeout(180),
]

HOSTILE = "x\x1b]0;owned\x07\x1b[35m\x1b[2J\x9b2J\x08\r\x7f\x85\u202eevil\u2066\u200f\ufeff\u061c\x00x"
TYPED = HOSTILE.replace("\x00", "")  # no argument holds a NUL
STYLE = re.compile(r"\x1b\[(?:(?:[12];)?(?:[012]|3[12346]|97))m")  # none of these stands in a hostile text
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")


def assert_harmless(seen: str) -> None:
    """The only controls are rflow's own styles."""
    obeyed = OBEYED.search(STYLE.sub("", seen))
    assert obeyed is None, f"{obeyed[0]!r} in {seen!r}"


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Ana, in whose store every text is hostile."""
    home = tmp_path_factory.mktemp("terminal")
    store = home / "work.db"
    put_tree(store, f"tree-{HOSTILE}", f"Title {HOSTILE}", [f"Label {HOSTILE}", "Fine"], f"Question {HOSTILE}")
    me = Program(home, store=str(store), user=f"Ana {TYPED}")
    (home / "work" / ".rflow" / "templates").mkdir(parents=True)
    (home / "work" / ".rflow" / "templates" / "wiki.md.j2").write_text("{# \x1b[35m\u202ewiki #}\n\x1b[35m")
    me.start("--title", "To hand off")
    me.ok("handoff", f"Zed {TYPED}", "--new-user", "--note", TYPED)
    me.start("--title", f"Title {TYPED}", "--ticket", TYPED, "--customer", f"Leeds {TYPED}", "--severity", TYPED)
    me.ok("enter", f"tree-{HOSTILE}"[: -len(HOSTILE) + 1])
    me.ok("note", TYPED)
    me.ok("step", f"Step {TYPED}", "--result", TYPED)
    me.ok("change", TYPED, "--revert", TYPED)
    me.ok("attach", "-", "--label", TYPED, stdin=f"first line\n{HOSTILE}\n".encode() + b"\xff\x9b")
    me.ok("brief", "--ask", TYPED, "--hypothesis", TYPED)
    me.ok("wait", "--for", TYPED)
    me.ok("share", "create", "--label", TYPED)
    return me.at(cwd=home / "work")


def evidence(me: Program) -> str:
    """The number of the evidence."""
    return str(me.show()["evidence"][0]["seq"])


PRINTING = [
    [],
    ["list"],
    ["list", "--all"],
    ["list", "--json"],
    ["search", "x*"],
    ["search", "x*", "--json"],
    ["show"],
    ["show", "--json"],
    ["show", "--evidence", "SEQ"],
    ["progress"],
    ["progress", "--brief"],
    *(["progress", "-f", name] for name in ("text", "slack", "teams", "html", "jira", "json", "slack-blocks")),
    ["digest"],
    ["digest", "-f", "text"],
    ["inbox"],
    ["export"],
    ["tree", "list"],
    ["tree", "list", "--json"],
    *(["tree", "show", "tree-", "-f", name] for name in ("drawing", "toml", "yaml", "json")),
    ["format", "list"],
    ["format", "list", "--json"],
    ["format", "show", "text"],
    ["format", "check", "wiki"],
    ["share", "list"],
    ["share", "list", "--json"],
    ["store", "info"],
    ["store", "check"],
    ["config", "list"],
    ["config", "list", "--json"],
    ["config", "get", "user.name"],
    ["--help"],
    ["note", "--help"],
    ["--version"],
]


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_no_command_sends_a_control_to_a_terminal(words: list[str], ana: Program) -> None:
    seen = at_terminal(ana, *(evidence(ana) if word == "SEQ" else word for word in words))
    assert seen.strip()
    assert_harmless(seen)


ECHOING = [
    ["{}"],
    ["--{}"],
    ["note", "--{}"],
    ["progress", "-f", "{}"],
    ["progress", "{}"],
    ["progress", "--since", "{}"],
    ["show", "{}"],
    ["show", "--evidence", "{}"],
    ["choose", "{}"],
    ["start", "{}"],
    ["enter", "{}"],
    ["tree", "show", "{}"],
    ["tree", "check", "{}"],
    ["tree", "{}"],
    ["attach", "{}"],
    ["import", "{}"],
    ["handoff", "{}"],
    ["accept", "{}"],
    ["share", "revoke", "{}"],
    ["config", "get", "{}"],
    ["config", "set", "user.{}", "x"],
    ["close", "--outcome", "{}"],
    ["list", "--stale", "{}"],
    ["list", "--limit", "{}"],
    ["search", "{}"],
    ["search", "{} nowhere"],
    ["search", "x", "--customer", "{}"],
    ["format", "show", "{}"],
    ["store", "copy", "{}", "{}"],
    ["run", "--", "{}"],
    ["--install-completion", "{}"],
    ["--show-completion={}"],
    ["--store", "{}.xyz", "list"],
    ["--store", "ftp://{}", "list"],
    ["--store", "/nowhere/{}.db", "list"],
    ["--session", "{}", "note", "x"],
    ["--config", "{}", "list"],
    ["--user", "{}", "list"],
    ["progress", "--post", "{}"],
]


@pytest.mark.parametrize("words", ECHOING, ids=" ".join)
def test_what_was_typed_comes_back_without_its_controls(words: list[str], ana: Program) -> None:
    seen = at_terminal(ana, *(word.format(TYPED) for word in words))
    assert seen.strip()
    assert_harmless(seen)


def test_what_is_written_is_confirmed_without_controls(ana: Program) -> None:
    code = ana.at(terminal="other").start("--title", f"Another {TYPED}")
    for words in (
        ["note", TYPED],
        ["step", TYPED, "--result", TYPED],
        ["brief", "--situation", TYPED],
        ["change", TYPED, "--revert", TYPED],
        ["wait", "--for", TYPED],
        ["close", "--outcome", "abandoned", "--summary", TYPED],
        ["reopen"],
        ["resume", code],
    ):
        named = [code] if words == ["reopen"] else []
        seen = at_terminal(ana, "-s", code, *words, *named, RFLOW_TERMINAL="other")
        assert "Another" in seen
        assert_harmless(seen)


def test_the_styles_of_rflow_reach_the_terminal_and_no_other(ana: Program) -> None:
    assert "\x1b[1m" in at_terminal(ana, "show")
    assert "\x1b[" not in at_terminal(ana, "show", NO_COLOR="1")
    assert "\x1b[" not in at_terminal(ana, "show", TERM="dumb")
    assert STYLE.search(at_terminal(ana, "tree", "show", "tree-"))


@pytest.mark.parametrize("words", [["list"], ["show"], [], ["tree", "show", "tree-"]], ids=" ".join)
def test_a_pipe_gets_no_styles(words: list[str], ana: Program) -> None:
    assert "\x1b" not in ana.at(real=True).ok(*words).out


def test_the_words_that_a_search_matches_are_bold(ana: Program) -> None:
    ana.at(terminal="bold").start("--title", "Till", "--customer", "Leeds")
    ana.at(terminal="bold").ok("note", "A blank label")
    assert "A \x1b[1mblank\x1b[0m label" in at_terminal(ana, "search", "blank")


SLOWLY = """
import sys
from rflow.cli.main import main
from rflow.stores.sqlite import search
search.SLICE = 0
sys.argv[0] = "rflow"
main()
"""


def test_the_first_search_says_that_it_builds_the_index(ana: Program) -> None:
    for title in ("Till", "Door", "Lift"):
        ana.at(terminal=title).start("--title", title)
    for index in ana.home.rglob("*-search"):
        index.unlink()
    seen = written([sys.executable, "-c", SLOWLY, "search", "lift"], ana, {})
    assert seen.startswith("Building the search index. Later searches are quick.\n")
    assert_harmless(seen)
    assert "Building" not in at_terminal(ana, "search", "lift")


def test_the_styles_follow_each_stream(ana: Program) -> None:
    """Standard error may be a file while standard output is a terminal, and the other way round."""
    script = f"{SCRIPT} show 2>/dev/null; {SCRIPT} show nothing >/dev/null"
    seen = written(["sh", "-c", script], ana, {})
    assert "\x1b[1m" in seen
    assert "\x1b[1;31mrflow:" in seen


def test_evidence_is_raw_in_a_pipe_and_clean_on_a_terminal(ana: Program) -> None:
    raw = f"first line\n{HOSTILE}\n".encode() + b"\xff\x9b"
    assert ana.at(real=True).ok("show", "--evidence", evidence(ana)).data == raw
    seen = at_terminal(ana, "show", "--evidence", evidence(ana))
    assert seen.startswith("first line\nx\ufffd]0;owned\ufffd\ufffd[35m")


def test_a_command_that_is_run_writes_to_the_terminal_as_it_likes(ana: Program) -> None:
    other = ana.at(terminal="run")
    code = other.start("--title", "Colours")
    seen = at_terminal(other, "-s", code, "run", "--", "printf", "\\033[35mpurple\\033[0m\\n")
    assert "\x1b[35mpurple\x1b[0m" in seen


def test_json_is_valid_and_equal_on_a_terminal_and_in_a_pipe(ana: Program) -> None:
    commands = ("list --json", "show --json", "tree list --json", "tree show tree- -f json")
    for words in (command.split() for command in commands):
        piped = ana.at(real=True).ok(*words).out
        assert not OBEYED.search(piped)
        assert "\\u009b2J" in piped
        assert "\\u202eevil" in piped
        assert json.loads(at_terminal(ana, *words)) == json.loads(piped)
    assert ana.json("tree", "list", "--json")[0]["id"] == f"tree-{HOSTILE}"


def test_a_terminal_that_is_not_utf_8_gets_no_controls_either(ana: Program) -> None:
    for words in (["show"], ["list"], [TYPED], ["show", "--evidence", evidence(ana)]):
        assert_harmless(at_terminal(ana, *words, PYTHONIOENCODING="ascii", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"))


def test_a_style_makes_no_sequence_of_its_text_a_style() -> None:
    output = StringIO()
    with patch.object(output, "isatty", lambda: True):
        Guarded(output).write(styled("bold \x1b[2J", bold=True) + " \x1b[35mplain")
    assert output.getvalue() == "\x1b[1mbold \ufffd[2J\x1b[0m \ufffd[35mplain"
