"""A junior's first ten minutes without the docs: `rflow` alone says where they are, and what it says can be typed."""

import ast
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest

from rflow.cli.commands import COMMANDS
from support.program import LABELS, SCRIPT, Program

pytestmark = pytest.mark.slow

BEN = "Ben Okafor"
FREE = ("--title", "The till in Leeds is slow", "--customer", "Leeds")
PLACEHOLDERS = {
    "NUMBER": "1",
    "USER": BEN,
    "TREE": "label-printer",
    "COMMAND": "true",
    "…": "A neighbour's printer works",
}


def suggested(out: str) -> list[list[str]]:
    """The commands under "Next:", as words, with their placeholders filled."""
    listed = takewhile(lambda line: line.startswith("    rflow"), out.partition("\nNext:\n")[2].splitlines())
    typed = [re.split(r" {2,}\(", line.strip())[0] for line in listed]
    return [[PLACEHOLDERS.get(word, word) for word in shlex.split(line)[1:]] for line in typed]


def nothing_yet(ana: Program) -> Program:
    return ana


def trees_only(ana: Program) -> Program:
    return ana.with_tree()


def at_a_decision(ana: Program) -> Program:
    ana.with_tree().start()
    return ana


def at_an_action(ana: Program) -> Program:
    at_a_decision(ana).ok("choose", "green")
    return ana


def at_a_good_end(ana: Program) -> Program:
    at_an_action(ana).ok("done", "two jobs were stuck")
    ana.ok("choose", "yes")
    return ana


def at_a_bad_end(ana: Program) -> Program:
    at_a_decision(ana).ok("choose", "2")
    return ana


def without_a_tree(ana: Program) -> Program:
    ana.start(*FREE)
    return ana


def waiting_for_the_vendor(ana: Program) -> Program:
    at_a_decision(ana).ok("wait", "--for", "the vendor", "--until", "2h")
    return ana


def in_a_tree_that_has_changed_since(ana: Program) -> Program:
    at_a_decision(ana).with_tree(LABELS.replace("On the front", "On the lid"))
    return ana


def in_a_tree_that_is_not_here(ana: Program) -> Program:
    at_a_decision(ana)
    lines = ana.ok("export").out.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith('{"rflow":"tree"'))
    elsewhere = ana.at(store=str(ana.home / "elsewhere.db"), terminal="elsewhere")
    elsewhere.ok("import", "-", stdin=without)
    return elsewhere


def at_another_terminal(ana: Program) -> Program:
    at_a_decision(ana)
    return ana.at(terminal="kitchen")


STANDING: list[Callable[[Program], Program]] = [
    at_a_decision,
    at_an_action,
    at_a_good_end,
    at_a_bad_end,
    without_a_tree,
    waiting_for_the_vendor,
    in_a_tree_that_has_changed_since,
    in_a_tree_that_is_not_here,
    at_another_terminal,
]


def several_open_and_none_current(ana: Program) -> Program:
    at_a_decision(ana)
    ana.start(*FREE)
    return ana.at(terminal="kitchen")


def after_closing_it(ana: Program) -> Program:
    at_a_good_end(ana).ok("close")
    return ana


def after_handing_it_off(ana: Program) -> Program:
    at_a_decision(ana).ok("handoff", BEN)
    return ana


def with_something_waiting(ana: Program) -> Program:
    return after_handing_it_off(ana).at(user=BEN)


NOWHERE: list[tuple[Callable[[Program], Program], str]] = [
    (nothing_yet, "No session yet."),
    (trees_only, "No session yet."),
    (several_open_and_none_current, "No current session in this terminal."),
    (after_closing_it, "You have no open session."),
    (after_handing_it_off, "(A label printer prints nothing) to Ben Okafor"),
    (with_something_waiting, "1 session in your inbox: rflow inbox"),
]


def closed_by_me(ana: Program) -> tuple[Program, str]:
    code = ana.with_tree().start()
    ana.ok("close", "--outcome", "abandoned")
    return ana, code


def closed_by_somebody_else(ana: Program) -> tuple[Program, str]:
    ana, code = closed_by_me(ana)
    return ana.at(user=BEN), code


def somebody_elses(ana: Program) -> tuple[Program, str]:
    return ana.at(user=BEN), ana.with_tree().start()


def handed_to_me(ana: Program) -> tuple[Program, str]:
    code = ana.with_tree().start()
    ana.ok("handoff", BEN)
    return ana.at(user=BEN), code


def handed_off_by_me(ana: Program) -> tuple[Program, str]:
    return ana, handed_to_me(ana)[1]


