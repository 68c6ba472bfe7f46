"""Summaries posted from the command line to servers on this machine: once, and without showing the URL."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rflow.cli.delivering.posting import Posting
from rflow.errors import StoreProblem
from rflow.service.local.workspace import LocalWorkspace
from support.completion import offered
from support.program import SCRIPT, Program, Result, ago, without_times
from support.waiting import until
from support.web import webhook_server as scenes
from support.web.webhook_server import Scene, Server, Visit, reply

pytestmark = pytest.mark.slow

PATH = "/services/T0LEEDS99/B0PRINT42/xK9sECRETt0kenZ7qLm?sig=aB3dEf9ghIjKl0mNo"
SECRETS = ("T0LEEDS99", "B0PRINT42", "xK9sECRETt0ken", "aB3dEf9ghIjKl0mNo")
PASSWORD = "Sommer-2026-Leeds"
NO_ASK = 'Note: the summary does not say what you need. To add it: rflow brief --ask "…"\n'
BEN = "Ben Okafor"
ROOT = Path(__file__).parents[3]
RECORDED = ROOT / "examples" / "sessions" / "postgres-refused.jsonl"


class SecretiveProgram(Program):
    """Checks that no output contains a secret."""

    def run(self, *words: str, stdin: str | bytes = b"", **environ: str) -> Result:
        result = super().run(*words, stdin=stdin, **environ)
        assert not [secret for secret in SECRETS if secret in result.out + result.err], result
        return result


@pytest.fixture
def ana(tmp_path: Path) -> Iterator[Program]:
    """Ana after a step, with a file as her clipboard and a short time-out; no file left behind contains a secret."""
    (tmp_path / "here").mkdir()
    environ = {"RFLOW_CLIPBOARD_CMD": f"cat > '{tmp_path}/clipboard'", "TERM": "dumb", "RFLOW_POST_TIMEOUT": "5"}
    me = SecretiveProgram(tmp_path, environ=environ, cwd=tmp_path / "here")
    me.with_tree().start()
    me.ok("choose", "green")
    yield me.at(real=True)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != config(me):
            assert not [secret for secret in SECRETS if secret.encode() in path.read_bytes()], path


def config(me: Program) -> Path:
    return me.home / "config" / "rflow" / "config.toml"


def set_target(me: Program, server: Server, kind: str = "json", name: str = "noc") -> None:
    """Set up a target."""
    quick = me.at(real=False)
    quick.ok("config", "set", f"targets.{name}.url", "-", stdin=server.base + PATH)
    quick.ok("config", "set", f"targets.{name}.kind", kind)


def recorded(me: Program) -> list[str]:
    """Where summaries of the current session went, as it is recorded."""
    pattern = r'"type":"progress_shared".*?"destination":"([^"]+)","through":\d+(?:,"state":"(\w+)")?'
    return [f"{where} {state or 'sent'}" for where, state in re.findall(pattern, me.at(real=False).ok("export").out)]


def label_of(me: Program) -> str:
    return f"{me.at(real=False).show()['code']} · A label printer prints nothing · Leeds"


def body(server: Server, number: int = -1) -> Any:
    return msgspec.json.decode(server.requests[number].body)


# --- what is posted


def test_what_is_posted_is_what_a_dry_run_shows(ana: Program) -> None:
    with Server(reply(200)) as server:
        set_target(ana, server)
        shown = ana.ok("progress", "--post", "noc", "--dry-run")
        assert (server.visits, recorded(ana)) == (0, [])
        posted = ana.ok("progress", "--post", "noc")
    assert shown.err == f"This would be posted to noc (json, {server.base}/…). Nothing was sent.\n{NO_ASK}"
    assert posted == (0, "", f"{label_of(ana)}: sent to noc: accepted (HTTP 200).\n{NO_ASK}")
    sent, printed = (without_times(text) for text in (server.requests[0].body.decode(), shown.out))
    assert msgspec.json.decode(sent) == msgspec.json.decode(printed)
    assert server.requests[0].line == f"POST {PATH} HTTP/1.1"
    assert recorded(ana) == ["post:noc started", "post:noc sent"]


@pytest.mark.parametrize(
    ("kind", "answer", "said", "holds"),
    [
        ("slack", reply(200, b"ok"), "posted to noc (the server answered ok).", {"text", "blocks"}),
        (
            "teams",
            reply(202),
            "sent to noc: accepted by the workflow; Teams does not confirm delivery.",
            {"type", "attachments"},
        ),
    ],
)
def test_each_kind_of_target_gets_its_format(
    kind: str, answer: Scene, said: str, holds: set[str], ana: Program
) -> None:
    with Server(answer) as server:
        set_target(ana, server, kind)
        shown = ana.ok("progress", "--post", "noc", "--dry-run")
        assert ana.ok("progress", "--post", "noc").err == f"{label_of(ana)}: {said}\n{NO_ASK}"
        ana.ok("digest", "--post", "noc")
    assert [holds <= summary.keys() for summary in (shown.json, body(server, 0), body(server, 1))] == [True] * 3
    assert b"Clear the print queue" in server.requests[0].body


def test_the_options_of_a_summary_apply_to_what_is_posted(ana: Program) -> None:
    ana.ok("note", f"password={PASSWORD}")
    with Server(reply(200)) as server:
        set_target(ana, server)
        shown = ana.ok("progress", "--post", "noc", "--dry-run")
        posted = ana.ok("progress", "--post", "noc", "--ask", "Who has a spare?", "--brief")
        assert ana.ok("progress", "--post", "noc", "--no-redact", "--again").err.endswith(f"(HTTP 200).\n{NO_ASK}")
    assert "Nothing was sent. Hidden: 1 password." in shown.err
    assert PASSWORD not in shown.out
    assert "(HTTP 200). Hidden: 1 password.\n" in posted.err
    assert (body(server, 0)["ask"], body(server, 0)["brief"]) == ("Who has a spare?", True)
    assert PASSWORD.encode() not in server.requests[0].body
    assert PASSWORD.encode() in server.requests[1].body


def test_a_pause_that_the_server_asks_for_is_announced(ana: Program) -> None:
    with Server(reply(429, Retry_After="2"), reply(200)) as server:
        set_target(ana, server)
        posted = ana.ok("progress", "--post", "noc")
    assert posted.err.splitlines()[0] == "noc asked to wait 2 s. Waiting …"
    assert server.visits == 2
    assert recorded(ana) == ["post:noc started", "post:noc sent"]


# --- failures: reported, recorded, and posted again only if that is right


@pytest.mark.parametrize(
    ("scene", "words", "advice"),
    [
        (reply(400, b"no such field"), 'does not accept the message (HTTP 400): "no such field"', "--dry-run"),
        (reply(413), "says the message is too large (HTTP 413)", "--brief"),
        (reply(410), "has removed this webhook (HTTP 410)", "targets.noc.url"),
        (reply(429, Retry_After="300"), "asked to wait 300 s", "Try again later."),
        (
            reply(302, Location="https://evil.example/x"),
            "redirects to evil.example (HTTP 302)",
            "rflow config set targets.noc.url",
        ),
    ],
)
def test_what_certainly_did_not_arrive_can_be_posted_again(scene: Scene, words: str, advice: str, ana: Program) -> None:
    with Server(scene, reply(200)) as server:
        set_target(ana, server)
        error = ana.refused(7, "progress", "--post", "noc")
        assert words in error
        assert "Nothing was posted." in error
        assert advice in error
        assert "To paste it yourself: rflow progress --copy" in error
        assert recorded(ana) == ["post:noc started", "post:noc failed"]
        ana.ok("progress", "--post", "noc")
    assert server.visits == 2


def test_a_closed_port_is_reported_with_the_command_that_copies_the_summary(ana: Program) -> None:
    ana.ok("config", "set", "targets.noc.url", "-", stdin=f"http://127.0.0.1:{scenes.closed_port()}{PATH}")
    ana.ok("config", "set", "targets.noc.kind", "json")
    code = ana.show()["code"]
    ana.start("--title", "The till in Leeds is slow")
    error = ana.refused(7, "progress", code, "--post", "noc")
    assert "Nothing was posted after 4 attempts." in error
    assert f"To paste it yourself: rflow -s {code} progress --copy" in error


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (reply(500), "failed (HTTP 500)"),
        (scenes.hang, "did not answer within 2 s"),
        (scenes.reset, "closed the connection without an answer"),
    ],
)
def test_what_may_have_arrived_is_posted_again_only_with_again(scene: Scene, words: str, ana: Program) -> None:
    with Server(scene, reply(200)) as server:
        set_target(ana, server)
        error = ana.refused(7, "progress", "--post", "noc", RFLOW_POST_TIMEOUT="2" if "within" in words else "5")
        assert words in error
        assert "The summary may have been posted." in error
        assert "--again" in error
        later = ana.refused(5, "progress", "--post", "noc")
        assert re.search(r"may have been posted to noc at \d\d:\d\d by Ana Ruiz; the outcome is unknown\.", later)
        assert server.visits == 1
        ana.ok("progress", "--post", "noc", "--again")
    assert server.visits == 2
    assert recorded(ana) == ["post:noc started", "post:noc started", "post:noc sent"]


# --- nothing is posted twice


def test_what_has_not_changed_is_not_posted_twice(ana: Program) -> None:
    with Server(reply(200)) as server:
        set_target(ana, server)
        set_target(ana, server, name="leads")
        ana.ok("progress", "--post", "noc")
        error = ana.refused(5, "progress", "--post", "noc", "--copy", "-o", "summary.md")
        assert re.fullmatch(
            r"rflow: \w{4}-\w\w was posted to noc at \d\d:\d\d by Ana Ruiz, and has not changed since\.\n"
            r" {7}To post it anyway: --again\n",
            error,
        )
        assert not (ana.home / "clipboard").exists()
        ana.ok("progress", "--copy")  # that changes nothing
        ben = ana.at(user=BEN, terminal="Ben's")
        assert "by Ana Ruiz, and has" in ben.refused(5, "progress", ana.show()["code"], "--post", "noc")
        assert "Nothing was sent." in ana.ok("progress", "--post", "noc", "--dry-run").err
        assert server.visits == 1
        ana.ok("progress", "--post", "leads")
        ana.ok("progress", "--post", "noc", "--again")
        assert "was posted" in ana.refused(5, "progress", "--post", "noc")
        ana.ok("note", "It hums")
        ana.ok("progress", "--post", "noc")
        ana.ok("close", "--outcome", "escalated")
        ana.ok("progress", body(server)["session"]["code"], "--post", "noc")
    assert server.visits == 5


def test_since_last_means_the_last_summary_posted_there(ana: Program) -> None:
    with Server(reply(200), reply(500), reply(400), reply(200)) as server:
        set_target(ana, server)
        assert "of this session to noc yet" in ana.refused(2, "progress", "--since", "last", "--post", "noc")
        ana.ok("progress", "--post", "noc")
        ana.ok("progress", "--copy")
        ana.ok("step", "Tried another cable")
        assert ana.run("progress", "--post", "noc").code == 7
        assert ana.run("progress", "--post", "noc", "--again").code == 7
        summary = ana.json("progress", "--since", "last", "-f", "json")
        assert [step["text"] for step in summary["tried"]] == ["Tried another cable"]
        ana.ok("progress", "--since", "last", "--post", "noc", "--again")
    assert [step["text"] for step in body(server)["tried"]] == ["Tried another cable"]
    assert "You have not delivered a summary of this session to leads yet." in (
        ana.refused(
            2,
            "progress",
            "--since",
            "last",
            "--post",
            "leads",
            RFLOW_TARGET_LEADS_URL=f"{server.base}/x",
            RFLOW_TARGET_LEADS_KIND="json",
        )
    )


def start_posting(me: Program, server: Server, *words: str) -> "subprocess.Popen[bytes]":
    """Start a program, and return it once it has posted and waits for the answer."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([SCRIPT, *words], env=me.variables, cwd=me.cwd, stdout=pipe, stderr=pipe)
    assert until(lambda: server.requests or process.poll() is not None)
    assert process.returncode is None
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "stopped with Ctrl-C"])
def test_a_post_that_is_killed_leaves_a_warning(how: signal.Signals, ana: Program) -> None:
    with Server(scenes.hang, reply(200)) as server:
        set_target(ana, server)
        process = start_posting(ana, server, "progress", "--post", "noc")
        process.send_signal(how)
        said = process.communicate(timeout=30)[1].decode()
        assert (
            (process.returncode == -9) if how == signal.SIGKILL else ("may have been posted to noc: look there" in said)
        )
        assert not [secret for secret in SECRETS if secret in said]
        assert "may have been posted to noc" in ana.refused(5, "progress", "--post", "noc")
        assert server.visits == 1
        ana.ok("progress", "--post", "noc", "--again")


