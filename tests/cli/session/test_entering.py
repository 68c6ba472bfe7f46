"""What a tired engineer types so that a summary says what matters: warnings, assumptions, pins, corrections, plans."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from support.program import Program, ago
from support.prompts import answer

pytestmark = pytest.mark.slow

BEN = "Ben Okafor"
FORTY_ONE_WORDS = " ".join(["careful"] * 41)


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana in a session without a tree; her first entry gets the number 2."""
    me = Program(tmp_path)
    me.start("--title", "The till in Leeds is slow", "--customer", "Leeds")
    return me


@pytest.fixture
def printer(tmp_path: Path) -> Program:
    """Ana in a session in the tree of the label printer; her first entry gets the number 3."""
    me = Program(tmp_path).with_tree()
    me.start()
    return me


def said(me: Program, *words: str, stdin: str = "") -> str:
    """What a command says that it did, without the name of the session before it."""
    return (
        re.split(" · Leeds(?: · owner [^:]+)?: ", me.ok(*words, stdin=stdin).err, maxsplit=1)[1]
        .removesuffix("\n")
        .partition("\nOlder entries: ")[0]
    )


def entry(me: Program, kind: str, seq: int) -> dict[str, Any]:
    entries: list[dict[str, Any]] = me.show()[kind]
    return next(entry for entry in entries if entry["seq"] == seq)


# Warnings and assumptions


def test_a_warning_has_two_ways_in(ana: Program) -> None:
    assert (
        said(ana, "warn", "Do NOT reboot the till")
        == "warning 2 recorded.\nOnce it no longer holds: rflow warn --over 2"
    )
    assert (
        said(ana, "note", "--warn", "It loses the day's sales")
        == "warning 3 recorded.\nOnce it no longer holds: rflow warn --over 3"
    )
    assert [note["kind"] for note in ana.show()["notes"]] == ["warning", "warning"]
    shown = ana.ok("show").out
    assert "Caution\n" in shown
    assert "Notes\n" not in shown


@pytest.mark.parametrize("words", [("warn",), ("note", "--warn")], ids=" ".join)
def test_a_warning_of_more_than_forty_words_is_refused(words: tuple[str, ...], ana: Program) -> None:
    assert "The warning has 41 words; 40 is the most." in ana.refused(2, *words, FORTY_ONE_WORDS)
    assert ana.show()["notes"] == []


def test_a_warning_can_come_from_standard_input_and_refer_to_an_entry(ana: Program) -> None:
    ana.ok("step", "Restarted the till", "--result", "errors gone")
    assert said(ana, "warn", "-", "--on", "2", stdin="STOP, that was the test till\n") == (
        "warning 3 recorded, 1 line:\n    STOP, that was the test till\nOnce it no longer holds: rflow warn --over 3"
    )
    assert entry(ana, "notes", 3)["on"] == 2
    assert "STOP, that was the test till (on 2)" in ana.ok("show").out


@pytest.mark.parametrize("words", [("note", "x"), ("warn", "x"), ("assume", "x"), ("run", "--", "true")], ids=" ".join)
def test_what_refers_to_no_entry_is_refused(words: tuple[str, ...], ana: Program) -> None:
    assert "has no entry 9" in ana.refused(3, words[0], "--on", "9", *words[1:])
    assert ana.show()["version"] == 1


def test_an_assumption_is_settled_with_its_outcome(ana: Program) -> None:
    written = ana.ok("assume", "The cable is fine").err
    assert "assumption 2 recorded.\n" in written
    assert written.endswith('\nOnce you know: rflow assume "what came of it" --settled 2\n')
    assert "The cable is fine (not verified)" in ana.ok("show").out
    assert said(ana, "assume", "--settled", "2", "It was broken") == 'assumption 2 settled: "It was broken".'
    assert entry(ana, "notes", 2)["settled"] == "It was broken"
    assert "The cable is fine. Settled: It was broken" in ana.ok("show").out


def test_an_assumed_step_is_an_assumption_too(ana: Program) -> None:
    assert said(ana, "step", "Asked the cashier", "--result", "no update", "--assume") == "step 2 recorded (assumed)."
    assert entry(ana, "steps", 2)["assumed"] is True
    assert "Asked the cashier: no update (assumed)" in ana.ok("show").out
    ana.ok("assume", "--settled", "2", "The log says the same")


def test_only_an_assumption_can_be_settled(ana: Program) -> None:
    ana.ok("note", "It hums")
    ana.ok("assume", "The cable is fine")
    error = ana.refused(2, "assume", "--settled", "2", "x")
    assert "Entry 2 is not an assumption.\n       Assumptions not settled: 3." in error
    assert "has no entry 7" in ana.refused(3, "assume", "--settled", "7", "x")
    assert "Leave these out" in ana.refused(2, "assume", "--settled", "3", "--pin", "x")


def test_swapping_an_assumption_and_its_outcome_is_refused_with_the_right_order(ana: Program) -> None:
    ana.ok("assume", "The certificate is valid")
    right = 'The other way round: rflow assume "it is expired, checked" --settled 2'
    for text in ("the certificate", "2"):
        error = ana.refused(2, "assume", text, "--settled", "it is expired, checked")
        assert '--settled takes the number of an entry, not "it is expired, checked".' in error
        assert right in error
    neither = ana.refused(2, "assume", "the cable", "--settled", "it was broken")
    assert "Assumptions not settled:\n  2  The certificate is valid\n" in neither
    assert 'rflow assume "what came of it" --settled SEQ' in neither
    assert "--settled takes the number" in ana.refused(2, "assume", "x", "--settled", "0")
    shell = ana.refused(2, "assume", "2", "--settled", "checked with `openssl x509`, $500")
    assert "rflow assume 'checked with `openssl x509`, $500' --settled 2" in shell, "nothing of it runs when pasted"
    assert "--settled takes the number" in ana.refused(2, "assume", "x", "--settled", "9" * 5000)
    ana.ok("assume", "it is expired, checked", "--settled", "2")


