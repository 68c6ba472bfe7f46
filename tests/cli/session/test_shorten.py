"""`rflow shorten`: what a brief says of entries in place of their full texts."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from support.program import NOON, Program

BEN = "Ben Okafor"
STEP = "restarted the app on web-2, waited for a quarter of an hour and looked at the dashboard"


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    me = Program(tmp_path, clock=NOON)
    me.start("--title", "Some pages fail")
    me.ok("step", STEP, "--result", "no difference at all in the rate of errors")
    me.ok(
        "change", "idle timeout of the balancer from 60 s to 350 s", "--revert", "lbctl set idle 60 (on both of them)"
    )
    me.ok("warn", "do not touch web-3 before Lena says so, her debugger is attached to it")
    me.ok("wait", "the vendor, case 12: is it safe with our version, and why was it off", "--until", "23:00")
    me.ok("note", "before 11:40 there were 35 connections on average, now there are 600 of them")
    me.ok("assume", "the requests that failed never reach the app, so that they can be sent again")
    return me


def brief(me: Program) -> str:
    return " ".join(me.ok("progress", "--brief", "-f", "text").out.split())


def whole(me: Program) -> str:
    return " ".join(me.ok("progress", "-f", "text").out.split())


def changed(me: Program, **lines: str) -> str:
    """Return the lines that `shorten` prints, with new texts behind the numbers or names given."""
    printed = me.ok("shorten").out.splitlines()
    for name, text in lines.items():
        begin = name.removeprefix("n")
        (place,) = (at for at, line in enumerate(printed) if line.startswith((f"{begin} ", f"{begin}:")))
        printed[place] = f"{printed[place].partition(':')[0]}: {text}"
    return "\n".join(printed) + "\n"


def test_every_line_that_was_shortened_is_what_a_brief_says_and_the_whole_form_stays(ana: Program) -> None:
    before = whole(ana)
    lines = changed(
        ana,
        n2="web-2 restarted: nothing",
        n3="idle 350 s: worse; revert: lbctl set idle 60",
        n4="hands off web-3 (Lena)",
        n5="vendor: safe?",
        n6="connections 35 -> 600",
        n7="failed ones never reach the app",
    )
    done = ana.ok("shorten", "-", stdin=lines)
    assert "short forms of 2, 3, 4, 5, 6 and 7 recorded." in done.err
    assert " ".join(done.out.split()) == brief(ana)
    for said in (
        "TRIED: 1. web-2 restarted: nothing",
        "IN PLACE: idle 350 s: worse (12:00). Revert: lbctl set idle 60",
        "CAUTION: hands off web-3 (Lena)",
        "WAITING until 23:00 (Ana Ruiz): vendor: safe?",
        "LAST NOTE (12:00): connections 35 -> 600",
        "ASSUMED: failed ones never reach the app",
    ):
        assert said in brief(ana)
    assert whole(ana) == before


def test_lines_that_stay_as_they_are_change_nothing(ana: Program) -> None:
    done = ana.ok("shorten", "-", stdin=ana.ok("shorten").out)
    assert done.err == "No line was changed, and nothing recorded.\n"
    ana.ok("shorten", "2", "web-2: nothing")
    assert "2 step: web-2: nothing" in ana.ok("shorten").out
    assert "nothing recorded" in ana.ok("shorten", "-", stdin=ana.ok("shorten").out).err


def test_an_emptied_line_or_the_full_text_gives_the_full_text_back(ana: Program) -> None:
    for text in ("", f"{STEP}: no difference at all in the rate of errors"):
        ana.ok("shorten", "2", "web-2: nothing")
        assert "web-2: nothing" in brief(ana)
        ana.ok("shorten", "-", stdin=changed(ana, n2=text))
        assert ana.show()["steps"][0]["short"] == ""
        assert "web-2: nothing" not in brief(ana)
    ana.ok("shorten", "3", "idle 350 s; revert: lbctl set idle 60")
    ana.ok("shorten", "3", "")
    (change,) = ana.show()["changes"]
    assert (change["short"], change["short_revert"]) == ("", "")


def test_what_a_summary_begins_with_can_be_written_there_too(ana: Program) -> None:
    done = ana.ok("shorten", "-", stdin=changed(ana, title="0.4 % of pages fail", ask="Lena: may web-3 go?"))
    assert "title and ask recorded." in done.err
    assert (ana.show()["title"], ana.show()["brief"]["ask"]) == ("0.4 % of pages fail", "Lena: may web-3 go?")


def test_a_short_form_goes_when_the_entry_is_corrected(ana: Program) -> None:
    ana.ok("shorten", "2", "web-2: nothing")
    ana.ok("amend", "2", "--result", "the rate fell by half")
    assert "web-2: nothing" not in brief(ana)
    assert "the rate fell by half" in brief(ana)
    ana.ok("shorten", "3", "idle 350 s; revert: lbctl set idle 60")
    ana.ok("amend", "3", "--revert", "lbctl set idle 90")
    assert "IN PLACE: idle 350 s (12:00). Revert (corrected): lbctl set idle 90" in brief(ana)


def test_a_short_form_is_no_correction(ana: Program) -> None:
    ana.ok("shorten", "2", "web-2: nothing")
    assert ana.show()["steps"][0]["amended"] is False
    assert "corrected" not in whole(ana) + brief(ana)
    assert 'amended: assumption 7 "' in ana.ok("amend", "they reach it").err  # the last entry is still clear


def test_undo_takes_back_all_short_forms_of_a_command(ana: Program) -> None:
    before = brief(ana)
    ana.ok("shorten", "-", stdin=changed(ana, n2="web-2: nothing", n6="35 -> 600", n5="vendor: safe?"))
    assert "took back the short forms of 2, 5 and 6." in ana.ok("undo").err.replace("\n", " ")
    assert brief(ana) == before


def test_one_line_may_stand_for_several_entries(ana: Program) -> None:
    ana.ok("step", "restarted the app on web-4 too", "--result", "no difference")
    ana.ok("change", "took web-4 out of the pool", "--revert", "put web-4 into the pool")
    ana.ok(
        "shorten",
        "-",
        stdin="2, 8: web-2 and web-4 restarted: nothing\n3 and 9: idle 350 s, web-4 out; revert: undo both\n",
    )
    said = brief(ana)
    assert "TRIED: 1. web-2 and web-4 restarted: nothing" in said
    assert "IN PLACE: idle 350 s, web-4 out (12:00). Revert: undo both" in said
    assert "took web-4" not in said and "2. " not in said
    assert "2, 8 step: web-2 and web-4 restarted: nothing\n" in ana.ok("shorten").out
    assert "3, 9 change: idle 350 s, web-4 out; revert: undo both\n" in ana.ok("shorten").out
    ana.ok("shorten", "2", "")  # what covered 8 is gone
    assert "restarted the app on web-4 too" in brief(ana)
    ana.ok("change", "--reverted", "3")
    assert "took web-4 out of the pool" in brief(ana), "what is in place is not hidden behind what is not"


def test_a_line_for_several_changes_has_no_time_that_is_not_of_all_of_them(ana: Program) -> None:
    later = replace(ana, clock=NOON + timedelta(minutes=40))
    later.ok("change", "took web-4 out of the pool", "--revert", "put web-4 into the pool")
    later.ok("shorten", "-", stdin="3, 8: idle 350 s, web-4 out; revert: undo both\n")
    assert "IN PLACE: idle 350 s, web-4 out. Revert: undo both" in brief(later)
    for change, minutes in (("3", 50), ("8", 60)):
        replace(ana, clock=NOON + timedelta(minutes=minutes)).ok("change", "--reverted", change)
    last = replace(ana, clock=NOON + timedelta(minutes=61))
    last.ok("shorten", "-", stdin="3, 8: idle 350 s, web-4 out\n")
    assert "NO LONGER: idle 350 s, web-4 out (12:00–13:00)" in brief(last)
    assert "to 350 s (12:00–12:50)" in whole(last) and "took web-4 out of the pool (12:40–13:00)" in whole(last)


def test_what_must_not_be_missed_is_covered_only_by_the_same_kind(ana: Program) -> None:
    for covered, kind in (("3", "change in place"), ("4", "warning"), ("7", "assumption")):
        said = ana.refused(2, "shorten", "-", stdin=f"2, {covered}: web-2 restarted\n")
        assert (
            f"Entry 2 is no {kind}, so it can't cover {covered}, which is one." in said
            and "Nothing was recorded." in said
        )
    assert "Entry 6 has no short form that could cover 2." in ana.refused(2, "shorten", "2", "#6")


@pytest.mark.parametrize("undone", ["undo", "reverted", "over", "redact"])
def test_what_no_longer_holds_is_not_shown_by_its_short_form(undone: str, ana: Program) -> None:
    ana.ok("shorten", "-", stdin=changed(ana, n3="idle 350 s", n4="hands off web-3", n7="never reach it"))
    match undone:
        case "undo":
            ana.ok("undo")  # the short forms
            ana.ok("shorten", "7", "never reach it")
            ana.ok("undo"), ana.ok("undo")
            assert "never reach" not in brief(ana)
        case "reverted":
            ana.ok("change", "--reverted", "3")
            assert "IN PLACE: nothing NO LONGER: idle timeout of the balancer from 60 s to 350 s (12:00" in brief(ana)
        case "over":
            ana.ok("warn", "--over", "4")
            assert "CAUTION" not in brief(ana)
        case "redact":
            ana.ok("redact", "7", "--yes")
            assert "never reach" not in brief(ana) + ana.ok("export").out


def test_what_can_not_be_taken_is_refused_with_the_line_and_nothing_is_recorded(ana: Program) -> None:
    version = ana.show()["version"]
    for code, lines, said in (
        (6, "12: x\n", 'Line 1 is for no entry that has a short form: "12: x".'),
        (6, "2: web-2\nidle 350 s: worse\n", 'Line 2 is for no entry that has a short form: "idle 350 s: worse".'),
        (6, "2 idle 350 s: worse\n", "Line 1 is for no entry that has a short form"),
        (2, f"2: {'word ' * 41}\n", "The short form has 41 words; 40 is the most."),
    ):
        assert said in ana.refused(code, "shorten", "-", stdin=lines)
    assert "has no entry 99 that has a short form" in ana.refused(3, "shorten", "99", "x")
    assert "Which entry" in ana.refused(2, "shorten", "restarted")
    assert "Which entry" in ana.refused(2, "shorten", "2")
    assert ana.show()["version"] == version


def test_the_owner_shortens_any_entry_and_others_their_own(ana: Program) -> None:
    code = ana.show()["code"]
    ben = ana.at(user=BEN, terminal="Ben's")
    ben.ok("-s", code, "note", "the switch has no errors, neither on the ports of web-1 nor on those of the others")
    assert "Ask Ana Ruiz to shorten it." in ben.refused(5, "-s", code, "shorten", "2", "web-2: nothing")
    lines = ben.ok("-s", code, "shorten").out
    assert "8 note: the switch" in lines
    assert "2 step" not in lines and "ask:" not in lines
    ben.ok("-s", code, "shorten", "8", "switch: clean")
    ana.ok("shorten", "8", "the switch is clean")
    assert "the switch is clean" in brief(ana)


def test_a_line_for_an_entry_that_another_line_changes_is_refused(ana: Program) -> None:
    ana.ok("step", "restarted web-1 too")
    said = ana.refused(6, "shorten", "-", stdin="2: web-2: nothing\n\n2, 8: web-1 and 2: nothing\n")
    assert "Lines 1 and 3 both change entry 2." in said and "Nothing was recorded." in said
    ana.ok("shorten", "-", stdin="2, 8: web-1 and 2: nothing\n")
    said = ana.refused(6, "shorten", "-", stdin="8: web-1: nothing\n2, 8: nothing\n")
    assert "Lines 1 and 2 both change entry 8." in said
    said = ana.refused(6, "shorten", "-", stdin="ask: may it?\nask: may web-3 go?\n")
    assert "Lines 1 and 2 both change the ask." in said
    ana.ok("shorten", "-", stdin=ana.ok("shorten").out + "2, 8: none of them\n")
    assert "TRIED: 1. none of them" in brief(ana)
    ana.ok("shorten", "-", stdin="2: web-2: nothing\n8: web-1: nothing\n")
    assert "1. web-2: nothing 2. web-1: nothing" in brief(ana)


def test_a_line_that_stays_as_it_was_printed_takes_back_nothing_that_was_written_since(ana: Program) -> None:
    lines = ana.ok("shorten").out
    ana.ok("shorten", "2", "web-2: nothing")
    ana.ok("brief", "--impact", "23 tickets")
    ana.ok("amend", "3", "idle timeout from 60 s to 400 s")
    done = ana.ok("shorten", "-", stdin=lines.replace("6 note: before", "6 note: 35 to 600; before"))
    assert "short form of 6 recorded." in done.err
    assert "web-2: nothing" in brief(ana) and "23 tickets" in brief(ana) and "to 400 s" in brief(ana)
    said = ana.refused(6, "shorten", "-", stdin=lines.replace("3 change: idle", "3 change: the idle"))
    assert "Entry 3 has changed since these lines were printed." in said and "Nothing was recorded." in said


@pytest.mark.parametrize("happens", ["settled", "reverted", "over", "undone", "corrected", "redacted"])
def test_a_line_for_several_goes_once_it_no_longer_holds_for_one_of_them(happens: str, ana: Program) -> None:
    ana.ok("assume", "nor are they in the log")  # 8
    ana.ok("change", "took web-4 out of the pool", "--revert", "put web-4 into the pool")  # 9
    ana.ok("warn", "no restart of web-4 either")  # 10
    ana.ok("step", "restarted web-4, with hunter2zz")  # 11
    pairs = {"settled": "7, 8", "reverted": "3, 9", "over": "4, 10"}.get(happens, "2, 11")
    back = "; revert: undo both" if happens == "reverted" else ""
    ana.ok("shorten", "-", stdin=f"{pairs}: short for both of hunter2zz{back}\n")
    assert "short for both" in brief(ana)
    match happens:
        case "settled":
            ana.ok("assume", "they are", "--settled", "8")
        case "reverted":
            ana.ok("change", "--reverted", "9")
        case "over":
            ana.ok("warn", "--over", "10")
        case "undone":
            ana.ok("undo")  # the short forms
            ben = replace(ana, user=BEN, terminal="laptop")
            ben.ok("resume", ana.show()["code"])
            ben.ok("step", "restarted web-4 again")
            last = ana.show()["steps"][-1]["seq"]
            ana.ok("shorten", "-", stdin=f"2, {last}: short for both\n")
            assert "short for both" in brief(ana)
            ben.ok("undo")
        case "corrected":
            ana.ok("amend", "11", "restarted web-5")
        case "redacted":
            ana.ok("redact", "11", "--yes")
            assert "hunter2zz" not in ana.ok("export").out + ana.ok("search", "hunter2zz").out
    assert "short for both" not in brief(ana) + ana.ok("search", "restarted").out


def test_a_settled_assumption_and_a_reverted_change_are_shown_with_what_came_of_them(ana: Program) -> None:
    ana.ok("step", "the firewall is open", "--assume", "--pin")  # 8
    ana.ok("pin", "7")
    ana.ok("shorten", "-", stdin="7: never reach it\n8: firewall open\n3: idle 350 s\n")
    ana.ok("assume", "they do reach it", "--settled", "7")
    ana.ok("assume", "it is closed", "--settled", "8")
    ana.ok("change", "--reverted", "3", "--note", "it got worse")
    said = brief(ana)
    for what in ("never reach it", "firewall open", "idle 350 s"):
        assert what not in said
    assert "settled: they do reach it" in said and "it got worse" in said
    assert "3 reverted change: idle timeout of the balancer from 60 s to 350 s: it got worse\n" in ana.ok("shorten").out


def test_the_way_to_revert_has_its_own_text_back_with_nothing_behind_it_or_with_that_text(ana: Program) -> None:
    ana.ok("shorten", "3", "idle 350 s;revert:")
    assert "IN PLACE: idle 350 s (12:00). Revert: lbctl set idle 60 (on both of them)" in brief(ana)
    ana.ok("shorten", "3", "idle 350 s; revert: idle 60")
    assert "Revert: idle 60" in brief(ana)
    ana.ok("shorten", "3", "idle 350 s; revert: lbctl set idle 60 (on both of them)")
    assert "Revert: lbctl set idle 60 (on both of them)" in brief(ana)
    said = ana.refused(2, "shorten", "3", "idle 350 s; revert: " + "word " * 31)
    assert "The short way to revert 3 has more than 30 words." in said


def test_nothing_is_recorded_of_lines_of_which_one_can_not_be(ana: Program) -> None:
    said = ana.refused(2, "shorten", "-", stdin="2: web-2: nothing\ntitle:\n")
    assert "The title is empty." in said
    assert ana.show()["steps"][0]["short"] == ""


def test_an_entry_before_hundreds_of_others_keeps_its_short_form(ana: Program) -> None:
    ana.ok("shorten", "6", "35 to 600 connections")
    session = ana.show()["code"]
    for number in range(160):
        ana.ok("note", f"observation {number}")
    assert "35 to 600 connections" in brief(ana), session


def test_a_note_on_a_step_is_shown_behind_its_short_form(ana: Program) -> None:
    ana.ok("note", "it was web-3 that restarted", "--on", "2")
    ana.ok("shorten", "2", "web-2: nothing")
    assert "1. web-2: nothing. Note: it was web-3 that restarted" in brief(ana)


def test_what_came_of_a_change_is_shown_by_the_whole_short_form_of_its_step(ana: Program) -> None:
    short = "watched errors for half an hour: it is not the pool, so tell the DBA before noon, who knows why"
    ana.ok("step", "watched the balancer after the idle timeout", "--result", "no difference")
    ana.ok("shorten", "8", short)
    assert short in brief(ana)


def test_an_assumption_that_was_covered_shows_again_once_what_covered_it_is_settled(ana: Program) -> None:
    ana.ok("assume", "nor are they in the log")
    ana.ok("shorten", "-", stdin="7, 8: never reach the app, nor the log\n")
    assert "ASSUMED: never reach the app, nor the log" in brief(ana)
    ana.ok("assume", "they do reach it", "--settled", "7")
    assert "ASSUMED: nor are they in the log" in brief(ana)


def test_of_notes_with_short_forms_the_pinned_ones_have_room_first(ana: Program) -> None:
    ana.ok("note", "the pool of web-3 is full", "--pin")
    for place in range(24):
        ana.ok("note", f"observation {place}")
    short = {8: "web-3: pool full"} | {9 + place + 1: f"seen {place}: " + "word " * 8 for place in range(24)}
    ana.ok("shorten", "-", stdin="".join(f"{seq}: {text}\n" for seq, text in short.items()))
    assert "web-3: pool full" in brief(ana)
    assert "seen 23" in brief(ana) and "seen 0:" not in brief(ana)


def test_who_hands_over_writes_what_the_receiver_reads_until_they_accept(ana: Program) -> None:
    code, lines = ana.show()["code"], changed(ana, n2="web-2: nothing", ask="Lena: may web-3 go?")
    ana.ok("handoff", BEN, "--new-user")
    ana.ok("-s", code, "shorten", "-", stdin=lines)
    assert (ana.show(code)["steps"][0]["short"], ana.show(code)["brief"]["ask"]) == (
        "web-2: nothing",
        "Lena: may web-3 go?",
    )
    ana.ok("-s", code, "brief", "--impact", "23 tickets")
    assert f"To change one: rflow -s {code} brief --ask" in ana.ok("-s", code, "brief").out
    replace(ana, user=BEN, terminal="laptop").ok("accept", code, "--read-back", "Lena decides about web-3")
    said = ana.refused(5, "-s", code, "shorten", "-", stdin="2: nothing\nask: may it?\n")
    assert f"Only {BEN}, who owns it, can change the ask." in said and "Nothing was recorded." in said
    assert ana.show(code)["steps"][0]["short"] == "web-2: nothing"
    assert f"Only {BEN}, who owns it, can change these." in ana.ok("-s", code, "brief").out


@pytest.mark.skipif(sys.platform == "win32", reason="the editors are shell scripts")
def test_at_a_terminal_the_lines_are_written_in_the_editor(ana: Program, tmp_path: Path) -> None:
    from support.screens import lines_at_terminal

    def shortened() -> str:
        me = replace(ana, environ={"EDITOR": str(editor), "VISUAL": ""})
        return " ".join(" ".join(lines_at_terminal(me, "shorten")).split())

    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/^2 step:.*/2 step: web-2: nothing/" "$1"\n')
    editor.chmod(0o755)
    shown = " ".join(
        " ".join(lines_at_terminal(replace(ana, environ={"EDITOR": str(editor), "VISUAL": ""}), "shorten")).split()
    )
    assert "short form of 2 recorded." in shown
    assert "TRIED: 1. web-2: nothing" in shown
    editor.write_text('#!/bin/sh\necho "77: lost?" >> "$1"\nsed -i "s/^6 note:.*/6 note: 35 to 600/" "$1"\n')
    shown = " ".join(
        " ".join(lines_at_terminal(replace(ana, environ={"EDITOR": str(editor), "VISUAL": ""}), "shorten")).split()
    )
    assert "is for no entry that has a short form" in shown and "Your draft is kept:" in shown
    editor.write_text('#!/bin/sh\nsed -i "/^77:/d" "$1"\n')
    shown = " ".join(
        " ".join(lines_at_terminal(replace(ana, environ={"EDITOR": str(editor), "VISUAL": ""}), "shorten")).split()
    )
    assert "Continuing with your draft:" in shown and "35 to 600" in shown
    assert "35 to 600" in brief(ana)
    assert not [*(tmp_path).rglob("*-short.txt")]


def test_what_has_a_short_form_comes_before_what_has_none(ana: Program) -> None:
    for number in range(40):
        ana.ok(
            "step", f"Looked at server {number} and at all that runs on it", "--result", f"nothing there, take {number}"
        )
    ana.ok("shorten", "2", "web-2 restarted: nothing")
    assert "1. web-2 restarted: nothing" in brief(ana)
    forms = "".join(
        f"{seq}: server {seq}, and sixteen words more that say so much of it that it takes room\n"
        for seq in range(8, 38)
    )
    said = ana.ok("shorten", "-", stdin=forms).err
    assert "A brief has no room for the short forms of #" in said
    assert "rflow shorten" in said


def test_no_step_is_named_whose_result_the_short_form_of_a_change_says_already(ana: Program) -> None:
    ana.ok("step", "watched the balancer with the idle timeout of 350 s", "--result", "worse, 0.9 %")  # 8
    ana.ok("change", "--reverted", "3")
    ana.ok("shorten", "-", stdin="3: LB idle timeout 350 s: worse, 0.9 %\n8: idle timeout 350 s: worse, 0.9 %\n")
    for said in (brief(ana), whole(ana)):
        assert "worse, 0.9 %" in said and ": (step" not in said


def test_lines_that_nobody_changed_bring_nothing_back(ana: Program) -> None:
    ana.ok("brief", "--hypothesis", "it is the balancer")
    ana.ok("note", "the password is hunter2zz")  # 9
    ana.ok("step", "restarted web-1", "--result", "better")  # 10
    ana.ok("amend", "10", "--result", "better, WRONG")
    ana.ok("change", "--reverted", "3")
    lines = ana.ok("shorten").out
    for _ in range(2):
        ana.ok("undo")  # the revert, the correction
    ana.ok("brief", "--hypothesis", "")
    done = ana.ok("shorten", "-", stdin=lines)
    assert done.err == "No line was changed, and nothing recorded.\n"
    said = ana.refused(6, "shorten", "-", stdin=lines.replace("better, WRONG", "WRONG"))
    assert "Entry 10 has changed since these lines were printed." in said and "Nothing was recorded." in said
    ana.ok("redact", "9", "--yes")
    said = ana.refused(6, "shorten", "-", stdin=lines)
    assert "Entry 9 has changed since these lines were printed." in said and "Nothing was recorded." in said
    assert "hunter2zz" not in ana.ok("export").out


def test_of_two_who_write_the_same_fact_the_second_is_told(ana: Program) -> None:
    code, lines = ana.show()["code"], ana.ok("shorten").out
    ana.ok("handoff", BEN, "--new-user")
    replace(ana, user=BEN, terminal="laptop").ok("-s", code, "brief", "--impact", "40 tickets")
    ana.ok("progress", code)
    ana.ok("resume", code, "--take", "--reason", "Ben is away")
    said = ana.refused(6, "-s", code, "shorten", "-", stdin=lines.replace("impact: ", "impact: 23 tickets"))
    assert "The impact has changed since these lines were printed." in said


def test_a_short_form_goes_with_what_it_was_written_after(ana: Program) -> None:
    """An undo is a change too: the form says what is no longer so. One that is written after that stays."""
    ben = replace(ana, user=BEN, terminal="laptop")
    ben.ok("resume", ana.show()["code"])
    ben.ok("step", "looked at the certificate of lb-2", "--result", "valid")  # 8
    ben.ok("amend", "8", "--result", "expired yesterday")
    ana.ok("shorten", "8", "cert lb-2: expired")
    assert "cert lb-2: expired" in brief(ana)
    ben.ok("undo")
    assert "expired" not in brief(ana)
    ana.ok("shorten", "8", "cert lb-2: fine")
    ana.ok("brief", "--impact", "23 tickets")
    ana.ok("undo")
    assert "cert lb-2: fine" in brief(ana)


def test_an_entry_that_is_no_longer_on_the_line_of_others_is_shown_again(ana: Program) -> None:
    ana.ok("note", "disk is full on db-3")  # 8
    ana.ok("shorten", "-", stdin="6, 8: pool and disk full\n")
    ana.ok("shorten", "-", stdin=ana.ok("shorten").out.replace("6, 8 note: pool and disk full", "6 note: pool full"))
    assert "pool full" in brief(ana)
    assert "6 note: pool full\n8 note: disk is full on db-3\n" in ana.ok("shorten").out
    ana.ok("shorten", "-", stdin="6, 8: pool and disk full\n")
    ana.ok("shorten", "8", "disk is full on db-3")
    assert "6 note: before 11:40 there were" in ana.ok("shorten").out, "what it shared with another one is gone"
    assert "8 note: disk is full on db-3\n" in ana.ok("shorten").out
    ana.ok("shorten", "-", stdin="6, 8: pool full\n")
    ana.ok("shorten", "-", stdin=ana.ok("shorten").out.replace("6, 8 note: pool full", "6 note: pool full"))
    assert "6 note: pool full\n8 note: disk is full on db-3\n" in ana.ok("shorten").out
    ana.ok("shorten", "-", stdin="6, 8: pool and disk full\n")
    ana.ok("shorten", "-", stdin=ana.ok("shorten").out.replace("pool and disk full", "pool, disk"))
    assert "6, 8 note: pool, disk\n" in ana.ok("shorten").out


def test_several_changes_on_one_line_keep_all_their_ways_back(ana: Program) -> None:
    ana.ok("change", "took web-4 out of the pool", "--revert", "lbctl add web-4")  # 8
    said = ana.refused(2, "shorten", "-", stdin="3, 8: idle 350 s, web-4 out\n")
    assert "Changes 3 and 8 are reverted in different ways." in said and "Nothing was recorded." in said
    ana.ok("shorten", "-", stdin="3, 8: idle 350 s, web-4 out; revert: set idle 60, add web-4\n")
    assert "IN PLACE: idle 350 s, web-4 out (12:00). Revert: set idle 60, add web-4" in brief(ana)
    ana.ok("amend", "8", "--revert", "lbctl add web-4 --force")
    for way in ("lbctl set idle 60 (on both of them)", "lbctl add web-4 --force"):
        assert way in brief(ana)
    assert "time of its own" in ana.refused(2, "shorten", "-", stdin="2, 5: web-2 and the vendor\n")


def test_many_lines_are_taken_whole(ana: Program) -> None:
    for place in range(100):
        ana.ok("note", f"observation {place} " + "of the balancer and its many connections " * 17)
    lines = ana.ok("shorten").out
    assert len(lines) > 64 * 1024
    assert "nothing recorded" in ana.ok("shorten", "-", stdin=lines).err
    assert "have more than 1 MiB." in ana.refused(6, "shorten", "-", stdin="# \n" * 400_000)


def test_the_form_of_one_entry_may_come_from_standard_input(ana: Program) -> None:
    ana.ok("shorten", "2", "-", stdin="web-2: nothing\n")
    assert "1. web-2: nothing" in brief(ana)


def test_redacting_a_short_form_shows_the_text_again(ana: Program) -> None:
    ana.ok("shorten", "6", "35 to 600")
    ana.ok("redact", f"{ana.show()['version']}", "--yes")
    assert "before 11:40 there were 35 connections" in brief(ana) and "removed" not in brief(ana)


@pytest.mark.skipif(sys.platform == "win32", reason="the editors are shell scripts")
def test_lines_that_were_kept_do_not_keep_what_is_redacted(ana: Program) -> None:
    from support.screens import lines_at_terminal

    ana.ok("note", "the password is hunter2zz")  # 8
    lines_at_terminal(replace(ana, environ={"EDITOR": "false", "VISUAL": ""}), "shorten")
    (draft,) = ana.home.rglob("*-short.txt")
    assert "hunter2zz" in draft.read_text("utf-8")
    ana.ok("redact", "8", "--yes")
    assert not draft.exists()


@pytest.mark.parametrize("what", ["a correction", "a revert", "an outcome"])
def test_what_is_redacted_of_an_entry_goes_from_its_short_form(what: str, ana: Program) -> None:
    ana.ok("step", "restarted web-4")  # 8
    match what:
        case "a correction":
            ana.ok("amend", "2", "--result", "password zebra77 works")
            pair = "2, 8"
        case "a revert":
            ana.ok("change", "--reverted", "3", "--note", "zebra77 got in")
            pair = "3, 8"
        case _:
            ana.ok("assume", "zebra77 was right", "--settled", "7")
            pair = "8"
    last = ana.show()["version"]
    ana.ok("shorten", "-", stdin=f"{pair}: zebra77\n")
    ana.ok("redact", f"{last}", "--yes")
    if what != "an outcome":  # that was written about something else
        assert "zebra77" not in brief(ana) + ana.ok("export").out


def test_what_was_settled_has_no_short_form_that_hides_it(ana: Program) -> None:
    ana.ok("step", "the database is up", "--assume", "--pin")  # 8
    ana.ok("assume", "it was down all along", "--settled", "8")
    assert "8 step" not in ana.ok("shorten").out
    assert "no entry 8 that has a short form" in ana.refused(3, "shorten", "8", "database up")


def test_a_step_behind_a_change_is_not_lost_where_the_short_form_does_not_say_it(ana: Program) -> None:
    ana.ok("step", "measured the idle timeout of the balancer again", "--result", "much better, 3 ms")  # 8
    ana.ok("shorten", "3", "idle 350 s")
    assert "IN PLACE: idle 350 s (12:00)" in brief(ana) and "much better, 3 ms" in brief(ana)


def test_lines_of_another_owner_take_back_nothing(ana: Program) -> None:
    code, lines = ana.show()["code"], ana.ok("shorten").out
    ben = replace(ana, user=BEN, terminal="laptop")
    ana.ok("handoff", BEN, "--new-user")
    ben.ok("accept", code, "--read-back", "Lena decides")
    ben.ok("-s", code, "shorten", "2", "web-2: nothing")
    ben.ok("-s", code, "brief", "--title", "0.4 % of pages fail")
    assert "nothing recorded" in ben.ok("-s", code, "shorten", "-", stdin=lines).err
    changed = lines.replace(f"2 step: {STEP}", "2 step: restarted")
    said = ana.refused(6, "-s", code, "shorten", "-", stdin=changed)
    assert "Entry 2 has changed since these lines were printed." in said


def test_a_form_of_several_lines_is_one_line(ana: Program) -> None:
    ana.ok("shorten", "6", "-", stdin="first\n2: second\n")
    assert "6 note: first 2: second\n" in ana.ok("shorten").out
    assert "is for no entry" in ana.refused(6, "shorten", "-", stdin=f"{'9' * 5000}: x\n")
    assert "time of its own" in ana.refused(2, "shorten", "-", stdin="5, 6: vendor and pool\n")


def test_the_way_back_of_each_change_is_said_again_with_the_line_that_it_joins(ana: Program) -> None:
    ana.ok("change", "took web-4 out of the pool", "--revert", "lbctl add web-4")  # 8
    ana.ok("shorten", "3", "idle 350 s; revert: idle 60")
    assert "reverted in different ways" in ana.refused(2, "shorten", "-", stdin="3, 8: idle 350 s, web-4 out\n")
    assert "reverted in different ways" in ana.refused(2, "shorten", "8", "#3")
    ana.ok("shorten", "-", stdin="3, 8: idle 350 s, web-4 out; revert: idle 60, add web-4\n")
    ana.ok("shorten", "3", "idle 350 s, web-4 out; revert: idle 60")
    assert "lbctl add web-4" in brief(ana)


def test_a_third_entry_joins_a_line_for_two(ana: Program) -> None:
    ana.ok("note", "disk is full on db-3")  # 8
    ana.ok("note", "so is the one on db-4")  # 9
    ana.ok("shorten", "-", stdin="6, 8: pool, disk\n")
    ana.ok("shorten", "-", stdin=ana.ok("shorten").out.replace("6, 8 note:", "6, 8, 9 note:"))
    assert "6, 8, 9 note: pool, disk\n" in ana.ok("shorten").out


def test_a_line_may_say_what_the_first_of_its_entries_says(ana: Program) -> None:
    ana.ok("step", "looked at web-4 as well")  # 8
    ana.ok("shorten", "-", stdin=f"2, 8: {STEP}: no difference at all in the rate of errors\n")
    assert f"2, 8 step: {STEP}: no difference at all in the rate of errors\n" in ana.ok("shorten").out
    ana.ok("shorten", "-", stdin="3, 8: idle timeout of the balancer from 60 s to 350 s; revert: idle 60\n")
    assert "IN PLACE: idle timeout of the balancer from 60 s to 350 s (12:00). Revert: idle 60" in brief(ana)


def test_who_gives_back_their_own_lines_takes_back_no_other(ana: Program) -> None:
    ben = replace(ana, user=BEN, terminal="laptop")
    code = ana.show()["code"]
    ben.ok("resume", code)
    ben.ok("note", "disk is full on db-3")  # 8
    ana.ok("shorten", "-", stdin="6, 8: pool, disk\n")
    assert "nothing recorded" in ben.ok("shorten", "-", stdin=ben.ok("shorten").out).err
    assert "6, 8 note: pool, disk\n" in ana.ok("shorten").out
    assert "in short on one line with 6" in ana.ok("show").out


def test_a_new_text_of_a_change_has_its_own_way_back(ana: Program) -> None:
    ana.ok("change", "took web-4 out of the pool", "--revert", "lbctl add web-4")  # 8
    ana.ok("shorten", "-", stdin="3, 8: idle 350 s, web-4 out; revert: idle 60, add web-4\n")
    ana.ok("shorten", "3", "idle 350 s")
    assert "idle 350 s (12:00). Revert: lbctl set idle 60 (on both of them)" in brief(ana)
    ana.ok("shorten", "3", "idle 350; revert: idle 60")
    ana.ok("shorten", "-", stdin=ana.ok("shorten").out.replace("idle 350; revert", "idle now 350; revert"))
    assert "idle now 350 (12:00). Revert: idle 60" in brief(ana)
