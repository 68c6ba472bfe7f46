"""Several programs at once on one store: one move wins, notes never conflict, nothing is lost or done twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.nightly import NIGHTLY
from support.program import Program, Result
from support.stores.kinds import SHARED_KINDS, url_in

pytestmark = pytest.mark.slow

ROUNDS = 20 if NIGHTLY else 2
SECRET = "hunter2-the-password-of-the-till"
Call = Callable[[], Result]


@pytest.fixture(params=SHARED_KINDS)
def ann(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    """Ann at her desk, in real processes, on a store with the label printer's tree."""
    store = url_in(tmp_path, str(request.param))
    return Program(home=tmp_path, user="Ann", terminal="desk", store=store).with_tree().at(real=True)


def here(program: Program) -> Program:
    """The same in this process, which is quicker: for what is not raced."""
    return program.at(real=False)


def at_once(calls: Sequence[Call]) -> list[Result]:
    """Make all calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [call.result() for call in [pool.submit(call) for call in calls]]


def typed(program: Program, *words: str) -> Call:
    """A command to be run."""
    return lambda: program.run(*words)


def codes(results: Sequence[Result]) -> list[int]:
    """The exit codes, sorted."""
    return sorted(result.code for result in results)


def the_loser(results: Sequence[Result], code: int = 4) -> Result:
    """The one that was refused."""
    (loser,) = (result for result in results if result.code == code)
    return loser


def sound(program: Program) -> None:
    """See that the store is clean."""
    here(program).ok("store", "check")


def test_of_two_moves_at_once_one_wins_and_the_other_gets_the_author_and_position(ann: Program) -> None:
    laptop, ben = ann.at(terminal="laptop"), ann.at(user="Ben", terminal="leeds")
    code = here(ann).start()
    for number in range(ROUNDS):
        here(laptop).ok("resume", code)
        here(ann).ok("resume", code)
        moves = [typed(ann, "choose", "#1"), typed(laptop, "choose", "#3")]
        *moved, noted = at_once([*moves, typed(ben, "-s", code, "note", f"the lamp in round {number} is dark")])
        assert (codes(moved), noted.code) == ([0, 4], 0)
        shown = here(ann).show(code)
        assert "Ann was there" in the_loser(moved).err
        assert shown["position"]["text"] in the_loser(moved).err
        assert len([step for step in shown["steps"] if not step["undone"]]) == 1
        assert [note["text"] for note in shown["notes"]] == [
            f"the lamp in round {n} is dark" for n in range(number + 1)
        ]
        here(ann).ok("-s", code, "show")
        here(ann).ok("-s", code, "back")
    sound(ann)


def test_of_two_members_who_take_a_session_over_at_once_one_gets_it(ann: Program) -> None:
    code = here(ann).start()
    both = [ann.at(user=name, terminal=name) for name in ("Ben", "Cleo")]
    for member in both:
        here(member).ok("show", code)
    results = at_once([typed(one, "resume", code, "--take", "--reason", "Ann is off shift") for one in both])
    assert codes(results) == [0, 4]
    owner = here(ann).show(code)["owner"]["name"]
    assert f"took over ({owner})" in the_loser(results).err
    assert f"belongs to {owner}" in the_loser(results).err
    assert [entry["word"] for entry in here(ann).show(code)["history"]] == ["took over"]


def test_of_two_members_who_claim_from_a_queue_at_once_one_gets_it(ann: Program) -> None:
    code = here(ann).start()
    here(ann).ok("handoff", "@tier2")
    both = [ann.at(user=name, terminal=name) for name in ("Ben", "Cleo")]
    results = at_once([typed(one, "accept", code) for one in both])
    assert codes(results) == [0, 5]
    shown = here(ann).show(code)
    assert (shown["owner"]["name"], shown["status"], len(shown["history"])) in (("Ben", "open", 2), ("Cleo", "open", 2))


def test_eight_people_who_write_notes_lose_none_and_none_fails(ann: Program) -> None:
    code, each = here(ann).start(), 25 if NIGHTLY else 5

    def write(name: str) -> list[Result]:
        program = ann.at(user=name, terminal=name)
        return [program.run("note", f"{name} {number}", "-s", code) for number in range(each)]

    names = [f"engineer {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = [result for told in pool.map(write, names) for result in told]
    assert Counter(result.code for result in results) == {0: 8 * each}
    notes = here(ann).show(code)["notes"]
    assert Counter(note["text"] for note in notes) == {f"{name} {n}": 1 for name in names for n in range(each)}
    assert all(note["text"].startswith(note["by"]["name"]) for note in notes)
    said = Counter(word for result in results for word in result.err.split() if word.isdigit())
    assert said == {str(note["seq"]): 1 for note in notes}
    sound(ann)


def test_a_command_sent_again_with_its_id_changes_nothing(ann: Program) -> None:
    program = here(ann)
    code = program.start()
    program.ok("change", "emptied the queue", "--revert", "nothing to revert")
    commands = [
        ("choose", "#1"),
        ("done", "reseated"),
        ("back",),
        ("skip", "--reason", "no ribbon here"),
        ("step", "Asked the shift lead"),
        ("note", "it worked this morning"),
        ("amend", "9", "it worked yesterday"),
        ("attach", "-"),
        ("run", "-c", "echo lost"),
        ("brief", "--ask", "Can you look at the head?"),
        ("change", "unplugged it", "--revert", "plug it in"),
        ("change", "--reverted", "3"),
        ("wait", "--for", "the vendor"),
        ("redact", "9", "--yes"),
        ("enter", "label-printer"),
        ("handoff", "Ben"),
        ("handoff", "--cancel"),
        ("close", "--outcome", "abandoned"),
        ("reopen",),
    ]
    for words in commands:
        told = (words[0], "-s", code, "--command-id", f"id of {' '.join(words)}", *words[1:])
        program.ok(*told, stdin="lpstat: no printer\n")
        once = program.show(code)
        program.ok(*told, stdin="lpstat: no printer\n")
        assert program.show(code) == once, words


def test_a_start_sent_again_with_its_id_is_one_session(ann: Program) -> None:
    for _ in range(2):
        here(ann).ok("start", "--title", "Till 4 is dark", "--command-id", "sent once")
    assert len(here(ann).json("list", "--json")) == 1


@pytest.mark.parametrize("words", [("close", "--outcome", "abandoned"), ("handoff", "Ben")])
def test_what_leaves_a_session_does_not_go_to_another_when_sent_again(ann: Program, words: tuple[str, ...]) -> None:
    other = here(ann).start("--title", "Scales show nothing")
    here(ann).start("--title", "Till 4 is dark")
    here(ann).ok(*words, "--command-id", "sent once")
    here(ann).run(*words, "--command-id", "sent once")
    shown = here(ann).show(other)
    assert (shown["status"], shown["version"]) == ("open", 1)


def test_a_run_sent_again_with_its_id_runs_nothing(ann: Program) -> None:
    here(ann).start()
    for _ in range(2):
        here(ann).ok("run", "--command-id", "sent once", "-c", f"echo ran >> {ann.home}/ran")
    assert (ann.home / "ran").read_text() == "ran\n"


@pytest.mark.parametrize("words", [("note", "the head is worn"), ("choose", "#3")])
def test_a_command_sent_twice_at_once_with_one_id_is_carried_out_once(ann: Program, words: tuple[str, ...]) -> None:
    code = here(ann).start()
    results = at_once([typed(ann, words[0], "-s", code, "--command-id", "sent once", *words[1:])] * 4)
    assert codes(results) == [0] * 4
    shown = here(ann).show(code)
    assert len(shown["notes"]) + len(shown["steps"]) == 1
    assert shown["version"] == 3


def test_an_export_imported_twice_at_once_is_one_session(ann: Program) -> None:
    code, file = here(ann).start(), str(ann.home / "session.jsonl")
    here(ann).ok("note", "the head is worn")
    here(ann).ok("export", code, "-o", file, "--overwrite")
    here(ann).ok("delete", code, "--yes")
    assert codes(at_once([typed(ann, "import", file)] * 3)) == [0] * 3
    assert [head["code"] for head in here(ann).json("list", "--all", "--json")] == [code]
    sound(ann)


def test_programs_that_meet_in_a_new_store_all_succeed(ann: Program) -> None:
    tree, new = str(ann.home / "tree.toml"), ann.at(store=f"{ann.store}_new{'.db' if 'sqlite' in ann.store else ''}")
    starts = [typed(new, "start", "--title", f"Till {number} is dark") for number in range(3)]
    results = at_once([*starts, typed(new, "tree", "add", tree), typed(new, "config", "set", "user.name", "Ann")])
    assert codes(results) == [0] * 5
    titles = sorted(head["title"] for head in here(new).json("list", "--json"))
    assert titles == [f"Till {number} is dark" for number in range(3)]
    sound(new)


def test_a_session_deleted_while_others_write_stays_deleted(ann: Program) -> None:
    code = here(ann).start()
    here(ann).ok("note", SECRET)
    others = [ann.at(user=name, terminal=name) for name in ("Ben", "Cleo", "Dev")]
    writing = [typed(one, "note", "me too", "-s", code) for one in others]
    deleted, *noted = at_once([typed(ann, "delete", code, "--yes"), *writing])
    assert deleted.code in (0, 8)
    assert {result.code for result in noted} <= {0, 3}
    here(ann).refused(3, "show", code)
    sound(ann)
    assert [file.name for file in ann.home.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()] == []


def test_a_secret_removed_while_others_write_is_gone_and_their_notes_are_not(ann: Program) -> None:
    code = here(ann).start()
    here(ann).ok("note", SECRET)
    others = [ann.at(user=name, terminal=name) for name in ("Ben", "Cleo", "Dev")]
    writing = [typed(one, "note", f"{one.user} too", "-s", code) for one in others]
    redacted, *noted = at_once([typed(ann, "redact", "3", "--yes"), *writing])
    assert (redacted.code in (0, 8), codes(noted)) == (True, [0] * 3)
    sound(ann)
    texts = Counter(note["text"] for note in here(ann).show(code)["notes"])
    assert texts == {"[removed]": 1, "Ben too": 1, "Cleo too": 1, "Dev too": 1}
    assert [file.name for file in ann.home.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()] == []
