"""What was taken back, reverted or is over never reads as valid: in no format, on no page, on no screen."""

import re
from pathlib import Path

import pytest

from support.program import Program

FORMATS = ("text", "markdown", "slack", "teams", "html", "jira", "slack-blocks", "teams-card")
BEN = "Ben Okafor"


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    me = Program(tmp_path, user="Ana Ruiz", cwd=tmp_path)
    me.start("--title", "The VPN of the warehouse drops")
    return me


def last(me: Program) -> str:
    """Return the number of the last entry."""
    return str(me.show()["version"])


def summaries(me: Program) -> dict[str, str]:
    """Return what each format shows, in both forms, and the digest."""
    shown = {}
    for name in FORMATS:
        shown[name] = me.ok("progress", "-f", name).out
        shown[f"{name} brief"] = me.ok("progress", "-f", name, "--brief").out
        shown[f"{name} digest"] = me.ok("digest", "-f", name).out
    return shown


def test_an_output_that_was_taken_back_is_not_counted(ana: Program) -> None:
    ana.ok("run", "--", "echo", "from the wrong router")
    ana.ok("undo")
    assert [name for name, shown in summaries(ana).items() if re.search("(?i)not shown|omitted", shown)] == []
    ana.ok("attach", "-", "--label", "the log", stdin="line\n")
    assert "OMITTED: 1 entry\n" in ana.ok("progress", "--brief", "-f", "text").out


def test_what_came_with_a_handoff_that_was_taken_back_is_on_no_screen(ana: Program) -> None:
    ana.ok("handoff", BEN, "--warn", "no reboot before nine", "--if", "it drops", "--then", "call Robin")
    ana.ok("undo")
    shown = {**summaries(ana), "status": ana.ok().out}
    assert [name for name, text in shown.items() if "reboot" in text or "Robin" in text] == []
    assert "handed off to Ben Okafor (what came with it is not valid)\n" in ana.ok("show").out


def test_warnings_and_plans_of_an_earlier_handoff_stay_on_the_screens_as_in_summaries(ana: Program) -> None:
    """A second handoff, accepted or declined, takes none of them away."""
    ben, chloe = ana.at(user=BEN, terminal="ben"), ana.at(user="Chloé", terminal="chloe")
    code = ana.show()["code"]
    ana.ok("handoff", BEN, "--warn", "no reboot before nine", "--if", "it drops", "--then", "call Robin")
    ben.ok("accept", code)
    ben.ok("handoff", "Chloé", "--warn", "the fan of rack 4 is loud")
    chloe.ok("decline", "--reason", "wrong team")
    again = ben.ok("resume", code).out
    assert "caution: no reboot before nine" in again
    assert "if it drops: call Robin" in again
    assert "rack 4" not in again
    ben.ok("handoff", "Chloé", "--note", "Now for you")
    for words in (("inbox",), ("accept", code), ()):
        shown = chloe.ok(*words).out
        assert "caution: no reboot before nine" in shown, words
        assert "if it drops: call Robin" in shown, words


def test_the_warnings_of_a_handoff_are_ended_by_its_number(ana: Program) -> None:
    ben, code = ana.at(user=BEN, terminal="ben"), ana.show()["code"]
    ana.ok("handoff", BEN, "--warn", "no reboot before nine", "--warn", "no update either")
    handoff = str(ben.show(code)["history"][-1]["seq"])
    ben.ok("accept", code)
    assert f"Warnings that hold: {handoff}." in ben.refused(2, "warn", "--over", "1")
    assert "handoff" in ben.ok("warn", "--over", handoff, "it was rebooted at eight").err
    assert [
        name for name, shown in {**summaries(ben), "status": ben.ok().out}.items() if "reboot before" in shown
    ] == []
    assert "(its warnings no longer hold: it was rebooted at eight)" in " ".join(ben.ok("show").out.split())
    assert "over already" in ben.refused(2, "warn", "--over", handoff)
    assert f"the warnings of handoff {handoff}, which hold again" in ben.ok("undo").err
    assert [name for name, shown in summaries(ben).items() if "no reboot before nine" not in shown] == []
    said = ben.ok("assume", "I took the wrong number", "--settled", handoff).err
    assert f"the warnings of handoff {handoff} no longer hold: they have left CAUTION.\nTo take that back: " in said
    assert '""' not in said
    ben.ok("undo")
    assert "Left open: 2 warnings. " in ben.ok("close", "--outcome", "resolved").err
    ben.ok("reopen", code)
    ben.ok("warn", "--over", handoff, "zebra")
    ana.ok("-s", code, "redact", handoff, "--yes")
    assert "zebra" not in ben.ok("export", code, "-o", "-").out


