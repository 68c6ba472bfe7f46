"""Who moves what, handoffs and conflicts, as people meet them at their terminals."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from support.program import NOON, Program

BEN, CHLOE = "Ben Okafor", "Chloé Martin"


class Desk(NamedTuple):
    """A session of Ana's about a printer in Leeds, with a note by her, one by Ben, and a change."""

    ana: Program
    code: str

    @property
    def ben(self) -> Program:
        return self.ana.at(user=BEN, terminal="Ben's")

    @property
    def chloe(self) -> Program:
        return self.ana.at(user=CHLOE, terminal="Chloé's")

    @property
    def history(self) -> list[str]:
        """Who did what to its ownership, as `show` prints it."""
        lines = self.ana.ok("show", self.code).out.partition("Handed over\n")[2].partition("\n\n")[0].splitlines()
        return [line.strip().split("  ", 2)[-1] for line in lines]


ANAS_NOTE, BENS_NOTE, CHANGE = "5", "6", "7"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    ana = Program(tmp_path_factory.mktemp("prepared"), clock=NOON).with_tree()
    desk = Desk(ana, ana.start())
    ana.ok("choose", "green")
    ana.ok("done", "two jobs were stuck")
    ana.ok("note", "It prints from the office")
    desk.ben.ok("-s", desk.code, "note", "Same printer as last week")
    ana.ok("change", "Set the fallback queue", "--revert", "lpadmin -d leeds-labels")
    return desk


@pytest.fixture
def desk(prepared: Desk, tmp_path: Path) -> Desk:
    """A fresh copy of all of it, and Ana at her desk."""
    ana = prepared.ana.at(home=shutil.copytree(prepared.ana.home, tmp_path / "home"))
    ana.ok("resume", prepared.code)
    return Desk(ana, prepared.code)