def in_a_queue(ana: Program) -> tuple[Program, str]:
    code = ana.with_tree().start()
    ana.ok("handoff", "@tier2")
    return ana.at(user=BEN), code


def put_in_a_queue_by_me(ana: Program) -> tuple[Program, str]:
    return ana, in_a_queue(ana)[1]


def not_this_terminals(ana: Program) -> tuple[Program, str]:
    code = ana.with_tree().start()
    ana.start(*FREE)
    return ana, code


NAMED: list[tuple[Callable[[Program], tuple[Program, str]], str]] = [
    (closed_by_me, "closed as abandoned by Ana Ruiz"),
    (closed_by_somebody_else, "closed as abandoned by Ana Ruiz"),
    (somebody_elses, "owner Ana Ruiz"),
    (handed_to_me, "handed off by Ana Ruiz to Ben Okafor, not accepted yet"),
    (handed_off_by_me, "handed off by Ana Ruiz to Ben Okafor, not accepted yet"),
    (in_a_queue, "handed off by Ana Ruiz to @tier2, not accepted yet"),
    (put_in_a_queue_by_me, "handed off by Ana Ruiz to @tier2, not accepted yet"),
    (not_this_terminals, "owner Ana Ruiz"),
]


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    home = tmp_path / "home"
    home.mkdir()
    return Program(home, environ={"RFLOW_CLIPBOARD_CMD": "cat > /dev/null"})


def each_can_be_typed(me: Program, out: str, tmp_path: Path, code: str = "") -> None:
    """Type each suggestion, each in a copy of everything; one about a session must not land in another."""
    words = suggested(out)
    assert words, out
    for number, typed in enumerate(words):
        home = shutil.copytree(me.home, tmp_path / f"copy {number}")
        shutil.rmtree(home / "state", ignore_errors=True)  # where the terminal works in the store that was copied
        copy = me.at(home=home, store=me.store.replace(str(me.home), str(home)))
        result = copy.ok(*typed)
        if code and typed[0] not in ("progress", "show"):
            assert code in result.err, (typed, result)


@pytest.mark.parametrize("state", STANDING, ids=lambda state: state.__name__.replace("_", " "))
def test_rflow_alone_says_where_you_stand_and_each_thing_it_says_to_type_works(
    state: Callable[[Program], Program], ana: Program, tmp_path: Path
) -> None:
    me = state(ana)
    result = me.run()
    session = me.show()
    title, place = session["title"], session["position"]
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{session['code']}  {title}\n  Leeds · owner Ana Ruiz\n")
    assert (place["text"] if place else "No tree: record what you try") in result.out
    each_can_be_typed(me, result.out, tmp_path, session["code"])


@pytest.mark.parametrize(("state", "told"), NOWHERE, ids=lambda state: getattr(state, "__name__", "").replace("_", " "))
def test_rflow_alone_suggests_how_to_start_without_a_session(
    state: Callable[[Program], Program], told: str, ana: Program, tmp_path: Path
) -> None:
    me = state(ana)
    result = me.run()
    assert (result.code, result.err) == (0, "")
    assert told in result.out
    each_can_be_typed(me, result.out, tmp_path)


@pytest.mark.parametrize(("state", "told"), NAMED, ids=lambda state: getattr(state, "__name__", "").replace("_", " "))
def test_a_named_session_shows_its_owner_and_what_you_may_do(
    state: Callable[[Program], tuple[Program, str]], told: str, ana: Program, tmp_path: Path
) -> None:
    me, code = state(ana)
    for words in (("-s", code), ("show", code)):
        result = me.run(*words)
        assert (result.code, result.err) == (0, "")
        assert told in result.out
        folder = tmp_path / words[0]
        folder.mkdir()
        each_can_be_typed(me, result.out, folder, code)


def test_a_tree_that_has_changed_since_is_reported(ana: Program) -> None:
    assert "The tree has a newer version" in in_a_tree_that_has_changed_since(ana).run().out
    assert "The tree has a newer version" not in ana.at(store=str(ana.home / "b.db")).run().out


def test_the_inbox_and_what_to_do_with_it_can_be_typed(ana: Program, tmp_path: Path) -> None:
    ben, code = handed_to_me(ana)
    each_can_be_typed(ben, ben.ok("inbox").out, tmp_path, code)
    assert ana.run("inbox") == (0, "", "Your inbox is empty.\n")


