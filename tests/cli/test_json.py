"""What programs read: the JSON of docs/commands.md, with its names and its types."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rflow.formats import FORMATS
from rflow.settings import SETTINGS
from support.program import Program

BEN = "Ben Okafor"
PERSON = {"id": str, "name": str}
TREE = {"id": str, "title": str, "digest": str}
PLACE = {"node": str, "kind": str, "text": str}


class Maybe:
    """What may be null."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def fits(value: Any, shape: Any, where: str = "it") -> None:
    """Assert that JSON has a shape: a type, a dict of just these names, a list of one shape, a Maybe, or a pattern."""
    match shape:
        case Maybe():
            if value is not None:
                fits(value, shape.shape, where)
        case dict():
            assert isinstance(value, dict), where
            assert sorted(value) == sorted(shape), where
            for name, inner in shape.items():
                fits(value[name], inner, f"{where}.{name}")
        case [inner]:
            assert isinstance(value, list), where
            for number, item in enumerate(value):
                fits(item, inner, f"{where}[{number}]")
        case re.Pattern():
            assert isinstance(value, str), where
            assert shape.fullmatch(value), (where, value)
        case _:
            assert type(value) is shape or (shape is float and type(value) is int), (where, value)


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ENTRY = {"seq": int, "at": TIME, "by": PERSON}
STEP = ENTRY | {
    **dict.fromkeys(("kind", "text", "result", "node", "to", "tree", "reason", "short"), str),
    **dict.fromkeys(("assumed", "amended", "undone"), bool),
    "settled": Maybe(str),
}
NOTE = ENTRY | {
    **dict.fromkeys(("text", "kind", "short"), str),
    **dict.fromkeys(("amended", "undone"), bool),
    "on": int,
    "settled": Maybe(str),
}
CHANGE = ENTRY | {
    **dict.fromkeys(("text", "revert", "reverted_note", "short", "short_revert"), str),
    **dict.fromkeys(("reverted", "amended", "revert_amended", "undone"), bool),
    "reverted_at": Maybe(TIME),
    "reverted_by": Maybe(PERSON),
    "reverted_seq": int,
}
QUESTION = ENTRY | {"to": PERSON, "text": str, "replies": [ENTRY | {"text": str}], "amended": bool, "undone": bool}
FLAG = ENTRY | {"node": str, "digest": str, "text": str, "amended": bool, "undone": bool}
HERE = {
    "since": TIME,
    "limit": Maybe(str),
    "past_limit": bool,
    "flags": [ENTRY | {"node": str, "text": str, "session": str, "digest": str}],
    "changed": [str],
}
WAIT = {"seq": int, "for": str, "until": Maybe(TIME), "by": PERSON, "short": str}
OWNERSHIP = ENTRY | {
    "word": str,
    "to": Maybe(PERSON),
    "text": str,
    "warnings": [str],
    "contingencies": [{"condition": str, "action": str}],
    "undone": bool,
    "warnings_over": Maybe(str),
}
EVIDENCE = ENTRY | {
    **dict.fromkeys(("kind", "label", "excerpt", "digest", "media_type", "command", "host", "cwd", "origin"), str),
    **dict.fromkeys(("bytes_total", "bytes_kept", "left_out", "on"), int),
    **dict.fromkeys(("amended", "undone"), bool),
    "exit_code": Maybe(int),
    "duration": Maybe(float),
    "started_at": Maybe(TIME),
}
SESSION = {
    "id": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "code": re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}"),
    "title": str,
    "status": re.compile("open|handed_off|closed"),
    "owner": PERSON,
    "version": int,
    "brief": dict.fromkeys(("ticket", "customer", "severity", "situation", "impact", "ask", "hypothesis"), Maybe(str)),
    "started_at": TIME,
    "updated_at": TIME,
    "tree": Maybe(TREE),
    "position": Maybe(PLACE | {"choices": [str]} | HERE),
    "steps": [STEP],
    "notes": [NOTE],
    "evidence": [EVIDENCE],
    "changes": [CHANGE],
    "questions": [QUESTION],
    "flags": [FLAG],
    "pins": [int],
    "waiting": [WAIT],
    "past_waits": [WAIT | {"over_seq": int, "over_at": Maybe(TIME), "over_by": Maybe(PERSON), "undone": bool}],
    "handoff": Maybe({"seq": int, "sender": PERSON, "to": PERSON, "note": str, "at": TIME}),
    "history": [OWNERSHIP],
    "closing": Maybe({"seq": int, "outcome": str, "summary": str, "at": TIME, "by": PERSON}),
}
HEAD = {
    **{name: SESSION[name] for name in ("id", "code", "title", "status", "owner", "version", "started_at")},
    **{name: SESSION[name] for name in ("updated_at", "tree")},
    "waiting": Maybe({"for": str, "until": Maybe(TIME)}),
    **dict.fromkeys(("ticket", "customer", "severity"), Maybe(str)),
    "position": Maybe(PLACE),
    "handed_off_by": Maybe(PERSON),
    **dict.fromkeys(("steps", "notes", "evidence"), int),
}


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path).with_tree()