# Changes and waits


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("typed", "kept"), [("\n", "not known"), ("unplug it again\n", "unplug it again")])
def test_a_change_asks_once_how_it_can_be_reverted(typed: str, kept: str, ana: Program) -> None:
    code, screen = answer(ana, ("change", "Plugged the till into port 7"), typed, prompt="not known):")
    assert code == 0, screen
    assert [change["revert"] for change in ana.show()["changes"]] == [kept]


def test_without_a_terminal_a_change_can_be_recorded_whose_way_back_is_not_known(ana: Program) -> None:
    assert '--revert "not known"' in ana.refused(2, "change", "Plugged the till into port 7")
    ana.ok("change", "Plugged the till into port 7", "--revert", "not known")


def test_there_can_be_several_waits_and_each_is_ended_by_its_number_or_how_it_begins(ana: Program) -> None:
    assert said(ana, "wait", "Sef: wants to look first", "--until", "2h").endswith("Once it is over: rflow wait --over")
    both = said(ana, "wait", "Bogdan: sets 48 h", "--until", "1h")
    assert re.search(r'\nAlso waiting for "Sef: wants to look first" until .* \(2\)\.\n', both)
    assert both.endswith("Once it is over: rflow wait --over 3")
    error = ana.refused(2, "wait", "--over")
    assert "waits for several. Which is over?\n" in error
    assert re.search(r"\n +3  Bogdan: sets 48 h\n +2  Sef", error), "the first due first"
    assert 'no wait that begins with "the vendor"' in ana.refused(3, "wait", "--over", "the vendor")
    assert "Entry 7 is nothing that" in ana.refused(3, "wait", "--over", "7")
    assert said(ana, "wait", "--over", "bogdan").startswith(
        'no longer waiting for "Bogdan: sets 48 h".\nStill waiting for'
    )
    assert said(ana, "undo") == 'took back the end of wait 3 for "Bogdan: sets 48 h".'
    ana.ok("wait", "--over", "2")
    assert [wait["for"] for wait in ana.show()["waiting"]] == ["Bogdan: sets 48 h"]


def test_a_wait_about_the_same_takes_the_place_of_the_other(ana: Program) -> None:
    plan = ("--if", "no key by 9", "--then", "call Dave")
    ana.ok("wait", "the Vendor", "--until", "2h", *plan)
    again = said(ana, "wait", "the vendor", "--until", "3h")
    assert 'This takes the place of waiting for "the Vendor" until ' in again
    assert "What to do if something happens stays: if no key by 9: call Dave." in again
    assert "takes the place" in said(ana, "wait", "the vendor: calls back", "--until", "4h")
    assert "takes the place" not in said(ana, "wait", "the key at 14:30")
    ana.ok("wait", "the key at 14:45", "--until", "3h")
    assert len(ana.show()["waiting"]) == 3, "the colon of a time ends nothing"
    ana.ok("undo")
    assert "takes the place" in said(ana, "wait", "--replaces", "5", "--until", "5h"), "only its time changes"
    assert [wait["for"] for wait in ana.show()["waiting"]] == ["the vendor: calls back", "the key at 14:30"]
    assert "Entry 2 is nothing that" in ana.refused(3, "wait", "x", "--replaces", "2")


def test_a_wait_names_what_was_planned_for_it_and_what_is_planned_no_longer(ana: Program) -> None:
    dave = ("--if", "no key by 9", "--then", "call Dave")
    assert re.match(
        r'waiting for "the vendor" until [^;]+; if "no key by 9": "call Dave"\.\n',
        said(ana, "wait", "the vendor", "--until", "2h", *dave),
    )
    again = said(ana, "wait", "the vendor", "--until", "2h", "--if", "he is late", "--then", "call Eve")
    assert '; if "he is late": "call Eve".\n' in again
    assert "No longer planned, because of the new --if: if no key by 9: call Dave." in again
    assert '"the key"; 2 if-thens.\n' in said(
        ana, "wait", "the key", *dave, "--if", "it rains", "--then", "wait inside"
    )
    handed = said(ana, "handoff", BEN, "--warn", "do NOT reboot it", *dave)
    assert "who hasn't accepted it yet; 1 warning, 1 if-then.\n" in handed


def test_a_wait_that_replaces_another_keeps_its_deadline_and_may_only_bring_plans(ana: Program) -> None:
    ana.ok("wait", "Bob: call", "--until", "2h")
    assert said(ana, "wait", "--replaces", "2", "--for", "Bob: mail").startswith('waiting for "Bob: mail" until ')
    assert " until " in said(ana, "wait", "--replaces", "3", "--if", "no mail", "--then", "call Dave")
    (wait,) = ana.show()["waiting"]
    assert (wait["for"], wait["until"] is None) == ("Bob: mail", False)


def test_a_note_is_a_warning_or_an_assumption_not_both(ana: Program) -> None:
    assert "exclude each other" in ana.refused(2, "note", "--warn", "--assume", "x")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("text", ["Do NOT reboot the till", "STOP, that was staging", "careful: same endpoint"])
