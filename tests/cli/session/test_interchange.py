"""Sessions taken out and in: the same there as here, extended, or a new one; and nothing of a damaged file."""

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.program import Program
from support.prompts import answer

pytestmark = pytest.mark.slow

SESSIONS = Path(__file__).parents[3] / "examples" / "sessions"
BEN = "Ben Okafor"
ACCEPT = "--accept-ownership"


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana with a session in which much has happened."""
    me = Program(tmp_path).with_tree()
    me.start("label-printer", "--customer", "Leeds", "--ticket", "INC-7")
    me.ok("choose", "green", "--assume", "--reason", "the lamp is covered")
    me.ok("done", "two jobs were stuck")
    me.ok("choose", "another lamp")
    me.ok("back")
    me.ok("note", "It smells of burnt dust")
    me.ok("attach", "-", "--label", "printer.log", stdin=b"lp: error 42\xff\x00")
    me.ok("change", "Set the fallback queue", "--revert", "unset it")
    me.ok("step", "Tried another cable", "--at", "20m")
    return me


@pytest.fixture(params=["sqlite", "json"])
def hull(ana: Program, request: pytest.FixtureRequest) -> Program:
    """Another computer."""
    name = "hull.db" if request.param == "sqlite" else "hull"
    return ana.at(store=str(ana.home / name), user=BEN, terminal="Hull")


def test_a_round_trip_gives_the_same_session_with_its_tree_and_its_evidence(ana: Program, hull: Program) -> None:
    session = ana.show()
    told = hull.ok("import", "-", stdin=ana.ok("export").data).err
    assert told == (
        f"{session['code']} · A label printer prints nothing · Leeds: imported. It belongs to Ana Ruiz.\n"
        f"To continue: rflow resume {session['code']}\n"
    )
    assert hull.show(session["code"]) == session
    evidence = session["evidence"][0]["seq"]
    assert hull.ok("show", session["code"], "--evidence", str(evidence)).data == b"lp: error 42\xff\x00"
    hull.ok("resume", session["code"], "--take", "--reason", "I am in Hull")
    hull.ok("choose", "no")
    assert hull.show()["position"]["node"] == "vendor"
    assert hull.json("tree", "list", "--json") == []
    assert "The store is sound." in hull.ok("store", "check").err
    summary = [me.json("progress", session["code"], "-f", "json") for me in (ana, hull)]
    assert summary[0]["ruled_out"] == summary[1]["ruled_out"][: len(summary[0]["ruled_out"])]


def test_its_export_is_the_same_again(ana: Program, hull: Program) -> None:
    exported = ana.ok("export").data
    hull.ok("import", "-", stdin=exported)
    assert hull.ok("export", ana.show()["code"]).data == exported


def test_importing_it_again_adds_nothing(ana: Program, hull: Program) -> None:
    exported = ana.ok("export").data
    for me in (ana, hull, hull):
        me.ok("import", "-", stdin=exported)
    before = hull.show(ana.show()["code"])
    assert "here already, nothing new." in hull.ok("import", "-", stdin=exported).err
    assert hull.show(before["code"]) == before
    assert len(hull.json("list", "--all", "--json")) == 1


def test_a_session_that_continued_elsewhere_is_extended_here(ana: Program, hull: Program) -> None:
    code = ana.show()["code"]
    ana.ok("handoff", BEN)
    early = ana.ok("export", code).data
    hull.ok("import", "-", stdin=early)
    hull.ok("accept", code, "--read-back", "Nothing prints in Leeds")
    hull.ok("choose", "no")
    hull.ok("attach", "-", stdin="the vendor's answer")
    later = hull.ok("export").data
    assert "added 3 entries by Ben Okafor. It belongs" in ana.ok("import", ACCEPT, "-", stdin=later).err
    assert ana.show(code) == hull.show(code)
    seq = ana.show(code)["evidence"][-1]["seq"]
    assert ana.ok("show", code, "--evidence", str(seq)).out == "the vendor's answer"
    assert "here already, nothing new." in ana.ok("import", "-", stdin=early).err


def test_a_session_that_continued_differently_becomes_a_new_session(ana: Program, hull: Program) -> None:
    code = ana.show()["code"]
    exported = ana.ok("export").data
    hull.ok("import", "-", stdin=exported)
    hull.ok("-s", code, "note", "Seen from Hull")
    ana.ok("note", "Seen from Leeds")
    told = ana.ok("import", "-", stdin=hull.ok("export", code).data).err
    assert "imported as a new session, because it continued differently here." in told
    other = told.split()[0]
    assert other != code
    assert ana.show(code)["notes"][-1]["text"] == "Seen from Leeds"
    assert ana.show(other)["notes"][-1]["text"] == "Seen from Hull"
    assert ana.show(other)["id"] != ana.show(code)["id"]


def test_its_code_is_kept_only_where_it_is_free_and_is_one(ana: Program, hull: Program) -> None:
    code = ana.show()["code"]
    header, rest = ana.ok("export").out.split("\n", 1)
    for fake in ("x; rm -rf ~", "\x1b[2J", "", "K7QM-2F-TOO-LONG", "../../etc"):
        named = json.dumps(json.loads(header) | {"code": fake}, separators=(",", ":"))
        new = hull.ok("import", "-", stdin=f"{named}\n{rest}").err.split()[0]
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{2}", new)
        hull.ok("delete", new, "--yes", "--user", "Ana Ruiz")
    assert hull.ok("import", "-", stdin=f"{header}\n{rest}").err.split()[0] == code


def test_an_id_that_is_none_leads_nowhere(ana: Program, hull: Program) -> None:
    """In a folder of files the id names one: it must not lead out of it."""
    header, rest = ana.ok("export").out.split("\n", 1)
    for fake in ("../../escaped", "", "A" * 36, "019a4711-0000-7000-8000-00000000000G"):
        named = json.dumps(json.loads(header) | {"id": fake}, separators=(",", ":"))
        assert "does not begin with a session's header" in hull.refused(6, "import", "-", stdin=f"{named}\n{rest}")
    assert not list(ana.home.rglob("*escaped*"))


def test_the_contents_of_evidence_may_stay_at_home(ana: Program, hull: Program) -> None:
    session = ana.show()
    exported = ana.ok("export", "--no-evidence")
    assert '"rflow":"blob"' not in exported.out
    hull.ok("import", "-", stdin=exported.data)
    assert hull.show(session["code"]) == session
    seq = str(session["evidence"][0]["seq"])
    hull.refused(3, "show", session["code"], "--evidence", seq)
    hull.ok("progress", session["code"])
    hull.ok("export", session["code"], "--no-evidence")


def test_a_file_and_standard_input_are_the_same(ana: Program, hull: Program) -> None:
    file = ana.home / "session.jsonl"
    ana.ok("export", "-o", str(file), "--overwrite")
    assert file.read_bytes() == ana.ok("export").data
    hull.ok("import", str(file))
    assert "nothing new" in hull.ok("import", "-", stdin=file.read_bytes()).err
    for data in (file.read_bytes().replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + file.read_bytes()):
        assert "nothing new" in hull.ok("import", "-", stdin=data).err


@pytest.mark.parametrize("name", ["postgres-refused.jsonl", "dns-refused.jsonl"])
def test_example_sessions_can_be_imported_and_continued(name: str, hull: Program) -> None:
    code = hull.ok("import", str(SESSIONS / name)).err.split()[0]
    hull.ok("resume", code, "--take", "--reason", "to learn from it")
    hull.ok("note", "Taken over to learn from it")
    assert hull.ok().out.startswith(code)


def test_a_plain_document_becomes_a_session_of_its_importer(hull: Program) -> None:
    code = hull.ok("import", str(SESSIONS / "printer-document.json")).err.split()[0]
    session = hull.show(code)
    assert session["owner"]["name"] == BEN
    assert session["title"] == "Warehouse printer in Leeds prints nothing"
    assert {step["by"]["name"] for step in session["steps"]} == {"Priya", "Dave (warehouse)"}
    assert session["position"]["kind"] in ("decision", "action", "end")
    hull.ok("-s", code, "note", "Taken in")
    again = hull.ok("import", str(SESSIONS / "printer-document.json")).err.split()[0]
    assert again != code


def test_the_least_document_is_a_title(hull: Program) -> None:
    hull.ok("import", "-", stdin='{"title": "The till in Leeds is slow"}')
    told = hull.ok("progress", "-", stdin='{"title": "The till in Leeds is slow"}').out
    assert "The till in Leeds is slow" in told


HEADER = b'{"rflow":"session","format":2,"id":"019a4711-0000-7000-8000-000000000001","code":"K7QM-2F"}'
GARBAGE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "standard input is empty."),
    "blanks": (b" \n\n", "standard input is empty."),
    "a letter": (b"Dear Sir or Madam", "is not a session.\n       A session is a file that rflow export wrote, or"),
    "bytes": (bytes(range(256)), "is not a session."),
    "Latin-1": (b'{"title": "caf\xe9"}', "is not valid JSON: it holds characters that are not UTF-8."),
    "half a document": (b'{"title": "The till", "steps": [', "is not valid JSON: it ends in the middle."),
    "a list": (b"[1, 2]", "is not a session."),
    "another object": (b'{"name": "Ana"}', 'is not a session yet: "title" is missing.'),
    "another type": (b'{"title": 7}', "title should be a text, not a whole number."),
    "a step that is none": (b'{"title": "x", "steps": ["y"]}', "steps, entry 1 should be an object in {}, not a text."),
    "no title": (b'{"title": " "}', "has no title."),
    "a later version": (b'{"title": "x", "version": 2}', "is of version 2; this rflow reads 1."),
    "a time that is none": (
        b'{"title": "x", "started_at": "noon"}',
        "started_at should be a date and time with its offset from UTC, such as 2026-11-28T09:00:00+01:00.",
    ),
    "a time before time": (b'{"title": "x", "started_at": "0001-01-01T00:00:00+14:00"}', "can't be converted to UTC."),
    "a broken tree": (b'{"title": "x", "tree": {"id": "a"}}', "The tree in standard input can't be used."),
    "no such position": (
        b'{"title": "x", "position": "b", "tree": {"id": "a", "title": "A", "start": "c", "nodes": '
        b'{"c": {"text": "End", "outcome": "resolved"}}}}',
        'stands at "b", which is not a node of its tree.',
    ),
    "depth": (b'{"x":' * 20_000, "it is nested too deeply."),
    "a wrong comma": (b'{\n"title": "x",\n}', "is not valid JSON: see line 3."),
    "a tree": (b'{"id": "a", "title": "A", "nodes": {}}', "looks like a tree, not like a session."),
    "a header alone": (HEADER, "holds no session: its first event is missing."),
    "a header of no session": (b'{"rflow":"tree"}', "does not begin with a session's header."),
    "a later format": (HEADER.replace(b"2", b"99", 1), "was written by a newer rflow."),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_file_that_is_not_a_session_is_refused(name: str, ana: Program) -> None:
    data, told = GARBAGE[name]
    nobody = ana.at(store=str(ana.home / "nobody.db"))
    for words in (("import", "-"), ("progress", "-")):
        error = nobody.refused(6, *words, stdin=data)
        assert told in error
    assert not (ana.home / "nobody.db").exists()


def test_the_first_and_the_last_days_there_are_can_be_shown_everywhere(ana: Program) -> None:
    days = [f"{day}T00:00:00{zone}" for day in ("0001-01-01", "9999-12-31") for zone in ("+00:00", "Z")]
    steps = [{"text": "Looked at the clock", "at": day} for day in days]
    document = json.dumps({"title": "The till in Leeds is slow", "steps": steps, "started_at": days[0]})
    code = ana.ok("import", "-", stdin=document).err.split()[0]
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        for words in (("-s", code), ("show", code), ("list",), ("progress", code), ("digest",)):
            ana.at(real=True).ok(*words, TZ=zone)


def test_an_export_that_was_cut_off_is_refused_also_between_two_entries(ana: Program) -> None:
    exported = ana.ok("export").data
    whole, ends = len(exported), [at + 1 for at, letter in enumerate(exported) if letter == 10][:-1]
    for number, end in enumerate([*range(1, whole - 1, max(whole // 60, 1)), *ends]):
        result = ana.at(store=f"memory:cut {number}").run("import", "-", stdin=exported[:end])
        assert result.code == 6, (end, result)
    assert "was cut off: it has 1 of its " in ana.run("progress", "-", stdin=exported[: ends[2]]).err


def test_an_export_with_a_flipped_bit_is_refused_or_what_it_was(ana: Program) -> None:
    exported = ana.ok("export").data
    session = ana.show()
    begin = exported.index(b"\n") + 1  # the header has no checksum: its id and its code are checked for their form
    kinds = {place for kind in re.finditer(rb'\{"rflow":"\w+"', exported) for place in range(*kind.span())}
    refused = 0
    for number, place in enumerate(range(begin, len(exported), (len(exported) - begin) // 150)):
        if place in kinds:  # a line of another kind is passed over: a newer rflow may have written it
            continue
        flipped = bytearray(exported)
        flipped[place] ^= 1 << number % 7
        nobody = ana.at(store=f"memory:flip {number}")
        result = nobody.run("import", "-", stdin=bytes(flipped))
        assert result.code in (0, 6), (place, result)
        refused += result.code == 6
        if result.code == 0:
            assert nobody.show(session["code"]) == session, (place, bytes(flipped[place - 40 : place + 40]))
    assert refused > 140


# Ownership

SAM = "Sam Okafor"


class Shared(NamedTuple):
    """A session of Ana's that Sam has too: `file` holds it with entries that were written at Sam's."""

    ana: Program
    sam: Program
    code: str
    file: Path

    def export(self) -> None:
        """Let Sam write the file anew."""
        self.sam.ok("export", self.code, "-o", str(self.file), "--overwrite")


@pytest.fixture
def shared(ana: Program, hull: Program) -> Shared:
    sam = hull.at(user=SAM)
    shared = Shared(ana, sam, ana.show()["code"], ana.home / "session.jsonl")
    sam.ok("import", "-", stdin=ana.ok("export").data)
    sam.ok("-s", shared.code, "note", "The lamp is green now")
    sam.ok("-s", shared.code, "note", "It prints from the office")
    sam.at(user="Ana Ruiz").ok("-s", shared.code, "note", "Ana sits at Sam's desk")
    return shared


def forged(shared: Shared, *facts: dict[str, Any], by: str = SAM, **fields: Any) -> bytes:
    """The file as somebody might make it by hand: with more entries, by `by`, with these `fields` of their events."""
    shared.export()
    header, *lines = shared.file.read_bytes().splitlines(keepends=True)
    events = [line for line in lines if not line.startswith(b'{"rflow"')]
    last = json.loads(events[-1])
    for number, fact in enumerate(facts, start=1):
        who = {"id": fields.pop("person_id", by.casefold()), "name": by}
        event = {"seq": last["seq"] + number, "at": last["at"], "by": who, "fact": fact} | fields
        lines.append(json.dumps(event).encode() + b"\n")
    data = header + b"".join(lines)
    shared.file.write_bytes(data)
    return data


ME = {"id": "ana ruiz", "name": "Ana Ruiz"}
OWNERSHIP: dict[str, tuple[dict[str, Any], ...]] = {
    "handed off to you by Sam Okafor": ({"type": "handed_off", "to": ME},),
    "reassigned to Mallory by Sam Okafor": (
        {"type": "reassigned", "to": {"id": "mallory", "name": "Mallory"}, "reason": "it is hers"},
    ),
    "took over by Sam Okafor": ({"type": "taken_over", "reason": "it is mine"},),
    "closed as resolved by Sam Okafor": ({"type": "session_closed", "outcome": "resolved"},),
    "reopened by Sam Okafor": (
        {"type": "session_closed", "outcome": "abandoned"},
        {"type": "session_reopened"},
    ),
    "declined (back to you) by Sam Okafor": (
        {"type": "handed_off", "to": {"id": "sam okafor", "name": SAM}},
        {"type": "handoff_declined", "reason": "no time"},
    ),
}


def test_an_import_says_whose_entries_it_adds_and_whose_the_session_is(shared: Shared) -> None:
    shared.export()
    label = f"{shared.code} · A label printer prints nothing · Leeds"
    again = f"To continue: rflow resume {shared.code}\n"
    told = shared.ana.ok("import", str(shared.file)).err
    assert told == f"{label}: added 2 entries by Sam Okafor and 1 by you. It is yours.\n{again}"
    shared.ana.ok("note", "One more")
    shared.ana.ok("export", "-o", str(shared.file), "--overwrite")
    assert "added 1 entry by Ana Ruiz. It belongs to Ana Ruiz." in shared.sam.ok("import", str(shared.file)).err


@pytest.mark.parametrize("what", OWNERSHIP)
def test_an_import_that_changes_owner_or_status_is_refused_until_it_is_accepted(what: str, shared: Shared) -> None:
    data = forged(shared, *OWNERSHIP[what])
    before = shared.ana.ok("export", shared.code).data
    for words, stdin in ((("import", str(shared.file)), b""), (("import", "-"), data)):
        said = shared.ana.refused(5, *words, stdin=stdin)
        assert f"Nothing was imported, because the file changes the owner or status of {shared.code}" in said
        assert (what in said, "--accept-ownership" in said) == (True, True)
    assert shared.ana.ok("export", shared.code).data == before
    shared.ana.ok("import", str(shared.file), "--accept-ownership")
    assert len(shared.ana.show(shared.code)["history"]) == len(OWNERSHIP[what])


def test_a_handoff_to_oneself_in_ones_own_name_is_refused_too(shared: Shared) -> None:
    forged(shared, {"type": "handed_off", "to": {"id": "mallory", "name": "Mallory"}}, by="Ana Ruiz")
    said = shared.ana.refused(5, "import", str(shared.file))
    assert "handed off to Mallory by you" in said
    assert shared.ana.show(shared.code)["owner"]["name"] == "Ana Ruiz"


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")
@pytest.mark.parametrize(("keys", "code", "adds"), [("\n", 2, 0), ("n\n", 2, 0), ("\x04", 130, 0), ("y\n", 0, 4)])
def test_at_a_terminal_an_import_that_changes_the_owner_asks_first(
    keys: str, code: int, adds: int, shared: Shared
) -> None:
    forged(shared, {"type": "taken_over", "reason": "it is mine"})
    before = shared.ana.show(shared.code)["version"]
    ended, screen = answer(shared.ana, ("import", str(shared.file)), keys)
    assert "The file adds 3 entries by Sam Okafor and 1 by you to " in screen
    assert "changes its owner or status: took over by Sam Okafor (entry " in screen
    assert (ended, shared.ana.show(shared.code)["version"] - before) == (code, adds)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")
def test_at_a_terminal_nothing_is_asked_that_was_accepted_or_changes_no_owner(shared: Shared) -> None:
    shared.export()
    assert answer(shared.ana, ("import", str(shared.file)), "")[0] == 0
    forged(shared, {"type": "taken_over", "reason": "it is mine"})
    code, screen = answer(shared.ana, ("import", "--accept-ownership", str(shared.file)), "")
    assert (code, "[y/N]" in screen) == (0, False)


def test_a_session_that_is_not_here_yet_is_imported_with_its_handoffs(shared: Shared) -> None:
    forged(shared, {"type": "handed_off", "to": ME})
    elsewhere = shared.ana.at(store=str(shared.ana.home / "elsewhere.db"))
    assert "imported. Sam Okafor hands it to you." in elsewhere.ok("import", str(shared.file)).err


def test_names_in_a_file_can_not_reach_the_terminal(shared: Shared) -> None:
    forged(shared, {"type": "taken_over", "reason": "x"}, by="Sam\x1b[2J\n\u202eOkafor")
    said = shared.ana.refused(5, "import", str(shared.file))
    assert "\x1b" not in said
    assert len(said.splitlines()) == 2


NOTE = {"type": "note_added", "text": "All is well"}


def test_a_session_that_begins_twice_is_refused_and_keeps_its_owner(shared: Shared) -> None:
    forged(shared, {"type": "session_started", "title": "Mine now", "space": "elsewhere"})
    before = shared.ana.ok("export", shared.code).data
    for words in (("import", str(shared.file)), ("import", "--accept-ownership", str(shared.file))):
        assert "not a whole session" in shared.ana.refused(6, *words)
    assert shared.ana.ok("export", shared.code).data == before


@pytest.mark.parametrize("field", ["at", "happened_at", "until"])
def test_a_time_without_its_offset_is_refused_and_stops_no_list(field: str, shared: Shared) -> None:
    time = {field: "2026-03-01T02:10:00"}
    forged(shared, {"type": "waiting_set"} | time) if field == "until" else forged(shared, NOTE, **time)
    assert "can't be read" in shared.ana.refused(6, "import", str(shared.file))
    shared.ana.start("--title", "Another one")
    assert len(shared.ana.json("list", "--all", "--json")) == 2


@pytest.mark.parametrize("name", ["you", "Ana Ruiz", ""])
def test_two_people_of_one_name_in_a_file_are_shown_with_their_ids(name: str, shared: Shared) -> None:
    forged(shared, NOTE, by=name, person_id="mallory")
    told = shared.ana.ok("import", str(shared.file)).err
    assert f"{name} (id mallory)".removeprefix(" ") in told.replace('"', "")


def test_the_id_of_another_persons_command_does_not_stop_a_command(shared: Shared) -> None:
    forged(shared, NOTE, command_id="nightly-1")
    shared.ana.ok("import", str(shared.file))
    for _ in range(2):
        shared.ana.ok("-s", shared.code, "note", "The lamp is red again", "--command-id", "nightly-1")
    notes = [note["text"] for note in shared.ana.show(shared.code)["notes"]]
    assert notes.count("The lamp is red again") == 1
