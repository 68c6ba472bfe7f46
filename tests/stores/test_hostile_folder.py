"""A folder store that came from somebody else: nothing outside is read or changed, and the other sessions go on."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import cycle

import pytest

from rflow.stores.folder import safe_files
from support.program import Result
from support.stores.faults import quick_folder
from support.stores.hostile_folder import KINDS, PLACES, SECRET, Night, begun, cases, copied, note, put, state

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="links, FIFOs and sockets of POSIX"),
    pytest.mark.slow,
    pytest.mark.timeout(120),  # Nothing may hang.
]
Words = tuple[str, ...]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A store as rflow made it."""
    for folder in quick_folder(tmp_path_factory):
        yield begun(folder)


@pytest.fixture
def night(sound: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The same store, to be tampered with."""
    for folder in quick_folder(tmp_path_factory):
        yield copied(sound, folder)


def reading(night: Night) -> list[Words]:
    """Commands that read the other session."""
    return [("list",), ("show", night.other), ("progress", night.other), ("export", night.other), ()]


def writing(night: Night) -> list[Words]:
    """Commands that write to the other session, or make a new one."""
    other = night.other
    return [
        ("note", "-s", other, "the guest network again"),
        ("attach", "-s", other, "-"),
        ("share", "create", "-s", other),
        ("share", "list"),
        ("tree", "list"),
        ("tree", "add", str(night.program.home / "second.toml")),
        ("start", "--title", "Till 4 is dark"),
        ("digest", "--all"),
        ("store", "info"),
        ("redact", "-s", other, "2", "--yes"),
        ("delete", other, "--yes"),
    ]


def of_the_victim(night: Night) -> list[Words]:
    """Commands on the session whose files were tampered with."""
    victim = night.victim
    return [
        ("show", victim),
        ("show", victim, "--evidence", "3"),
        ("note", "-s", victim, "blinking"),
        ("choose", "-s", victim, "green"),
        ("attach", "-s", victim, "-"),
        ("export", victim),
        ("progress", victim),
        ("share", "create", "-s", victim),
        ("delete", victim, "--yes"),
    ]


def stopped(night: Night, place: str, odd: str) -> list[Words]:
    """Return the commands that need the place itself, and so may be refused."""
    everything = [*reading(night), *writing(night)]
    makes = ("tree add", "redact", "delete", "note", "attach", "start", "share create")
    writes = [words for words in everything if " ".join(words).startswith(makes)]
    sessions = [
        words for words in everything if words[:2] not in [("tree", "list"), ("tree", "add"), ("share", "list")]
    ]
    trees = [words for words in everything if words[:1] == ("tree",)]
    return {
        "the format": everything,
        "the lock": writes,
        "the draft": writes if odd == "a folder" else [],
        "the removals": [words for words in writes if words[:1] and words[0] in ("redact", "delete")],
        "all sessions": sessions,
        "all trees": [*trees, ("store", "info")],
        "the trees' names": trees,
        "all links": [words for words in everything if words[:1] and words[0] in ("share", "delete")],
        "all contents": [words for words in everything if words[:1] and words[0] in ("attach", "redact", "delete")],
    }.get(place, [])


def run(night: Night, words: Words) -> Result:
    """Run a command that may be refused, but not hang, crash, or show what is outside."""
    result = night.program.run(*words, stdin="lpstat\n" * 800)
    assert result.code in (0, 2, 3, 5, 8), (words, result)
    assert SECRET not in result.out + result.err, words
    return result


def check_others(night: Night, place: str, odd: str) -> None:
    may_stop = stopped(night, place, odd)
    for words in [*reading(night), *writing(night)]:
        result = run(night, words)
        assert result.code == 0 or words in may_stop, (words, result)


def check_copies(night: Night, place: str) -> None:
    """A backup and a copy hold the other session, and nothing from outside."""
    home = night.program.home
    for words in (("store", "backup", str(home / "saved")), ("store", "copy", str(night.store), str(home / "copy.db"))):
        run(night, words)
        path = home / ("saved" if words[1] == "backup" else "copy.db")
        if place not in ("the format", "all sessions"):
            assert night.program.at(store=str(path)).show(night.other)["title"] == "VPN drops every hour", words
        for file in [path, *path.rglob("*")] if path.exists() else ():
            assert not file.is_symlink()
            assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(("place", "odd"), cases(), ids=str)
def test_nothing_outside_a_hostile_store_is_touched_and_other_sessions_go_on(
    night: Night, place: str, odd: str
) -> None:
    check_all(night, place, odd)


@pytest.mark.parametrize("odd", ["a link to a file outside", "a link to a folder outside", "a FIFO"])
@pytest.mark.parametrize("place", PLACES)
def test_the_same_holds_where_the_system_opens_no_file_relative_to_a_folder(
    night: Night, place: str, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_files, "BY_DESCRIPTOR", False)
    monkeypatch.setattr(safe_files, "_SAFE", 0)
    check_all(night, place, odd)


def check_all(night: Night, place: str, odd: str) -> None:
    """Put an oddity into a place, run every command, and look at what is outside."""
    put(night, place, odd)
    before = state(night.outside)
    check_copies(night, place)
    said = run(night, ("store", "check"))
    text = said.out + said.err
    assert (said.code, SHOWN.get(place, "") in text) == (8, True), said
    assert KINDS.get(odd, "a plain file") in text, said
    for words in of_the_victim(night)[:-1]:
        run(night, words)
    check_others(night, place, odd)
    run(night, of_the_victim(night)[-1])
    assert state(night.outside) == before


INSTALLED = list(zip(PLACES, cycle(["a link to a file outside", "a FIFO", "a link to /dev/zero"]), strict=False))


@pytest.mark.parametrize(("place", "odd"), INSTALLED, ids=str)
def test_the_installed_program_neither_hangs_nor_reads_elsewhere(night: Night, place: str, odd: str) -> None:
    put(night, place, odd)
    before = state(night.outside)
    installed = night._replace(program=night.program.at(real=True))
    said = run(installed, ("store", "check"))
    assert (said.code, KINDS[odd] in said.out + said.err) == (8, True), said
    for words in [*reading(night)[:2], *writing(night)[:1]]:
        assert run(installed, words).code == 0 or words in stopped(night, place, odd), words
    for words in of_the_victim(night)[:3]:
        run(installed, words)
    assert state(night.outside) == before


def test_a_file_that_has_a_second_name_outside_is_not_changed_there(night: Night) -> None:
    session, views = night.place("a session"), night.place("a link's views")
    os.link(session, night.outside / "same")
    views.write_bytes(b"")
    os.link(views, night.outside / "same views")
    before = state(night.outside)
    for words in (("note", "-s", night.victim, "blinking"), ("choose", "-s", night.victim, "green")):
        night.program.ok(*words)
    assert night.program.show(night.victim)["notes"][-1]["text"] == "blinking"
    night.program.ok("store", "check")
    assert state(night.outside) == before


@pytest.mark.parametrize("place", ["a session", "a tree", "a link", "a link's views", "a content"])
def test_an_unreadable_file_stops_no_other_session(night: Night, place: str) -> None:
    path = night.place(place)
    path.touch()
    path.chmod(0)
    bound = night._replace(program=night.program.with_limited_permissions())
    check_copies(bound, place)
    for words in [*reading(bound)[:2], *writing(bound)[:5]]:
        assert run(bound, words).code == 0, words
    if place != "a link's views":
        assert run(bound, ("store", "check")).code == 8


NAMES = [
    b"\x1b[2J\x1b]0;gone\x07.019a4711-0000-7000-8000-000000000001.jsonl",
    b"K7QM-2F%1b.019a4711-0000-7000-8000-000000000002.jsonl",
    b"$(touch pwned).019a4711-0000-7000-8000-000000000003.jsonl",
    b"K7QM-2F.two\nerror: lines.jsonl",
    b"\xff\xfe.019a4711-0000-7000-8000-000000000004.jsonl",
    "\u202egpj.jsonl".encode(),
    b"CON.jsonl.json",
    b"%2e%2e%2foutside.jsonl",
]


@pytest.mark.parametrize("folder", ["sessions", "trees", "blobs", "a session's contents"])
def test_hostile_file_names_reach_no_terminal(night: Night, folder: str) -> None:
    place = night.store / folder if "'" not in folder else night.place(folder)
    for name in NAMES:
        (place / os.fsdecode(name)).write_bytes(night.place("a session").read_bytes())
    json = night.program.run("store", "check", "--json").json
    assert len([fault for fault in json if fault["where"].isprintable()]) == len(json) > 0
    for words in [*reading(night), *writing(night)[:-2], ("store", "check"), ("list", "--all", "--json")]:
        result = run(night, words)
        said = result.out + result.err
        assert not any(sign in said for sign in ("\x1b[2J", "\x07", "\u202e", "\udcff", "\nerror: lines"))
        assert words == ("store", "check") or "$(touch" not in said  # Only a check names what it does not read.
        assert result.code == 0 or words == ("store", "check")
    check_copies(night, folder)


def test_a_name_in_the_store_leads_nowhere_outside(night: Night) -> None:
    outside = "../../outside/diary"
    session = night.place("a session")
    session.write_bytes(session.read_bytes().replace(night.place("a content").name.encode(), outside.encode()))
    share = night.place("a link")
    share.write_bytes(share.read_bytes().replace(share.stem.encode(), outside.encode()))
    names = night.place("the trees' names")
    names.write_bytes(names.read_bytes().replace(night.place("a tree").stem.encode(), outside.encode()))
    (night.store / ".forget").write_text(f"{outside}\n../outside\n*\n")
    before = state(night.outside)
    for words in [("store", "check"), ("start", "label-printer"), ("share", "list"), *of_the_victim(night)]:
        run(night, words)
    check_copies(night, "a name")
    check_others(night, "all trees", "")
    assert state(night.outside) == before


@pytest.mark.parametrize(
    ("place", "odd"),
    [
        ("a session", "a link to a file outside"),
        ("the trees' names", "a link to a file outside"),
        ("all sessions", "a link to a folder outside"),
        ("all trees", "a link to a folder outside"),
        ("a session", "a FIFO"),
        ("the trees' names", "a FIFO"),
        ("a tree", "a FIFO"),
    ],
)
def test_an_upgrade_of_a_hostile_store_reads_and_writes_nothing_elsewhere(night: Night, place: str, odd: str) -> None:
    (night.store / "rflow.json").write_text('{"rflow":"store","format":1}')
    night.place("a session").write_bytes(night.place("a session").read_bytes().replace(b'"format":2', b'"format":1', 1))
    put(night, place, odd)
    before = state(night.outside)
    for words in [("list",), ("show", night.victim), ("store", "check")]:
        run(night, words)
    assert state(night.outside) == before


NESTED = b'{"a":' * 500_000
NONSENSE = [("a session", b"\n" * 3_000_000), ("the trees' names", NESTED), ("a link", NESTED)]


@pytest.mark.parametrize(("place", "content"), NONSENSE, ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_of_nonsense_is_damage_and_no_crash(night: Night, place: str, content: bytes) -> None:
    night.place(place).write_bytes(content)
    for words in [("store", "check"), *of_the_victim(night)]:
        run(night, words)
    for words in reading(night):
        assert run(night, words).code == 0, words


def test_a_tree_of_nonsense_with_the_right_digest_is_damage_and_no_crash(night: Night) -> None:
    tree, names = night.place("a tree"), night.place("the trees' names")
    digest = sha256(NESTED).hexdigest()
    (tree.parent / f"{digest}.json").write_bytes(NESTED)
    names.write_text(names.read_text().replace(tree.stem, digest))
    for words in [("start", "label-printer"), ("tree", "show", "label-printer"), ("store", "check")]:
        assert run(night, words).code == 8


def test_numbers_that_run_ahead_do_not_stand_for_millions_of_entries(night: Night) -> None:
    with night.place("a session").open("a") as session:
        session.writelines(note(number * 900, "x") for number in range(1, 3000))
    assert len(night.program.show(night.victim)["notes"]) <= 1
    events = run(night, ("export", night.victim)).out.count("\n")
    assert events < 10_000


def test_a_long_list_of_removals_delays_no_command(night: Night) -> None:
    night.place("the removals").write_text("".join(f"{number}\n" for number in range(500_000)))
    assert "A removal was interrupted earlier. It is finished now." in run(night, ("store", "check")).out
    assert not night.place("the removals").exists()


def test_a_time_without_its_offset_is_damage_and_stops_no_list(night: Night) -> None:
    for place, field in (("a session", "at"), ("the trees' names", "added_at"), ("a link", "created_at")):
        file = night.place(place)
        text, count = re.subn(rf'("{field}":\s*"[^"]*?)Z"', r'\1"', file.read_text())
        assert count, place
        file.write_text(re.sub(r',"sum":"[0-9a-f]{8}"', "", text))
    for words in [("list", "--all"), ("digest",), ("share", "list"), ("inbox",)]:
        assert run(night, words).code == 0, words
    assert run(night, ("store", "check")).code == 8


SHOWN = {
    "the format": "rflow.json",
    "git's rules": ".gitignore",
    "the lock": ".lock",
    "the draft": ".draft",
    "the removals": ".forget",
    "a session": ".jsonl",
    "a torn line": ".torn",
    "all sessions": "sessions",
    "a tree": "trees/",
    "the trees' names": "trees/names.json",
    "all trees": "trees",
    "a link": "shares/",
    "a link's views": ".views.jsonl",
    "all links": "shares",
    "a content": "blobs/",
    "a session's contents": "blobs/",
    "all contents": "blobs",
}
"""How a check names each place."""
