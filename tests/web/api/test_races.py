"""Many members at once on one session, over HTTP, through two processes: each command once, in order, or a conflict."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.nightly import NIGHTLY
from support.program import LABELS
from support.web.team import API, ServedTeam, served_team

pytestmark = pytest.mark.slow
MEMBERS, COMMANDS = (50, 40) if NIGHTLY else (12, 8)


MOVES: dict[str, dict[str, Any]] = {
    "lamp": {"type": "choose", "choice": "Green"},
    "queue": {"type": "done", "result": "it is empty"},
    "works": {"type": "choose", "choice": "Another lamp is lit now"},
}
"""How to go round in the tree of the label printer."""


class Member:
    """A member who sends one command after the other, each with the version that they have seen, some of them twice."""

    def __init__(self, team: ServedTeam, session: str, number: int) -> None:
        self.name, self.number = f"Member {number}", number
        self.url = f"{team.servers[number % len(team.servers)].url}{API}/sessions/{session}/commands"
        self.headers = {"Authorization": f"Bearer {team.token(self.name)}"}
        self.accepted: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.seen, self.is_mine, self.node = 2, False, "lamp"

    def work(self, client: httpx.Client) -> None:
        """Send all commands."""
        for turn in range(COMMANDS):
            command = {"command_id": f"{self.number}-{turn}", **self._command(turn)}
            answer = self._send(client, command)
            self.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                self.accepted.append(f"{self.number}-{turn}")
                if turn % 5 == 0:  # as after a lost answer
                    again = self._send(client, command)
                    assert (again.status_code, again.json()["events"]) == (200, [])
            self._see(answer.json())

    def _command(self, turn: int) -> dict[str, Any]:
        """Return a note, or what moves the session: to take it over, and then to go on in its tree."""
        if turn % 3 == 0:
            return {"type": "add_note", "text": f"note {turn} of {self.name}"}
        if self.is_mine:
            return {**MOVES[self.node], "seen": self.seen}
        return {"type": "take_over", "reason": f"{self.name} goes on", "seen": self.seen}

    def _send(self, client: httpx.Client, command: dict[str, Any]) -> httpx.Response:
        return client.post(self.url, json={"command": command, "known": self.seen}, headers=self.headers)

    def _see(self, said: dict[str, Any]) -> None:
        """See what the answer says of the others."""
        if "current" in said:
            self.seen, owner = said["current"]["version"], said["current"]["owner"]["name"]
            self.is_mine, self.node = owner == self.name, said["current"]["place"]["node"]
        for event in said.get("tail", ()):
            self.seen, self.node = event["seq"], event["fact"].get("to", {"node": self.node})["node"]
            if event["fact"]["type"] == "taken_over":
                self.is_mine = event["by"]["name"] == self.name


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_each_accepted_command_is_there_once_and_in_order(tmp_path: Path, kind: str) -> None:
    with served_team(tmp_path, kind=kind) as team:
        for number in range(MEMBERS):
            team.accounts.add(f"Member {number}", agent=True)
            team.spaces.set_role("Leeds", f"Member {number}", "member")
        (tmp_path / "labels.toml").write_text(LABELS, "utf-8")
        team.servers[0].ana.ok("tree", "add", str(tmp_path / "labels.toml"), "--space", "Leeds")
        digest = team.ask("GET", "/trees", params={"space": "leeds"}).json()["items"][0]["digest"]
        started = team.ask("POST", "/sessions", json={"title": "No labels", "space": "leeds", "tree": digest})
        session = started.json()["session"]
        members = [Member(team, session, number) for number in range(MEMBERS)]
        limits = httpx.Limits(max_connections=MEMBERS)
        with httpx.Client(timeout=120, limits=limits) as client, ThreadPoolExecutor(MEMBERS) as pool:
            for each in [pool.submit(member.work, client) for member in members]:
                each.result()
        log = team.ask("GET", f"/sessions/{session}/events").json()["events"]
    statuses = sum((member.statuses for member in members), Counter[int]())
    assert set(statuses) == {200, 409}, statuses
    assert statuses.total() == MEMBERS * COMMANDS
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    accepted = [event["command_id"] for event in log if event.get("command_id")]
    for member in members:
        mine = list(dict.fromkeys(each for each in accepted if each.partition("-")[0] == str(member.number)))
        assert mine == member.accepted
    notes = Counter(event["fact"]["text"] for event in log if event["fact"]["type"] == "note_added")
    assert set(notes.values()) == {1}
    assert notes.total() == sum(turn % 3 == 0 for turn in range(COMMANDS)) * MEMBERS
