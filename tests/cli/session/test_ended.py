"""A session that was handed on or closed: what its terminal is told, and what is no longer done with it."""

from pathlib import Path

import pytest

from support.program import Program


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana at her desk, with the tree of the label printers."""
    return Program(tmp_path).with_tree()


NEEDING_ONE = (
    ("step", "Restarted it"),
    ("choose", "1"),
    ("note", "One more thing"),
    ("progress",),
    ("show",),
    ("brief", "--ask", "Why?"),
    ("close", "resolved"),
    ("handoff", "Cleo"),
)


@pytest.mark.parametrize("words", NEEDING_ONE, ids=lambda words: words[0])
def test_after_a_handoff_each_command_says_who_has_the_session_and_what_can_be_done(
    ana: Program, words: tuple[str, ...]
) -> None:
    code = ana.start()
    ana.ok("handoff", "Ben Okafor", "--new-user")
    error = ana.refused(2, *words)
    assert f"You handed {code} (A label printer prints nothing) to Ben Okafor at " in error
    assert "who hasn't accepted it yet" in error
    assert f"To take it back: rflow -s {code} handoff --cancel\n" in error
    assert f"To read it: rflow progress {code}\n" in error
    assert f'To add to it: rflow -s {code} step "…"\n' in error
    assert 'To start another: rflow start TREE, or rflow start --title "…"\n' in error


def test_once_a_handoff_is_accepted_nothing_is_to_be_taken_back(ana: Program) -> None:
    code = ana.start()
    ana.ok("handoff", "Ben Okafor", "--new-user")
    ana.at(user="Ben Okafor", terminal="hall").ok("accept")
    error = ana.refused(2, "step", "Restarted it")
    assert "and it is with Ben Okafor now." in error
    assert "--cancel" not in error
    assert ana.ok("-s", code, "step", "Restarted it").code == 0


def test_from_another_terminal_too_a_handoff_that_waits_is_named(ana: Program) -> None:
    code = ana.start()
    ana.ok("handoff", "Ben Okafor", "--new-user")
    kitchen = ana.at(terminal="kitchen")
    assert f"You handed {code}" in kitchen.refused(2, "step", "Restarted it")
    assert f"You handed {code}" in kitchen.ok().out
    kitchen.start("--title", "Till 3 is slow")
    assert kitchen.ok("step", "Restarted it").code == 0


def test_a_handoff_to_a_queue_is_what_was_handed_on_not_what_was_handed_to_the_sender(ana: Program) -> None:
    code = ana.start()
    ana.ok("handoff", "@tier2", "--new-user")
    kitchen = ana.at(terminal="kitchen")
    assert f"You handed {code} (A label printer prints nothing) to @tier2" in kitchen.refused(2, "note", "x")
    assert f"You handed {code}" in kitchen.ok().out
    other = ana.at(user="Ben Okafor", terminal="hall")
    assert f"{code} was handed to you" in other.refused(2, "note", "x")


@pytest.mark.slow
def test_a_handoff_is_named_however_many_others_were_handed_on_since(ana: Program) -> None:
    code = ana.start()
    ana.ok("handoff", "Cleo", "--new-user")
    ben = ana.at(user="Ben Okafor", terminal="hall")
    for number in range(51):
        ben.start("--title", f"Till {number} is slow")
        ben.ok("handoff", "Cleo")
    kitchen = ana.at(terminal="kitchen")
    assert f"You handed {code}" in kitchen.refused(2, "note", "x")
    assert f"You handed {code}" in kitchen.ok().out


def test_a_closed_session_is_not_resumed_but_named_with_its_end_and_the_ways_on(ana: Program) -> None:
    code = ana.start()
    ana.ok("close", "--outcome", "resolved", "The ribbon was loose")
    other = ana.start("--title", "Till 3 is slow")
    for more in ((), ("--json",)):
        error = ana.refused(5, "resume", code, *more)
        assert f"{code} (A label printer prints nothing) was closed as resolved by Ana Ruiz at " in error
        assert "The ribbon was loose" in error
        assert f"To read it: rflow show {code}, or rflow progress {code}\n" in error
        assert f"To go on with it: rflow reopen {code}\n" in error
    assert ana.ok("note", "Restarted it").err.startswith(other)
    ben = ana.at(user="Ben Okafor", terminal="hall")
    assert f'To go on with it: rflow resume {code} --take --reason "…"\n' in ben.refused(5, "resume", code)
    assert f"{code} is closed" in ana.refused(5, "resume", code, "--take", "--reason", "It is mine")


def test_a_closing_summary_of_several_lines_is_one_line_in_an_error_and_stands_once_in_the_record(ana: Program) -> None:
    code = ana.start()
    summary = "The ribbon was loose.\nIt was reseated on Monday, after the courier had come with the new roll."
    ana.ok("close", "resolved", "-m", summary)
    error = ana.refused(5, "resume", code)
    assert ": The ribbon was loose. It was reseated on Monday, after the…\n" in error
    shown = ana.ok("show", code).out
    assert shown.count("The ribbon was loose.") == 1
    assert "Closed with: The ribbon was loose.\n" in shown
    ana.ok("reopen", code)
    assert "The ribbon was loose." in ana.ok("show", code).out


def test_a_closed_session_that_is_taken_over_stays_closed_until_it_is_reopened(ana: Program) -> None:
    code = ana.start()
    ana.ok("close", "resolved")
    ben = ana.at(user="Ben Okafor", terminal="hall")
    taken = ben.ok("resume", code, "--take", "--reason", "It is back")
    assert f"    rflow reopen {code}\n" in taken.out
    assert ben.ok("prompt").out == ""
    ben.ok("reopen", code)
    assert ben.ok("note", "The lamp is red again").err.startswith(code)


def test_a_closed_session_offers_no_choice_and_counts_no_steps(ana: Program) -> None:
    code = ana.start()
    ana.ok("choose", "Green")
    hall = ana.at(terminal="hall")
    hall.ok("resume", code)
    ana.ok("close", "--outcome", "abandoned", "The printer was replaced")
    for words in ((), ("show", code)):
        out = hall.ok(*words).out
        assert "Closed with: The printer was replaced\nEnded at: Clear the print queue\n" in out
        assert "to an end" not in out
        assert f"    rflow progress {code}\n    rflow reopen {code}\n" in out
    assert hall.ok("prompt").out == f"{code} closed\n"


def test_the_summary_of_a_closed_session_ends_with_how_it_is_read(ana: Program) -> None:
    code = ana.start()
    ana.ok("close", "resolved")
    for format_ in ("text", "teams"):
        assert ana.ok("progress", code, "-f", format_).out.endswith(f"READ: rflow show {code}\n")
    resume = ana.json("progress", code, "-f", "json")["resume"]
    assert (resume["label"], resume["command"]) == ("Read", f"rflow show {code}")
    file = ana.home / "closed.jsonl"
    ana.ok("export", code, "-o", str(file))
    hull = Program(ana.home / "hull", user="Ben Okafor")
    assert f"To read it: rflow show {code}\n" in hull.ok("import", str(file)).err


def test_closing_names_what_it_leaves_open(ana: Program) -> None:
    code = ana.start()
    ana.ok("change", "Port set to TCP", "--revert", "choose the WSD port again")
    ana.ok("change", "Spooler set to manual", "--revert", "set it to automatic")
    ana.ok("change", "Firewall off", "--revert", "switch it on")
    ana.ok("change", "--reverted", "5")
    ana.ok("wait", "--until", "2h", "the vendor")
    ana.ok("warn", "Do not restart the server")
    ana.ok("assume", "The driver is the vendor's")
    ana.ok("question", "Ben Okafor", "Which port?", "--new-user")
    said = ana.ok("close", "resolved").err
    assert said.endswith(
        "Left open: 2 changes in place, 1 wait, 1 warning, 1 assumption not verified, 1 question without an answer. "
        f"To see it: rflow show {code}\n"
    )
    ana.start()
    assert "Left open" not in ana.ok("close", "resolved").err


def test_a_second_close_says_how_and_when_the_session_was_closed(ana: Program) -> None:
    code = ana.start()
    ana.ok("close", "abandoned")
    error = ana.refused(2, "close", "resolved")
    assert f"{code} (A label printer prints nothing) was closed as abandoned by Ana Ruiz at " in error
    assert f"To go on with it: rflow reopen {code}\n" in error
    assert "Name the one you mean: rflow -s CODE …" in error


WRITING = (
    ("note", "remark on the printer"),
    ("warn", "do NOT restart it"),
    ("assume", "it is the roll"),
    ("step", "Restarted it"),
    ("choose", "1"),
    ("choose",),
    ("done",),
    ("skip", "no time"),
    ("back",),
    ("enter", "label-printer"),
    ("run", "--", "true"),
    ("attach", "-"),
    ("pin", "1"),
    ("unpin", "1"),
    ("amend", "1", "x"),
    ("brief", "--ask", "Why?"),
    ("change", "Port set", "--revert", "set it back"),
    ("wait", "the vendor"),
    ("question", "Ben Okafor", "Which port?", "--new-user"),
    ("reply", "9600"),
    ("flag", "The question is wrong"),
    ("redact", "1", "--yes"),
    ("share", "create"),
    ("progress", "--link"),
    ("handoff", "Ben Okafor", "--new-user"),
    ("close", "resolved"),
)


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_after_a_close_nothing_is_written_to_the_other_open_session(ana: Program, words: tuple[str, ...]) -> None:
    other = ana.start("--title", "Till 3 is slow", "--customer", "Hull")
    before = ana.show()["version"]
    code = ana.start("--title", "The printer is pale")
    ana.ok("close", "--outcome", "resolved", "toner")
    error = ana.refused(2, *words, stdin="pasted")
    assert f"This terminal has no current session. {code} (The printer is pale) was closed as resolved" in error
    assert f"To go on with it: rflow reopen {code}\n" in error
    assert f"To go on with Till 3 is slow: rflow resume {other}\n" in error
    assert "rflow -s CODE …" in error
    assert ana.json("show", other, "--json")["version"] == before


def test_after_a_handoff_nothing_is_written_to_the_other_open_session_and_it_is_named(ana: Program) -> None:
    other = ana.start("--title", "Till 3 is slow")
    code = ana.start("--title", "The printer is pale")
    ana.ok("handoff", "Ben Okafor", "--new-user")
    error = ana.refused(2, "note", "remark on the printer")
    assert f"You handed {code} (The printer is pale) to Ben Okafor" in error
    assert f"To go on with Till 3 is slow: rflow resume {other}\n" in error
    assert ana.ok("-s", code, "note", "remark on the printer").err.startswith(code)
    ana.ok("resume", other)
    assert ana.ok("note", "it hums").err.startswith(other)


def test_after_a_close_the_other_open_session_is_read_and_named_and_the_closed_one_is_reopened(ana: Program) -> None:
    other = ana.start("--title", "Till 3 is slow")
    code = ana.start("--title", "The printer is pale")
    ana.ok("close", "resolved")
    for words in (("show",), ("progress",), ()):
        assert f"{other}" in ana.ok(*words).out
    assert ana.ok("reopen").err.startswith(code)
    assert ana.ok("note", "It is pale again").err.startswith(code)


def test_a_word_finds_a_session_wherever_one_is_read_and_never_where_something_is_written(ana: Program) -> None:
    code = ana.start("--title", "VPN drops in Leeds", "--customer", "Contoso")
    ana.start("--title", "Till 3 is slow")
    assert ana.ok("show", "vpn").out.startswith(code)
    assert "VPN drops in Leeds" in ana.ok("progress", "contoso").out
    assert "VPN drops in Leeds" in ana.ok("-s", "vpn", "show").out
    error = ana.refused(3, "-s", "vpn", "note", "It drops at noon")
    assert error == (
        f'rflow: "vpn" is not a code; nothing was written. {code} · VPN drops in Leeds · Contoso has it in title, '
        f"customer or ticket.\n       Name the session by its code: rflow -s {code} …\n"
    )
    for words in (("close", "resolved"), ("choose", "1"), ("undo",), ("share", "create"), ("handoff", "Ben")):
        assert f"rflow -s {code} …" in ana.refused(3, "-s", "vpn", *words)
    ana.ok("-s", code, "close", "resolved")
    assert f"{code} (VPN drops in Leeds) was closed" in ana.refused(5, "resume", "vpn")
    assert ana.ok("show", "vpn").out.startswith(code)
    assert ana.ok("reopen", "vpn").err.startswith(code)
    ana.ok("-s", code, "handoff", "Ben Okafor", "--new-user")
    assert ana.at(user="Ben Okafor", terminal="hall").ok("accept", "vpn").err.startswith(code)