def full(ana: Program) -> str:
    """A session in which everything has happened."""
    code = ana.start("label-printer", "--customer", "Leeds", "--ticket", "INC-7", "--severity", "2")
    ana.ok("choose", "green", "--assume", "--reason", "the lamp is covered")
    ana.ok("skip", "--reason", "nobody is there")
    ana.ok("back")
    ana.ok("done", "two jobs were stuck")
    ana.ok("step", "Tried another cable", "--result", "no change", "--at", "20m")
    ana.ok("enter", "label-printer")
    ana.ok("note", "It smells of burnt dust")
    ana.ok("attach", "-", stdin="lp: error 42")
    ana.ok("run", "--", "true")
    ana.ok("brief", "--ask", "Can you drive to Leeds?")
    ana.ok("change", "Set the fallback queue", "--revert", "unset it")
    ana.ok("change", "Rebooted it", "--revert", "can't be reverted")
    ana.ok("undo", "--reverted")
    ana.ok("assume", "The head is worn", "--pin")
    ana.ok("question", BEN, "Is it the same in Hull?")
    ana.ok("reply", "18", "No")
    ana.ok("flag", "Amber is missing")
    ana.ok("wait", "--for", "the network team")
    ana.ok("wait", "--over")
    ana.ok("wait", "--for", "the courier")
    ana.ok("undo")
    ana.ok("wait", "--for", "the vendor", "--until", "2h")
    return code


def test_show_has_a_session_with_everything_in_it(ana: Program) -> None:
    code = full(ana)
    session = ana.show()
    fits(session, SESSION)
    assert session["code"] == code
    assert [step["kind"] for step in session["steps"]] == ["choice", "skipped", "action", "own", "tree"]
    assert session["position"]["choices"] == ["Red, steady", "Red, blinking", "Green"]
    assert [wait["for"] for wait in session["waiting"]] == ["the vendor"]
    past = [(wait["for"], wait["over_seq"] - wait["seq"], wait["undone"]) for wait in session["past_waits"]]
    assert past == [("the network team", 1, False), ("the courier", -session["past_waits"][1]["seq"], True)]
    ana.ok("handoff", BEN, "--note", "The courier comes at five", "--if", "it hums", "--then", "unplug it")
    fits(ana.show(code), SESSION)
    assert ana.show(code)["handoff"]["to"]["name"] == BEN
    ben = ana.at(user=BEN)
    fits(ben.json("resume", code, "--json"), SESSION)
    ben.ok("-s", code, "close", "--outcome", "resolved", "--summary", "A new print head")
    fits(ana.show(code), SESSION)
    assert ana.show(code)["closing"]["outcome"] == "resolved"


def test_start_has_one_too_in_a_tree_or_free(ana: Program) -> None:
    fits(ana.json("start", "label-printer", "--json"), SESSION)
    free = ana.json("start", "--title", "The till in Leeds is slow", "--json")
    fits(free, SESSION)
    assert (free["tree"], free["position"], free["steps"]) == (None, None, [])


def test_list_and_inbox_have_arrays_of_sessions_with_counts(ana: Program) -> None:
    assert ana.json("list", "--json") == ana.json("inbox", "--json") == []
    code = full(ana)
    ana.ok("handoff", BEN)
    ana.start("--title", "The till in Leeds is slow")
    listed = ana.json("list", "--json")
    fits(listed, [HEAD])
    waiting = ana.at(user=BEN).json("inbox", "--json")
    fits(waiting, [HEAD])
    assert [entry["code"] for entry in waiting] == [code]
    assert waiting[0] == listed[1]
    assert (waiting[0]["steps"], waiting[0]["notes"], waiting[0]["evidence"]) == (4, 2, 2)
    assert waiting[0]["handed_off_by"]["name"] == "Ana Ruiz"
    assert waiting == ana.at(user=BEN).json("list", "--inbox", "--json")


def test_search_has_what_a_list_has_and_the_texts_that_match(ana: Program) -> None:
    code = full(ana)
    ana.ok("close", "--outcome", "escalated", "--summary", "The vendor sends a new head")
    closed = ana.json("search", "burnt", "--json")
    match = {"entry": int, "what": str, "text": str, "marks": [[int]]}
    fits(closed, [{**HEAD, "outcome": Maybe(str), "summary": Maybe(str), "matches": [match], "more_matches": int}])
    assert (closed[0]["code"], closed[0]["outcome"]) == (code, "escalated")
    listed = ana.json("list", "--all", "--json")
    assert {name: closed[0][name] for name in HEAD} == listed[0]