def test_at_a_terminal_a_note_that_reads_like_a_warning_becomes_one_at_a_key(text: str, ana: Program) -> None:
    code, screen = answer(ana, ("note", text), "y\n")
    assert (code, "Show it as CAUTION" in screen) == (0, True)
    assert "warning 2 recorded." in screen
    answer(ana, ("note", text), "\n")
    assert [note["kind"] for note in ana.show()["notes"]] == ["warning", "note"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("text", ["Stopped the till", "Don't know why", FORTY_ONE_WORDS])
def test_other_notes_are_not_asked_about(text: str, ana: Program) -> None:
    _, screen = answer(ana, ("note", text), "y\n")
    assert "CAUTION" not in screen
    assert entry(ana, "notes", 2)["kind"] == "note"


def test_without_a_terminal_nothing_is_asked(ana: Program) -> None:
    assert said(ana, "note", "Do NOT reboot the till") == "note 2 recorded."


# Pins


def test_pin_takes_the_last_entry_or_those_named(ana: Program) -> None:
    ana.ok("step", "Pinged the server", "--result", "no answer")
    ana.ok("note", "It hums")
    assert said(ana, "pin") == 'pinned: note 3 "It hums".'
    assert said(ana, "pin", "2", "3") == 'pinned: step 2 "Pinged the server" → "no answer".'
    assert ana.show()["pins"] == [2, 3]
    shown = ana.ok("show").out
    assert 'Key facts\n    2  "Pinged the server" → "no answer"\n    3  "It hums"\n' in shown
    assert "\n*   3  " in shown
    assert said(ana, "unpin", "2") == 'no longer pinned: step 2 "Pinged the server" → "no answer".'
    assert said(ana, "unpin") == 'no longer pinned: note 3 "It hums".'
    assert ana.show()["pins"] == []


def test_pins_that_can_not_be_are_refused(ana: Program) -> None:
    assert "has no entries yet" in ana.refused(2, "pin")
    assert "has no pinned entries" in ana.refused(2, "unpin")
    ana.ok("note", "It hums", "--pin")
    assert "Entry 2 is pinned already." in ana.refused(2, "pin", "2")
    assert "has no entry 99" in ana.refused(3, "pin", "99")
    assert "Entry 7 is not pinned.\n       Pinned: 2." in ana.refused(2, "unpin", "7")
    assert "SEQ takes the number of an entry" in ana.refused(2, "pin", "the note")


@pytest.mark.parametrize(
    "words",
    [
        ("note", "It hums", "--pin"),
        ("warn", "Do not unplug it", "--pin"),
        ("assume", "The head is worn", "--pin"),
        ("step", "Tried another cable", "--pin"),
        ("run", "--pin", "--", sys.executable, "--version"),
        ("run", "--step", "Asked for the version", "--pin", "--", sys.executable, "--version"),
        ("attach", "-", "--pin"),
        ("choose", "green", "--pin"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_what_is_entered_can_be_pinned_at_once(words: tuple[str, ...], printer: Program) -> None:
    assert "and pinned" in printer.ok(*words, stdin="lp: error 42").err
    assert printer.show()["pins"] == [3]


def test_an_action_is_pinned_when_it_is_done(printer: Program) -> None:
    printer.ok("choose", "green")
    assert said(printer, "done", "two jobs were stuck", "--pin") == (
        '"Clear the print queue" → "two jobs were stuck" done and pinned.'
    )
    assert printer.show()["pins"] == [4]
    assert 'Key facts\n    4  "Clear the print queue" → "two jobs were stuck"\n' in printer.ok("show").out


# Undo


def test_undo_takes_back_one_thing_after_the_other_and_says_what(ana: Program) -> None:
    ana.ok("note", "It hums")
    ana.ok("step", "Pinged the server", "--result", "no answer")
    ana.ok("pin", "2")
    ana.ok("brief", "--ask", "Who has the key?")
    ana.ok("wait", "--for", "the caretaker")
    ana.ok("amend", "2", "It hums loudly")
    assert said(ana, "undo") == 'took back the correction of note 2: "It hums" again.'
    assert said(ana, "undo") == 'took back wait 6 for "the caretaker".'
    assert said(ana, "undo") == 'took back the ask "Who has the key?".'
    assert said(ana, "undo") == 'took back the pin of note 2 "It hums".'
    assert said(ana, "undo") == 'took back your step 3 "Pinged the server" → "no answer".'
    assert said(ana, "undo") == 'took back your note 2 "It hums".'
    assert "There is nothing of yours left to take back" in ana.refused(2, "undo")
    session = ana.show()
    assert (session["pins"], session["waiting"], session["brief"]["ask"]) == ([], [], None)
    assert session["notes"][0]["undone"] is session["steps"][0]["undone"] is True
    shown = ana.ok("show").out
    assert "It hums (taken back)" in shown
    assert "Pinged the server: no answer (taken back)" in shown


def test_undo_names_the_ways_to_an_older_entry(ana: Program) -> None:
    ana.ok("note", "It hums")
    ana.ok("step", "Pinged the server")
    ways = 'Older entries: rflow undo, or rflow amend SEQ "…" (see: rflow show)\n'
    assert ana.ok("undo").err.endswith(f'took back your step 3 "Pinged the server".\n{ways}')
    assert "Older entries" not in ana.ok("undo").err  # nothing is left
    error = ana.refused(2, "undo", "2")
    assert "undo takes no number: it undoes the last thing that you entered." in error
    assert 'To correct entry 2: rflow amend 2 "…"   To erase it: rflow redact 2' in error
    assert "Older entries" not in ana.ok("close", "--outcome", "abandoned").err + ana.ok("undo").err


def test_an_answer_to_a_question_is_not_amended_but_given_again(ana: Program) -> None:
    code = ana.show()["code"]
    ana.ok("question", BEN, "--new-user", "Is it on?")
    ana.ok("reply", "2", "yes, it is")
    error = ana.refused(2, "amend", "3", "no")
    assert "Entry 3 is an answer to a question." in error
    assert f'Answer again: rflow -s {code} reply 2 "…"' in error


def test_undo_of_a_move_goes_back_in_the_tree(printer: Program) -> None:
    printer.ok("choose", "green", "--pin")
    result = printer.ok("undo")
    assert 'took back your answer 3 "Which lamp is lit?" → "Green", with its pin.\n' in result.err
    assert "\n? Which lamp is lit?\n" in result.out
    assert printer.show()["position"]["node"] == "lamp"


def test_undo_after_a_handoff_and_after_a_close_brings_the_session_back(ana: Program) -> None:
    ana.ok("note", "It hums")
    ana.ok("handoff", BEN)
    assert said(ana, "undo") == "took back the handoff to Ben Okafor."
    assert (ana.show()["status"], ana.show()["owner"]["name"]) == ("open", "Ana Ruiz")
    ana.ok("close", "--outcome", "resolved")
    assert said(ana, "undo") == "took back the closing; it is open again."
    assert said(ana, "undo") == 'took back your note 2 "It hums".'


def test_undo_does_not_reach_behind_an_accepted_handoff(ana: Program) -> None:
    code = ana.show()["code"]
    ana.ok("note", "It hums")
    ana.ok("handoff", BEN)
    ana.at(user=BEN, terminal="Ben's").ok("accept")
    assert f"{code} was the last one here" in ana.refused(2, "undo")
    assert said(ana, "-s", code, "undo") == 'took back your note 2 "It hums".'


def test_undo_takes_back_ones_own_entries_only(ana: Program) -> None:
    ben = ana.at(user=BEN, terminal="Ben's")
    code = ana.show()["code"]
    ana.ok("note", "It hums")
    assert "nothing of yours left" in ben.refused(2, "-s", code, "undo")
    ben.ok("-s", code, "step", "Looked in Hull")
    assert said(ana, "undo") == 'took back your note 2 "It hums".'
    assert said(ben, "-s", code, "undo") == 'took back your step 3 "Looked in Hull".'


def test_undo_of_a_change_needs_to_know_whether_it_was_made(ana: Program) -> None:
    ana.ok("change", "Firewall off", "--revert", "turn it on")
    error = ana.refused(2, "undo")
    assert "--never-made" in error
    assert "--reverted" in error
    assert entry(ana, "changes", 2)["undone"] is False
    assert "exclude each other" in ana.refused(2, "undo", "--never-made", "--reverted")
    assert said(ana, "undo", "--reverted") == 'change 2 "Firewall off" is recorded as reverted.'
    assert entry(ana, "changes", 2)["reverted"] is True
    assert "nothing of yours left" in ana.refused(2, "undo")
    ana.ok("change", "Queue cleared", "--revert", "can't be reverted")
    assert said(ana, "undo", "--never-made") == 'took back your change 4 "Queue cleared".'
    assert "Queue cleared (never made) (taken back)" in ana.ok("show").out


def test_undo_says_where_its_options_do_not_fit(ana: Program) -> None:
    ana.ok("note", "It hums")
    assert "The last thing you entered is not a change." in ana.refused(2, "undo", "--reverted")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("key", "undone", "reverted"), [("n", True, False), ("r", False, True)])
def test_at_a_terminal_undo_asks_about_a_change(key: str, undone: bool, reverted: bool, ana: Program) -> None:
    ana.ok("change", "Firewall off", "--revert", "turn it on")
    code, screen = answer(ana, ("undo",), f"{key}\n", prompt="(r)?:")
    assert (code, 'Change 2, "Firewall off": never made (n)' in screen) == (0, True)
    change = entry(ana, "changes", 2)
    assert (change["undone"], change["reverted"]) == (undone, reverted)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_at_a_terminal_any_other_key_takes_nothing_back(ana: Program) -> None:
    ana.ok("change", "Firewall off", "--revert", "turn it on")
    code, screen = answer(ana, ("undo",), "\n", prompt="(r)?:")
    assert (code, "Nothing was taken back." in screen) == (2, True)
    assert ana.show()["version"] == 2


def test_undo_sent_again_takes_nothing_more_back(ana: Program) -> None:
    ana.ok("note", "It hums")
    ana.ok("note", "It smells")
    ana.ok("undo", "--command-id", "7")
    assert said(ana, "undo", "--command-id", "7") == "nothing new: this was carried out before."
    assert [note["undone"] for note in ana.show()["notes"]] == [False, True]


# Corrections


def test_amend_corrects_every_kind_of_own_entry(printer: Program) -> None:
    printer.ok("choose", "green", "--assume", "--reason", "the lamp is covered")
    printer.ok("done", "two jobs")
    printer.ok("step", "Tried a cable", "--result", "no change")
    printer.ok("change", "Queue on", "--revert", "queue off")
    printer.ok("attach", "-", stdin="lp: error 42")
    assert said(printer, "amend", "3", "it is behind a box") == (
        'amended: answer 3 "Which lamp is lit?" → "Green", because: "it is behind a box".\n'
        'This changed the reason only; the answer is still "Green". To change it: rflow back'
    )
    assert said(printer, "amend", "4", "three jobs") == 'amended: action 4 "Clear the print queue" → "three jobs".'
    assert said(printer, "amend", "5", "--result", "it prints") == 'amended: step 5 "Tried a cable" → "it prints".'
    assert said(printer, "amend", "5", "Tried two cables") == 'amended: step 5 "Tried two cables" → "it prints".'
    assert said(printer, "amend", "6", "--revert", "ask Leeds") == (
        'amended: change 6 "Queue on", to revert: "ask Leeds".'
    )
    assert said(printer, "amend", "7", "the printer's log") == 'amended: evidence 7 "the printer\'s log".'
    session = printer.show()
    assert [step["amended"] for step in session["steps"]] == [True, True, True]
    assert session["steps"][0]["reason"] == "it is behind a box"
    assert session["changes"][0]["revert"] == "ask Leeds"
    assert session["evidence"][0]["label"] == "the printer's log"
    assert "Tried two cables: it prints (corrected)" in printer.ok("show").out


def test_adding_a_result_later_is_not_a_correction(ana: Program) -> None:
    ana.ok("step", "Tried a cable")
    ana.ok("amend", "2", "--result", "no change")
    assert "Tried a cable: no change\n" in ana.ok("show").out
    assert ana.show()["steps"][0]["amended"] is False
    ana.ok("amend", "2", "--result", "it prints")
    assert "Tried a cable: it prints (corrected)" in ana.ok("show").out
    ana.ok("amend", "2", "--result", "it prints")
    assert ana.show()["steps"][0]["amended"] is True


def test_amend_says_what_an_entry_has(ana: Program) -> None:
    ana.ok("note", "It hums")
    assert "Entry 2 has no result.\n       It has: text." in ana.refused(2, "amend", "2", "--result", "x")
    assert "There is nothing to correct." in ana.refused(2, "amend", "2")
    assert "has no entry 9" in ana.refused(3, "amend", "9", "x")
    ana.ok("undo")
    assert "Entry 2 was taken back." in ana.refused(2, "amend", "2", "x")


def test_amend_without_a_number_corrects_the_last_entry(ana: Program) -> None:
    ana.ok("step", "Tried a cable")
    ana.ok("change", "Queue on", "--revert", "queue off")
    assert said(ana, "amend", "--result", "no change") == 'amended: step 2 "Tried a cable" → "no change".'
    assert said(ana, "amend", "--revert", "ask Leeds").startswith(
        'amended: change 3 "Queue on", to revert: "ask Leeds".'
    )
    ana.ok("warn", "Do not unplug it")
    assert said(ana, "amend", "2 hosts hang on it") == (
        'amended: warning 6 "2 hosts hang on it".\nIt was: "Do not unplug it". To take the correction back: rflow undo'
    )
    assert said(ana, "amend", "do not touch it").startswith('amended: warning 6 "do not touch it".\n')
    assert said(ana, "amend", "6", "hands off") == 'amended: warning 6 "hands off".'
    assert said(ana, "amend", "#6", "do not", "unplug it") == (
        'amended: warning 6 "do not unplug it".\nIt was: "hands off". To take the correction back: rflow undo'
    )
    ana.ok("assume", "The cable is new")
    assert "amended: assumption" in ana.ok("amend", "-", stdin="The cable is old").err


def test_amend_without_a_number_is_refused_where_it_is_not_clear_what_is_meant(printer: Program) -> None:
    assert "has no entry of yours" in printer.refused(2, "amend", "It hums")
    printer.ok("note", "It hums")
    assert "has no step of yours" in printer.refused(2, "amend", "--result", "x")
    assert "There is nothing to correct." in printer.refused(2, "amend")
    code = printer.show()["code"]
    unknown = printer.refused(3, "amend", "99", "hosts", "hum")
    assert f"{code} has no entry 99.\n" in unknown
    assert 'If it belongs to the text: rflow amend "99 hosts hum"' in unknown
    printer.ok("wait", "the vendor")
    error = printer.refused(2, "amend", "the vendor: a new head")
    assert "Which entry? The last thing you entered can't be amended.\n" in error
    assert 'rflow amend SEQ "…"' in error
    printer.ok("undo")
    assert "Which entry?" in printer.refused(2, "amend", "It hums loudly")
    printer.ok("note", "It hums at night")
    printer.ok("amend", "3", "It hums, loudly")
    assert "You have corrected another entry since." in printer.refused(2, "amend", "It hums loudly")
    printer.ok("attach", "-", "--label", "log of the tull", stdin="lp: error 42")
    assert "Which entry?" in printer.refused(2, "amend", "log of the till")
    printer.ok("note", "Once more")
    unquoted = printer.refused(2, "amend", "three", "It hums")
    assert '"three" is not the number of an entry.' in unquoted
    assert 'To correct your last entry: rflow amend "three It hums"' in unquoted
    printer.ok("choose", "green")
    assert "Your last entry is an answer without a reason." in printer.refused(2, "amend", "It hums")
    assert [note["text"] for note in printer.show()["notes"]] == ["It hums, loudly", "It hums at night", "Once more"]


def test_amend_sent_again_corrects_the_same_entry_once(ana: Program) -> None:
    ana.ok("note", "It hums")
    ana.ok("amend", "It hums loudly", "--command-id", "a1")
    ana.ok("note", "It is warm")
    ana.ok("amend", "It hums loudly", "--command-id", "a1")
    assert [note["text"] for note in ana.show()["notes"]] == ["It hums loudly", "It is warm"]


def test_an_amended_warning_stays_short(ana: Program) -> None:
    ana.ok("warn", "Do not unplug it")
    assert "41 words" in ana.refused(2, "amend", "2", FORTY_ONE_WORDS)


# A step with its output


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX commands")
def test_run_with_a_step_records_both(ana: Program) -> None:
    result = ana.at(real=True).run("run", "--step", "Looked for errors", "--result", "none", "--", "sh", "-c", "exit 3")
    assert result.code == 3
    assert "step 2 recorded, with its output as evidence 3 (0 bytes, exit code 3)." in result.err
    session = ana.show()
    assert (session["steps"][0]["text"], session["steps"][0]["result"]) == ("Looked for errors", "none")
    assert (session["evidence"][0]["on"], session["evidence"][0]["origin"]) == (2, "observed")
    assert said(ana, "undo") == 'took back your step 2 "Looked for errors" → "none", with its output.'


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX commands")
def test_run_with_a_step_without_a_result_says_how_to_add_it(ana: Program) -> None:
    result = ana.at(real=True).ok("run", "--step", "Looked for errors", "--", "true")
    assert 'To add what came of it: rflow amend 2 --result "…"' in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX commands")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--result", "x"), "--result needs a step."),
        (("--step", ""), "The step is empty."),
        (("--step", "x", "--on", "2"), "--step and --on exclude each other."),
    ],
    ids=str,
)
def test_run_with_a_mistake_in_its_options_runs_nothing(words: tuple[str, ...], message: str, ana: Program) -> None:
    ana.ok("note", "It hums")
    ran = ana.home / "ran"
    assert message in ana.refused(2, "run", *words, "--", "touch", str(ran))
    assert not ran.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX commands")
