"""Contents of evidence over HTTP: uploaded and downloaded as they are, within the limit of each route."""

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from rflow.web.api.operations import OPERATIONS
from rflow.web.api.operations.sessions import EVIDENCE_LIMIT
from support.program import Program
from support.web.server import Served
from support.web.team import API, ServedTeam, served_team

pytestmark = pytest.mark.slow
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTeam]:
    with served_team(tmp_path_factory.mktemp("contents"), processes=1) as team:
        yield team


def evidence(content: bytes, **fields: object) -> str:
    """Return a request with evidence of this content, as JSON."""
    digest = hashlib.sha256(content).hexdigest()
    size = {"bytes_total": len(content), "bytes_kept": len(content)}
    piece = {"kind": "file", "label": "dump.bin", "excerpt": "", "digest": digest, **size}
    command = {"type": "add_evidence", "evidence": piece, "command_id": digest[:20], **fields}
    return msgspec.json.encode({"command": command}).decode()


def upload(team: ServedTeam, session: str, content: bytes, who: str = "Ben Okafor") -> httpx.Response:
    parts = {"request": (None, evidence(content), "application/json"), "content": ("dump.bin", content)}
    return team.ask("POST", f"/sessions/{session}/evidence", who, files=parts)


@pytest.mark.parametrize("size", [0, 1, 70_000, 8 * MIB])
def test_a_content_comes_back_as_it_was_sent(team: ServedTeam, size: int) -> None:
    session, content = team.start(), os.urandom(size)
    added = upload(team, session, content)
    assert added.status_code == 200, added.text
    digest = added.json()["events"][0]["fact"]["digest"]
    read = team.ask("GET", f"/sessions/{session}/contents/{digest}", "Eva")
    assert read.content == content
    assert read.headers["content-disposition"] == "attachment"
    assert "sandbox" in read.headers["content-security-policy"]


def test_a_content_that_the_command_does_not_name_is_refused(team: ServedTeam) -> None:
    session = team.start()
    parts = {"request": (None, evidence(b"one"), "application/json"), "content": ("dump.bin", b"another")}
    refused = team.ask("POST", f"/sessions/{session}/evidence", files=parts)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rflow:bad-input")


@pytest.mark.parametrize(
    "files",
    [
        {"content": ("dump.bin", b"x")},
        {"request": (None, "{}"), "other": ("dump.bin", b"x")},
        {"request": ("a.json", b"{}"), "content": ("dump.bin", b"x")},
    ],
)
def test_a_form_with_other_parts_is_refused(team: ServedTeam, files: dict[str, object]) -> None:
    refused = team.ask("POST", f"/sessions/{team.start()}/evidence", files=files)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("headers", [{}, {"content-type": "multipart/form-data"}, {"content-type": "text/plain"}])
def test_a_body_that_is_no_form_is_refused(team: ServedTeam, headers: dict[str, str]) -> None:
    refused = team.ask("POST", f"/sessions/{team.start()}/evidence", content=b"x", headers=headers)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


def test_more_than_eight_mebibytes_is_413(team: ServedTeam) -> None:
    session = team.start()
    refused = upload(team, session, b"x" * EVIDENCE_LIMIT)
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:rflow:too-large")
    assert team.ask("GET", f"/sessions/{session}/version").json() == {"version": 1}


def test_five_megabytes_are_413_wherever_no_evidence_belongs(team: ServedTeam) -> None:
    session, content = team.start(), b"x" * 5_000_000
    paths = {(each.method, each.path) for each in OPERATIONS if each.body is not None and not each.request_part_limit}
    assert len(paths) >= 15
    for method, path in sorted(paths):
        for name in ("session", "space", "user", "link"):
            path = path.replace(f"{{{name}}}", session)
        refused = team.ask(method, path, "Ben Okafor", content=content)
        assert (refused.status_code, refused.json()["type"]) == (413, "urn:rflow:too-large"), path


def test_nothing_large_is_read_for_somebody_without_a_token(team: ServedTeam) -> None:
    refused = upload(team, team.start(), b"x" * MIB, who="rft_wrong")
    assert refused.status_code == 401


def resident(server: Served) -> int:
    """Return the bytes that a process has in memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says how much memory a process has")
def test_slow_readers_do_not_hold_their_contents_in_memory(team: ServedTeam) -> None:
    session = team.start()
    digest = upload(team, session, os.urandom(8 * MIB)).json()["events"][0]["fact"]["digest"]
    head = f"GET {API}/sessions/{session}/contents/{digest} HTTP/1.1\r\nHost: rflow\r\n"
    head += f"Authorization: Bearer {team.tokens['Ben Okafor']}\r\n\r\n"
    before, readers = resident(team.servers[0]), []
    for _ in range(60):
        reader = socket.create_connection(("127.0.0.1", team.servers[0].port))
        reader.sendall(head.encode())
        assert reader.recv(12) == b"HTTP/1.1 200"
        readers.append(reader)
    assert resident(team.servers[0]) - before < 60 * 8 * MIB / 2
    for reader in readers:
        reader.close()


def test_the_command_line_attaches_and_exports_at_a_server(team: ServedTeam, tmp_path: Path) -> None:
    session, content = team.start(), os.urandom(3 * MIB)
    (tmp_path / "dump.bin").write_bytes(content)
    environ = {"RFLOW_TOKEN": team.tokens["Ben Okafor"]}
    ben = Program(tmp_path, store=team.servers[0].url, user="Ben Okafor", environ=environ)
    ben.ok("-s", session, "attach", str(tmp_path / "dump.bin"))
    ben.ok("export", session, "-o", str(tmp_path / "session.jsonl"))
    other = Program(tmp_path / "other", store=str(tmp_path / "other.db"))
    other.ok("import", str(tmp_path / "session.jsonl"))
    other.ok("export", session[:13], "-o", str(tmp_path / "again.jsonl"))
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "session.jsonl").read_bytes()
    second = team.start(title="Another server")
    ben.ok("import", str(tmp_path / "again.jsonl"))
    assert team.ask("GET", f"/sessions/{second}/version").json() == {"version": 1}