def test_a_warning_that_a_handoff_repeats_stays_until_both_are_ended(ana: Program) -> None:
    ben, code = ana.at(user=BEN, terminal="ben"), ana.show()["code"]
    ana.ok("warn", "no reboot before nine")
    written = last(ana)
    ana.ok("handoff", BEN, "--warn", "No reboot before nine", "--warn", "no update")
    handoff = str(ben.show(code)["history"][-1]["seq"])
    ben.ok("accept", code)
    ended = ben.ok("warn", "--over", written).err
    assert f"CAUTION still has it from handoff {handoff}. To end that too: rflow warn --over {handoff}\n" in ended
    assert "left CAUTION" not in ended
    assert [name for name, shown in summaries(ben).items() if "No reboot before nine" not in shown] == []
    assert "they have left CAUTION" in ben.ok("warn", "--over", handoff).err
    ben.ok("undo")
    assert "Left open: 2 warnings." in ben.ok("close", "resolved").err


def test_a_fold_of_the_page_names_no_step_that_was_taken_back(ana: Program) -> None:
    for number in range(8):
        ana.ok("step", f"Tried port {number}", *(("--pin",) if number == 1 else ()))
        if number < 2:
            ana.ok("undo")
    page = ana.ok("progress", "-f", "html").out
    assert [
        hint for hint in re.findall(r'<small class="hint">(.*?)</small>', page) if re.search("port [01]", hint)
    ] == []
    assert "key fact" not in page


def test_the_page_shows_a_warning_written_anew_as_one_that_holds(ana: Program) -> None:
    ana.ok("warn", "no restart of web-2 before 09:00, the export runs")
    ana.ok("warn", "--over", last(ana), "the export runs until 10:00 now")
    ana.ok("warn", "no restart of web-2 before 10:00, the export runs now until 10:00")
    assert [name for name, shown in summaries(ana).items() if re.search("(?i)no longer|09:00", shown)] == []


def test_nothing_is_planned_on_the_page_of_a_closed_session(ana: Program) -> None:
    ben, code = ana.at(user=BEN, terminal="ben"), ana.show()["code"]
    ana.ok("step", "Tried port 4", "--result", "no change")
    ana.ok("handoff", BEN, "--if", "it drops", "--then", "call Robin")
    ben.ok("accept", code)
    ben.ok("close", "--outcome", "resolved")
    assert "Robin" not in ben.ok("progress", code, "-f", "html").out


def test_show_says_of_a_key_fact_that_it_is_none_any_more_or_not_yet(ana: Program) -> None:
    ana.ok("change", "Firewall off", "--revert", "firewall on")
    ana.ok("pin")
    ana.ok("change", "--reverted", "2")
    ana.ok("warn", "no reboot", "--pin")
    ana.ok("warn", "--over", str(ana.show()["notes"][-1]["seq"]))
    ana.ok("assume", "the line is fine", "--pin")
    ana.ok("step", "Asked the vendor", "--result", "no fault", "--assume", "--pin")
    facts = ana.ok("show").out.partition("Key facts\n")[2].partition("\n\n")[0].splitlines()
    assert [fact.split(maxsplit=1)[1] for fact in facts] == [
        '"Firewall off" (reverted)',
        '"no reboot" (no longer holds)',
        '"the line is fine" (not verified)',
        '"Asked the vendor" → "no fault" (not verified)',
    ]


def test_a_pinned_assumption_is_a_key_fact_once_it_is_settled(ana: Program) -> None:
    ana.ok("assume", "the line is fine", "--pin")
    number = str(ana.show()["notes"][-1]["seq"])
    for brief in ((), ("--brief",)):
        assert "FACTS" not in ana.ok("progress", "-f", "text", *brief).out
    ana.ok("assume", "measured: no errors", "--settled", number)
    for name, shown in summaries(ana).items():
        plain = re.sub(r"<[^>]+>|\\", "", shown)
        assert re.search(r"the line is fine\W+(?:assumed\s+)?[Ss]ettled: measured: no errors", plain), name
        assert plain.count("measured: no errors") == 1, name


def test_an_output_of_a_step_that_was_taken_back_stands_below_it(ana: Program) -> None:
    ana.ok("run", "--label", "ping", "--", "echo", "3 of 4 lost")
    ana.ok("step", "Pinged the wrong router")
    ana.ok("undo")
    ana.ok("step", "Asked the vendor", "--result", "no fault")
    shown = ana.ok("progress", "-f", "text").out
    assert "TAKEN BACK, NOT VALID\n  1. Pinged the wrong router\n     ping: 3 of 4 lost\n" in shown
    assert "lost" not in ana.ok("progress", "-f", "text", "--brief").out