def test_a_run_with_a_step_sent_again_runs_nothing(ana: Program) -> None:
    ran = ana.home / "ran"
    words = ("run", "--command-id", "9", "--step", "Wrote a line", "--", "sh", "-c", f"echo x >> '{ran}'; exit 4")
    real = ana.at(real=True)
    assert (real.run(*words).code, real.run(*words).code) == (4, 4)
    assert ran.read_text() == "x\n"
    assert len(ana.show()["steps"]) == 1


def test_evidence_belongs_to_the_entry_named(ana: Program) -> None:
    ana.ok("step", "Looked for errors")
    ana.ok("attach", "-", "--on", "2", stdin="error 42")
    assert entry(ana, "evidence", 3)["on"] == 2


# Steps, questions and flags by others


def test_a_member_records_a_step_and_does_not_move_the_session(printer: Program) -> None:
    ben = printer.at(user=BEN, terminal="Ben's")
    code = printer.show()["code"]
    assert said(ben, "-s", code, "step", "Looked in Hull", "--result", "same fault") == "step 3 recorded."
    session = printer.show()
    assert (session["owner"]["name"], session["position"]["node"]) == ("Ana Ruiz", "lamp")
    assert session["steps"][0]["by"]["name"] == BEN
    printer.ok("choose", "green")


