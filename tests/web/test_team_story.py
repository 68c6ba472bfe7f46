"""One story of a team over two server processes on one store: from Ana's terminal to Ben's, and everybody sees it."""

import contextlib
import dataclasses
import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.mailbox import Mailbox, mailbox
from support.program import Program
from support.waiting import until
from support.web.server import Served, serving
from support.web.visitor import Visitor
from support.web.webhook_server import Server, deaf, reply

pytestmark = pytest.mark.slow

PASSWORD = "nine green bottles"
SECRET = "the mail server's own"
SCOPES = "read,write,move,own,share"


@dataclasses.dataclass(frozen=True)
class Town:
    """Two servers, the mail and the channel that they send notices to, and Ana and Ben at terminals elsewhere."""

    root: Program
    first: Served
    second: Served
    box: Mailbox
    channel: Server
    ana: Program
    ben: Program


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("town")
    with mailbox() as box, Server(reply(200, b"ok")) as channel, contextlib.ExitStack() as stack:
        notices = {
            "RFLOW_MAIL_SERVER": f"127.0.0.1:{box.port}",
            "RFLOW_MAIL_SECURITY": "none",
            "RFLOW_MAIL_FROM": "rflow <rflow@example.com>",
            "RFLOW_TARGET_TIER2_URL": f"{channel.base}/{'s3cr3t' * 4}",
            "RFLOW_TARGET_TIER2_KIND": "json",
        }
        (home / "root").mkdir()
        root = Program(home / "root", user="Root", store=str(home / "team.db"), environ=notices)
        set_up(root)
        first, second = (
            stack.enter_context(serving(root.at(real=True), log=log)) for log in ("first.log", "second.log")
        )
        ana, ben = (
            at_a_terminal(root, home / name, name, server.url)
            for name, server in (("Ana Ruiz", first), ("Ben Okafor", second))
        )
        yield Town(root, first, second, box, channel, ana, ben)


def set_up(root: Program) -> None:
    root.with_tree()
    root.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    for name, address in (("Ana Ruiz", "ana@example.com"), ("Ben Okafor", "ben@example.com")):
        root.ok("user", "add", name, "--password-stdin", stdin=PASSWORD)
        root.ok("user", "mail", name, address)
        root.ok("space", "members", "default", "--add", name, "--role", "member")


def at_a_terminal(root: Program, home: Path, name: str, url: str) -> Program:
    """Put somebody at a terminal of their own, signed in at a server."""
    home.mkdir()
    token = root.json("token", "create", "--user", name, "--scope", SCOPES, "--json")["token"]
    return Program(home, user=name, store=url, environ={"RFLOW_TOKEN": token})


def accept_on_the_page(mail: str, code: str) -> None:
    """Follow the address in a mail, sign in there, and accept the handoff: Ben has no terminal at hand."""
    address = re.search(rf"(http://127.0.0.1:\d+)(/sessions/{code})\b", mail)
    assert address is not None
    visitor = Visitor(address[1]).go(address[2])
    assert visitor.at.startswith("/sign-in")
    visitor.sign_in("Ben Okafor", PASSWORD)
    assert visitor.at == address[2], (visitor.page.status_code, visitor.page.text)
    assert "Clear the print queue" in visitor.text
    (action,) = (action for action in visitor.actions() if action.endswith("/accept"))
    assert visitor.submit(action, read_back="Clear the queue, then print").page.status_code == 200


def headlines(mails: list[Any]) -> list[tuple[str, str]]:
    return [(str(mail["To"].addresses[0].addr_spec), str(mail["Subject"])) for mail in mails]


def history(me: Program, code: str) -> list[Any]:
    return [json.loads(line) for line in me.ok("export", code).out.splitlines()]


def test_a_session_goes_from_ana_to_ben_over_two_servers(town: Town) -> None:
    ana, ben, box = town.ana, town.ben, town.box
    code = ana.start("label-printer", "--customer", "Leeds")
    ana.ok("choose", "green")
    ana.ok("note", "The roll is new")
    link = ana.json("share", "create", "--json")
    page = httpx.get(f"{town.second.url}/share/{link['token']}.txt")
    assert (page.status_code, "Clear the print queue" in page.text) == (200, True)

    before = len(box.messages)
    ana.ok("handoff", "Ben Okafor", "--note", "The DBA is Robin")
    assert until(lambda: len(box.messages) > before)
    assert headlines(box.messages[before:]) == [("ben@example.com", f"[rflow] Ana Ruiz handed {code} to you")]
    mail = box.messages[before].as_string()
    assert "printer" not in mail
    assert "Robin" not in mail
    assert f"{code}" in ben.ok("inbox").out
    assert "1 session in your inbox" in ben.ok().out
    assert ana.show(code)["status"] == "handed_off"

    accept_on_the_page(mail, code)
    assert ben.show(code)["position"]["text"] == "Clear the print queue"
    ben.ok("done", "Cleared, 14 jobs", "-s", code)
    said = ana.ok("show", code).out + ana.ok("-s", code).out
    assert re.search("Ben Okafor", said)
    assert "belongs to Ben Okafor" in ana.refused(5, "-s", code, "choose", "Yes")
    assert history(ana, code) == history(ben, code)
    assert ben.show(code)["position"]["text"] == "Does a test label print?"
    time.sleep(2)  # both servers have looked at the outbox again by then
    assert len(box.messages) == before + 1


