"""A server that can't be reached: nothing changes there, and nothing that was typed or captured is lost."""

import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support.program import SCRIPT, Program
from support.web.recording_proxy import recording
from support.web.team_server import TeamServer, team_at

pytestmark = pytest.mark.slow


SLOW = """
import pathlib, time
print("E42 ribbon", flush=True)
while not pathlib.Path("{go}").exists():
    time.sleep(0.05)
print("the end")
"""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> TeamServer:
    return team_at(tmp_path_factory.mktemp("server"))


@pytest.fixture
def ben(team: TeamServer, tmp_path: Path) -> Program:
    return team.member("Ben Okafor", tmp_path)


def drafts(person: Program) -> list[str]:
    return [draft["command"]["type"] for draft in person.json("drafts", "list", "--json")]


def unsent(person: Program) -> list[Path]:
    return sorted((person.home / "state" / "rflow" / "unsent").glob("*.json"))


def test_what_was_typed_while_the_server_was_away_is_kept_and_sent_by_one_command(
    team: TeamServer, ben: Program
) -> None:
    with team.running():
        code = ben.start("label-printer", "--ticket", "2026/4711")
    said = ben.refused(10, "note", "The lamp is red")
    assert said.splitlines()[0] == "rflow: 127.0.0.1 can't be reached: connection refused."
    assert "rflow drafts send" in said
    ben.refused(10, "warn", "-", stdin="Do not reboot it: the queue is full\n")
    ben.refused(10, "step", "Swapped the cable", "--result", "no change")
    ben.refused(10, "choose", "Red, steady")
    ben.refused(10, "brief", "--ask", "Who has the key to the store room?")
    ben.refused(10, "change", "Set the queue to hold", "--revert", "release it")
    ben.refused(10, "wait", "the vendor", "--until", "2h")
    ben.refused(10, "attach", "-", stdin="E42 ribbon\n")
    ben.refused(10, "question", "Cleo", "Did it print yesterday?")
    ben.refused(10, "-s", code, "note", "By its code")
    ben.refused(10, "-s", "2026/4711", "note", "By its ticket")
    ben.refused(10, "handoff", "Cleo", "--note", "The vendor calls back")
    assert len(drafts(ben)) == 12
    assert {stat.S_IMODE(path.stat().st_mode) for path in unsent(ben)} == {0o600}
    assert "rflow drafts send" in ben.ok("drafts", "list").err
    assert "can't be reached" in ben.refused(10, "drafts", "send")
    assert len(drafts(ben)) == 12
    with team.running():
        sent = ben.ok("drafts", "send").err
        assert sent.count(": sent.") == 12
        shown = ben.show(code)
        assert [note["text"] for note in shown["notes"]] == [
            "The lamp is red",
            "Do not reboot it: the queue is full",
            "By its code",
            "By its ticket",
        ]
        assert shown["brief"]["ask"] == "Who has the key to the store room?"
        assert (shown["status"], shown["owner"]["name"]) == ("handed_off", "Cleo")
        assert ben.ok("show", code, "--evidence", str(shown["evidence"][0]["seq"])).out == "E42 ribbon\n"
        assert drafts(ben) == []
        assert "everything was sent" in ben.ok("drafts", "send").err


def test_an_answer_without_a_number_is_kept_and_finds_its_question_when_it_is_sent(
    team: TeamServer, ben: Program
) -> None:
    with team.running():
        code = ben.start()
        ben.ok("question", "Ben Okafor", "Did it print yesterday?")
    assert "rflow drafts send" in ben.refused(10, "-s", code, "reply", "-", stdin="A long answer\n")
    (file,) = unsent(ben)
    kept = file.read_bytes()
    with team.running():
        assert "sent." in ben.ok("drafts", "send").err
        (question,) = ben.show(code)["questions"]
        assert [reply["text"] for reply in question["replies"]] == ["A long answer"]
        file.write_bytes(kept)
        assert "it had arrived before" in ben.ok("drafts", "send").err
        ben.ok("question", "Ben Okafor", "And today?")
        ben.ok("question", "Ben Okafor", "Is it warm?")
    ben.refused(10, "reply", "Yes, twice")
    with team.running():
        refused = ben.refused(2, "drafts", "send")
        assert f"which question of {code}" in " ".join(refused.split()) and f"rflow -s {code} reply SEQ" in refused
        ben.ok("reply", "3", "Yes")
        assert drafts(ben) == ["reply_question"]


