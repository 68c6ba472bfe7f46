"""Which session a command goes to: the one named, this terminal's current one, else the only open one of mine."""

from pathlib import Path

import pytest

from support.program import Program

BEN = "Ben Okafor"


@pytest.fixture
def desk(tmp_path: Path) -> Program:
    return Program(tmp_path, terminal="desk").with_tree()


def till(me: Program) -> str:
    return me.start("--title", "The till in Leeds is slow")


def goes_to(me: Program, *options: str, **environ: str) -> str:
    """The code of the session that a note goes to."""
    return me.ok(*options, "note", "Where does this go?", **environ).err.split()[0]


def test_start_resume_accept_and_reopen_make_a_session_current(desk: Program) -> None:
    first = desk.start()
    second = till(desk)
    assert goes_to(desk) == second
    desk.ok("resume", first)
    assert goes_to(desk) == first
    ben = desk.at(user=BEN, terminal="Ben's")
    own = till(ben)
    assert goes_to(ben) == own
    desk.ok("handoff", BEN)
    ben.ok("accept")
    assert goes_to(ben) == first
    ben.ok("close", "--outcome", "resolved")
    ben.ok("reopen", first)
    assert goes_to(ben) == first


def test_close_handoff_and_decline_leave_none(desk: Program) -> None:
    first, second, third = desk.start(), till(desk), till(desk)
    desk.ok("close", "--outcome", "resolved")
    assert "several open" in desk.refused(2, "note", "Where does this go?")
    desk.ok("resume", second)
    desk.ok("handoff", BEN)
    ben = desk.at(user=BEN, terminal="Ben's")
    ben.ok("resume", second)
    assert goes_to(ben) == second
    ben.ok("decline", "--reason", "my shift is over")
    assert "You have no open session." in ben.refused(2, "note", "Where does this go?")
    assert third not in desk.refused(2, "note", "Where does this go?")
    desk.ok("delete", first, "--yes")
    assert goes_to(desk) == second


def test_closing_another_session_leaves_the_current_one(desk: Program) -> None:
    first, second = desk.start(), till(desk)
    desk.ok("-s", first, "close", "--outcome", "resolved")
    assert goes_to(desk) == second


def test_terminals_are_independent(desk: Program) -> None:
    kitchen = desk.at(terminal="kitchen")
    first, second = desk.start(), till(kitchen)
    assert (goes_to(desk), goes_to(kitchen)) == (first, second)
    kitchen.ok("close", "--outcome", "abandoned")
    assert goes_to(desk) == first
    assert f"rflow resume {first}" in kitchen.refused(2, "note", "Where does this go?")  # may be another customer's


def test_stores_are_independent(desk: Program) -> None:
    other = desk.at(store=str(desk.home / "other.db"))
    first, second = desk.start(), till(other)
    assert (goes_to(desk), goes_to(other)) == (first, second)


@pytest.mark.parametrize("named", ["first", "its lower-case beginning", "its id"])
def test_a_session_can_be_named_before_and_behind_the_command(desk: Program, named: str) -> None:
    first = desk.start()
    session = desk.show()
    till(desk)
    reference = {"first": first, "its id": session["id"]}.get(named, first[:6].lower())
    for words in (
        ("-s", reference, "note", "x"),
        ("note", "x", "-s", reference),
        ("note", "-s", reference, "x"),
        (f"--session={reference}", "note", "x"),
        ("note", "x", "--session", reference),
        ("--user", "Ana Ruiz", "note", "-s", reference, "x", "--store", str(desk.home / "data" / "rflow" / "rflow.db")),
        ("run", "-s", reference, "--", "true"),
        ("run", "-c", "true", "-s", reference),
        ("run", "--label", "truth", "-s", reference, "true"),
    ):
        assert desk.ok(*words).err.split()[0] == first, words


@pytest.mark.slow
def test_what_belongs_to_a_command_that_is_run_is_left_to_it(desk: Program) -> None:
    desk.start()
    for words in (
        ("run", "printf", "%s\n", "-s", "--user", "--session=x"),
        ("run", "--", "printf", "%s\n", "-s", "--user", "--session=x"),
        ("run", "--label", "words", "printf", "%s\n", "-s", "--user", "--session=x"),
    ):
        assert desk.at(real=True).ok(*words).out == "-s\n--user\n--session=x\n"
    desk.ok("note", "--", "--user is missing")
    assert desk.show()["notes"][-1]["text"] == "--user is missing"


