"""Short ways that people try, from the table: each does what it stands for, and unknown words are understood."""

from pathlib import Path

import pytest

from rflow.cli.commands import COMMANDS, NOUNS, group_of
from rflow.cli.parsing.shorthands import BELOW, MEANT, ROWS, SHORT, expand_shorthand
from support.program import NOON, Program


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Program:
    home, copying = tmp_path_factory.mktemp("short ways"), {"RFLOW_CLIPBOARD_CMD": "cat > $HOME/copied"}
    return Program(home, environ=copying, clock=NOON).with_tree()


@pytest.fixture
def code(ana: Program) -> str:
    return ana.start()


@pytest.mark.parametrize("typed", SHORT)
def test_a_short_way_does_what_it_stands_for(typed: str, ana: Program, code: str) -> None:
    words = ("--title", "The till is slow", "--json") if typed == "new" else ()
    result = ana.ok(typed, *words)
    if typed == "new":
        assert result.json["title"] == "The till is slow"
    else:
        assert result == ana.ok(*SHORT[typed])


def test_global_options_may_stand_around_a_short_way(ana: Program, code: str) -> None:
    ana.start("--title", "The till in Hull is slow")
    assert ana.ok("-s", code, "status") == ana.ok("status", "-s", code) == ana.ok("-s", code)
    assert code in ana.ok("log", code).out


@pytest.mark.parametrize("words", [("list",), ("tree", "show"), ("ls",), ()])
def test_help_and_a_command_shows_the_help_of_it(words: tuple[str, ...], ana: Program) -> None:
    assert ana.ok("help", *words) == ana.ok(*words, "--help")


def test_the_help_lists_every_short_way(ana: Program) -> None:
    shown = " ".join(ana.ok("help", "all").out.split())
    for typed, means in ROWS:
        assert f"{typed} {means}" in shown


@pytest.mark.parametrize(("noun", "typed"), [(noun, typed) for noun in BELOW for typed in BELOW[noun]])
def test_below_a_noun_there_are_short_ways_too(noun: str, typed: str) -> None:
    means = BELOW[noun][typed]
    assert expand_shorthand([noun, typed, "x"]) == [noun, means, "x"]
    assert means in group_of(noun).commands
    assert typed not in group_of(noun).commands


def test_no_word_of_the_tables_is_a_command() -> None:
    assert not {*SHORT, "help"} & {*COMMANDS}
    assert not {*MEANT} & {*COMMANDS, *SHORT}
    assert {*MEANT.values()} <= {*COMMANDS, *SHORT}
    assert {*BELOW} == {*NOUNS}


@pytest.mark.parametrize("word", MEANT)
def test_an_unknown_command_is_suggested_by_its_meaning(word: str, ana: Program) -> None:
    assert f"Did you mean: rflow {MEANT[word]}   " in ana.refused(2, word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(
            ("stpe", "step"),
            ("setp", "step"),
            ("ntoe", "note"),
            ("statu", "status"),
            ("stat", "status"),
            ("strat", "start"),
            ("progres", "progress"),
            ("handof", "handoff"),
        ),
        *(("Note", "note"), ("lst", "list"), ("hepl", "help"), ("closing", "close"), ("notes", "note")),
        *(("progrss", "progress"), ("hadnof", "handoff"), ("coment", "note"), ("resumed", "resume")),
    ],
)
def test_a_typing_mistake_is_suggested_by_its_letters(typed: str, meant: str, ana: Program) -> None:
    assert f"Did you mean: rflow {meant}   " in ana.refused(2, typed)


def test_a_huge_text_that_was_typed_as_a_command_is_refused(ana: Program) -> None:
    """Counting its edits to each command would take many minutes."""
    assert ana.refused(2, "s" * 10_000_000).startswith('rflow: There is no command "sss')


def test_a_word_that_means_nothing_gets_no_suggestion(ana: Program) -> None:
    for word in ("hello", "thanks", "sure", "go", "and", "text", "python", "kubectl", "docker", "ssh"):
        assert ana.refused(2, word) == f'rflow: There is no command "{word}".\n       All commands: rflow help\n'
    assert ana.refused(2, "frobnicate") == (
        'rflow: There is no command "frobnicate".\n       All commands: rflow help\n'
    )


def test_a_code_alone_is_recognised(ana: Program, code: str) -> None:
    assert f"rflow show {code}" in ana.refused(2, code)


TEXTS = [
    (("note",), "notes", "text"),
    (("warn",), "notes", "text"),
    (("assume",), "notes", "text"),
    (("step",), "steps", "text"),
]


@pytest.mark.parametrize(("command", "entries", "field"), TEXTS, ids=lambda value: value[0])
def test_a_text_needs_no_quotes(command: tuple[str], entries: str, field: str, ana: Program, code: str) -> None:
    ana.start("--title", "The till in Hull is slow")
    ana.ok("-s", code, *command, "the", "night", "shift", "changed", "the", "roll")
    ana.ok(*command, "-s", code, "--pin", "it", "-", "again")
    ana.ok(*command, "in quotes", "-s", code)
    assert [entry[field] for entry in ana.show(code)[entries]] == [
        "the night shift changed the roll",
        "it - again",
        "in quotes",
    ]


