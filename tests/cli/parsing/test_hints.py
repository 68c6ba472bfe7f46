"""What an error or a message suggests to type can be typed as it is: with the options that the command was given."""

import re
import shlex
from pathlib import Path

import pytest

from support.program import LABELS, Program


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana at her desk, with the tree of the label printers."""
    return Program(tmp_path).with_tree()


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("step", "x"), 2, "Start one: {} start TREE (see: {} tree list), or {} start --title"),
        (("chose", "1"), 2, "Did you mean: {} choose   (all commands: rflow help)"),
        (("start",), 2, "Name a tree: {} start TREE   Or begin without one: {} start --title"),
        (("show", "nope"), 3, "See what there is: {} list --all"),
        (("inbx",), 2, "Did you mean: {} inbox"),
        (("config", "user.name"), 2, "To set it: rflow config set user.name VALUE   To see it: rflow config get"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_hint_repeats_the_user_and_the_store(ana: Program, words: tuple[str, ...], code: int, hint: str) -> None:
    begin = f"rflow --store {ana.home / 'shifts'} --user 'Ben Okafor'"
    for line in (
        ("--store", str(ana.home / "shifts"), "--user", "Ben Okafor", *words),
        (*words, "--user=Ben Okafor", f"--store={ana.home / 'shifts'}"),
    ):
        assert hint.replace("{}", begin) in ana.refused(code, *line)
    assert hint.replace("{}", "rflow") in ana.at(terminal="hall").refused(code, *words)


def test_a_hint_repeats_the_session_that_was_named_but_not_where_it_names_one(ana: Program) -> None:
    code = ana.start()
    ana.start("--title", "Till 3 is slow")
    assert f"rflow -s {code[:4]} close --outcome resolved" in ana.refused(2, "-s", code[:4], "close")
    ana.ok("-s", code, "change", "Firewall off", "--revert", "switch it on")
    either = f"Say which: rflow -s {code} undo --never-made, or rflow -s {code} undo --reverted"
    assert either in ana.refused(2, "undo", "-s", code)
    ana.ok("-s", code, "close", "resolved")
    assert f"Reopen it first: rflow reopen {code}" in ana.refused(5, "-s", code, "note", "x")


def test_a_hint_repeats_the_configuration_file(ana: Program, tmp_path: Path) -> None:
    config = tmp_path / "other.toml"
    config.write_text("", "utf-8")
    assert f"rflow --config {config} start TREE" in ana.refused(2, "--config", str(config), "step", "x")


def test_a_hint_never_shows_a_password_that_the_store_was_named_with(ana: Program) -> None:
    for store in (
        "mysql://ana:hunter2@db/work",
        "https://ana:hunter2@rflow.example.com",
        "postgresql://a:hunter2@127.0.0.1:1/w",
    ):
        assert "hunter2" not in ana.run("--store", store, "step", "x").err


@pytest.mark.slow
def test_the_hints_of_an_error_work_when_they_are_typed(ana: Program) -> None:
    """The store, the user, and the session are all others than those that this terminal would use."""
    ana = ana.at(real=True)
    there = ("--store", str(ana.home / "shifts"), "--user", "Ben Okafor")
    (ana.home / "labels.toml").write_text(LABELS, "utf-8")
    ana.ok(*there, "tree", "add", str(ana.home / "labels.toml"))
    code = ana.json(*there, "start", "label-printer", "--json")["code"]
    ana.ok(*there, "close", "resolved")
    refused = ana.refused(2, *there, "note", "One more thing")
    hint = refused.partition("to go on with it: ")[2].partition(";")[0]
    assert ana.ok(*shlex.split(hint)[1:]).err.startswith(code)
    changed = ana.ok(*there, "change", "Firewall off", "--revert", "switch it on").err
    command = changed.partition("Once reverted: ")[2].strip()
    assert ana.ok(*shlex.split(command)[1:]).err.startswith(code)


def test_where_there_is_no_tree_the_command_for_a_step_can_be_typed_too(ana: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    assert (
        f"with  rflow --user 'Ben Okafor' -s {code} step"
        in ana.at(terminal="hall").ok("show", code, "--user", "Ben Okafor").out
    )


def test_what_somebody_wrote_is_repeated_as_it_is(ana: Program) -> None:
    ana.start()
    told = ana.ok("--user", "Ben Okafor", "--session", ana.show()["code"], "note", "typed rflow list twice")
    assert "--user" not in told.err


def test_a_text_in_quotation_marks_is_repeated_as_it_is(ana: Program) -> None:
    ben = ("--user", "Ben Okafor")
    ana.ok(*ben, "start", "label-printer")
    for text, then in (("rflow serve restart on web1", "the vendor's call"), ('the "rflow list" of Cleo', "Cleo")):
        ana.ok(*ben, "wait", text)
        told = ana.ok(*ben, "wait", then).err
        assert f'for "{text}" (' in told
        assert "Once it is over: rflow --user 'Ben Okafor' wait --over" in told


def test_a_search_repeats_what_was_looked_for_as_it_is(ana: Program) -> None:
    for words in (["'rflow note zzz'"], ["rflow", "note", "zzz"]):
        told = ana.ok("--user", "Ben Okafor", "search", *words).err
        assert "rflow note zzz" in told
        assert "--user" not in told


def test_a_code_at_the_end_of_a_sentence_names_the_session(ana: Program) -> None:
    code = ana.start()
    other = ana.start("--title", "Till 3 is slow")
    assert f"To see one: rflow show {other}. " in ana.ok("-s", code, "search", "till").err


def test_a_text_without_quotes_is_suggested_whole(ana: Program) -> None:
    for words, whole in (
        (("start", "--title", "Mail", "is", "slow"), 'rflow start --title "Mail is slow"'),
        (("start", "Mail", "is", "slow"), 'rflow start --title "Mail is slow"'),
        (("start", "printer-offline", "it is broken"), 'rflow start printer-offline --title "it is broken"'),
        (("start", "--title", "It", "costs", "$5", "--ticket", "7"), "rflow start --title 'It costs $5' --ticket 7"),
        (("brief", "--ask", "Can", "a", "DBA", "look"), 'rflow brief --ask "Can a DBA look"'),
        (("handoff", "ben", "--note", "please", "look", "at"), 'rflow handoff ben --note "please look at"'),
        (("handoff", "ben", "please", "look", "--copy"), 'rflow handoff ben --note "please look" --copy'),
        (("accept", "K7QM-42", "I", "go", "on"), 'rflow accept K7QM-42 --read-back "I go on"'),
        (("export", "till", "three"), 'rflow export "till three"'),
        (("decline", "not", "my", "shift"), 'rflow decline --reason "not my shift"'),
        (("decline", "K7QM-42", "not", "mine"), 'rflow decline --reason "not mine" K7QM-42'),
    ):
        assert f"{whole}   (help: rflow {words[0]} --help)" in ana.refused(2, *words)
    said = ana.refused(3, "start", "--title", "Mail", "slow")
    assert "If it belongs to the title: rflow start --title 'Mail slow'" in said


def test_a_text_without_quotes_is_repeated_by_errors_of_other_things_too(ana: Program) -> None:
    ana.start("--title", "Mail is slow")
    for words, whole in (
        (("close", "fixed", "the", "MTU"), 'rflow close --outcome resolved "fixed the MTU"'),
        (("close", "abandoned", "the", "site", "is", "gone"), 'rflow close --outcome abandoned "the site is gone"'),
        (("change", "set", "the", "MTU"), 'rflow change "set the MTU" --revert "…", or --revert "not known".'),
        (("step", "set", "it", "--result", "no", "change"), 'rflow step "set it" --result "no change"'),
        (("warn", "no", "--pin", "reboot", "-s", "K7QM"), 'rflow -s K7QM warn "no reboot" --pin'),
        (("wait", "the", "vendor", "--until", "friday", "9:00"), 'rflow wait "the vendor" --until "friday 9:00"'),
        (("amend", "3", "ran", "ls", "-la"), 'rflow amend 3 "ran ls -la" (see: '),
        (("reopen", "K7QM-42", "it", "is", "back"), "Name the session alone: rflow reopen K7QM-42 "),
        (("redact", "3", "the", "password"), "Write it as: rflow redact SEQ "),
    ):
        assert whole in ana.refused(2, *words), words


def test_no_line_is_suggested_where_it_is_not_clear_which_text_is_meant(ana: Program) -> None:
    for words, said in (
        (("brief", "the", "db", "is", "down", "--ask", "help me"), '"the db is down", and "help me" with --ask'),
        (("brief", "the", "db", "is", "down", "--ask", "help", "me"), '"the db is down", and "help me" with --ask'),
        (("brief", "me", "too", "--ask=a=b"), '"me too", and "a=b" with --ask'),
        (("handoff", "sam", "please", "look", "--note", "thanks"), '"please look", and "thanks" with --note'),
        (("start", "db", "is", "down", "--title", "foo", "bar"), '"db is down", and "foo bar" with --title'),
        (("accept", "K7QM-42", "I", "got", "it", "--read-back", "yes"), '"I got it", and "yes" with --read-back'),
    ):
        refused = ana.refused(2, *words)
        assert f"There are two texts: {said}.\n" in refused, words
        assert refused.rstrip().endswith(f'Write it once, in quotes: {said.rpartition(" ")[2]} "…"'), words
    for line in ("handoff --note hi there sam", "accept --read-back got it K7QM-42"):
        option = line.split()[1]
        assert f'Put a text of several words in quotes: {option} "…"   (help: ' in ana.refused(2, *line.split())


def test_texts_without_quotes_beside_each_other_are_each_put_in_quotes(ana: Program) -> None:
    ana.start("--title", "Mail is slow")
    for typed, line in (
        (
            "brief can you look --situation down since noon",
            'rflow brief --ask "can you look" --situation "down since noon"',
        ),
        (
            "handoff sam please --if it fails --then call me",
            'rflow handoff sam --note please --if "it fails" --then "call me"',
        ),
    ):
        assert f"in quotes: {line}   (help" in ana.refused(2, *typed.split())
        ana.ok(*shlex.split(line)[1:])


def test_a_text_that_begins_like_an_option_can_be_typed_as_it_is_suggested(ana: Program) -> None:
    ana.start("--title", "Mail is slow")
    line = ana.refused(2, "change", "--", "-Xmx 4g set").strip().rpartition("\n")[2].partition(", or --revert")[0]
    ana.ok(*shlex.split(line)[1:])
    assert [change["text"] for change in ana.show()["changes"]] == ["-Xmx 4g set"]
    line = ana.refused(2, "close", "--", "-x flag was wrong").strip().rpartition("\n")[2]
    ana.ok(*shlex.split(line)[1:])


def test_close_takes_an_outcome_out_of_a_text_only_where_it_stands_apart(ana: Program) -> None:
    ana.start("--title", "Mail is slow")
    for words, line in (
        (("abandoned cart job restarted",), '--outcome resolved "abandoned cart job restarted"'),
        (("-m", "escalated load dropped"), '--outcome resolved "escalated load dropped"'),
        (("abandoned: the site is gone",), '--outcome abandoned "the site is gone"'),
        (("abandoned,", "the", "site", "is", "gone"), '--outcome abandoned "the site is gone"'),
    ):
        assert ana.refused(2, "close", *words).endswith(f"rflow close {line}\n")


def test_a_hint_is_about_what_was_typed(ana: Program) -> None:
    assert "rflow assume --settled 8 TEXT|-" in ana.refused(2, "assume", "--settled", "8")
    (ana.home / "my runbook.md").write_text("1. Ping it\n", "utf-8")
    hint = f"To make it a tree: rflow tree import '{ana.home / 'my runbook.md'}'"
    assert hint in ana.refused(6, "tree", "add", str(ana.home / "my runbook.md"))
    ana.start("--title", "Mail is slow")
    assert 'Write it: rflow change "what you changed" --revert "how to revert it"' in ana.refused(2, "change")
    assert "To add it: rflow config set targets.noc.url " in ana.refused(2, "progress", "--post", "NOC")
    assert "To add one: rflow config set targets.NAME.url " in ana.refused(2, "progress", "--post", "the noc")


def test_a_list_of_nothing_says_how_to_begin_unless_something_was_looked_for(ana: Program) -> None:
    start = 'To start one: rflow start TREE, or rflow start --title "What is wrong"'
    assert ana.ok("list").err == f"No open sessions. {start}   Closed sessions too: rflow list --all\n"
    assert ana.ok("list", "--all").err == f"No sessions. {start}\n"
    assert ana.ok("list", "--mine").err == "Nothing matches. Closed sessions too: rflow list --all\n"


# Texts that look like options, or hold quotes

ODD = ("-x is down", "--title is wrong", 'it says "no" and $HOME')


def typed_again(me: Program, said: str) -> None:
    """Type the command that a message suggests, up to its end or a remark."""
    (line,) = re.findall(
        r"(rflow (?:wait|assume|amend|reply|start|step|note) .*?)(?:   .*| \(see: .*)?$", said, re.MULTILINE
    )
    me.ok(*shlex.split(line)[1:])


@pytest.mark.parametrize("text", ODD)
def test_a_suggestion_that_repeats_a_text_can_be_typed_whatever_the_text_is(text: str, ana: Program) -> None:
    ana.start("--title", "The till is slow")
    typed_again(ana, ana.refused(2, "wait", "--for", "30m", "--", text))
    typed_again(ana, ana.refused(2, "wait", "--", f"{text} until 15:00"))
    assert [wait["for"] for wait in ana.show()["waiting"]] == [text]
    ana.ok("assume", "It is the cable")
    typed_again(ana, ana.refused(2, "assume", "It is", "--settled", text))
    assert ana.show()["notes"][-1]["settled"] == text
    ana.ok("note", "It is the cable")
    typed_again(ana, ana.refused(2, "amend", "--", *text.split(" ", 1)))
    assert ana.show()["notes"][-1]["text"] == text
    typed_again(ana, ana.refused(2, "step", text, "more", "--result", text, "--pin", "words"))
    assert ana.show()["steps"][-1]["text"] == f"{text} more words"
    typed_again(ana, ana.refused(3, "start", "nothing", "--title", text))
    assert ana.show()["title"] == f"{text} nothing"


def test_an_answer_that_begins_as_an_option_does_is_suggested_behind_two_dashes(ana: Program) -> None:
    ana.start("--title", "The till is slow")
    for number in range(2):
        ana.ok("question", "Ben", f"Which till {number}?", "--new-user")
    ana.ok("reply", "2", "Till 4")
    said = ana.refused(2, "reply", "--", "2", "-x", "is down")
    assert 'To answer question 2 again: rflow reply -- 2 "-x is down"\n' in said