# Exit codes: of the owner, of another member, of the receiver of a handoff, of its sender, of a member with a queue.
TABLE: dict[tuple[str, ...], tuple[int, int, int, int, int]] = {
    ("choose", "No"): (0, 5, 0, 5, 5),
    ("done", "printed one"): (0, 5, 0, 5, 5),
    ("skip", "--reason", "nobody is there"): (0, 5, 0, 5, 5),
    ("step", "Tried another cable"): (0, 0, 0, 0, 0),
    ("back",): (0, 5, 0, 5, 5),
    ("enter", "label-printer"): (0, 5, 0, 5, 5),
    ("brief", "--impact", "No labels leave Leeds"): (0, 5, 0, 0, 5),
    ("change", "Rebooted it", "--revert", "can't be undone"): (0, 5, 0, 5, 5),
    ("change", "--reverted", CHANGE): (0, 5, 0, 5, 5),
    ("wait", "--for", "the vendor"): (0, 5, 0, 5, 5),
    ("close", "--outcome", "abandoned"): (0, 5, 0, 5, 5),
    ("handoff", CHLOE): (0, 5, 0, 5, 5),
    ("delete", "CODE", "--yes"): (0, 5, 0, 5, 5),
    ("note", "The lamp is green"): (0, 0, 0, 0, 0),
    ("warn", "Do not unplug it"): (0, 0, 0, 0, 0),
    ("assume", "The lamp is broken"): (0, 0, 0, 0, 0),
    ("pin", "OTHER"): (0, 0, 0, 0, 0),
    ("flag", "The answers are in the wrong order"): (0, 0, 0, 0, 0),
    ("question", CHLOE, "Is it in Hull too?", "--new-user"): (0, 0, 0, 0, 0),
    ("undo",): (2, 0, 0, 0, 0),
    ("attach", "-"): (0, 0, 0, 0, 0),
    ("run", "--", "true"): (0, 0, 0, 0, 0),
    ("amend", "OWN", "It prints from everywhere"): (0, 0, 0, 0, 0),
    ("amend", "OTHER", "No, it doesn't"): (5, 5, 5, 5, 5),
    ("redact", "OWN", "--yes"): (0, 0, 0, 0, 0),
    ("redact", "OTHER", "--yes"): (0, 5, 0, 5, 5),
    ("resume", "CODE", "--take", "--reason", "I am in Leeds"): (2, 0, 2, 0, 0),
    ("accept", "CODE"): (5, 5, 0, 5, 0),
    ("decline", "CODE", "--reason", "my shift is over"): (5, 5, 0, 5, 0),
    ("handoff", "--cancel"): (5, 5, 5, 0, 5),
    ("show", "CODE"): (0, 0, 0, 0, 0),
    ("progress", "CODE"): (0, 0, 0, 0, 0),
    ("export", "CODE"): (0, 0, 0, 0, 0),
}
ROLES = ("the owner", "another member", "the receiver", "the sender", "a member, from a queue")
NOT_MOVES = (
    "warn",
    "assume",
    "pin",
    "flag",
    "question",
    "undo",
    "handoff",
    "delete",
    "note",
    "step",
    "attach",
    "run",
    "amend",
    "redact",
    "resume",
    "show",
    "progress",
    "export",
)


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("words", TABLE, ids=" ".join)
def test_the_access_table_is_as_designed(words: tuple[str, ...], role: str, desk: Desk) -> None:
    if words[0] in ("done", "skip"):
        desk.ana.ok("back")  # to the action
    if role in ("the receiver", "the sender"):
        desk.ana.ok("handoff", BEN)
    if role == "a member, from a queue":
        desk.ana.ok("handoff", "@tier2")
    is_ana = role in ("the owner", "the sender")
    who = desk.ana if is_ana else desk.ben
    own, other = (ANAS_NOTE, BENS_NOTE) if is_ana else (BENS_NOTE, ANAS_NOTE)
    filled = [{"CODE": desk.code, "OWN": own, "OTHER": other}.get(word, word) for word in words]
    before = who.show(desk.code)
    result = who.run("-s", desk.code, *filled, stdin="pasted")
    expected = TABLE[words][ROLES.index(role)]
    assert result.code == expected, result
    if words[0] == "delete" and expected == 0:
        who.refused(3, "show", desk.code)
        return
    after = who.show(desk.code)
    if expected:
        assert after == before
        assert not result.out
    elif role == "the receiver" and words[0] not in NOT_MOVES and words[0] != "decline":
        assert after["owner"]["name"] == BEN
        assert after["status"] == ("closed" if words[0] == "close" else "open")
        assert [entry["word"] for entry in after["history"]][:2] == ["handed off", "accepted"]