def test_the_environment_names_one_unless_the_command_line_does(desk: Program) -> None:
    first, second, third = desk.start(), till(desk), till(desk)
    assert goes_to(desk, RFLOW_SESSION=first) == first
    assert goes_to(desk, "-s", second, RFLOW_SESSION=first) == second
    assert goes_to(desk) == third
    assert 'There is no session "ZZZZ"' in desk.refused(3, "note", "x", RFLOW_SESSION="ZZZZ")


def test_the_only_open_one_of_mine_needs_no_name(desk: Program) -> None:
    code = desk.start()
    ben = desk.at(user=BEN)
    till(ben)
    elsewhere = desk.at(terminal="never used")
    assert goes_to(elsewhere) == code
    assert elsewhere.ok().out.startswith(code)


def test_of_several_the_candidates_are_listed_and_nothing_is_written(desk: Program) -> None:
    codes = [desk.start(), *(till(desk) for _ in range(6))]
    elsewhere = desk.at(terminal="never used")
    error = elsewhere.refused(2, "note", "x")
    assert error.startswith("rflow: Which session? This terminal has no current one, and you have several open:\n")
    assert error.count("The till in Leeds is slow") == 5
    assert "  …\n" in error
    assert error.endswith(
        f"       Choose one: rflow resume {codes[-1]}, or name it for one command: rflow -s {codes[-1]} …\n"
    )
    assert all(entry["notes"] == 0 for entry in desk.json("list", "--json"))


def test_with_none_open_it_says_how_to_begin_or_what_waits(desk: Program) -> None:
    assert desk.refused(2, "note", "x").startswith(
        "rflow: You have no open session.\n       Start one: rflow start TREE"
    )
    code = desk.start()
    desk.ok("handoff", BEN)
    error = desk.at(user=BEN).refused(2, "choose", "1")
    assert f"{code} was handed to you" in error
    assert f"rflow accept {code}" in error


def test_a_current_session_that_is_gone_is_forgotten(desk: Program) -> None:
    kitchen = desk.at(terminal="kitchen")
    first = desk.start()
    kitchen.ok("resume", first)
    second = till(desk)
    desk.ok("delete", first, "--yes")
    assert goes_to(kitchen) == second


def test_a_terminal_whose_memory_is_lost_or_unwritable_still_works(desk: Program) -> None:
    code = desk.start()
    memory = next((desk.home / "state" / "rflow" / "terminals").iterdir())
    memory.write_bytes(b"\xff{")
    assert goes_to(desk) == code
    memory.unlink()
    memory.parent.rmdir()
    memory.parent.write_text("in the way")
    assert goes_to(desk) == code
    desk.ok("choose", "green")


def test_the_memory_of_terminals_holds_no_text_of_a_session(desk: Program) -> None:
    desk.ok("start", "--title", "Payroll of Contoso", "--customer", "Contoso")
    desk.ok("note", "Payroll of Contoso")
    for path in (desk.home / "state").rglob("*"):
        assert "Contoso" not in (path.read_text() if path.is_file() else path.name)


def test_sending_a_command_again_changes_nothing_and_says_what_it_was(desk: Program) -> None:
    desk.start()
    desk.ok("choose", "green", "--command-id", "the choice")
    for words in (
        ("note", "The lamp is green"),
        ("step", "Tried another cable"),
        ("change", "Rebooted it", "--revert", "can't be undone"),
        ("attach", "-"),
        ("brief", "--ask", "Can you drive to Leeds?"),
    ):
        first = desk.ok(*words, "--command-id", words[0], stdin="pasted")
        desk.ok("note", "something in between")
        version = desk.show()["version"]
        assert desk.ok(*words, "--command-id", words[0], stdin="pasted").err == first.err
        assert desk.show()["version"] == version
    again = desk.ok("choose", "green", "--command-id", "the choice")
    assert again.err.endswith("nothing new: this was carried out before.\n")
    assert desk.show()["position"]["node"] == "queue"


def test_the_first_entry_of_a_name_given_as_an_option_is_announced_once(desk: Program) -> None:
    first = "First entry of sma in this store."
    assert "First entry" not in desk.ok("--user", "ana ruiz", "start", "--title", "The till in Leeds is slow").err
    code = desk.show()["code"]
    assert first in desk.ok("--user", "sma", "-s", code, "note", "It hums").err
    assert first not in desk.ok("--user", "sma", "-s", code, "note", "It hums still").err
    assert "First entry of ben in this store." in desk.ok("--user", "ben", "start", "--title", "Till 4 is slow").err
    assert "First entry" not in desk.at(user="Cleo").ok("-s", code, "note", "It is old").err