def test_a_digest_counts_what_it_does_not_show(ana: Program) -> None:
    """A reader must not take it that nothing else is in place."""
    for number in range(6):
        ana.ok(
            "change", f"Limit of pool {number} raised to 4096 connections", "--revert", f"poolctl limit {number} 512"
        )
    for name in FORMATS:
        shown = ana.ok("digest", "-f", name).out
        hidden = 6 - len(set(re.findall(r"poolctl limit (\d)", shown)))
        assert hidden > 0, name
        assert re.search(rf"Omitted:(</?\w+>|\W)*{hidden} changes? in place", shown), name


def test_half_a_way_back_is_never_on_the_screen(ana: Program) -> None:
    back = "ip link set wan0 mtu 1500; systemctl restart vpn; " + "vpnctl reload --all; " * 7 + "vpnctl check"
    ana.ok("change", "MTU of wan0 lowered to 1400", "--revert", back)
    code = ana.show()["code"]
    assert f"MTU of wan0 lowered to 1400 (revert: {back})" in " ".join(ana.ok().out.split())
    for number in range(1, 4):
        ana.ok("change", f"MTU of wan{number} lowered to 1400", "--revert", back)
    lines = [line for line in ana.ok().out.splitlines() if "in place #" in line]
    assert len(lines) == 4
    assert all(line.endswith(f" (revert: rflow show {code})") and len(line) <= 80 for line in lines), lines


def test_a_change_in_place_is_named_however_long_the_command_is_that_shows_its_way_back(ana: Program) -> None:
    folder = ana.home / "the store of the team on the night shift"
    folder.mkdir()
    store = ("--store", str(folder / "sessions.db"))
    ana.ok(*store, "start", "--title", "The VPN drops")
    back = "kubectl set resources deploy/vpn --limits=memory=512Mi"
    for number in range(3):
        ana.ok(*store, "change", f"Raised limit {number} of the VPN pods", "--revert", back)
    shown = " ".join(ana.ok(*store).out.split())
    for number in range(3):
        assert re.search(rf"in place #\d: Raised limit {number}…? ?.* \(revert: {back}\)", shown), shown


def test_a_link_in_the_brief_page_has_its_target(ana: Program) -> None:
    ana.ok("step", "Asked the vendor", "--result", "no fault", "--pin")
    for brief in ((), ("--brief",)):
        page = ana.ok("progress", "-f", "html", *brief).out
        missing = set(re.findall(r'href="#(step-\d+)"', page)) - set(re.findall(r'id="(step-\d+)"', page))
        assert missing == set()


def test_the_last_answer_says_that_it_was_only_assumed(ana: Program) -> None:
    ana.ok("step", "Asked the vendor", "--result", "no fault", "--assume")
    assert "Asked the vendor → no fault (assumed)\n" in ana.ok().out
    ana.ok("assume", "they measured it", "--settled", last(ana))
    assert "(assumed)" not in ana.ok().out
    ana.ok("step", "The cable is plugged in", "--assume")
    assert "The cable is plugged in (assumed)\n" in ana.ok().out
    assert "The cable is plugged in: (assumed)\n" in ana.ok("show").out


def test_a_search_says_what_was_taken_back_reverted_or_is_over(ana: Program) -> None:
    def found(word: str) -> list[str]:
        return [match["what"] for hit in ana.json("search", word, "--json") for match in hit["matches"]]

    ana.ok("brief", "--situation", "amber lamp")
    for words in (
        ("brief", "--situation", "zebra"),
        ("note", "zebra"),
        ("wait", "zebra"),
        ("handoff", BEN, "--warn", "zebra"),
    ):
        ana.ok(*words)
        ana.ok("undo")
    assert set(found("zebra")) == {"undone"}
    assert found("amber") == ["situation"]
    ana.ok("step", "giraffe")
    number = last(ana)
    ana.ok("amend", number, "leopard")
    ana.ok("undo")
    assert (found("giraffe"), found("leopard")) == (["step"], [])
    ana.ok("change", "panda", "--revert", "puma")
    change = last(ana)
    ana.ok("change", "--reverted", change)
    ana.ok("warn", "koala")
    ana.ok("warn", "--over", last(ana))
    assert (found("panda"), found("puma"), found("koala")) == (["reverted"], ["reverted"], ["over"])
    ana.ok("undo")
    ana.ok("change", "tiger", "--revert", "lion")
    ana.ok("change", "--reverted", last(ana))
    ana.ok("undo")
    assert (found("koala"), found("tiger")) == (["warning"], ["change"])