def test_list_narrows_down(ana: Program) -> None:
    labels = full(ana)
    till = ana.start("--title", "The till in Leeds is slow", "--customer", "Leeds till")
    closed = ana.start("--title", "The door")
    ana.ok("close", "--outcome", "abandoned")
    bens = ana.at(user=BEN).start("--title", "The lift")

    def listed(*words: str) -> set[str]:
        return {entry["code"] for entry in ana.json("list", *words, "--json")}

    assert listed() == listed("--open") == listed("--open", "--all") == {labels, till, bens}
    assert listed("--all") == {labels, till, bens, closed}
    assert listed("--mine") == {labels, till}
    assert listed("--mine", "--all") == {labels, till, closed}
    assert listed("--owner", "ben okafor") == {bens}
    assert listed("--customer", "LEEDS") == listed("--ticket", "inc-7") == listed("--tree", "label-printer") == {labels}
    assert listed("--stale", "1m") == set()
    assert len(listed("--limit", "2")) == 2
    assert ana.ok("list", "--limit", "2").err == "There are more sessions; to see more: --limit 8\n"


def test_trees_formats_the_store_and_settings_as_json(ana: Program) -> None:
    full(ana)
    trees = ana.json("tree", "list", "--json")
    fits(trees, [TREE | {"nodes": int, "added_at": TIME}])
    assert [tree["id"] for tree in trees] == ["label-printer"]
    formats = ana.json("format", "list", "--json")
    fits(formats, [{"name": str, "description": str, "media_type": str, "from": str, "path": Maybe(str)}])
    assert [entry["name"] for entry in formats] == list(FORMATS)
    told = ana.json("store", "info", "--json")
    fits(
        told,
        {
            **dict.fromkeys(("url", "kind"), str),
            **dict.fromkeys(("format", "records", "sessions", "events", "trees", "blobs", "size", "search"), int),
        },
    )
    assert (told["kind"], told["sessions"], told["trees"], told["blobs"]) == ("sqlite", 1, 1, 2)
    assert ana.json("store", "check", "--json") == []
    values = ana.json("config", "list", "--json")
    assert [entry["name"] for entry in values] == list(SETTINGS)
    for entry in values:
        fits(entry["origin"], re.compile("flag|environment|file|default"))
        assert isinstance(entry["value"], list if SETTINGS[entry["name"]].many else str)


def test_an_empty_store_has_empty_arrays(tmp_path: Path) -> None:
    nobody = Program(tmp_path)
    assert nobody.json("tree", "list", "--json") == nobody.json("list", "--all", "--json") == []
    assert nobody.json("store", "info", "--json")["sessions"] == 0


def test_progress_as_json_has_its_documented_names(ana: Program) -> None:
    code = full(ana)
    told = ana.json("progress", "-f", "json")
    assert list(told)[:2] == ["schema_version", "session"]
    documented = "schema_version session ask position remaining tried ruled_out ahead notes evidence redacted"
    more = "situation impact hypothesis changes waiting resume"
    assert {*documented.split(), *more.split()} <= set(told)
    assert told["session"]["code"] == code
    assert told["ask"] == "Can you drive to Leeds?"
    assert told["position"]["choices"] == ["Red, steady", "Red, blinking", "Green"]
    assert [step["number"] for step in told["tried"]] == [1, 2, 3, 4, 5]
    assert told["tried"][0]["text"] == "Tried another cable"  # it was 20 minutes ago
    for name in ("tried", "ruled_out", "ahead", "notes", "evidence", "changes"):
        assert isinstance(told[name], list), name
    assert told["redacted"] == 0
    assert told["resume"]["command"] == f"rflow resume {code}"
    for stamp in (told["session"]["as_of"], told["session"]["started_at"], told["waiting"][0]["until"]):
        assert datetime.fromisoformat(stamp).tzinfo is not None


def test_the_most_steps_that_remain_are_null_where_a_loop_is_ahead(ana: Program) -> None:
    ana.start()
    assert ana.json("progress", "-f", "json")["remaining"] == {
        "fewest": 1,
        "most": None,
        "loops": True,
        "ends": ["Send the printer in: its head is broken", "It prints again", "Call the vendor"],
    }
    ana.ok("choose", "2")
    assert ana.json("progress", "-f", "json")["remaining"]["most"] == 0
    ana.ok("tree", "add", "--examples")
    ana.start("printer-offline")
    remaining = ana.json("progress", "-f", "json")["remaining"]
    assert (remaining["fewest"], remaining["most"], remaining["loops"]) == (2, 7, False)
    ana.start("--title", "The till in Leeds is slow")
    assert ana.json("progress", "-f", "json")["remaining"] is None


def test_a_digest_as_json(ana: Program) -> None:
    code = full(ana)
    told = ana.json("digest", "-f", "json")
    assert (told["schema_version"], told["kind"], told["of"]) == (2, "digest", "Ana Ruiz")
    assert [entry["code"] for entry in told["sessions"]] == [code]
    assert ana.json("digest", "--all", "-f", "json")["of"] is None


def test_what_is_read_by_programs_has_no_colours_even_where_they_are_wanted(ana: Program) -> None:
    full(ana)
    for words in (("show", "--json"), ("list", "--json"), ("progress", "-f", "json"), ()):
        assert "\x1b" not in ana.ok(*words, FORCE_COLOR="1", CLICOLOR_FORCE="1").out