def test_the_first_ten_minutes_follow_one_another_from_what_each_command_says(ana: Program) -> None:
    ana = ana.at(real=True)
    assert ["tree", "add", "--examples"] in suggested(ana.ok().out)
    ana.ok("tree", "add", "--examples")
    assert ["start", "printer-offline"] in suggested(ana.ok().out)
    started = ana.ok("start", "printer-offline", "--customer", "Northern Parcels, Leeds")
    assert re.fullmatch(
        r"\S{4}-\S{2} · A user cannot print · Northern Parcels, Leeds: started\.\nWrite short, .*\n", started.err
    )
    code = started.err.split()[0]
    assert ["choose", "1"] in suggested(started.out)
    assert (
        ana.ok("choose", "nobody").err
        == f'{code} · A user cannot print · Northern Parcels, Leeds: "Can anybody print on it?" → "Nobody" recorded.\n'
    )
    assert ana.ok("note", "Two label jobs hang").err.endswith("note 4 recorded.\n")
    assert "Nobody" in ana.ok("progress").out
    assert "\n? Does its IP address answer a ping?\n" in ana.ok("choose", "1").out
    at_the_end = ana.ok("choose", "No, address changed").out
    assert "= Add it again under its new address" in at_the_end
    assert suggested(at_the_end) == [["close"], ["back"]]
    assert ana.ok("close").err.endswith("Northern Parcels, Leeds: closed as resolved.\n")
    assert "You have no open session." in ana.ok().out


WRITES: list[tuple[str, ...]] = [
    ("choose", "green"),
    ("choose", "green", "--assume", "--reason", "the lamp is covered"),
    ("step", "Tried another cable", "--result", "no change", "--at", "20m"),
    ("enter", "label-printer"),
    ("note", "It smells of burnt dust"),
    ("run", "--", "true"),
    ("attach", "-"),
    ("brief", "--ask", "Can you drive to Leeds?"),
    ("change", "Set the fallback queue", "--revert", "unset it"),
    ("wait", "--for", "the vendor"),
    ("progress", "--copy"),
    ("progress", "-o", "summary.md"),
    ("handoff", BEN),
    ("close", "--outcome", "abandoned"),
    ("redact", "2", "--yes"),
]


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_every_write_names_the_session_it_wrote_to(words: tuple[str, ...], ana: Program) -> None:
    me = ana.at(cwd=ana.home).with_tree()
    code = me.start()
    me.ok("note", "to be amended")
    written = me.ok(*words, stdin="pasted")
    assert f"{code} · A label printer prints nothing · Leeds: " in written.err


def test_every_write_that_needs_something_before_it_names_the_session_too(ana: Program) -> None:
    code = ana.with_tree().start()
    ben = ana.at(user=BEN)
    named = f"{code} · A label printer prints nothing · Leeds: "
    file = ana.home / "session.jsonl"
    for me, *words in (
        (ana, "note", "It smells of burnt dust"),
        (ana, "amend", "3", "It smells of ozone"),
        (ana, "choose", "green"),
        (ana, "done", "two jobs were stuck"),
        (ana, "back"),
        (ana, "skip", "--reason", "nothing was queued"),
        (ana, "change", "Set the fallback queue", "--revert", "unset it"),
        (ana, "change", "--reverted", "9"),
        (ana, "wait", "--for", "the vendor"),
        (ana, "wait", "--over"),
        (ana, "handoff", BEN),
        (ana, "handoff", "--cancel"),
        (ana, "handoff", BEN),
        (ben, "decline", "--reason", "my shift is over"),
        (ana, "resume", code),
        (ana, "handoff", BEN),
        (ben, "accept"),
        (ana, "resume", code, "--take", "--reason", "I am in Leeds now"),
        (ana, "export", "-o", str(file)),
        (ana, "close", "--outcome", "resolved"),
        (ana, "reopen", code),
        (ana, "import", str(file)),
        (ana, "delete", code, "--yes"),
    ):
        written = me.ok(*words)
        assert named in written.err or words == ["resume", code], (words, written)


def pages(ana: Program) -> list[tuple[str, ...]]:
    """The commands that have a page of help: all of them, and those below the nouns."""
    found = [(), *((name,) for name in COMMANDS)]
    for noun in ("tree", "format", "store", "config"):
        listed = ana.ok(noun, "--help").out.partition("Commands:\n")[2]
        found += [(noun, word) for word in re.findall(r"^  (\w+)", listed, re.MULTILINE)]
    return found


def test_help_reads_well_at_80_columns(ana: Program) -> None:
    assert len(pages(ana)) > 45
    for words in pages(ana):
        result = ana.run(*words, "--help")
        assert (result.code, result.err) == (0, ""), words
        assert result.out.startswith(f"Usage: {' '.join(['rflow', *words])} ")
        for line in result.out.splitlines():
            assert len(line) <= 80, line
            assert not line.rstrip().endswith("...") or line.startswith("Usage: "), line