def test_a_correction_without_a_number_needs_the_server_and_one_with_a_number_is_kept(
    team: TeamServer, ben: Program
) -> None:
    with team.running():
        code = ben.start()
        ben.ok("note", "It hums")
        assert 'amended: note 3 "It hums loudly".' in ben.ok("amend", "It hums loudly").err
    refused = ben.refused(2, "amend", "It is loud")
    assert "Which entry? The server can't be asked." in refused and 'amend SEQ "…"' in refused
    ben.refused(10, "amend", "3", "It is loud")
    with team.running():
        ben.ok("drafts", "send")
        assert [note["text"] for note in ben.show(code)["notes"]] == ["It is loud"]


def test_the_output_of_a_command_during_which_the_server_was_killed_is_recovered_and_sent_once(
    team: TeamServer, ben: Program, tmp_path: Path
) -> None:
    with team.running() as served:
        code = ben.start()
        go = tmp_path / "go"
        script = SLOW.format(go=go)
        running = subprocess.Popen(
            [SCRIPT, "run", "--", sys.executable, "-c", script],
            env=ben.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert running.stdout is not None
        assert running.stdout.readline() == b"E42 ribbon\n"
        served.process.kill()
        served.process.wait(10)
        go.touch()
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (10, b"the end\n")
    assert b"can't be reached" in err and b"rflow drafts send" in err
    (draft,) = ben.json("drafts", "list", "--json")
    assert (draft["command"]["type"], draft["command"]["evidence"]["exit_code"]) == ("add_evidence", 0)
    assert ben.ok("drafts", "show", draft["id"]).out == "E42 ribbon\nthe end\n"
    (file,) = unsent(ben)
    kept = file.read_bytes()
    with team.running():
        assert "add evidence" in ben.ok("drafts", "send").err
        assert not file.exists()
        file.write_bytes(kept)
        assert "nothing new, it had arrived before" in ben.ok("drafts", "send").err
        (evidence,) = ben.show(code)["evidence"]
        assert ben.ok("show", code, "--evidence", str(evidence["seq"])).out == "E42 ribbon\nthe end\n"


def test_a_note_that_arrived_although_its_answer_was_lost_is_written_once(team: TeamServer, tmp_path: Path) -> None:
    with team.running(), recording(team.port) as proxy:
        ben = team.member("Ben Okafor", tmp_path, proxy.url)
        code = ben.start()
        proxy.losing = 2
        assert "closed the connection" in ben.refused(10, "note", "It hums")
        assert "it had arrived before" in ben.ok("drafts", "send").err
        proxy.losing = 1
        ben.ok("note", "It still hums")
        assert [note["text"] for note in ben.show(code)["notes"]] == ["It hums", "It still hums"]


def test_without_a_server_nothing_is_run_and_a_new_session_is_kept_too(team: TeamServer, ben: Program) -> None:
    ran = ben.home / "ran"
    assert "Nothing was run" in ben.refused(10, "run", "--", "touch", str(ran))
    assert not ran.exists()
    ben.refused(10, "start", "--title", "Label printer", "--customer", "Leeds")
    ben.refused(10, "note", "The lamp is red")
    with team.running():
        ben.ok("drafts", "send")
        shown = ben.show()
        assert (shown["title"], [note["text"] for note in shown["notes"]]) == ("Label printer", ["The lamp is red"])


def test_what_is_typed_after_a_start_that_could_not_be_sent_never_goes_to_the_session_before(
    team: TeamServer, ben: Program
) -> None:
    with team.running():
        old = ben.start()
    assert f"What you entered for {old} is kept" in ben.refused(10, "note", "The lamp is red").replace("\n       ", " ")
    ben.refused(10, "start", "--title", "Till in York", "--customer", "Contoso")
    assert "for the new session is kept" in ben.refused(10, "note", "It beeps").replace("\n       ", " ")
    with team.running():
        ben.refused(10, "step", "Swapped the cable")  # the server is back, the new session is still a draft
        assert "has not been sent" in ben.refused(10, "progress")
        assert "Nothing was run" in ben.refused(10, "run", "--", "true")
        ben.refused(10, "handoff", "Cleo", "--note", "The shop closes at eight")
        assert [line.split()[5] for line in ben.ok("drafts", "list").out.splitlines()[1:]] == [old, "-", *["the"] * 3]
        last = ben.json("drafts", "list", "--json")[-1]["id"]
        assert "has not been started" in ben.run("drafts", "send", last).err
        assert ben.ok("drafts", "send").err.count(": sent.") == 5
        assert [note["text"] for note in ben.show(old)["notes"]] == ["The lamp is red"]
        assert ben.show(old)["status"] == "open"
        (new,) = [each for each in ben.json("list", "--all", "--json") if each["title"] == "Till in York"]
        shown = ben.show(new["code"])
        assert ([note["text"] for note in shown["notes"]], len(shown["steps"])) == (["It beeps"], 1)
        assert (shown["status"], shown["owner"]["name"]) == ("handed_off", "Cleo")


def test_a_start_that_was_sent_alone_or_removed_leaves_no_draft_for_another_session(
    team: TeamServer, ben: Program
) -> None:
    with team.running():
        old = ben.start()
    for title in ("Till in York", "Till in Hull"):
        ben.refused(10, "start", "--title", title)
        ben.refused(10, "note", f"It is the {title.lower()}")
    york, _, hull, note = ben.json("drafts", "list", "--json")
    with team.running():
        ben.ok("drafts", "send", york["id"])
        ben.ok("drafts", "remove", hull["id"], "--yes")
        said = ben.run("drafts", "send").err
        assert "was removed" in said and f"rflow drafts remove {note['id']}" in said
        assert [draft["id"] for draft in ben.json("drafts", "list", "--json")] == [note["id"]]
        assert ben.show(old)["notes"] == []
        assert "no session" in ben.run("-s", "NONE-0000", "drafts", "send").err.lower()
        ben.ok("-s", old, "drafts", "send", note["id"])
        assert drafts(ben) == []
        assert [each["text"] for each in ben.show(old)["notes"]] == ["It is the till in hull"]
        assert [each["text"] for each in ben.show()["notes"]] == ["It is the till in york"]


def test_a_token_that_ended_keeps_what_was_typed_until_one_signs_in_again(team: TeamServer, ben: Program) -> None:
    with team.running():
        code = ben.start()
        ended = ben.at(environ={"RFLOW_TOKEN": "rft_" + "0" * 39})
        said = ended.refused(9, "note", "The lamp is red")
        assert "rflow login" in said and "rflow drafts send" in said
        ben.at(environ={}).refused(9, "note", "So is the other")
        ben.ok("drafts", "send")
        assert [note["text"] for note in ben.show(code)["notes"]] == ["The lamp is red", "So is the other"]


def test_what_is_typed_for_a_ticket_with_a_slash_is_kept_although_the_token_ended(
    team: TeamServer, ben: Program
) -> None:
    with team.running():
        code = ben.start("label-printer", "--ticket", "INC/7")
        ended = ben.at(environ={"RFLOW_TOKEN": "rft_" + "0" * 39})
        for words in (["note", "The lamp is red"], ["run", "--", "true"], ["attach", "-"]):
            assert "rflow login" in ended.refused(9, "-s", "INC/7", *words, stdin="E42")
        assert drafts(ben) == ["add_note", "add_evidence"]
        assert ben.ok("drafts", "send").err.count(f"{code} ") == 2
        assert [note["text"] for note in ben.show(code)["notes"]] == ["The lamp is red"]


def test_a_draft_that_is_refused_is_kept_and_says_why_and_can_be_removed(team: TeamServer, ben: Program) -> None:
    with team.running():
        code = ben.start()
    ben.refused(10, "done", "It prints")
    ben.refused(10, "note", "The lamp is red")
    with team.running():
        sent = ben.run("drafts", "send")
        assert sent.code == 2
        assert "note" in sent.err and ": sent." in sent.err and "1 draft could not be sent" in sent.err
        assert drafts(ben) == ["done"]
        assert [note["text"] for note in ben.show(code)["notes"]] == ["The lamp is red"]
    assert "--yes" in ben.refused(2, "drafts", "remove")
    ben.ok("drafts", "remove", "--yes")
    assert drafts(ben) == []
    assert "no draft" in ben.refused(3, "drafts", "show", "ZZZZ")


def test_what_is_interrupted_while_it_is_sent_is_kept(team: TeamServer, ben: Program) -> None:
    with team.running():
        ben.start()
    with socket.create_server(("127.0.0.1", team.port)) as silent:
        note = subprocess.Popen(
            [SCRIPT, "note", "The lamp is red"], env=ben.variables, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        silent.settimeout(30)
        connection, _ = silent.accept()
        assert connection.recv(10)
        note.send_signal(signal.SIGINT)
        said = note.communicate(timeout=30)[1]
        connection.close()
    assert note.returncode == 130
    assert b"rflow drafts send" in said
    assert drafts(ben) == ["add_note"]


def test_output_that_a_local_store_refuses_is_kept_too(tmp_path: Path) -> None:
    ana = Program(tmp_path).with_tree()
    ana.start()
    code = ana.show()["code"]
    done = ana.run("run", "--", SCRIPT, "delete", code, "--yes")
    assert done.code == 3
    assert "rflow drafts send" in done.err
    (draft,) = ana.json("drafts", "list", "--json")
    assert "deleted" in ana.ok("drafts", "show", draft["id"]).out