def test_a_receivers_first_step_says_that_it_accepts(ana: Program) -> None:
    code = ana.show()["code"]
    ana.ok("handoff", BEN)
    ben = ana.at(user=BEN, terminal="Ben's")
    assert said(ben, "-s", code, "step", "Called the shop") == "handoff accepted; step 4 recorded."
    assert ana.show(code)["status"] == "open"


def test_a_question_is_answered(ana: Program) -> None:
    ben = ana.at(user=BEN, terminal="Ben's")
    code = ana.show()["code"]
    ben.ok("-s", code, "note", "I know this till")
    assert (
        f'question 3 to Ben Okafor recorded.\nTo answer it: rflow -s {code} reply 3 "…"'
        in ana.ok("question", "ben okafor", "Is there a second till?").err
    )
    assert "Did you mean Ben Okafor?" in ana.refused(2, "question", "ben okofor", "Is there?")
    ben.ok("-s", code, "reply", "3", "Yes, in the back room")
    question = ana.show()["questions"][0]
    assert (question["to"]["name"], question["replies"][0]["text"]) == (BEN, "Yes, in the back room")
    assert "Ben Okafor: Yes, in the back room" in ana.ok("show").out
    assert "Entry 2 is not a question.\n       Questions of" in ben.refused(2, "-s", code, "reply", "2", "x")


