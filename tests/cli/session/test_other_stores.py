"""A terminal whose current session is in another store: no command goes to the only open session of this one."""

import json
import shlex
import socket
from pathlib import Path

import pytest

from support.program import Program


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana at her desk; the only open session of her usual store is of another terminal, and of another customer."""
    me = Program(tmp_path)
    me.at(terminal="kitchen").start("--title", "A label printer in Hull prints nothing")
    return me


def in_store(me: Program, store: str) -> tuple[Program, str]:
    """Start a session in another store from this terminal; return the program there, and the code."""
    there = me.at(store=str(me.home / store))
    return there, there.start("--title", "Till 3 in Leeds is slow")


def notes(me: Program) -> int:
    """The number of notes in the only session of the usual store."""
    (head,) = me.json("list", "--json")
    return int(head["notes"])


def renamed(me: Program, url: str) -> None:
    """Let the session that this terminal started last be in the store at `url`."""
    for file in (me.home / "state" / "rflow" / "terminals").iterdir():
        state = json.loads(file.read_bytes())
        if state["current"] and state["key"].endswith(f" named {me.terminal}"):
            file.write_text(json.dumps(state | {"key": f"{url} named {me.terminal}"}))


@pytest.mark.parametrize("url", ["postgresql://ana@127.0.0.1:{}/work", "http://127.0.0.1:{}"])
def test_a_store_on_a_network_counts_as_there_and_is_not_asked(ana: Program, url: str) -> None:
    """A password in its URL is not kept, so it could not be opened; a server that hangs would hold up every note."""
    code = in_store(ana, "other.db")[1]
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = url.format(server.getsockname()[1])
        renamed(ana, url)
        assert f"in another store: {code} in {url}." in ana.refused(2, "note", "Restarted it")
        assert f"    rflow --store {url}\n" in ana.ok().out
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert notes(ana) == 0


@pytest.mark.parametrize("store", ["other.db", "shifts"])
def test_a_store_that_is_damaged_says_nothing_about_the_session(ana: Program, store: str) -> None:
    code = in_store(ana, store)[1]
    for file in [ana.home / store] if store.endswith(".db") else (ana.home / store).rglob("*.jsonl"):
        file.write_bytes(b"not what it was" * 100)
    assert f"in another store: {code} in " in ana.refused(2, "note", "Restarted it")
    assert notes(ana) == 0


def test_another_store_whose_file_is_deleted_is_ignored(ana: Program) -> None:
    in_store(ana, "other.db")
    for file in ana.home.glob("other.db*"):
        file.unlink()
    ana.ok("note", "Restarted it")
    assert notes(ana) == 1


def test_a_deleted_session_in_another_store_is_ignored(ana: Program) -> None:
    there, code = in_store(ana, "other.db")
    there.at(terminal="kitchen").ok("delete", code, "--yes")
    ana.ok("note", "Restarted it")


def test_of_several_stores_the_last_one_with_an_open_session_counts(ana: Program) -> None:
    first, open_ = in_store(ana, "first.db")
    second, closed = in_store(ana, "second.db")
    second.at(terminal="kitchen").ok("-s", closed, "close", "resolved")
    assert f"in another store: {open_} in " in ana.refused(2, "note", "Restarted it")
    assert open_ in ana.ok().out
    first.at(terminal="kitchen").ok("-s", open_, "close", "resolved")
    ana.ok("note", "Restarted it")


def test_the_ways_on_repeat_the_user_and_the_configuration_and_work(ana: Program) -> None:
    config = ana.home / "other.toml"
    config.write_text("", "utf-8")
    given = ("--config", str(config), "--user", "Maya Lind")
    there = ana.at(store=str(ana.home / "other.db"))
    code = there.json(*given, "start", "--title", "Till 3 in Leeds is slow", "--json")["code"]
    refused = ana.refused(2, *given, "note", "Restarted it")
    begin = refused.partition("To go on there: ")[2].partition(" …\n")[0]
    assert begin.endswith(" --user 'Maya Lind'")
    assert f"    {begin}\n" in ana.ok(*given).out
    assert ana.ok(*shlex.split(begin)[1:], "note", "Restarted it").err.startswith(code)
    (note,) = there.show()["notes"]
    assert note["by"]["name"] == "Maya Lind"
    here = f"rflow --config {config} --user 'Maya Lind'"
    assert f'To go on here: {here} start TREE, or {here} start --title "…"\n' in refused


def test_after_a_handoff_here_the_question_names_that_session_too(ana: Program) -> None:
    elsewhere = in_store(ana, "other.db")[1]
    code = ana.start("--title", "The till in York is slow")
    ana.ok("handoff", "Ben Okafor", "--new-user")
    refused = ana.refused(2, "step", "Restarted it")
    assert f"Which session? You handed {code} (The till in York is slow) to Ben Okafor at " in refused
    assert f"The current one of this terminal is in another store: {elsewhere} in " in refused
    assert f"To add to {code}: rflow -s {code} …\n" in refused