def test_every_command_is_documented(ana: Program) -> None:
    docs = Path(__file__).parents[2] / "docs" / "commands.md"
    text = docs.read_text("utf-8")
    for words in pages(ana):
        assert f"### `{' '.join(('rflow', *words))}`\n" in text, f"docs/commands.md lacks {' '.join(words)}"


def test_every_error_in_the_code_says_what_to_try() -> None:
    """What the tests provoke is held to this when it happens; here are the errors that are hard to provoke."""
    family = ("RflowError", "UsageProblem", "NotFound", "SessionMoved", "NotAllowed", "BadInput", "NotDelivered")
    silent = []
    for path in (Path(__file__).parents[2] / "src" / "rflow").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id not in (*family, "StoreProblem"):
                continue
            tries = [word.value for word in call.keywords if word.arg == "try_"]
            if not tries or (isinstance(tries[0], ast.Constant) and not tries[0].value):
                silent.append(f"{path}:{call.lineno}")
    assert silent == []


def test_a_note_lands_in_no_store_that_the_terminal_does_not_work_in(ana: Program) -> None:
    """A session of another customer is the only open one in the usual store."""
    ana.at(terminal="another").start("--title", "A label printer prints nothing")
    other = str(ana.home / "shifts")
    started = ana.ok("--store", other, "start", "--title", "Till 3 in Leeds is slow")
    assert f"rflow --store {other} note" in started.out
    refused = ana.run("note", "Restarted it")
    assert refused.code == 2
    assert "of this terminal is in another store" in refused.err
    assert ana.json("list", "--json")[0]["notes"] == 0


def test_where_the_session_of_the_terminal_is_in_another_store_both_ways_on_are_named_and_work(ana: Program) -> None:
    here = ana.at(terminal="another").start("--title", "A label printer prints nothing")
    other = str(ana.home / "shifts")
    there = ana.json("--store", other, "start", "--title", "Till 3 in Leeds is slow", "--json")["code"]
    refused = ana.refused(2, "progress")
    assert f"in another store: {there} in json:{other}." in refused
    assert f"To go on there: rflow --store json:{other} …\n" in refused
    assert f"To go on here: rflow resume {here} (A label printer prints nothing)\n" in refused
    out = ana.ok().out
    assert (
        f"The current session of this terminal, {there}, is in another store:\n    rflow --store json:{other}\n" in out
    )
    assert ana.ok("--store", f"json:{other}").out.startswith(there)
    ana.ok("resume", here)
    assert ana.ok("note", "Restarted it").err.startswith(here)
    assert ana.ok("--store", other, "note", "Restarted it").err.startswith(there)


@pytest.mark.parametrize("end", ["closed there", "the store is deleted"])
def test_a_closed_session_in_another_store_is_ignored(ana: Program, end: str) -> None:
    here = ana.at(terminal="another").start("--title", "A label printer prints nothing")
    other = ana.home / "shifts"
    there = ana.json("--store", str(other), "start", "--title", "Till 3 in Leeds is slow", "--json")["code"]
    if end == "closed there":
        ana.at(terminal="another").ok("--store", str(other), "-s", there, "close", "resolved")
    else:
        shutil.rmtree(other)
    assert ana.ok("note", "Restarted it").err.startswith(here)
    assert ana.ok().out.startswith(here)
    assert other.exists() == (end == "closed there")


def test_a_store_that_is_not_there_is_not_called_sound(ana: Program) -> None:
    for words in (("check",), ("info",)):
        result = ana.run("--store", str(ana.home / "typo.db"), "store", *words)
        assert (result.code, result.out) == (8, "")
        assert "There is no store at" in result.err


def test_after_closing_it_commands_name_the_session_that_was_closed_last(ana: Program) -> None:
    code = closed_by_me(ana)[1]
    elsewhere = ana.at(terminal="kitchen")
    for me in (ana, elsewhere):
        for words in (("progress",), ("note", "One more thing")):
            error = me.refused(2, *words)
            assert f"You have no open session. Your last session {code} (A label printer prints nothing) was" in error
            assert f"rflow progress {code}" in error
            assert f"rflow reopen {code}" in error
        assert f"rflow progress {code}" in me.ok().out
    assert f"rflow reopen {code}" in elsewhere.refused(2, "reopen")
    assert ana.ok("reopen").err.startswith(code), "it was closed in this terminal"