@pytest.mark.parametrize(
    ("words", "owner", "member"),
    [
        (("reopen", "CODE"), 0, 5),
        (("choose", "No"), 5, 5),
        (("note", "Too late"), 5, 5),
        (("run", "--", "touch", "ran"), 5, 5),
        (("handoff", CHLOE), 5, 5),
        (("close", "--outcome", "resolved"), 5, 5),
        (("resume", "CODE", "--take", "--reason", "It broke again"), 2, 0),
        (("redact", ANAS_NOTE, "--yes"), 0, 5),
        (("progress",), 0, 0),
        (("delete", "CODE", "--yes"), 0, 5),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else None,
)
def test_what_a_closed_session_still_takes(words: tuple[str, ...], owner: int, member: int, desk: Desk) -> None:
    desk.ana.ok("close", "--outcome", "abandoned")
    filled = [desk.code if word == "CODE" else word for word in words]
    assert desk.ben.at(cwd=desk.ana.home).run("-s", desk.code, *filled).code == member
    if words[0] != "resume":
        assert desk.ana.at(cwd=desk.ana.home).run("-s", desk.code, *filled).code == owner
    assert not (desk.ana.home / "ran").exists()


def test_a_refusal_names_the_owner_and_what_to_do(desk: Desk) -> None:
    assert desk.ben.refused(5, "-s", desk.code, "choose", "1") == (
        f"rflow: {desk.code} belongs to Ana Ruiz.\n"
        f'       Take it over first: rflow resume {desk.code} --take --reason "…"\n'
    )
    desk.ana.ok("handoff", BEN)
    assert desk.ana.refused(5, "-s", desk.code, "choose", "1") == (
        f"rflow: You handed {desk.code} to Ben Okafor, who has not accepted it yet.\n"
        f"       Take it back first: rflow -s {desk.code} handoff --cancel\n"
    )
    desk.ana.ok("handoff", "--cancel")
    desk.ana.ok("handoff", "@tier2")
    assert desk.ben.refused(5, "-s", desk.code, "choose", "1") == (
        f"rflow: {desk.code} is waiting in the queue @tier2.\n       Claim it first: rflow accept {desk.code}\n"
    )


def test_the_first_move_accepts_and_the_next_one_needs_no_second_look(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN, "--note", "The courier comes at five")
    assert "1 session in your inbox: rflow inbox" in desk.ben.ok().out
    assert desk.ben.ok("inbox").out.startswith(
        f"{desk.code}  A label printer prints nothing · Leeds\n         from Ana Ruiz, now\n"
    )
    desk.ben.ok("resume", desk.code)
    desk.ben.ok("step", "Asked for a second printer")
    assert desk.ben.show()["status"] == "open"
    desk.ben.ok("choose", "no")
    assert desk.ben.run("inbox").err == "Your inbox is empty.\n"
    assert desk.history == [
        "Ana Ruiz handed off to Ben Okafor: The courier comes at five",
        "Ben Okafor accepted",
    ]


def test_accepting_reads_back_and_makes_it_current(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    accepted = desk.ben.ok("accept", "--read-back", "The vendor is next")
    assert accepted.err == f"{desk.code} · A label printer prints nothing · Leeds: accepted; it is yours now.\n"
    assert "? Does a test label print?" in accepted.out
    assert "rflow choose NUMBER" in accepted.out
    assert desk.ben.show()["code"] == desk.code
    assert desk.history[-1] == "Ben Okafor accepted: The vendor is next"


def test_accepting_says_how_an_ask_ends_and_a_second_time_where_to_write_what_was_understood(desk: Desk) -> None:
    desk.ana.ok("brief", "--ask", "Ben: restart it, or wait for the vendor?")
    desk.ana.ok("handoff", BEN)
    assert desk.ben.ok("accept").err.endswith('The ask stays until you write another: rflow brief --ask "…"\n')
    again = desk.ben.refused(5, "accept", desk.code, "--read-back", "I wait")
    assert f'To say what you understood: rflow -s {desk.code} note "…"   See what has been: rflow inbox\n' in again
    assert "understood" not in desk.ben.refused(5, "accept", desk.code)
    desk.ben.ok("brief", "--ask", "")
    assert "ASK" not in desk.ben.ok("progress", "--brief", "-f", "text").out


def test_declining_returns_it_to_the_last_owner_who_had_accepted(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    desk.ben.ok("accept")
    desk.ben.ok("handoff", CHLOE)
    told = desk.chloe.ok("decline", "--reason", "on leave from tomorrow").err
    assert told.endswith("declined; Ben Okafor owns it again.\n")
    assert desk.ben.show(desk.code)["status"] == "open"
    desk.ben.ok("-s", desk.code, "choose", "yes")


def test_the_owner_sees_who_declined_and_why_until_they_go_on(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    desk.ben.ok("decline", "--reason", "not my shift")
    desk.ben.ok("-s", desk.code, "note", "Chloé is on shift")
    desk.ana.ok("progress", desk.code, "-o", str(desk.ana.home / "summary.md"))
    declined = re.compile(r"^  Ben Okafor declined \d\d:\d\d: not my shift$", re.MULTILINE)
    for words in (("resume", desk.code), ()):
        assert declined.search(desk.ana.ok(*words).out), words
    desk.ana.ok("-s", desk.code, "note", "Asked Chloé")
    assert "declined" not in desk.ana.ok().out


def test_a_receiver_who_passes_it_on_has_never_accepted_it(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    desk.ben.ok("-s", desk.code, "handoff", CHLOE)
    assert desk.chloe.ok("decline", "--reason", "wrong team").err.endswith("declined; Ana Ruiz owns it again.\n")
    assert desk.history == [
        "Ana Ruiz handed off to Ben Okafor",
        "Ben Okafor handed off to Chloé Martin",
        "Chloé Martin declined: wrong team",
    ]


def test_the_sender_takes_it_back_until_it_is_accepted(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    assert desk.ana.run("list", "--mine").out == ""
    back = desk.ana.ok("handoff", "--cancel")
    assert back.err == f"{desk.code} · A label printer prints nothing · Leeds: handoff taken back.\n"
    assert desk.ana.show()["code"] == desk.code
    desk.ana.ok("handoff", BEN)
    desk.ben.ok("accept")
    assert "You have no handoff that could be taken back" in desk.ana.refused(3, "handoff", "--cancel")
    assert "Ben Okafor was there" in desk.ana.refused(4, "-s", desk.code, "handoff", "--cancel")
    desk.ana.ok("show", desk.code)
    assert "no handoff of yours" in desk.ana.refused(5, "-s", desk.code, "handoff", "--cancel")


def test_of_several_handoffs_the_one_to_take_back_is_named(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    other = desk.ana.start("--title", "The till in Leeds is slow")
    desk.ana.ok("handoff", BEN)
    told = desk.ana.refused(2, "handoff", "--cancel")
    assert other in told
    assert desk.code in told
    desk.ana.ok("-s", other, "handoff", "--cancel")
    assert "takes nothing else" in desk.ana.refused(2, "handoff", BEN, "--cancel")


def test_taking_over_needs_a_reason_that_its_owner_sees(desk: Desk) -> None:
    assert "Say why" in desk.ben.refused(2, "resume", desk.code, "--take")
    desk.ben.ok("resume", desk.code, "--take", "--reason", "Ana's shift is over")
    assert desk.ben.show()["owner"]["name"] == BEN
    assert "Ben Okafor took over: Ana's shift is over" in desk.ana.ok("show", desk.code).out
    assert re.search(r"^  Ben Okafor took it over \d\d:\d\d: Ana's shift is over$", desk.ana.ok().out, re.MULTILINE)
    for somebody in (desk.ben, desk.chloe):
        assert "took it over" not in somebody.ok("-s", desk.code).out
    assert "yours already" in desk.ben.refused(2, "resume", desk.code, "--take", "--reason", "again")
    desk.ben.ok("choose", "yes")


def test_who_had_accepted_a_session_sees_who_took_it_and_who_had_handed_it_over_does_not(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    desk.ben.ok("accept", desk.code)
    desk.chloe.ok("resume", desk.code, "--take", "--reason", "Ben is ill")
    assert "took it over" not in desk.ana.ok("-s", desk.code).out
    assert "Chloé Martin took it over" in desk.ben.ok("-s", desk.code).out
    desk.ben.ok("resume", desk.code, "--take", "--reason", "Back again")
    assert "took it over" not in desk.ben.ok("-s", desk.code).out
    assert "Ben Okafor took it over" in desk.chloe.ok("-s", desk.code).out


def test_who_had_handed_a_session_over_sees_who_took_it_before_it_was_accepted(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    desk.chloe.ok("resume", desk.code, "--take", "--reason", "Ben is ill")
    for former in (desk.ana, desk.ben):
        assert "Chloé Martin took it over" in former.ok("-s", desk.code).out


def test_a_short_name_with_swapped_letters_is_refused_too(desk: Desk) -> None:
    desk.ana.ok("question", "sam", "--new-user", "Which port?")
    assert "Did you mean sam?" in desk.ana.refused(2, "handoff", "sma")
    desk.ana.ok("handoff", "sma", "--new-user")


def test_a_name_that_is_close_to_a_known_one_is_refused_with_that(desk: Desk) -> None:
    assert desk.ana.refused(2, "handoff", "Ben Okofor") == (
        'rflow: "Ben Okofor" does not appear in this store.\n'
        "       Did you mean Ben Okafor? If it is somebody new, add --new-user.\n"
    )
    assert desk.ana.show()["owner"]["name"] == "Ana Ruiz"
    desk.ana.ok("handoff", "Ben Okofor", "--new-user")
    assert desk.ana.show(desk.code)["owner"]["name"] == "Ben Okofor"


def test_a_name_never_seen_is_taken_with_a_word_about_it(desk: Desk) -> None:
    told = desk.ana.ok("handoff", "Wilhelmina").err
    assert f"{desk.code} · A label printer prints nothing · Leeds: handed to Wilhelmina" in told
    assert "Nobody called Wilhelmina has used this store yet. If the name is wrong, take it back." in told
    assert f"rflow -s {desk.code} handoff --cancel" in told
    assert f"rflow export {desk.code} -o {desk.code}.jsonl  (a file, for another machine)" in told


def test_capitals_and_blanks_make_nobody_else(desk: Desk) -> None:
    desk.ana.ok("handoff", "  ben   OKAFOR ")
    assert "Nobody called" not in desk.ana.ok("show", desk.code).err
    desk.ben.ok("accept")
    assert desk.ben.at(user="BEN okafor").ok("choose", "no").code == 0


@pytest.mark.parametrize("words", [("",), (" ",), ("@",), ("Ana Ruiz",), ("ana ruiz",), ()], ids=repr)
def test_a_handoff_needs_somebody_else(words: tuple[str, ...], desk: Desk) -> None:
    desk.ana.refused(2, "handoff", *words)
    assert desk.ana.show()["status"] == "open"


def test_a_queue_is_in_every_inbox_until_somebody_claims_it(desk: Desk) -> None:
    desk.ana.ok("handoff", "@tier2")
    for who in (desk.ben, desk.chloe):
        assert [entry["code"] for entry in who.json("inbox", "--json")] == [desk.code]
        assert "from Ana Ruiz to @tier2" in who.ok("inbox").out
    desk.ben.ok("accept")
    assert desk.chloe.json("inbox", "--json") == []
    assert "Your inbox is empty" in desk.chloe.refused(3, "accept")
    assert "has not been handed to you" in desk.chloe.refused(5, "accept", desk.code)
    assert desk.history[-1] == "Ben Okafor accepted"


def test_with_two_in_the_inbox_the_one_to_accept_is_named(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN)
    other = desk.ana.start("--title", "The till in Leeds is slow")
    desk.ana.ok("handoff", BEN)
    assert "2 sessions in your inbox: rflow inbox" in desk.ben.ok().out
    for words in (("accept",), ("decline", "--reason", "too much")):
        assert "There is more than one session in your inbox" in desk.ben.refused(2, *words)
    desk.ben.ok("accept", other)
    desk.ben.ok("accept")
    assert desk.ben.show()["code"] == desk.code


def test_a_handoff_in_an_unknown_format_is_refused(desk: Desk) -> None:
    desk.ana.refused(2, "handoff", BEN, "-f", "marksdown")
    desk.ana.refused(2, "handoff", BEN, "--copy", RFLOW_REDACT_PATTERNS="(")
    assert desk.ana.show()["owner"]["name"] == "Ana Ruiz"


def test_a_move_on_what_moved_since_is_refused_with_who_and_where(desk: Desk) -> None:
    kitchen = desk.ana.at(terminal="kitchen")
    desk.ana.ok()
    kitchen.ok("-s", desk.code, "choose", "Another lamp")
    before = kitchen.show(desk.code)
    for words in (("choose", "No"), ("back",), ("handoff", BEN), ("close", "--outcome", "resolved")):
        told = desk.ana.refused(4, *words)
        assert told == (
            f"rflow: {desk.code} has moved since you last looked: Ana Ruiz was there. "
            'It stands at "Which lamp is lit?" and belongs to Ana Ruiz.\n'
            f"       Nothing was written. Look again (rflow show {desk.code}), "
            "then repeat your command if it still fits.\n"
        )
    assert kitchen.show(desk.code) == before
    desk.ana.ok()
    desk.ana.ok("choose", "red, blinking")


def test_a_change_of_owner_is_a_conflict_too(desk: Desk) -> None:
    desk.ana.ok()
    desk.ben.ok("resume", desk.code, "--take", "--reason", "I am in Leeds")
    assert "Ben Okafor took it over (I am in Leeds)" in desk.ana.refused(4, "choose", "No")
    desk.ana.ok()
    assert "belongs to Ben Okafor" in desk.ana.refused(5, "choose", "No")


def test_a_closed_session_is_reported_as_closed(desk: Desk) -> None:
    desk.ana.ok()
    desk.ana.at(terminal="kitchen").ok("-s", desk.code, "close", "--outcome", "resolved")
    assert "It is closed now (resolved)." in desk.ana.refused(4, "choose", "No")


@pytest.mark.parametrize(
    "words",
    [
        ("note", "The lamp went out"),
        ("attach", "-"),
        ("run", "--", "true"),
        ("step", "Pulled the plug"),
        ("brief", "--severity", "2"),
        ("change", "Rebooted it", "--revert", "can't be undone"),
        ("wait", "--for", "the vendor"),
        ("amend", ANAS_NOTE, "It prints from nowhere"),
    ],
    ids=" ".join,
)
def test_notes_evidence_and_facts_never_conflict_and_hide_no_conflict(words: tuple[str, ...], desk: Desk) -> None:
    desk.ana.ok()
    desk.ana.at(terminal="kitchen").ok("-s", desk.code, "choose", "Another lamp")
    desk.ana.ok(*words, stdin="pasted")
    desk.ana.refused(4, "choose", "No")


def test_notes_of_others_are_no_move(desk: Desk) -> None:
    desk.ana.ok()
    desk.ben.ok("-s", desk.code, "note", "It did the same in Hull")
    desk.ana.ok("choose", "No")


def test_what_one_did_oneself_needs_no_second_look(desk: Desk) -> None:
    desk.ana.ok("choose", "No")
    desk.ana.ok("back")
    desk.ana.ok("handoff", BEN)
    desk.ana.ok("handoff", "--cancel")
    desk.ana.ok("close", "--outcome", "abandoned")
    desk.ana.ok("-s", desk.code, "reopen")
    desk.ana.ok("choose", "No")
    desk.ben.ok("resume", desk.code, "--take", "--reason", "I am in Leeds")
    desk.ben.ok("back")


def test_a_terminal_that_has_shown_nothing_yet_may_move(desk: Desk) -> None:
    desk.ana.ok("choose", "No")
    desk.ana.at(terminal="never used").ok("-s", desk.code, "back")


def test_a_name_with_an_accent_is_one_person_however_it_is_composed(tmp_path: Path) -> None:
    """macOS and some terminals take an accent apart."""
    composed, apart = "Jos\u00e9", "Jose\u0301"
    jose = Program(tmp_path, user=composed, store=str(tmp_path / "work.db"))
    code = jose.start("--title", "The till is slow")
    jose.at(user=apart, terminal="lab").ok("-s", code, "close", "--outcome", "resolved")
    assert jose.show(code)["status"] == "closed"


def test_taking_over_shows_the_ask_and_the_changes_in_place(desk: Desk) -> None:
    desk.ana.ok("brief", "--ask", "Please restart PostgreSQL")
    desk.ana.ok("change", "Maintenance on", "--revert", "shopctl off")
    desk.ana.ok("handoff", BEN)
    for words in (("inbox",), ("accept", desk.code), (), ("resume", desk.code)):
        shown = desk.ben.ok(*words).out
        assert "  ask: Please restart PostgreSQL\n" in shown, words
        assert re.search(r"  in place #\d+: Set the fallback queue \(revert: lpadmin -d leeds-labels\)\n", shown), words
        assert re.search(r"  in place #\d+: Maintenance on \(revert: shopctl off\)\n", shown), words
        assert "more in place" not in shown
    desk.ben.ok("change", "--reverted", CHANGE)
    desk.ben.ok("brief", "--ask", "")
    shown = desk.ben.ok().out
    assert "Set the fallback queue" not in shown
    assert "ask:" not in shown


def test_up_to_five_changes_in_place_are_named_each_with_its_number_on_a_line(desk: Desk) -> None:
    back = "once the DBA has seen that its backup is whole"
    for host in ("db1", "db2", "db3", "db4"):
        desk.ana.ok("change", f"Replication off on {host}, which has no standby", "--revert", f"on {host}, {back}")
    desk.ana.ok("handoff", BEN)
    for words in (("inbox",), ("accept", desk.code), ("resume", desk.code)):
        lines = desk.ben.ok(*words).out.splitlines()
        places = [place for place, line in enumerate(lines) if "in place #" in line]
        assert len(places) == places[-1] - places[0] + 1 == 5, "no line between them"
        assert f"in place #{CHANGE}: Set the fallback queue (revert: lpadmin -d leeds-labels)" in lines[places[0]]
        for host, place in zip(("db1", "db2", "db3", "db4"), places[1:], strict=True):
            assert re.search(
                rf"in place #\d+: Replication off on {host}.* \(revert: rflow show {desk.code}\)", lines[place]
            )
            assert len(lines[place]) <= 80
    desk.ben.ok("change", "Raised the log level", "--revert", "not known")
    shown = desk.ben.ok().out
    assert "Set the fallback queue" not in shown
    assert f"  and 1 more in place: rflow show {desk.code}\n" in shown


def test_an_ask_of_sixty_words_is_shown_whole(desk: Desk) -> None:
    ask = " ".join(f"address-{number}" for number in range(60))
    desk.ana.ok("brief", "--ask", ask)
    desk.ana.ok("handoff", BEN)
    for words in (("inbox",), ("accept", desk.code), ("resume", desk.code), ()):
        assert f"ask: {ask}" in " ".join(desk.ben.ok(*words).out.split()), words
    desk.ben.ok("brief", "--ask", f"{ask} and more")
    assert "address-59 …" in " ".join(desk.ben.ok().out.split())


def test_taking_over_shows_the_contingencies_of_a_wait(desk: Desk) -> None:
    desk.ana.ok("brief", "--situation", "No labels since 05:40")
    desk.ana.ok("wait", "the vendor", "--until", "2h", "--if", "no call by 09:30", "--then", "call Dave")
    desk.ana.ok("handoff", BEN, "--if", "it smokes", "--then", "pull the plug")
    for words in (("inbox",), ("accept", desk.code), ("resume", desk.code), ()):
        shown = desk.ben.ok(*words).out
        assert re.search(r"waiting until [\d: -]+: the vendor\n +if no call by 09:30: call Dave\n", shown), words
        assert "  if it smokes: pull the plug\n" in shown, words
        assert ("  situation: No labels since 05:40\n" in shown) == (words[:1] in (("accept",), ("resume",))), words


def test_a_sender_with_the_session_back_does_not_see_their_own_handoff(desk: Desk) -> None:
    desk.ana.ok("handoff", BEN, "--if", "it smokes", "--then", "pull the plug")
    assert "it smokes" not in desk.ana.ok("handoff", "--cancel").out


@pytest.mark.parametrize("here", [True, False], ids=["another is current here", "none is"])
def test_a_session_named_for_one_command_stays_another_one(desk: Desk, here: bool) -> None:
    """Else the next note would go to it; where none is current, what was taken back goes on here."""
    ways = {
        ("handoff", "--cancel"): ("handoff", BEN),
        ("undo",): ("handoff", BEN),
        ("reopen",): ("close", "--outcome", "abandoned"),
    }
    for back, away in ways.items():
        desk.ana.ok("resume", desk.code)
        desk.ana.ok(*away)
        current = desk.ana.start("--title", "The till is slow") if here else desk.code
        again = desk.ana.ok("-s", desk.code, *back).out
        assert (f"rflow -s {desk.code} choose NUMBER" in again) is here, back
        assert desk.ana.show()["code"] == current, back


def test_accepting_with_s_leaves_the_current_session(desk: Desk) -> None:
    own = desk.ben.start("--title", "The till is slow")
    desk.ana.ok("handoff", BEN)
    desk.ben.ok("-s", desk.code, "accept")
    assert desk.ben.show()["code"] == own
    desk.ben.ok("-s", desk.code, "handoff", CHLOE)
    desk.chloe.start("--title", "The till is slow")
    desk.chloe.ok("accept", desk.code)
    assert desk.chloe.show()["code"] == desk.code


def test_taking_over_shows_the_warnings_everywhere(desk: Desk) -> None:
    desk.ana.ok("warn", "Do NOT restart the queue before 03:00")
    desk.ana.ok("warn", "an old one")
    desk.ana.ok("warn", "--over", "9")
    desk.ana.ok("handoff", BEN, "--warn", "the night shift prints until 04:00")
    for words in (("inbox",), ("accept", desk.code), ()):
        shown = desk.ben.ok(*words).out
        assert "caution: Do NOT restart the queue before 03:00" in shown
        assert "caution: the night shift prints until 04:00" in shown
        assert "an old one" not in shown


# Somebody else's session


def test_writing_to_a_session_of_somebody_else_names_its_owner(desk: Desk) -> None:
    ben = desk.ben.at(cwd=desk.ana.home)
    assert ben.ok("-s", desk.code, "note", "Dust").err.startswith(
        f"{desk.code} · A label printer prints nothing · Leeds · owner Ana Ruiz: note "
    )
    assert "owner" not in desk.ana.ok("note", "Dust").err
    desk.ana.ok("handoff", BEN)
    assert " · handed to Ben Okafor: step " in desk.chloe.ok("-s", desk.code, "step", "Called the vendor").err
    assert "owner" not in ben.ok("decline", desk.code, "--reason", "not my shift").err


def test_the_next_command_of_the_former_owner_reports_the_takeover(desk: Desk) -> None:
    why = "Ana is off shift; the phones are silent"
    desk.ben.ok("resume", desk.code, "--take", "--reason", why)
    said = rf"{BEN} took it over \d\d:\d\d: {why}"
    assert f"{desk.code} moved elsewhere" in desk.ana.ok("prompt").out
    assert re.search(said, desk.ana.ok("inbox").out)
    for words in (("note", "Dust"), ("step", "Called the vendor")):
        lines = desk.ana.ok(*words).err.splitlines()
        assert re.fullmatch(rf"{said}\. To see where it stands: rflow", lines[1]), lines
    assert f"{BEN} took it over ({why})" in desk.ana.refused(4, "choose", "1")
    assert re.search(said, desk.ana.ok().out)
    assert "took it over" not in desk.ana.ok("note", "Dust").err + desk.ana.ok("inbox").err
    for line in ("choose 1", "wait vendor", "change moved --revert back"):
        assert f"{BEN}, who took it over ({why})" in desk.ana.refused(5, *line.split())