def test_of_several_people_who_post_at_the_same_time_one_succeeds(ana: Program) -> None:
    def slowly(visit: Visit) -> None:
        visit.read()
        time.sleep(1)
        visit.answer(200, b"", {})

    with Server(slowly) as server:
        set_target(ana, server)
        results: list[Result] = []
        threads = [
            threading.Thread(target=lambda: results.append(ana.run("progress", "--post", "noc"))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(result.code for result in results) == [0, 5, 5, 5]
        assert "was posted to noc" in ana.refused(5, "progress", "--post", "noc")
    assert server.visits == 1


def test_an_earlier_post_is_named_with_its_time_in_the_zone_of_who_posts_and_with_its_date_if_that_is_another(
    ana: Program,
) -> None:
    with Server(reply(200)) as server:
        set_target(ana, server)
        ana.ok("progress", "--post", "noc")
    at = datetime.fromisoformat(re.findall(r'"at":"([^"]+)"', ana.ok("export").out)[-1])
    here = at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    india = ana.at(real=True)
    assert f"at {here:%H:%M} by Ana Ruiz" in india.refused(5, "progress", "--post", "noc", TZ="Asia/Kolkata")
    later = ana.at(real=False, clock=at + timedelta(days=3))
    assert f"at {at.astimezone():%Y-%m-%d %H:%M} by Ana Ruiz" in later.refused(5, "progress", "--post", "noc")


def test_a_post_stops_if_somebody_else_has_just_started_the_same(ana: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have checked that nothing was posted yet; the record says who was first."""
    with Server(reply(200)) as server:
        set_target(ana, server)
        ben, code = ana.at(user=BEN, terminal="Ben's"), ana.show()["code"]
        monkeypatch.setattr(Posting, "check", lambda *_: ben.ok("progress", code, "--post", "noc"))
        error = ana.at(real=False).refused(5, "progress", "--post", "noc")
    assert f"{code} was posted to noc at " in error
    assert " UTC by Ben Okafor, and has not changed since." in error
    assert server.visits == 1
    assert recorded(ana) == ["post:noc started", "post:noc sent"]


def test_a_summary_is_posted_even_if_that_can_t_be_recorded(ana: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreProblem("The disk is full.")

    with Server(reply(200)) as server:
        set_target(ana, server)
        monkeypatch.setattr(LocalWorkspace, "send", full)
        posted = ana.at(real=False).ok("progress", "--post", "noc")
    assert "Note: the post can't be recorded, so rflow can't prevent a second one: The disk is full." in posted.err
    assert "sent to noc" in posted.err


@pytest.mark.parametrize("words", [("digest",), ("progress", str(RECORDED))], ids=["digest", "file"])
def test_a_digest_or_a_file_is_not_posted_twice_either(words: tuple[str, ...], ana: Program) -> None:
    with Server(reply(200), reply(200), reply(400), reply(500), reply(200)) as server:
        set_target(ana, server)
        assert "Nothing was sent." in ana.ok(*words, "--post", "noc", "--dry-run").err
        assert ana.ok(*words, "--post", "noc").err.startswith("Sent to noc: accepted (HTTP 200).")
        assert "The same was posted to noc at " in ana.refused(5, *words, "--post", "noc")
        assert ana.ok(*words, "--post", "noc", "--again").err.startswith("Sent to noc: accepted (HTTP 200).")
        ana.refused(7, *words, "--post", "noc", "--again")  # certainly not there: no reason to insist
        assert "Look there before you post it again with --again." in ana.refused(7, *words, "--post", "noc")
        assert "may have been posted to noc at " in ana.refused(5, *words, "--post", "noc")
        assert server.visits == 4
    assert recorded(ana) == []


@pytest.mark.parametrize("words", [("digest",), ("progress", str(RECORDED))], ids=["digest", "file"])
def test_a_digest_or_a_file_is_still_the_same_a_day_later(words: tuple[str, ...], ana: Program) -> None:
    with Server(reply(200)) as server:
        set_target(ana, server)
        today, tomorrow = (ana.at(real=False, clock=ago(days=days)) for days in (0, -1))
        today.ok("wait", "the courier", "--until", "25h")  # tomorrow that is said without the day
        today.ok(*words, "--post", "noc")
        assert "The same was posted to noc at " in tomorrow.refused(5, *words, "--post", "noc")
        assert server.visits == 1


def test_a_digest_that_has_changed_is_posted_again(ana: Program) -> None:
    with Server(reply(200), reply(200)) as server:
        set_target(ana, server)
        ana.ok("digest", "--post", "noc")
        ana.ok("done", "two jobs were stuck")
        ana.ok("digest", "--post", "noc")


# --- several destinations at once


def test_each_destination_is_served_even_if_another_fails(ana: Program) -> None:
    everything = ("progress", "--post", "noc", "--copy", "-o", "summary.md", "--overwrite", "-f", "text")
    assert ana.cwd is not None
    with Server(reply(200), reply(400), reply(200)) as server:
        set_target(ana, server)
        ana.ok(*everything)
        assert (ana.cwd / "summary.md").read_text("utf-8") == (ana.home / "clipboard").read_text("utf-8") + "\n" * (
            not (ana.home / "clipboard").read_text("utf-8").endswith("\n")
        )
        assert body(server)["schema_version"]
        assert recorded(ana) == ["file sent", "clipboard sent", "post:noc started", "post:noc sent"]
        ana.ok("note", "It hums")
        (ana.home / "clipboard").unlink()
        assert "does not accept the message" in ana.run(*everything).err
        assert "It hums" in (ana.home / "clipboard").read_text("utf-8")
        failed = ana.run(*everything, RFLOW_CLIPBOARD_CMD="exit 3")
        assert failed.code == 7
        assert failed.err.index("sent to noc") < failed.err.index("Nothing was copied")
    both = ana.run(*everything, "--again", RFLOW_CLIPBOARD_CMD="exit 3")
    assert both.code == 7
    assert both.err.index("Nothing was copied") < both.err.index("can't be reached")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("progress", "--again"), "--dry-run and --again need --post."),
        (("digest", "--dry-run"), "--dry-run and --again need --post."),
        (("progress", "--post", "noc", "--dry-run", "--copy"), "--dry-run delivers nothing"),
        (("progress", "--post", "noc", "--dry-run", "-o", "x"), "--dry-run delivers nothing"),
        (("progress", "--post", "noc", "-f", "text"), 'noc is of kind json and always gets the format "json".'),
        (("progress", "--post", "nok"), 'There is no target "nok".\n       There are: noc. To add it: rflow config'),
        (("digest", "--post", ""), 'There is no target "".'),
    ],
)
def test_options_that_make_no_sense_are_refused(words: tuple[str, ...], said: str, ana: Program) -> None:
    with Server(reply(200)) as server:
        set_target(ana, server)
        assert said in ana.refused(2, *words)
    assert (server.visits, recorded(ana)) == (0, [])


# --- configuring a target


@pytest.fixture
def new(tmp_path: Path) -> Program:
    """A user who has not configured anything."""
    return SecretiveProgram(tmp_path)


def test_a_target_is_shown_without_its_secret(new: Program) -> None:
    assert "targets.NAME.url = (not set)" in new.ok("config", "list").out
    shown = new.ok("config", "set", "targets.noc.url", "-", stdin=f"  https://hooks.slack.com{PATH}\n")
    assert shown.err == (
        f"targets.noc.url set in {config(new)}.\n"
        "Its kind is slack, because of the host hooks.slack.com. "
        "To see what would be sent: rflow progress --post noc --dry-run\n"
    )
    assert f"https://hooks.slack.com{PATH}" in config(new).read_text()
    assert config(new).stat().st_mode & 0o777 == 0o600
    assert new.ok("config", "get", "targets.noc.url").out == "https://hooks.slack.com/…\n"
    assert "targets.noc.url = https://hooks.slack.com/…  [file]" in new.ok("config", "list").out
    listed = {entry["name"]: (entry["value"], entry["origin"]) for entry in new.json("config", "list", "--json")}
    assert listed["targets.noc.url"] == ("https://hooks.slack.com/…", "file")
    assert listed["targets.noc.kind"] == ("", "default")
    assert new.ok("config", "unset", "targets.noc.url").err == f"targets.noc.url removed in {config(new)}.\n"
    assert new.ok("config", "get", "targets.noc.url").out == "\n"


def test_the_environment_overrides_the_file(new: Program) -> None:
    new.ok("config", "set", "targets.night-shift.url", "-", stdin=f"https://hooks.slack.com{PATH}")
    environ = {"RFLOW_TARGET_NIGHT_SHIFT_URL": f"https://noc.example{PATH}", "RFLOW_TARGET_NIGHT_SHIFT_KIND": "json"}
    listed = new.ok("config", "list", **environ).out
    assert "targets.night-shift.url = https://noc.example/…  [environment]" in listed
    assert "targets.night-shift.kind = json  [environment]" in listed
    shown = new.ok("config", "unset", "targets.night-shift.url", **environ)
    assert "Note: for now the environment overrides the file" in shown.err
    assert "targets.night-shift.url = https://noc.example/…  [environment]" in new.ok("config", "list", **environ).out


def test_a_url_among_the_arguments_is_accepted_with_a_warning(new: Program) -> None:
    shown = new.ok("config", "set", "targets.noc.url", f"https://hooks.slack.com{PATH}")
    assert shown.err.startswith("Warning: the URL is in your shell's history now. ")
    assert "| rflow config set targets.noc.url -)" in shown.err


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("targets.noc.url",), "", "there is no terminal to ask for it"),
        (("targets.noc.url", "-"), " \n", "No URL was given, and nothing was set."),
        (("targets.noc.url", "-"), f"http://noc.example{PATH}", "http:// is for loopback addresses only"),
        (("targets.noc.url", "-"), f"ftp://noc.example{PATH}", "must begin with https://"),
        (("targets.noc.url", "-"), f"https://noc.example{PATH}\nhttps://noc.example{PATH}", "contains blanks"),
        (("targets.noc.url", f"https://noc.example:{SECRETS[2]}/"), "", "can't be read"),
        (("targets.noc.kind", "discord"), "", "There are: slack, teams, json."),
        (("targets.NOC.url", "-"), f"https://noc.example{PATH}", 'small letters, digits and "-"'),
        (("targets.noc.urls", "-"), f"https://noc.example{PATH}", "targets.NAME.url or targets.NAME.kind"),
        (("post.timeout", "soon"), "", '"soon" is not a valid time-out.'),
        (("post.timeout", "nan"), "", '"nan" is not a valid time-out.'),
    ],
)
def test_an_unusable_setting_is_refused(words: tuple[str, ...], stdin: str, said: str, new: Program) -> None:
    assert said in new.refused(2, "config", "set", *words, stdin=stdin)
    assert not config(new).exists()


def test_the_next_step_is_shown_when_a_target_is_configured(new: Program) -> None:
    def shown(field: str, value: str) -> str:
        return new.ok("config", "set", f"targets.noc.{field}", "-" if field == "url" else value, stdin=value).err

    assert "The URL is still missing: rflow config set targets.noc.url" in shown("kind", "teams")
    assert (
        "Note: noc is of kind teams, but hooks.slack.com accepts slack: rflow config set targets.noc.kind slack"
        in shown("url", f"https://hooks.slack.com{PATH}")
    )
    assert "of kind teams, but hooks.slack.com accepts slack" in new.refused(
        2, "progress", str(RECORDED), "--post", "noc"
    )
    new.ok("config", "unset", "targets.noc.kind")
    assert "The kind is still missing: rflow config set targets.noc.kind slack|teams|json" in shown(
        "url", f"https://noc.example{PATH}"
    )
    assert "has no kind" in new.refused(2, "progress", str(RECORDED), "--post", "noc")
    assert shown("kind", "json").endswith("To see what would be sent: rflow progress --post noc --dry-run\n")


def test_without_any_target_the_error_says_how_to_add_one(new: Program) -> None:
    error = new.refused(2, "progress", str(RECORDED), "--post", "noc")
    assert error.endswith("To add it: rflow config set targets.noc.url (see docs/posting.md)\n")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another matter on Windows")
def test_a_readable_configuration_is_reported_and_made_private_when_written(new: Program) -> None:
    config(new).parent.mkdir(parents=True)
    config(new).write_text(f'targets.noc = {{url = "https://noc.example{PATH}", kind = "json"}}\n')
    config(new).chmod(0o644)
    shown = new.ok("progress", str(RECORDED), "--post", "noc", "--dry-run").err
    assert f"Warning: other users of this computer may be able to read the URL in {config(new)}" in shown
    new.ok("config", "set", "progress.format", "text")
    assert config(new).stat().st_mode & 0o777 == 0o600
    assert "Warning" not in new.ok("progress", str(RECORDED), "--post", "noc", "--dry-run").err


LOGIN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
def test_a_terminal_asks_for_the_url_without_showing_it(new: Program) -> None:
    import pty

    mine, theirs = pty.openpty()
    words = [sys.executable, "-c", LOGIN, SCRIPT, "config", "set", "targets.noc.url"]
    process = subprocess.Popen(
        words, env=new.variables, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    screen = b""
    while b"not shown" not in screen:
        screen += os.read(mine, 1000)
    time.sleep(0.2)  # until the echo is off
    os.write(mine, f"https://hooks.slack.com{PATH}\n".encode())
    try:
        while piece := os.read(mine, 1000):
            screen += piece
    except OSError:  # how Linux says that the other side is gone
        pass
    os.close(mine)
    assert process.wait(30) == 0
    assert b"targets.noc.url set in" in screen
    assert not [secret for secret in SECRETS if secret.encode() in screen]
    assert PATH in config(new).read_text()


def test_targets_are_completed(new: Program) -> None:
    assert offered(new, "progress", "--post", "") == []
    for name in ("noc", "night-shift"):
        new.ok("config", "set", f"targets.{name}.url", "-", stdin=f"https://hooks.slack.com{PATH}")
    for command in ("progress", "digest"):
        assert offered(new, command, "--post", "") == ["night-shift", "noc"]
    assert offered(new, "config", "get", "targets.no") == ["targets.noc.url", "targets.noc.kind"]