def test_what_is_suggested_repeats_the_user_that_was_named_for_one_command(ana: Program) -> None:
    code = ana.with_tree().start()
    out = ana.ok("-s", code, "--user", "Ben Okafor").out
    assert f"rflow --user 'Ben Okafor' -s {code} note" in out
    assert "--user" not in ana.ok("--user", "Ana Ruiz").out, "she works here anyway"
    ana.ok("handoff", "Ben Okafor")
    assert "in your inbox: rflow --user 'Ben Okafor' inbox" in ana.at(terminal="hall").ok("--user", "Ben Okafor").out
    assert f"    rflow --user 'Ben Okafor' show {code}\n" in ana.ok("inbox", "--user", "Ben Okafor").out
    assert "--user" not in ana.at(user="Ben Okafor").ok("inbox").out


def test_overwriting_is_not_asked_about_for_devices_and_our_own_output(ana: Program) -> None:
    ana.with_tree().start()
    assert "can't be written" in ana.refused(7, "progress", "-o", "x" * 300)
    with (ana.home / "out.md").open("wb") as out:
        words = (SCRIPT, "progress", "-f", "text", "-o", "/dev/stdout")
        assert subprocess.run(words, env=ana.variables, stdout=out, check=False).returncode == 0
    assert "CONTINUE" in (ana.home / "out.md").read_text("utf-8")


def test_a_session_is_found_by_its_ticket(ana: Program) -> None:
    ana.with_tree().start()
    code = ana.start("--title", "The till is slow", "--ticket", "INC-4711")
    kitchen = ana.at(terminal="kitchen")
    assert kitchen.ok("resume", "inc-4711").out.startswith(f"{code}  The till is slow")
    assert "The till is slow" in kitchen.ok("progress", "INC-4711").out
    assert kitchen.ok("-s", "INC-4711", "note", "It hums").err.startswith(code)
    other = ana.start("--title", "The scale is slow", "--ticket", "INC-4711")
    error = kitchen.refused(2, "resume", "INC-4711")
    assert "Several sessions have the ticket INC-4711:" in error
    assert f"  {code}  The till is slow (open)\n" in error
    assert f"  {other}  The scale is slow (open)\n" in error
    assert 'There is no session "INC-4712"' in ana.refused(3, "resume", "INC-4712")
    assert 'There is no session "INC-4711"' in ana.refused(3, "delete", "INC-4711", "--yes")


def test_a_session_is_resumed_by_a_word_that_only_one_has(ana: Program) -> None:
    code = ana.start("--title", "The till is slow", "--customer", "Leeds")
    other = ana.start("--title", "Mail is late", "--customer", "Hull")
    assert ana.ok("resume", "TILL").out.startswith(f"{code}  The till is slow")
    assert ana.ok("resume", "till", "is").out.startswith(code)
    assert ana.ok("resume", "mail is").out.startswith(f"{other}  Mail is late")
    third = ana.start("--title", "No mail at all", "--customer", "Leeds")
    error = ana.refused(2, "resume", "mail")
    assert 'Several sessions have "mail" in title, customer or ticket:' in error
    assert f"  {other}  Mail is late · Hull\n" in error and f"  {third}  No mail at all · Leeds\n" in error
    assert f"Name one by its code, such as {third}.\n" in error
    ana.ok("-s", third, "close", "--outcome", "resolved")
    assert ana.ok("resume", "mail").out.startswith(f"{other}  Mail is late")
    assert f"rflow reopen {third}" in ana.refused(5, "resume", "at all")
    assert 'There is no session "il"' in ana.refused(3, "resume", "il")


def test_a_start_says_how_much_of_an_entry_a_brief_shows(ana: Program) -> None:
    tip = "started.\nWrite short, what counts first: a brief shows some 10 words of each entry.\n"
    assert ana.ok("start", "--title", "The till is slow").err.endswith(tip)
    assert "Write short" not in ana.ok("start", "--title", "The till is slow", "--json").err


def test_a_second_session_says_how_to_go_back_to_the_first(ana: Program) -> None:
    code = ana.start("--title", "The till is slow")
    again = f'{code} "The till is slow" is still open. To go back to it: rflow resume {code}\n'
    assert ana.ok("start", "--title", "Mail is late").err.endswith(again)
    assert ana.ok("resume", code).out.startswith(code)
    ana.ok("close", "--outcome", "resolved")
    assert "still open" not in ana.ok("start", "--title", "The scale is slow").err
    assert "still open" not in ana.at(terminal="kitchen").ok("start", "--title", "No mail at all").err