def test_a_flag_names_the_place_in_the_tree(printer: Program) -> None:
    assert said(printer, "flag", "Amber is missing") == 'flag 3 at "Which lamp is lit?" recorded.'
    assert printer.show()["flags"][0]["node"] == "lamp"
    assert "at lamp: Amber is missing" in printer.ok("show").out


def test_a_flag_an_answer_and_an_action_need_a_tree(ana: Program) -> None:
    assert "is in no tree" in ana.refused(2, "flag", "Amber is missing")
    assert "is in no tree" in ana.refused(2, "choose", "1")
    assert "To end the session: rflow close\n" in ana.refused(2, "done")


# What a summary begins with


def test_brief_and_change_repeat_what_the_summary_will_show(ana: Program) -> None:
    assert said(ana, "brief", "--ask", "Who has the key?", "--impact", "Nobody can pay", "--customer", "Leeds") == (
        'ask "Who has the key?", impact "Nobody can pay", customer "Leeds" recorded.'
    )
    assert said(ana, "brief", "--impact", "") == "impact cleared."
    assert said(ana, "change", "Firewall off", "--revert", "turn it on") == (
        'change 4 recorded: "Firewall off", to revert: "turn it on".\nOnce reverted: rflow change --reverted 4'
    )
    assert said(ana, "change", "--reverted", "4") == 'change 4 "Firewall off" reverted.'


def test_a_text_that_a_brief_cuts_says_so_with_what_is_left_and_how_many_words_are_not_cut(ana: Program) -> None:
    impact = "Nobody can pay at the tills in Leeds, and the ones in York are slow since this morning as well"
    cut = 'A brief may cut {} at "in Leeds…" ({} words fit). Shorter: rflow {} "…"'
    said_of_impact = f'impact "{impact}" recorded.\n{cut.format("the impact", 14, "brief --impact")}'
    assert said(ana, "brief", "--impact", impact) == said_of_impact
    assert "a situation of 12, an impact of 14, a hypothesis of 12" in " ".join(ana.ok("brief", "--help").out.split())
    ana.ok("note", impact)
    assert cut.format("it", 12, "shorten 3") in ana.ok("pin").err
    assert cut.format("it", 7, "shorten 5") in ana.ok("change", impact, "--revert", "nothing to do").err