def test_a_queue_is_told_in_its_channel_and_whoever_accepts_first_has_it(town: Town) -> None:
    code = town.ana.start("label-printer", "--customer", "Leeds")
    before = len(town.channel.requests)
    town.ana.ok("handoff", "@tier2")
    assert until(lambda: len(town.channel.requests) > before)
    body = json.loads(town.channel.requests[before].body)
    assert (body["notice"], body["code"], body["to"]["name"]) == ("handoff", code, "@tier2")
    town.ben.ok("accept", code)
    assert town.ana.show(code)["owner"]["name"] == "Ben Okafor"


def test_a_question_is_told_and_its_answer_is_in_the_record(town: Town) -> None:
    code = town.ben.start("--title", "Till in York")
    before = len(town.box.messages)
    entry = town.ben.ok("question", "Ana Ruiz", "Which lamp is lit?")
    assert until(lambda: len(town.box.messages) > before)
    assert headlines(town.box.messages[before:]) == [
        ("ana@example.com", f"[rflow] Ben Okafor asked you something in {code}")
    ]
    assert "lamp" not in town.box.messages[before].as_string()
    assert entry.code == 0


def test_the_servers_say_how_many_notices_wait_and_no_log_has_a_secret_or_an_address(town: Town) -> None:
    sent = _sent(town)
    before = len(town.box.messages)
    town.ana.start("--title", "Till in Bath")
    town.ana.ok("handoff", "Ben Okafor", "--note", "The DBA is Robin")
    assert until(lambda: len(town.box.messages) > before)
    metrics = town.first.get("/metrics").text
    assert re.search(r"^rflow_notices_waiting \d", metrics, re.MULTILINE)
    assert re.search(r"^rflow_notices_given_up 0", metrics, re.MULTILINE)
    assert until(lambda: _sent(town) > sent)
    logs = town.first.log.read_text() + town.second.log.read_text()
    for secret in ("s3cr3t", "example.com/s", "ben@example.com", "Robin", "rft_"):
        assert secret not in logs
    assert "given up" not in town.root.ok("store", "info").out
    assert "done" in town.root.ok("store", "notices").out


def _sent(town: Town) -> int:
    """Return how many notices the logs of both servers say they sent."""
    lines = [line for served in (town.first, town.second) for line in served.logged()]
    return [line["event"] for line in lines].count("a notice was sent")


def texts_in(town: Town, backup: Path) -> set[str]:
    """Return the notes of the session that was written to, as a backup has them."""
    at_backup = town.root.at(store=str(backup))
    (code,) = (head["code"] for head in at_backup.json("list", "--all", "--json") if head["title"] == "Under load")
    return {note["text"] for note in at_backup.show(code)["notes"]}


@contextlib.contextmanager
def notes_through(town: Town) -> Iterator[list[str]]:
    """Let Ana and Ben write notes through both servers all the time; yields those that were acknowledged so far."""
    session = town.ana.show(town.ana.start("--title", "Under load"))["id"]
    written: list[str] = []
    stop = threading.Event()

    def write(url: str, who: Program) -> None:
        with httpx.Client(headers={"authorization": f"Bearer {who.environ['RFLOW_TOKEN']}"}, timeout=30) as client:
            for number in count():
                if stop.is_set():
                    return
                text = f"Note {number} of {who.user}"
                body = {"command": {"type": "add_note", "text": text}}
                client.post(f"{url}/api/v1/sessions/{session}/commands", json=body).raise_for_status()
                written.append(text)

    with ThreadPoolExecutor(2) as pool:
        writing = [pool.submit(write, who.store, who) for who in (town.ana, town.ben)]
        try:
            yield written
        finally:
            stop.set()
        assert [each.result() for each in writing] == [None, None]


def test_a_backup_is_whole_while_both_servers_write_and_is_not_put_back_while_they_run(town: Town) -> None:
    path = town.root.home / "while-running.db"
    with notes_through(town) as written:
        assert until(lambda: len(written) > 20)
        before = list(written)
        town.root.ok("store", "backup", str(path))
        assert until(lambda: len(written) > len(before))
        assert "in use" in town.root.refused(8, "store", "restore", str(path), "--yes")
    assert "The backup is sound" in town.root.ok("store", "verify", str(path)).err
    assert set(before) <= texts_in(town, path)
    assert "in use" in town.root.refused(8, "store", "restore", str(path), "--yes")
    elsewhere = town.root.at(environ={"XDG_STATE_HOME": str(town.root.home / "other state")})
    assert "in use" in elsewhere.refused(8, "store", "restore", str(path), "--yes")
    assert town.first.get("/healthz").status_code == 200


def test_a_server_stops_while_its_mail_server_does_not_answer_and_the_notice_waits(tmp_path: Path) -> None:
    with Server(deaf) as silent:
        notices = {
            "RFLOW_MAIL_SERVER": f"127.0.0.1:{silent.port}",
            "RFLOW_MAIL_SECURITY": "none",
            "RFLOW_MAIL_FROM": "rflow@example.com",
        }
        root = Program(tmp_path, user="Root", store=str(tmp_path / "team.db"), environ=notices)
        set_up(root)
        root.start()
        root.ok("handoff", "Ben Okafor")
        root.start("--title", "Somebody watches this")
        with contextlib.ExitStack() as watching, serving(root.at(real=True)) as served:
            client = watching.enter_context(httpx.Client(base_url=served.url, timeout=30))
            stream = watching.enter_context(client.stream("GET", f"{served.link()['path']}/events"))
            lines = stream.iter_lines()
            assert next(lines)
            assert until(lambda: silent.visits > 0)
            served.process.send_signal(signal.SIGTERM)
            list(lines)  # it ends by itself
        assert served.process.returncode == 0
    waiting = [notice for notice in root.json("store", "notices", "--json") if "settled_at" not in notice]
    assert [(notice["way"], notice["attempts"]) for notice in waiting] == [("mail", 1)]