def test_a_search_says_what_is_not_valid_of_what_came_with_a_handoff(ana: Program) -> None:
    def found(word: str) -> list[str]:
        return [match["what"] for hit in ana.json("search", word, "--json") for match in hit["matches"]]

    ben, code = ana.at(user=BEN, terminal="ben"), ana.show()["code"]
    ana.ok("handoff", BEN, "--warn", "no zebra")
    ben.ok("decline", code, "--reason", "wrong team")
    assert found("zebra") == ["undone"]
    handoff, declined = ana.show(code)["history"]
    assert [(entry["undone"], entry["warnings_over"]) for entry in (handoff, declined)] == [(True, None), (False, None)]
    ana.ok("resume", code)
    ana.ok("handoff", BEN, "--note", "a giraffe", "--warn", "no panda")
    ben.ok("accept", code)
    ben.ok("warn", "--over", str(ben.show()["history"][-2]["seq"]), "a puma")
    assert (found("giraffe"), found("panda"), found("puma")) == (["handoff"], ["over"], ["settled"])
    assert [(entry["undone"], entry["warnings_over"]) for entry in ben.show()["history"]][-2] == (False, "a puma")
    ben.ok("undo")
    assert (found("panda"), found("puma")) == (["handoff"], ["undone"])


def test_a_warning_that_was_taken_back_stays_so_in_a_search_once_its_end_is_taken_back(ana: Program) -> None:
    ben, code = ana.at(user=BEN, terminal="ben"), ana.show()["code"]
    ana.ok("warn", "no zebra")
    ben.ok("-s", code, "warn", "--over", last(ana))
    ana.ok("undo")
    ben.ok("-s", code, "undo")
    [hit] = ana.json("search", "zebra", "--json")
    assert [match["what"] for match in hit["matches"]] == ["undone"]


def test_what_was_corrected_says_so_wherever_it_stands(ana: Program) -> None:
    for words in (
        ("step", "first step", "--result", "old", "--pin"),
        ("assume", "first assumption"),
        ("note", "first note", "--pin"),
        ("warn", "first warning"),
        ("note", "first remark"),
    ):
        ana.ok(*words)
        entries = [entry for kind in ("steps", "notes") for entry in ana.show()[kind]]
        ana.ok("amend", str(max(entry["seq"] for entry in entries)), f"second {words[1].partition(' ')[2]}")
    ana.ok("brief", "--ask", "Can you look?")
    for name in FORMATS:
        plain = re.sub(r"<[^>]+>|\\\\?", "", ana.ok("progress", "-f", name).out)
        assert "first" not in plain.replace("At first", ""), name
        if name == "html":
            assert plain.count("corrected") >= 4, name
            continue
        for text in ("second step: old", "second assumption", "second note", "second warning", "second remark"):
            assert f"{text} (corrected)" in plain, (name, text)
    brief = ana.ok("progress", "-f", "text", "--brief").out
    assert "second step: old (corrected)" in brief and "second note (corrected)" in brief
    assert "second assumption (corrected)" in brief


def test_solved_is_never_ruled_out_in_the_drawing_either(tmp_path: Path) -> None:
    ana = Program(tmp_path, user="Ana Ruiz")
    ana.ok("tree", "add", "--examples")
    ana.start("printer-offline")
    for words in (("choose", "2"), ("choose", "1"), ("choose", "1"), ("done", "ok"), ("choose", "2")):
        ana.ok(*words)
    for words in (("done", "ok"), ("choose", "2")):
        ana.ok(*words)
    drawn = ana.ok("tree", "graph").out
    assert drawn.count("✔ Solved") == 2 and "✗ Choose it as default" in drawn
    page = re.sub(r"<[^>]+>", " ", ana.ok("progress", "-f", "html").out)
    assert "Solved" in page
    assert not re.search(r"(?i)ruled out:\s+(Yes:\s+)?Solved", page)


def test_a_pinned_question_is_a_key_fact_once_it_is_answered_and_so_is_a_report_about_the_tree(tmp_path: Path) -> None:
    ana = Program(tmp_path, user="Ana Ruiz").with_tree()
    ana.start()
    ana.ok("flag", "there is a blue lamp too")
    ana.ok("pin")
    ana.ok("question", "Ben", "Which roll is in it?", "--new-user")
    ana.ok("pin")
    ana.ok("brief", "--ask", "Can you look?")
    facts = "FACTS: wrong in the tree, at lamp: there is a blue lamp too\n"
    assert facts in ana.ok("progress", "-f", "text").out
    assert "WAITING: Ben was asked: Which roll is in it?\n" in ana.ok("progress", "-f", "text").out
    ana.ok("reply", "The old one")
    for name, shown in summaries(ana).items():
        plain = re.sub(r"<[^>]+>|\\\\", "", shown)
        assert len(re.findall("(?i)(?<!to )The old one", plain)) == 1 and "blue lamp" in plain, name
    for form in ((), ("--brief",)):
        shown = ana.ok("progress", "-f", "text", *form).out
        part = shown.partition("FACTS\n")[2].partition("\n\n")[0]
        assert "asked Ben: Which roll is in it? Ana Ruiz: The old one" in part, shown
