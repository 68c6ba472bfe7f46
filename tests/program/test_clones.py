"""A folder store in two places at once: two clones that git merges, and folders that a program keeps in sync."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.needs import need
from support.program import Program
from support.web.server import serving

SYNCED = {
    "OneDrive": "{stem}-DESKTOP-4F2K7.jsonl",
    "Dropbox": "{stem} (Ana's conflicted copy 2026-11-29).jsonl",
    "Syncthing": "{stem}.sync-conflict-20261129-101112-ABCDEFG.jsonl",
    "a file manager": "{stem} (1).jsonl",
}


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, as somebody who never configured it."""
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main")
    need("git")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=False)


def committed(person: Program) -> Path:
    folder = Path(person.store.removeprefix("json:"))
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "work")
    return folder


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana's folder store with a session in a tree, under git."""
    me = Program(tmp_path / "ana").at(store=f"json:{tmp_path}/ana/store")
    me.home.mkdir()
    me.with_tree().start()
    me.ok("note", "The lamp was green this morning")
    git(tmp_path / "ana" / "store", "init")
    committed(me)
    return me


def cloned(ana: Program, tmp_path: Path) -> Program:
    git(tmp_path, "clone", str(tmp_path / "ana" / "store"), str(tmp_path / "ben" / "store"))
    return Program(tmp_path / "ben", user="Ana Ruiz", terminal="lab", store=f"json:{tmp_path}/ben/store")


def pulled(ana: Program, ben: Program) -> str:
    """Commit both clones, and pull Ben's into Ana's; return what git said."""
    folder = committed(ana)
    return git(folder, "pull", "--no-rebase", str(committed(ben)), "HEAD").stdout


def texts(person: Program) -> list[str]:
    return [note["text"] for note in person.show(code(person))["notes"]]


def code(person: Program) -> str:
    (found,) = person.json("list", "--all", "--json")
    return str(found["code"])


def test_both_sides_of_a_merge_are_shown_named_and_put_together(ana: Program, tmp_path: Path) -> None:
    ben = cloned(ana, tmp_path)
    ana.ok("note", "Ribbon from the new box")
    ben.ok("-s", code(ben), "note", "Queue is empty")
    assert "CONFLICT" in pulled(ana, ben)
    shown = ana.ok("show", code(ana))
    assert "Ribbon from the new box" in shown.out
    assert "Queue is empty" in shown.out
    assert "conflict markers" in shown.err
    assert "rflow store merge" in ana.refused(5, "-s", code(ana), "note", "One more")
    check = ana.run("store", "check")
    assert check.code == 8
    assert "rflow store merge" in check.out
    assert "1 entry added" in ana.ok("store", "merge").out
    assert "The store is sound." in ana.ok("store", "check").err
    assert texts(ana) == ["The lamp was green this morning", "Ribbon from the new box", "Queue is empty"]
    ana.ok("-s", code(ana), "note", "One more")


def test_of_two_clones_that_both_moved_a_session_the_last_move_stands(ana: Program, tmp_path: Path) -> None:
    ben = cloned(ana, tmp_path)
    ana.ok("choose", "Red, steady")
    ana.ok("done", "still red")
    ben.ok("-s", code(ben), "choose", "Green")
    ben.ok("-s", code(ben), "note", "Twelve jobs wait", "--pin")
    pulled(ana, ben)
    assert "Both versions had moved it" in ana.ok("store", "merge").out
    session = ana.show(code(ana))
    assert session["position"]["node"] == "queue"
    assert [step["result"] for step in session["steps"]] == ["Red, steady", "still red", "Green"]
    (note,) = [note["seq"] for note in session["notes"] if note["text"] == "Twelve jobs wait"]
    assert session["pins"] == [note]
    ana.ok("-s", code(ana), "done", "12 jobs gone")
    assert "The store is sound." in ana.ok("store", "check").err


def test_it_makes_no_difference_which_of_the_clones_merges(ana: Program, tmp_path: Path) -> None:
    ben = cloned(ana, tmp_path)
    ana.ok("choose", "Red, steady")
    ben.ok("-s", code(ben), "warn", "Do not open the print head")
    ben.ok("-s", code(ben), "choose", "Green")
    for person in (ana, ben):
        shutil.copytree(committed(person), tmp_path / f"{person.home.name}-before")
    for one, other in ((ana, "ben"), (ben, "ana")):
        git(committed(one), "pull", "--no-rebase", str(tmp_path / f"{other}-before"), "HEAD")
        one.ok("store", "merge")
    assert ana.ok("export", code(ana)).out == ben.ok("export", code(ben)).out


def test_trees_that_both_clones_added_are_listed_after_a_merge(ana: Program, tmp_path: Path) -> None:
    ben = cloned(ana, tmp_path)
    for person, name in ((ana, "till"), (ben, "router")):
        tree = f'id = "{name}"\ntitle = "The {name}"\nstart = "a"\n[nodes.a]\ntext = "It works"\noutcome = "resolved"\n'
        person.with_tree(tree)
    assert "CONFLICT" in pulled(ana, ben)
    assert "rflow store merge" in ana.refused(8, "tree", "list")
    ana.ok("store", "merge")
    assert {tree["id"] for tree in ana.json("tree", "list", "--json")} == {"label-printer", "till", "router"}


@pytest.mark.parametrize("maker", SYNCED)
def test_a_conflict_copy_by_a_sync_program_is_not_listed_as_a_session(maker: str, ana: Program, tmp_path: Path) -> None:
    (file,) = (tmp_path / "ana" / "store" / "sessions").glob("*.jsonl")
    before = file.read_bytes()
    ana.ok("note", "Written at the desk")
    mine = file.read_bytes()
    file.write_bytes(before)
    ana.ok("note", "Written on the train")
    copy = file.with_name(SYNCED[maker].format(stem=file.stem))
    copy.write_bytes(mine)
    code(ana)  # there is one session
    check = ana.run("store", "check")
    assert check.code == 8
    assert "second copy" in check.out
    assert maker == "a file manager" or maker in check.out
    ana.ok("store", "merge")
    assert sorted(texts(ana)[1:]) == ["Written at the desk", "Written on the train"]
    assert not copy.exists()
    assert "The store is sound." in ana.ok("store", "check").err


@pytest.mark.slow
def test_a_link_shows_the_session_that_git_checked_out_though_it_has_as_many_entries(ana: Program) -> None:
    folder = committed(ana)
    git(folder, "branch", "other")
    ana.ok("note", "Ribbon from the old box")
    committed(ana)
    git(folder, "checkout", "other")
    ana.ok("note", "Ribbon from the new box")
    with serving(ana) as server:
        link = server.link()
        committed(ana)
        assert "the new box" in server.get(link["path"] + ".txt").text
        git(folder, "checkout", "main", "--", "sessions")
        assert "the old box" in server.get(link["path"] + ".txt").text