def test_a_warning_that_no_longer_holds_leaves_caution(ana: Program) -> None:
    assert "Once it no longer holds: rflow warn --over 2" in ana.ok("warn", "Don't restart till 3").err
    ana.ok("warn", "Don't move it")
    assert said(ana, "warn", "--over", "2", "Ben is done") == "warning 2 no longer holds: it has left CAUTION."
    shown = ana.ok("progress", "-f", "text").out
    assert "CAUTION: Don't move it" in shown
    assert "NO LONGER SO: the warning “Don't restart till 3” (Ben is done)" in shown
    assert "Don't restart till 3. No longer holds: Ben is done" in ana.ok("show").out
    assert "is over already" in ana.refused(2, "warn", "--over", "2")
    ana.ok("undo")
    assert "Don't restart till 3" in ana.ok("progress", "-f", "text").out.partition("CAUTION")[2]
    ana.ok("note", "It hums")
    assert "Warnings that hold: 2, 3." in ana.refused(2, "warn", "--over", "6")
    assert "Leave these out." in ana.refused(2, "warn", "--over", "2", "--pin")


def test_who_or_what_reverted_a_change_can_be_said(ana: Program) -> None:
    ana.ok("change", "Timeout 60 s", "--revert", "back to 5 s")
    note = ("--note", "Argo CD put it back")
    assert said(ana, "change", "--reverted", "2", *note) == 'change 2 "Timeout 60 s" reverted: "Argo CD put it back".'
    shown = " ".join(ana.ok("progress", "-f", "text").out.split())
    assert re.search(r"NO LONGER SO: Timeout 60 s \(.*\): Argo CD put it back", shown)
    assert ": Argo CD put it back" in ana.ok("show").out
    assert "--note belongs to --reverted." in ana.refused(2, "change", "Cable", "--revert", "x", *note)


def test_what_to_do_while_waiting_is_shown_under_next(ana: Program) -> None:
    plan = ("--if", "no answer by 02:00", "--then", "page the lead")
    ana.ok("wait", "--for", "the platform team", *plan)
    assert "NEXT: if no answer by 02:00: page the lead" in ana.ok("progress", "-f", "text", "--brief").out
    assert "if no answer by 02:00: page the lead" in ana.ok("show").out
    assert "in pairs" in ana.refused(2, "wait", "--for", "them", "--if", "they don't")
    assert "--over takes only the wait" in ana.refused(2, "wait", "--over", *plan)


@pytest.mark.parametrize(("given", "shown"), [("sev 2", "sev 2"), ("2", "sev 2"), ("SEV-1", "sev 1"), ("P3", "sev P3")])
def test_a_severity_is_named_once(ana: Program, given: str, shown: str) -> None:
    ana.ok("brief", "--severity", given)
    assert f", {shown}, owner" in ana.ok("progress", "-f", "text").out


def test_an_ask_that_is_too_long_for_the_brief_is_recorded_with_a_note(ana: Program) -> None:
    assert 'cut the ask at "please please…" (60 words fit)' in ana.ok("brief", "--ask", "please " * 64).err
    assert "cut the ask" not in ana.ok("brief", "--ask", "please " * 60).err


def test_a_value_that_somebody_else_set_since_is_not_replaced_unseen(ana: Program) -> None:
    ben = ana.at(user=BEN, terminal="Ben's")
    code = ana.show()["code"]
    ana.ok("brief", "--ask", "Who has the key?")
    ana.ok("brief", "--ask", "Who has the second key?")
    ben.ok("resume", code, "--take", "--reason", "I am in Leeds")
    ben.ok("brief", "--ask", "Please send a till")
    ben.ok("handoff", "Ana Ruiz")
    error = ana.refused(4, "-s", code, "brief", "--ask", "Who has the third key?")
    assert 'It reads now: "Please send a till". Yours: "Who has the third key?".' in error
    assert ana.at(terminal="kitchen").show(code)["brief"]["ask"] == "Please send a till"
    ana.ok("show", code)
    ana.ok("-s", code, "brief", "--ask", "Who has the third key?")
    assert ana.show(code)["brief"]["ask"] == "Who has the third key?"


def test_choose_repeats_question_and_answer(printer: Program) -> None:
    assert said(printer, "choose", "3") == '"Which lamp is lit?" → "Green" recorded.'
    printer.ok("undo")
    assert said(printer, "choose", "3", "--assume", "--reason", "it is covered") == (
        '"Which lamp is lit?" → "Green" (assumed) recorded.'
    )


def test_a_summary_that_leaves_without_an_ask_says_so(ana: Program) -> None:
    file = str(ana.home / "summary.md")
    missing = 'Note: the summary does not say what you need. To add it: rflow brief --ask "…"'
    assert missing in ana.ok("progress", "-o", file).err
    assert missing not in ana.ok("progress", "-o", file, "--overwrite", "--ask", "Who has the key?").err
    assert ana.ok("progress").err == ""
    assert missing not in ana.at(user=BEN).ok("progress", ana.show()["code"], "-o", file, "--overwrite").err
    ana.ok("brief", "--ask", "Who has the key?")
    assert missing not in ana.ok("progress", "-o", file, "--overwrite").err


def test_an_ask_without_customer_and_situation_is_refused(ana: Program) -> None:
    missing = "does not say what is wrong, since when, and who is affected. To add it: rflow brief --situation"
    assert missing in ana.ok("brief", "--ask", "Who has the key?").err
    assert missing in ana.ok("progress", "-o", str(ana.home / "summary.md")).err
    assert missing not in ana.ok("brief", "--situation", "Nobody in Leeds can print since 02:10").err
    assert missing not in ana.ok("progress", "-o", str(ana.home / "later.md")).err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_at_a_terminal_a_summary_without_an_ask_says_so_on_the_screen_too(ana: Program) -> None:
    assert "the summary does not say what you need" in answer(ana, ("progress",), "")[1]
    ana.ok("brief", "--ask", "Who has the key?")
    assert "the summary does not say what you need" not in answer(ana, ("progress",), "")[1]


