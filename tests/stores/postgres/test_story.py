"""A team on PostgreSQL: two web processes, one of them killed, the database restarted, and everything goes on."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.program import SCRIPT, Program
from support.stores import postgres
from support.waiting import until
from support.web.server import free_port

pytestmark = pytest.mark.slow


class Web:
    """A web process."""

    def __init__(self, shell: Program, folder: Path, name: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (folder / f"{name}.log").open("w")
        words = [SCRIPT, "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(words, env=dict(shell.variables), stderr=self._log, stdout=self._log)
        assert until(self.answers, 30), (folder / f"{name}.log").read_text()

    def answers(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        self._log.close()


class Person:
    """Somebody at the API, with a token; they know both addresses, and try again until they are answered."""

    def __init__(self, token: str, *webs: Web) -> None:
        self.headers, self.webs = {"Authorization": f"Bearer {token}"}, list(webs)

    def ask(self, method: str, path: str, json: object = None) -> Any:
        """Ask the first that answers, and return what it says."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for web in self.webs:
                try:
                    said = httpx.request(method, f"{web.url}/api/v1{path}", headers=self.headers, json=json, timeout=30)
                except httpx.HTTPError:
                    continue
                if said.status_code < 500:
                    assert said.status_code < 300, said.text
                    return said.json() if said.content else None
            time.sleep(0.1)
        raise AssertionError(f"nobody answered {method} {path}")

    def send(self, session: str, **command: object) -> Any:
        """Send a command."""
        return self.ask("POST", f"/sessions/{session}/commands", {"command": command})


@pytest.fixture
def shell(tmp_path: Path) -> Program:
    """Whoever runs the server, with the team's accounts."""
    shell = Program(home=tmp_path, store=postgres.url(tmp_path, "team"))
    shell.ok("user", "add", "Root", "--admin")
    shell.ok("space", "add", "Leeds")
    for name in ("Ana", "Ben"):
        shell.ok("user", "add", name)
        shell.ok("space", "members", "Leeds", "--add", name, "--role", "member")
    return shell


@contextmanager
def two_webs(shell: Program, folder: Path) -> Iterator[tuple[Web, Web]]:
    """Run two web processes of the store."""
    webs = Web(shell, folder, "first"), Web(shell, folder, "second")
    try:
        yield webs
    finally:
        for web in webs:
            web.kill()


def token(shell: Program, name: str) -> str:
    """Create a token."""
    return shell.ok("token", "create", "--user", name, "--scope", "read,write,move,own,share").out.strip()


def test_a_team_works_on_while_a_process_and_the_database_go(shell: Program, tmp_path: Path) -> None:
    with two_webs(shell, tmp_path) as (first, second):
        ana = Person(token(shell, "Ana"), first, second)
        ben = Person(token(shell, "Ben"), second)
        start = {"title": "Till 3 is dark", "space": "leeds", "command_id": "start"}
        session = ana.ask("POST", "/sessions", start)["session"]
        link = ana.ask("POST", "/links", {"session": session})["token"]
        sent: list[str] = []

        def write() -> None:
            for number in range(60):
                ana.send(session, type="add_note", text=f"note {number}", command_id=f"note {number}")
                sent.append(f"note {number}")

        writing = threading.Thread(target=write)
        writing.start()
        assert until(lambda: len(sent) > 10)
        first.kill()
        assert until(lambda: len(sent) > 25)
        postgres.server().restart("immediate")
        writing.join(120)
        assert len(sent) == 60
        ana.send(session, type="hand_off", to={"id": "ben", "name": "Ben"}, note="The ribbon is torn")
        ben.send(session, type="accept", read_back="Order a ribbon")
        events = ben.ask("GET", f"/sessions/{session}/events")["events"]
        notes = [event["fact"]["text"] for event in events if event["fact"]["type"] == "note_added"]
        assert notes == sent
        assert ben.ask("GET", f"/sessions/{session}")["owner"]["name"] == "Ben"
        assert ana.ask("POST", "/sessions", start)["session"] == session
        assert "note 59" in httpx.get(f"{second.url}/share/{link}.txt").text
        third = Web(shell, tmp_path, "third")
        assert "note 59" in httpx.get(f"{third.url}/share/{link}.txt").text
        third.kill()
    assert shell.ok("store", "check").err == "The store is sound.\n"
