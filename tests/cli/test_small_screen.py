"""A terminal of 80 columns and 24 lines: what somebody needs last has not scrolled away."""

import re
import sys

import pytest

from rflow.cli.commands import COMMANDS, EVERYDAY
from rflow.core.text import columns
from support.program import Program
from support.screens import lines_at_terminal

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")]

ROWS = 23
"""The lines that are left of 24 once the prompt is back."""


@pytest.fixture
def ana(tmp_path: object) -> Program:
    return Program(tmp_path)  # type: ignore[arg-type]


def last_rows(lines: list[str]) -> list[str]:
    """The lines that are still on the screen, where a longer one takes several rows."""
    rows = [line[at : at + 80] for line in lines for at in range(0, max(columns(line), 1), 80)]
    return rows[-ROWS:]


@pytest.mark.parametrize(
    "tree", ["dns-client", "kubernetes-workload", "postgres-connect", "printer-offline", "windows-vpn"]
)
def test_the_first_question_its_answers_and_what_to_type_are_on_the_screen(tree: str, ana: Program) -> None:
    ana.ok("tree", "add", "--examples")
    seen = last_rows(lines_at_terminal(ana, "start", tree, "--customer", "Contoso Retail", "--ticket", "INC-4711"))
    place = ana.show()["position"]
    assert any(row.endswith(place["text"]) and row[0] in "?>" for row in seen), seen
    for number, choice in enumerate(place["choices"], 1):
        assert f"    {number}  {choice}" in seen
    assert any(re.match(r"    rflow (choose NUMBER|done )", row) for row in seen)


def test_a_later_question_with_a_long_help_is_on_the_screen_too(ana: Program) -> None:
    ana.ok("tree", "add", "--examples")
    ana.start("windows-vpn")
    seen = last_rows(lines_at_terminal(ana, "done", "error 809"))
    assert f"? {ana.show()['position']['text']}" in seen
    assert "    rflow choose NUMBER" in seen


def test_accepting_shows_the_handoff_and_the_question_at_once(ana: Program) -> None:
    ana.ok("tree", "add", "--examples")
    ana.start("postgres-connect")
    place = ana.show()["position"]["text"]
    ana.ok("warn", "Do not restart shop-db before 03:00")
    ana.ok("handoff", "Ben", "--note", "Robin is their DBA", "--if", "it still runs at 03:00", "--then", "ask Robin")
    ben = ana.at(user="Ben", terminal="Leeds")
    seen = last_rows(lines_at_terminal(ben, "accept"))
    wanted = ("Do not restart shop-db", "note: Robin is their DBA", "ask Robin", f"? {place}", "rflow choose NUMBER")
    for text in wanted:
        assert any(text in row for row in seen), (text, seen)
    more = next(row for row in seen if "More about it: " in row)
    _, more_of_it, tried = more.split("rflow")
    assert "Robin" in ben.ok(*tried.split()).out
    whole = ben.ok(*more_of_it.partition("What was tried")[0].split()).out
    assert "Take the driver's own message" in whole
    assert not any("Take the driver's own message" in row for row in seen)


def test_the_question_stays_on_the_screen_where_much_is_asked_changed_and_planned(ana: Program) -> None:
    ana.ok("tree", "add", "--examples")
    code = ana.start("postgres-connect", "--customer", "Contoso")
    place = ana.show()["position"]
    ana.ok("brief", "--ask", " ".join(["Can you look at it?"] * 12), "--situation", "No orders since 01:40")
    for number in range(5):
        ana.ok("change", f"Replica {number} is read-only now, as is its pool", "--revert", "restart it by 03:00 " * 5)
    for whom in ("the DBA", "the vendor"):
        ana.ok("wait", whom, "--if", "no answer in an hour", "--then", "call them again")
    ana.ok("handoff", "Ben", "--note", "Robin is their DBA", "--if", "it still runs at 03:00", "--then", "ask Robin")
    ben = ana.at(user="Ben", terminal="Leeds")
    for words in (("accept",), ("resume", code)):
        seen = last_rows(lines_at_terminal(ben, *words))
        assert f"? {place['text']}" in seen
        for number, choice in enumerate(place["choices"], 1):
            assert f"    {number}  {choice}" in seen
        assert "    rflow choose NUMBER" in seen
        if words[0] == "accept":
            assert any("note: Robin is their DBA" in row for row in seen)
            assert any("in place #" in row for row in seen)


def test_the_help_shows_the_everyday_commands_and_the_names_of_all_others(ana: Program) -> None:
    seen = last_rows(lines_at_terminal(ana, "--help"))
    for name in EVERYDAY:
        assert any(re.match(rf"  {name} +[A-Z]", row) for row in seen), name
    others = " ".join(seen[len(EVERYDAY) :]).split()
    assert {*COMMANDS} - {*EVERYDAY} <= {*others}
    assert any("rflow help all" in row for row in seen)


@pytest.mark.parametrize("words", [("help", "all"), ("help", "--all"), ("--verbose", "--help"), ("-h", "--verbose")])
def test_the_whole_help_says_what_every_command_and_option_does(words: tuple[str, ...], ana: Program) -> None:
    lines = lines_at_terminal(ana, *words)
    for name in COMMANDS:
        assert any(re.match(rf"  {name} +[A-Z]", line) for line in lines), name
    assert any("--install-completion" in line for line in lines)
    assert max(map(columns, lines)) <= 80