def test_asking_or_handing_over_warns_that_the_situation_is_old(ana: Program) -> None:
    told = r'the situation is that of [\d :-]+\. If that has changed: (rflow(?: -s [\w-]+)? brief --impact) "…"\n'
    ana.at(clock=ago(hours=2)).ok("start", "--title", "No labels")
    ana.at(clock=ago(hours=1)).ok("brief", "--impact", "no labels since 05:40")
    assert "the situation is that of" not in ana.ok("brief", "--ask", "Who has the key?").err
    ana.ok("step", "Moved the cable", "--result", "the first labels come out")
    assert re.search(told, ana.ok("brief", "--ask", "Who has a key?").err)
    assert "the situation is that of" not in ana.ok("brief", "--ticket", "PRN-7").err
    code = ana.show()["code"]
    said = re.search(told, ana.ok("handoff", BEN).err)
    assert said
    ana.ok(*said[1].split()[1:], "every second label comes out")
    ana.ok("-s", code, "handoff", "--cancel")
    assert "the situation is that of" not in ana.ok("handoff", BEN).err


# Handing over


def test_a_handoff_carries_warnings_and_plans(ana: Program) -> None:
    code = ana.show()["code"]
    plans = ("--if", "no answer by 09:30", "--then", "call the vendor", "--if", "it hums", "--then", "unplug it")
    ana.ok("handoff", BEN, "--warn", "Do not reboot it", "--warn", "The key is in the safe", *plans)
    handed = ana.show(code)["history"][-1]
    assert handed["warnings"] == ["Do not reboot it", "The key is in the safe"]
    assert handed["contingencies"] == [
        {"condition": "no answer by 09:30", "action": "call the vendor"},
        {"condition": "it hums", "action": "unplug it"},
    ]
    shown = ana.ok("show", code).out
    assert "warning: Do not reboot it\n" in shown
    assert "if no answer by 09:30: call the vendor\n" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--if", "it hums"), "There are 1 --if and 0 --then."),
        (("--then", "unplug it"), "There are 0 --if and 1 --then."),
        (("--warn", FORTY_ONE_WORDS), "The warning has 41 words; 40 is the most."),
        (("--if", FORTY_ONE_WORDS, "--then", "x"), "The condition has 41 words; 40 is the most."),
        (("--if", "x", "--then", FORTY_ONE_WORDS), "The action has 41 words; 40 is the most."),
        (("--if", "x", "--then", ""), "The action is empty."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_handoff_with_invalid_contingencies_is_refused(words: tuple[str, ...], message: str, ana: Program) -> None:
    assert message in ana.refused(2, "handoff", BEN, *words)
    assert ana.show()["status"] == "open"


def test_a_refused_take_over_shows_what_moved_and_works_when_repeated(printer: Program) -> None:
    ben = printer.at(user=BEN, terminal="Ben's")
    code = printer.show()["code"]
    ben.ok("show", code)
    printer.ok("choose", "green")
    printer.ok("done", "two jobs were stuck")
    take = ("resume", code, "--take", "--reason", "I am in Leeds")
    assert ben.refused(4, *take) == (
        f'rflow: {code} has moved since you last looked: "Which lamp is lit?" → Green (Ana Ruiz); '
        '"Clear the print queue" → two jobs were stuck (Ana Ruiz). '
        'It stands at "Does a test label print?" and belongs to Ana Ruiz.\n'
        "       Nothing was written. To take it over as it stands now, repeat your command.\n"
    )
    ben.ok(*take)
    assert ben.show()["owner"]["name"] == BEN


def test_words_behind_a_code_are_not_looked_for(printer: Program) -> None:
    ben = printer.at(user=BEN, terminal="Ben's")
    code = printer.show()["code"]
    said = ben.refused(2, "resume", code, "--take", "--reason", "to", "help")
    assert 'resume does not know what to do with "help".' in said
    assert f"Put a text of several words in quotes: rflow resume {code} --take --reason 'to help'\n" in said
    assert f"rflow resume {code}\n" in ben.refused(2, "resume", code, "help")
    assert 'rflow resume CODE --take --reason "…"\n' in ben.refused(2, "resume", "label", "printer", "--take")


def test_a_refused_take_over_is_refused_again_if_it_moved_again(printer: Program) -> None:
    ben = printer.at(user=BEN, terminal="Ben's")
    code = printer.show()["code"]
    ben.ok("show", code)
    take = ("resume", code, "--take", "--reason", "I am in Leeds")
    printer.ok("choose", "green")
    ben.refused(4, *take)
    printer.ok("back")
    assert "the last move was taken back" in ben.refused(4, *take)
    ben.ok(*take)


def test_show_has_the_waits_that_are_over_replaced_or_taken_back(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    for words in (
        ("the network team", "--if", "it rains", "--then", "close the window"),
        ("--over",),
        ("the courier",),
    ):
        ana.ok("wait", *words)
    ana.ok("undo")
    for whom in ("the vendor", "the vendor: a call"):
        ana.ok("wait", whom)
    assert [wait["over_seq"] for wait in ana.show()["past_waits"]] == [3, 0, 7]
    _, _, shown = ana.ok("show").out.partition("No longer waiting")
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert any("the network team (over " in line for line in lines)
    assert "if it rains: close the window" in lines
    assert any("the courier (taken back)" in line for line in lines)
    assert any("the vendor (replaced by 7)" in line for line in lines)
    ana.ok("undo")
    assert [wait["for"] for wait in ana.show()["waiting"]] == ["the vendor"]
    assert [wait["undone"] for wait in ana.show()["past_waits"]] == [False, True, True]


def test_a_wait_is_not_over_where_nothing_is_waited_for(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    for words in ((), ("99",), ("the vendor",)):
        refused = ana.refused(2, "wait", "--over", *words)
        assert "waits for nothing." in refused
    assert ana.show()["version"] == 1
