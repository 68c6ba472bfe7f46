"""What rflow says of a text that is too long for the brief form, when it is typed and when a summary leaves."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from rflow.cli.commands.session import notes, waits, work
from rflow.core.summary.budget.shares import BRIEF
from support.program import Program

if sys.platform != "win32":
    from support.screens import lines_at_terminal

pytestmark = pytest.mark.slow

BEN = "Ben Okafor"
LONG = "Nobody can pay at the tills in Leeds, and the ones in York are slow since this morning as well"
SHORT = "Nobody can pay in Leeds"
needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    me = Program(tmp_path, environ={"RFLOW_CLIPBOARD_CMD": "cat > /dev/null"})
    me.start("--title", "The tills are slow", "--customer", "Leeds")
    return me


def hint(me: Program, *words: str) -> str:
    """What a command says of the brief form; "" for nothing."""
    lines = [line for line in me.ok(*words).err.splitlines() if line.startswith("A brief may ")]
    assert len(lines) <= 1, lines
    return "".join(lines)


def carry_out(me: Program, suggested: str, text: str = SHORT) -> str:
    """Type the command that a hint names, with a short text for each "…"."""
    command = suggested.partition("Shorter: ")[2] or suggested.partition("): ")[2]
    words = shlex.split(command.replace("…", text))
    assert words.pop(0) == "rflow"
    return me.ok(*words).err


ENTERED: list[tuple[tuple[str, ...], str]] = [
    (("brief", "--situation", LONG), 'the situation at "in Leeds…" (12 words fit)'),
    (("brief", "--impact", LONG), 'the impact at "in Leeds…" (14 words fit)'),
    (("brief", "--hypothesis", LONG), 'the hypothesis at "in Leeds…" (12 words fit)'),
    (("brief", "--ask", " ".join([LONG] * 4)), 'the ask at "as well…" (60 words fit)'),
    (("change", LONG, "--revert", "not known"), 'it at "in Leeds…" (7 words fit)'),
    (("assume", LONG), 'it at "in Leeds…" (8 words fit)'),
    (("step", "Asked them", "--result", LONG, "--pin"), 'it at "in Leeds…" (12 words fit)'),
    (("step", "Asked them", "--result", LONG, "--assume"), 'it at "in Leeds…" (8 words fit)'),
    (("step", LONG, "--pin"), 'it at "in Leeds…" (12 words fit)'),
    (("note", LONG, "--pin"), 'it at "in Leeds…" (12 words fit)'),
    (("wait", f"the vendor: {LONG}"), 'it at "in Leeds…" (14 words fit)'),
]


@pytest.mark.parametrize(("words", "cut"), ENTERED, ids=[" ".join(words)[:24] for words, _ in ENTERED])
def test_what_a_brief_would_cut_is_said_with_a_command_that_shortens_it(
    words: tuple[str, ...], cut: str, ana: Program
) -> None:
    said = hint(ana, *words)
    assert said.startswith(f"A brief may cut {cut}. Shorter: rflow ")
    assert "A brief may" not in carry_out(ana, said)
    brief = ana.ok("progress", "--brief", "-f", "text").out
    assert SHORT in brief
    assert "…" not in brief


@pytest.mark.parametrize(
    "words",
    [
        ("note", LONG),
        ("step", LONG, "--result", LONG),
        ("warn", f"do NOT reboot: {LONG}"),
        ("brief", "--ask", LONG, "--situation", "No till in Leeds works since 08:10", "--ticket", "INC-4711"),
        ("change", "Pool size 50", "--revert", "pool size 500"),
        ("wait", "the vendor: a new certificate for the gateway", "--if", "it is expired", "--then", "call them"),
        ("assume", "Nobody else changed it"),
        ("note", "The port is open", "--pin"),
        ("handoff", BEN, "--new-user", "--note", LONG, "--if", "no answer by 09:30", "--then", "call the vendor"),
        ("close", "--outcome", "resolved", LONG),
    ],
    ids=" ".join,
)
def test_there_is_no_hint_for_texts_that_fit_or_are_not_in_a_brief(words: tuple[str, ...], ana: Program) -> None:
    assert hint(ana, *words) == ""


def test_a_way_back_and_an_if_then_are_shown_whole_or_left_out(ana: Program) -> None:
    said = hint(ana, "change", "Pool size 50", "--revert", f"{LONG}, then ask")
    assert said == (
        'A brief may leave out the way back, with 22 words (20 fit). Shorter: rflow shorten 2 "…; revert: …"'
    )
    assert "short form of 2 recorded" in carry_out(ana, said)
    assert f"Revert: {SHORT}" in ana.ok("progress", "--brief", "-f", "text").out
    said = hint(ana, "wait", "the vendor", "--if", "they do not answer", "--then", LONG)
    assert said.endswith(
        'leave out the if-then, with 25 words (20 fit). Shorter: rflow wait --replaces 4 --if "…" --then "…"'
    )
    carry_out(ana, said)
    brief = ana.ok("progress", "--brief", "-f", "text").out
    assert f"if {SHORT}: {SHORT}" in brief and LONG not in brief


def test_a_long_if_then_of_a_handoff_and_a_long_closing_text_say_how_to_enter_them_again(ana: Program) -> None:
    code = ana.show()["code"]
    said = hint(ana, "handoff", BEN, "--new-user", "--if", "they do not answer", "--then", LONG)
    assert said.endswith(f"Shorter: rflow -s {code} handoff --cancel, then hand it over again")
    ana.ok("-s", code, "handoff", "--cancel")
    said = hint(ana, "close", "--outcome", "resolved", " ".join([LONG] * 3))
    assert said.endswith(f"(40 words fit). Shorter: rflow reopen {code}, then close it again")
    ana.ok("reopen", code)


def test_several_long_texts_are_named_in_one_message(ana: Program) -> None:
    assert hint(ana, "brief", "--situation", LONG, "--impact", LONG, "--ask", LONG) == (
        'A brief may cut the situation at "in Leeds…" (12 words fit), the impact at "in Leeds…" (14 words fit). '
        'Shorter: rflow brief --situation "…" --impact "…"'
    )


def test_a_correction_that_is_still_too_long_says_so(ana: Program) -> None:
    ana.ok("assume", SHORT)
    assert 'Shorter: rflow shorten 2 "…"' in hint(ana, "amend", "2", LONG)
    ana.ok("note", SHORT)
    assert hint(ana, "amend", "4", LONG) == ""


def test_what_somebody_else_entered_is_not_named_since_one_cannot_shorten_it(ana: Program) -> None:
    code = ana.show()["code"]
    ana.at(user=BEN, terminal="Ben's").ok("-s", code, "note", LONG, "--pin")
    ana.ok("unpin", "2")
    assert hint(ana, "pin", "2") == ""


@pytest.mark.parametrize(
    ("typed", "text", "back"),
    [
        (
            "Pool size 50 because it timed out, revert: pool size 500",
            "Pool size 50 because it timed out",
            "pool size 500",
        ),
        ("Pool size 50. To revert: edit db.ini", "Pool size 50", "edit db.ini"),
        ("Moved it to rack 2; rollback: rack 1", "Moved it to rack 2", "rack 1"),
        ('Set mode to "safe", revert: mode "fast"', 'Set mode to "safe"', 'mode "fast"'),
        ("It didn't start, so host 'b' is up; undo: `vm stop b`", "It didn't start, so host 'b' is up", "`vm stop b`"),
        ('Banner says "closed." Revert: delete it', 'Banner says "closed."', "delete it"),
        ('Moved it to the 19" rack, revert: rack 1', 'Moved it to the 19" rack', "rack 1"),
        ("The clients' pool “blue” is off (revert: on)", "The clients' pool “blue” is off", "on"),
    ],
)
def test_a_way_back_that_stands_in_the_text_of_a_change_is_taken_as_such(
    typed: str, text: str, back: str, ana: Program
) -> None:
    assert f'change 2 recorded: "{text}", to revert: "{back}".' in ana.ok("change", typed).err
    (change,) = ana.show()["changes"]
    assert (change["text"], change["revert"]) == (text, back)


def test_a_way_back_in_the_text_stays_there_where_another_is_given_or_it_is_none(ana: Program) -> None:
    ana.ok("change", "Pool 50, revert: pool 500", "--revert", "ask Kim")
    assert ana.show()["changes"][0]["text"] == "Pool 50, revert: pool 500"
    for text in ("Ran revert: it was slow", "Ran it. Rollback: failed with error 3", "Deployed; rollback: not needed"):
        assert "How can it be reverted?" in ana.refused(2, "change", text)


def test_a_way_back_in_quotes_belongs_to_what_is_quoted(ana: Program) -> None:
    for text in ('git commit -m "pool, revert: keep"', "Set note='a, undo: b'", "Sent “off; rollback: on” to Kim"):
        assert "How can it be reverted?" in ana.refused(2, "change", text)
    ana.ok("change", 'git commit -m "pool, revert: keep"', "--revert", "git reset HEAD~")


def test_a_way_back_on_lines_of_its_own_keeps_its_lines(ana: Program) -> None:
    ana.ok("change", "Pool 50\nTo revert: poolctl stop\npoolctl set 500")
    (change,) = ana.show()["changes"]
    assert (change["text"], change["revert"]) == ("Pool 50", "poolctl stop\npoolctl set 500")


def test_a_step_or_note_with_a_way_back_says_how_a_change_is_recorded(ana: Program) -> None:
    hinted = 'If this changed the system: rflow undo, then rflow change "…" --revert "…"'
    for command in ("step", "note"):
        assert hinted in ana.ok(command, "Set the pool size to 50, revert: set it to 500").err
        for text in ("Reverted: it was slow", "Ran it, revert: failed", "Set the pool size to 50", "Pool 50; undo it"):
            assert "changed the system" not in ana.ok(command, text).err
    ben = ana.at(user=BEN, terminal="Ben's")  # who could not record a change here
    assert "changed the system" not in ben.ok("-s", ana.show()["code"], "step", "Pool 50, revert: pool 500").err


def test_a_correction_of_a_change_takes_its_way_back_from_the_text_too(ana: Program) -> None:
    ana.ok("change", "Pool size 50", "--revert", "not known")
    said = ana.ok("amend", "2", "Pool size 60, revert: pool size 500").err
    assert 'amended: change 2 "Pool size 60", to revert: "pool size 500".' in said
    back = "; ".join(f"poolctl set {name} --size=500 --wait" for name in ("north", "east", "south", "west"))
    ana.ok("amend", "2", "--revert", back)
    assert f'It was: "Pool size 60", to revert: "{back}". To take' in ana.ok("amend", "--revert", "pool 512").err
    ana.ok("amend", "2", "Pool size 70, revert: guess", "--revert", "ask Kim")
    (change,) = ana.show()["changes"]
    assert (change["text"], change["revert"]) == ("Pool size 70, revert: guess", "ask Kim")
    again = 'took back the correction of change 2: "Pool size 60", to revert: "pool 512" again.'
    assert again in ana.ok("undo").err
    ana.ok("note", "Pool 50")
    ana.ok("amend", str(ana.show()["notes"][0]["seq"]), "Pool 60, revert: pool 500")
    assert ana.show()["notes"][0]["text"] == "Pool 60, revert: pool 500"


# When a summary leaves


def fill(me: Program) -> None:
    """Enter more than a brief form has room for."""
    me.ok("brief", "--ask", "Can you check the gateway?", "--situation", "No till works", "--impact", LONG)
    for name in ("Leeds", "York", "Hull", "Kent"):
        me.ok("change", f"Switched {name} over", "--revert", f"in {name} {LONG}")
        me.ok("warn", f"do NOT reboot {name}: {LONG} too, so wait for the vendor")


def after_brief(me: Program, *words: str) -> list[str]:
    """What is said at a terminal about what a brief lacks, with the lines of each message joined."""
    text = "\n".join(lines_at_terminal(me, *words))
    return [line for line in re.sub(r"\n {4,}", " ", text).splitlines() if "A brief has no room" in line]


@needs_terminal
@pytest.mark.parametrize("words", [("progress", "--brief"), ("progress", "--brief", "--copy")], ids=" ".join)
def test_a_brief_without_room_says_what_it_lacks_and_how_to_choose(words: tuple[str, ...], ana: Program) -> None:
    fill(ana)
    (said,) = after_brief(ana, *words)
    lacks = (
        r"A brief has no room for \d entr(y|ies) \(\d changes? in place among them\)(, and cuts \d key entr(y|ies))?\."
    )
    assert re.fullmatch(rf"{lacks} Choose what it says, a line each: rflow shorten", said), said
    lines = [re.sub(r"; revert: in (\w+) .*", r"; revert: in \1", line) for line in shown_lines(ana)]
    lines = [re.sub(r": do NOT reboot (\w+): .*", r": don't reboot \1", line) for line in lines]
    ana.ok("shorten", "-", stdin="\n".join(lines))
    assert after_brief(ana, *words) == []
    brief = ana.ok("progress", "--brief", "-f", "text").out
    assert brief.count("Revert: in ") == 4


def shown_lines(me: Program) -> list[str]:
    return me.ok("shorten").out.splitlines()


@needs_terminal
def test_who_hands_over_can_still_choose_what_a_brief_says(ana: Program) -> None:
    fill(ana)
    code = ana.show()["code"]
    (said,) = after_brief(ana, "handoff", BEN, "--new-user")
    assert said.endswith(f"Choose what it says, a line each: rflow -s {code} shorten")
    assert "short form of 3 recorded" in ana.ok("-s", code, "shorten", "3", "Leeds switched; revert: in Leeds").err


@needs_terminal
def test_there_is_no_hint_if_there_was_room_or_nothing_to_shorten(ana: Program) -> None:
    ana.ok("brief", "--ask", "Can you check the gateway?", "--situation", "No till works", "--impact", "Nobody pays")
    assert after_brief(ana, "progress", "--brief") == []
    ana.ok("note", "The port is open")
    assert after_brief(ana, "progress", "--brief") == []


@needs_terminal
def test_a_brief_that_warnings_make_longer_says_so(ana: Program) -> None:
    ana.ok("warn", f"do NOT reboot it: {LONG}")
    assert "in place of 200" not in "".join(lines_at_terminal(ana, "progress", "--brief"))
    for name in ("York", "Hull", "Kent"):
        ana.ok("warn", f"do NOT reboot {name}: {LONG}")
    said = " ".join(lines_at_terminal(ana, "progress", "--brief"))
    assert "The warnings have 96 words, so a brief may have 230 in place of 200." in " ".join(said.split())


def test_without_a_terminal_hints_about_a_brief_follow_only_questions_and_handoffs(ana: Program) -> None:
    fill(ana)
    assert "shorten" not in ana.ok("progress", "--brief", "--copy").err
    assert "A brief has no room for " in ana.ok("brief", "--ask", "Can you check the gateway tonight?").err
    assert "no room" not in ana.ok("brief", "--impact", "Nobody can pay", "--situation", "No till works").err
    assert "A brief has no room for " in ana.ok("handoff", BEN, "--new-user").err


def test_a_long_warning_is_reported_as_taking_room_from_other_entries(ana: Program) -> None:
    said = ana.ok("warn", f"do NOT reboot Leeds: {LONG}").err
    assert 'A brief never cuts it (24 words; 14 leave room). Shorter: rflow shorten 2 "…"\n' in said
    assert "leave room" not in ana.ok("amend", "2", "do NOT reboot Leeds: nobody could pay").err
    assert "leave room" not in ana.ok("warn", "do NOT reboot York").err


@needs_terminal
def test_the_hint_takes_one_line_of_a_terminal_of_80_columns(ana: Program) -> None:
    lines = lines_at_terminal(ana, "assume", LONG)
    assert lines[1] == 'A brief may cut it at "in Leeds…" (8 words fit). Shorter: rflow shorten 2 "…"'


def test_what_is_surely_shown_whole_is_known_without_loading_how_summaries_are_cut() -> None:
    assert notes._FIT == work._FIT == min(BRIEF.assumption.limits.most, BRIEF.fact.most)
    assert BRIEF.waiting.limits.most == waits._FIT


def test_a_session_whose_only_impact_was_redacted_is_summed_up_shared_and_handed_over(ana: Program) -> None:
    ana.ok("brief", "--impact", "Kim Lind can't pay")
    ana.ok("redact", str(ana.show()["version"]), "--yes")
    for form in ("text", "markdown", "slack", "json", "html"):
        for more in ((), ("--brief",)):
            assert "Kim" not in ana.ok("progress", "-f", form, *more).out
    assert "http" in ana.ok("share", "create").out
    ana.ok("handoff", "Ben Okafor")


def test_several_if_thens_are_not_suggested_to_be_replaced_by_one(ana: Program) -> None:
    long = "call the lead of the network team and ask for the other line that was ordered last year"
    plans = (
        "--if",
        "no answer",
        "--then",
        "page Sef",
        "--if",
        "it gets slower in the shops of the north",
        "--then",
        long,
    )
    assert "Shorter" not in ana.ok("wait", "the network team", *plans).err
    assert "Shorter" in ana.ok("wait", "the carrier", *plans[4:]).err


def test_brief_alone_shows_what_a_summary_begins_with_and_the_option_for_each(ana: Program) -> None:
    code = ana.show()["code"]
    ana.ok("brief", "--ask", "Can you check\nthe gateway?", "--title", "No till works", "--severity", "2")
    version = ana.show()["version"]
    shown = ana.ok("brief").out
    assert shown.startswith(f"{code}  No till works\n")
    rows = dict(re.findall(r"^  --(\w+) +(.+)$", shown, re.MULTILINE))
    assert rows == {
        "title": "No till works",
        "ask": "Can you check the gateway?",
        "situation": "(not set: what happens, since when)",
        "impact": "(not set: who can't do what)",
        "hypothesis": "(not set: the cause you suspect)",
        "ticket": "(not set: the ticket it belongs to)",
        "customer": "Leeds",
        "severity": "2",
    }
    assert shown.endswith('\n\nTo change one: rflow brief --ask "…"   (an empty text clears it)\n')
    assert ana.show()["version"] == version
    sofa = ana.at(terminal="sofa")
    sofa.start("--title", "Till 4 is slow")
    assert f'To change one: rflow -s {code} brief --ask "…"' in sofa.ok("-s", code, "brief").out
    ben = ana.at(user=BEN, terminal="Ben's")
    assert ben.ok("-s", code, "brief").out.endswith("\n\nOnly Ana Ruiz, who owns it, can change these.\n")
    ana.ok("close", "--outcome", "resolved", "a cable")
    closed = ana.ok("-s", code, "brief").out
    assert closed.endswith(f"\n\n{code} is closed. To change one, first: rflow reopen {code}\n")
    ana.ok("reopen", code)
    ana.ok("-s", code, "brief", "--severity", "3")