def test_the_other_texts_need_none_either(ana: Program, code: str) -> None:
    ana.ok("flag", "it", "is", "the", "wrong", "lamp")
    ana.ok("change", "--revert", "swap them back", "swapped", "the", "cables")
    ana.ok("wait", "the", "network", "team")
    ana.ok("choose", "green")
    ana.ok("skip", "no", "access", "to", "the", "queue")
    ana.ok("choose", "yes")
    shown = ana.show()
    assert shown["steps"][1]["reason"] == "no access to the queue"
    assert shown["changes"][0]["text"] == "swapped the cables"
    assert "the network team" in ana.ok("show", code).out
    ana.ok("close", "replaced", "the", "cable")
    assert "replaced the cable" in ana.ok("show", code).out


@pytest.mark.parametrize(
    "words",
    [
        ("note", "the", "lamp", "is", "red", "-s", "CODE"),
        ("note", "ran", "dmesg", "-s", "1024", "again"),
        ("note", "the", "lamp", "--user", "ben", "is", "red"),
        ("note", "the", "lamp", "--store=x.db"),
        ("step", "changed", "it", "--result", "no", "change"),
        ("warn", "do", "not", "--pin", "reboot"),
        ("note", "the", "lamp", "--verbose"),
    ],
    ids=" ".join,
)
def test_an_option_near_an_unquoted_text_is_neither_taken_into_it_nor_out_of_it(
    words: tuple[str, ...], ana: Program, code: str
) -> None:
    other = ana.start("--title", "The till in Hull is slow")
    error = ana.refused(2, *(code if word == "CODE" else word for word in words))
    assert "belong to the text, or does the text end before it?" in error
    assert "Put the text in quotes, or the options before it: rflow" in error
    for session in (code, other):
        assert (ana.show(session)["notes"], ana.show(session)["steps"]) == ([], [])


def test_the_words_behind_two_dashes_are_all_text(ana: Program, code: str) -> None:
    ana.ok("note", "--", "-s", "is", "an", "option")
    assert ana.show()["notes"][0]["text"] == "-s is an option"


def test_a_summary_that_is_an_outcome_is_the_outcome(ana: Program, code: str) -> None:
    assert "closed as escalated" in ana.ok("close", "escalated").err
    ana.start()
    assert "How did it end" in ana.refused(2, "close", "resolved it by hand")
    assert "closed as resolved" in ana.ok("close", "--outcome", "resolved", "-m", "by hand").err


def test_list_filters_by_words_in_title_customer_and_ticket(ana: Program) -> None:
    code = ana.start("--title", "The Kassel router reboots", "--customer", "Straße & Söhne", "--ticket", "INC-4711")
    for words in (("kassel",), ("STRASSE",), ("inc-47",), ("Router", "söhne")):
        assert [row["code"] for row in ana.json("list", *words, "--json")] == [code]
    assert ana.json("list", "kassel", "Leeds", "--json") == []
    assert "Nothing matches." in ana.ok("list", "kassel", "Leeds").err
    ana.ok("-s", code, "close", "resolved")
    assert ana.json("list", "kassel", "--json") == []
    assert [row["code"] for row in ana.json("list", "-a", "kassel", "--json")] == [code]


def test_the_only_tree_that_holds_a_word_is_started(ana: Program) -> None:
    assert ana.json("start", "printer", "--json")["tree"]["id"] == "label-printer"
    ana.ok("tree", "add", "--examples")
    assert ana.json("start", "vpn", "--json")["tree"]["id"] == "windows-vpn"
    error = ana.refused(2, "start", "n")
    assert "could be more than one tree" in error
    assert 'rflow start --title "The VPN is slow"' in ana.refused(3, "start", "The VPN is slow")
    assert "rflow start --title '$(id) fails'" in ana.refused(3, "start", "$(id) fails")


@pytest.mark.parametrize("words", [("teams",), ("-f", "teams")])
def test_progress_takes_the_exact_name_of_a_format(words: tuple[str, ...], ana: Program, code: str) -> None:
    assert ana.ok("progress", *words).out == ana.ok("progress", "-f", "teams", code).out
    assert "There is no session" in ana.refused(3, "progress", "team")


def test_formats_have_short_names_and_follow_from_the_name_of_a_file(ana: Program, code: str, tmp_path: Path) -> None:
    markdown = ana.ok("progress", "-f", "markdown").out
    assert ana.ok("progress", "-f", "md").out == ana.ok("progress", "md").out == markdown
    assert ana.ok("progress", "--json").json["schema_version"] == ana.ok("digest", "--json").json["schema_version"]
    ana.ok("config", "set", "format", "teams")
    try:
        begins = {"x.html": "<!doctype html>", "x.md": "## ", "x.JSON": "{", "x.txt": "A label", "x": "A label"}
        for name, begin in begins.items():
            ana.ok("progress", "-o", str(tmp_path / name))
            assert (tmp_path / name).read_text("utf-8").startswith(begin), name
        ana.ok("progress", "-f", "md", "-o", str(tmp_path / "x.html"), "--overwrite")
        assert (tmp_path / "x.html").read_text("utf-8").startswith("## ")
    finally:
        ana.ok("config", "unset", "format")
    assert ana.ok("config", "get", "progress.format").out == "markdown\n"


def test_the_short_copy_option_copies(ana: Program, code: str) -> None:
    ana.ok("progress", "-c", "md")
    assert (ana.home / "copied").read_text("utf-8") == ana.ok("progress", "md").out
