"""Trees that a team shares: flags, limits, hints and statistics in the terminal; proposals at a server."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.service.local.shared import SharedSessions
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team import Team
from rflow.service.team.tokens import LocalTokens
from rflow.stores import open_store
from rflow.web.app import LinkServer
from support.program import NOON, Program, ago
from support.web.app import running

TILL = """id = "till"
title = "A till is slow"
start = "on"

[nodes.on]
text = "Is it on?"
choices = [{ label = "Yes", to = "wait" }, { label = "No", to = "switch" }]

[nodes.switch]
text = "Switch it on"
to = "wait"

[nodes.wait]
text = "Wait for the update"
limit = "15m"
to = "vendor"

[nodes.vendor]
text = "Call the vendor"
outcome = "escalate"
"""
NEWER = TILL.replace("Switch it on", "Hold the button for five seconds")


@pytest.fixture
def ann(tmp_path: Path) -> Program:
    """Ann, in whose store the tree of the till is."""
    return Program(tmp_path, user="Ann", cwd=tmp_path).with_tree(TILL)


# Flags


def test_a_flag_is_shown_to_the_next_person_at_that_node_until_the_tree_is_changed(ann: Program) -> None:
    ben = ann.at(user="Ben", terminal="other")
    ann.ok("start", "till")
    ann.ok("flag", "It has no lamp")
    shown = ben.ok("start", "till")
    assert "flagged by Ann" in shown.out and "It has no lamp" in shown.out
    assert "It has no lamp" in ben.ok().out
    assert [flag["text"] for flag in ben.show()["position"]["flags"]] == ["It has no lamp"]
    assert "flagged" not in ben.ok("choose", "No").out
    assert "flagged by Ann" in ben.ok("back").out
    assert "on: flagged by Ann" in ben.ok("tree", "stats", "till").out
    assert 'node "on" was flagged by Ann: It has no lamp' in ben.ok("tree", "check", "tree.toml").err
    (ann.home / "tree.toml").write_text(TILL.replace("Is it on?", "Is its screen lit?"), "utf-8")
    assert "flagged" not in ben.ok("tree", "check", "tree.toml").err
    ben.ok("tree", "add", "tree.toml")
    assert "flagged" not in ben.ok().out
    assert ben.json("tree", "stats", "till", "--json")["flags"] == []
    assert ben.ok("store", "check").code == 0


def test_flags_go_with_a_copy_of_the_store_and_with_a_session_that_is_imported(ann: Program, tmp_path: Path) -> None:
    ann = ann.at(store=str(tmp_path / "first.db")).with_tree(TILL)
    code = ann.start("till", "--title", "Till 3")
    ann.ok("flag", "It has no lamp")
    exported = ann.ok("export", code).out
    ann.ok("store", "copy", str(tmp_path / "first.db"), str(tmp_path / "copy.db"))
    copied = ann.at(store=str(tmp_path / "copy.db"))
    assert [name["id"] for name in copied.json("tree", "list", "--json")] == ["till"]
    other = ann.at(store=str(tmp_path / "folder")).with_tree(TILL)
    other.ok("import", "-", stdin=exported)
    for store in (copied, other):
        assert [flag["text"] for flag in store.json("tree", "stats", "till", "--json")["flags"]] == ["It has no lamp"]
        assert store.ok("store", "check").code == 0
        store.ok("delete", code, "--yes")
        assert store.json("tree", "stats", "till", "--json")["flags"] == []


# Limits


def test_past_the_limit_of_a_node_rflow_suggests_to_escalate(ann: Program) -> None:
    ann.at(clock=ago(minutes=50)).ok("start", "till")
    ann.at(clock=ago(minutes=40)).ok("choose", "Yes")
    note = ann.ok("note", "It still updates")
    assert "40m at this node; its limit is 15m. Time to escalate?" in note.err
    assert "rflow close --outcome escalated" in ann.ok().out
    place = ann.show()["position"]
    assert (place["limit"], place["past_limit"]) == ("15m", True)
    assert "its limit" not in ann.ok("done", "No update").out


def test_within_the_limit_nothing_is_said(ann: Program) -> None:
    ann.at(clock=ago(minutes=20)).ok("start", "till")
    ann.at(clock=ago(minutes=14)).ok("choose", "Yes")
    assert "its limit" not in ann.ok("note", "It still updates").err + ann.ok().out
    assert ann.show()["position"]["past_limit"] is False


# Versions


def test_a_session_keeps_its_version_and_is_told_what_changed_at_its_node_only(ann: Program) -> None:
    ann.ok("start", "till")
    (ann.home / "tree.toml").write_text(NEWER, "utf-8")
    ann.ok("tree", "add", "tree.toml")
    at_question = ann.ok()
    assert "newer version" in at_question.out and "In the newer version:" not in at_question.out
    assert ann.show()["position"]["changed"] == []
    moved = " ".join(ann.ok("choose", "No").out.split())
    assert "> Switch it on" in moved
    assert 'In the newer version: text "Switch it on" is now "Hold the button for five seconds"' in moved
    assert 'In the newer version: text "Switch it on" is now "Hold the button for five seconds"' in " ".join(
        ann.ok().out.split()
    )
    assert ann.show()["position"]["changed"] == ['text "Switch it on" is now "Hold the button for five seconds"']


# Hints and statistics


def test_hints_are_counts_and_too_few_below_five(ann: Program) -> None:
    for number in range(6):
        someone = ann.at(user=f"User {number}", terminal=f"{number}")
        someone.ok("start", "till")
        someone.ok("choose", "Yes" if number else "No")
        someone.ok("close", "--outcome", "escalated" if number < 3 else "resolved")
        if number == 3:
            ann.ok("start", "till")
            assert "Too few: 4 earlier sessions answered here" in ann.ok("hints").out
    shown = ann.ok("hints").out
    assert shown.splitlines()[0] == "Is it on?"
    assert [line.split() for line in shown.splitlines()[2:4]] == [
        ["Yes", "5", "3", "2", "0", "0"],
        ["No", "1", "too", "few"],
    ]
    hints = ann.json("hints", "--json")
    assert hints["answers"][0] == {"label": "Yes", "sessions": 5, "ended": {"resolved": 3, "escalated": 2}}
    ann.ok("choose", "No")
    assert "stands at no question" in ann.refused(2, "hints")


def test_statistics_say_where_people_stay_and_where_they_give_up(ann: Program) -> None:
    ann.at(clock=NOON).ok("start", "till")
    ann.at(clock=NOON + timedelta(minutes=10)).ok("choose", "Yes")
    ann.at(clock=NOON + timedelta(minutes=40)).ok("close", "--outcome", "abandoned")
    stats = ann.json("tree", "stats", "till", "--json")
    rows = {row["node"]: (row["entered"], row["seconds"], row["abandoned"]) for row in stats["nodes"]}
    assert stats["sessions"] == 1
    assert rows == {"on": (1, 600, 0), "wait": (1, 1800, 1), "switch": (0, None, 0), "vendor": (0, None, 0)}
    assert [line.split()[:3] for line in ann.ok("tree", "stats", "till").out.splitlines()[2:4]] == [
        ["on", "1", "10m"],
        ["wait", "1", "30m"],
    ]
    assert ann.json("tree", "stats", "till", "--since", "5m", "--json")["sessions"] == 0
    assert "There is no tree" in ann.refused(3, "tree", "stats", "scanner")


# At a server


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Program]]:
    """Lea leads the default space, Ben is a member, Rosa may only read there; each at a command line."""
    home = tmp_path_factory.mktemp("team")
    store, shell = f"sqlite://{home}/team.db", Actor(person=person("shell"))

    def now() -> datetime:
        return datetime.now(UTC)

    def links() -> SharedSessions:
        return SharedSessions(open_store(store), clock=now, zone=lambda at: at, patterns=())

    with closing(open_store(store)) as opened:
        accounts, spaces = LocalAccounts(opened, shell, clock=now), LocalSpaces(opened, shell, clock=now)
        accounts.add("Root", password="nine green bottles", admin=True)
        tokens = {}
        for name, role in (("Lea", "lead"), ("Ben", "member"), ("Rosa", "reader")):
            accounts.add(name, password="nine green bottles")
            spaces.set_role("default", name, role)  # type: ignore[arg-type]
            scopes = ["read", "write", "move", "own", "publish"]
            tokens[name] = LocalTokens(opened, shell, clock=now).create(name, scopes).secret  # type: ignore[arg-type]
        server = LinkServer(links, open_team=lambda: Team(open_store(store), clock=now))
        with running(server.app) as url:
            yield {
                name: Program(home, user=name, store=url, cwd=home, terminal=name, environ={"RFLOW_TOKEN": token})
                for name, token in tokens.items()
            }


@pytest.mark.slow
def test_at_a_server_members_propose_and_leads_publish(people: dict[str, Program]) -> None:
    lea, ben, rosa = people.values()
    assert "till: added" in lea.with_tree(TILL).ok("tree", "add", "tree.toml").err.replace("no change", "added")
    (ben.home / "newer.toml").write_text(NEWER, "utf-8")
    assert "proposed to the leads" in ben.ok("tree", "add", "newer.toml").err
    assert ben.json("tree", "show", "till", "--json")["nodes"]["switch"]["text"] == "Switch it on"
    listed = lea.ok("tree", "proposals").out
    assert "till  by Ben" in listed and '~ switch: text "Switch it on" is now "Hold the button' in listed
    short = listed.split()[0]
    assert "published by a lead" in ben.refused(5, "tree", "proposals", "--accept", short)
    assert "Ask one to add it." in rosa.refused(5, "tree", "add", "newer.toml")
    assert "published" in lea.ok("tree", "proposals", "--accept", short).err
    assert ben.json("tree", "show", "till", "--json")["nodes"]["switch"]["text"].startswith("Hold the button")
    assert lea.json("tree", "proposals", "--json") == []


@pytest.mark.slow
def test_charts_are_imported_and_edited_at_a_server_and_a_conflict_shows_the_difference(
    people: dict[str, Program],
) -> None:
    lea, ben, _ = people.values()
    chart = ben.home / "scanner.mmd"
    chart.write_text("flowchart TD\nA{Is it on?} -->|Yes| B[Scan]\nA -->|No| C[Call the vendor]\n", "utf-8")
    assert "scanner: added (3 nodes)" in lea.ok("tree", "import", "scanner.mmd").err
    chart.write_text("flowchart TD\nA{Is it on?} -->|Yes| B[Scan twice]\nA -->|No| C[Call the vendor]\n", "utf-8")
    assert "scanner: proposed to the leads" in ben.ok("tree", "import", "scanner.mmd").err
    editor = ben.home / "editor.py"
    editor.write_text(
        "import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n"
        "file.write_text(file.read_text('utf-8').replace('Is it on?', 'Is it lit?'), 'utf-8')\n",
        "utf-8",
    )
    import sys

    assert "new version" in lea.ok("tree", "edit", "scanner", EDITOR=f"{sys.executable} {editor}").err
    short = lea.ok("tree", "proposals").out.split()[0]
    refused = lea.refused(4, "tree", "proposals", "--accept", short)
    assert "Somebody else has changed scanner" in refused
    assert 'A: text "Is it on?" is now "Is it lit?"' in refused
    assert "declined" in lea.ok("tree", "proposals", "--decline", short).err
    assert "Nothing is proposed" in lea.ok("tree", "proposals").err


@pytest.mark.slow
def test_flags_hints_and_statistics_are_the_same_at_a_server(people: dict[str, Program]) -> None:
    lea, ben, rosa = people.values()
    lea.with_tree(TILL.replace('"till"', '"register"'))
    lea.ok("start", "register")
    lea.ok("flag", "It has no lamp")
    assert "flagged by Lea" in ben.ok("start", "register").out
    assert "Too few: 0" not in ben.ok("hints").out
    assert "Too few" in ben.ok("hints").out
    stats = rosa.json("tree", "stats", "register", "--json")
    assert (stats["sessions"], [flag["text"] for flag in stats["flags"]]) == (2, ["It has no lamp"])
