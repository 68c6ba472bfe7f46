"""What examples/deploy/team has: units that systemd accepts, and the processes of `start.sh`, behind a real nginx."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import islice
from pathlib import Path

import httpx
import pytest
import yaml

from rflow.web.api.operations.sessions import EVIDENCE_LIMIT, IMPORT_LIMIT
from support.needs import need
from support.program import SCRIPT, Program
from support.team import PASSWORD
from support.waiting import until
from support.web.server import free_port

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
TEAM = DEPLOY / "team"
UNITS = ("team/rflow@.service", "team/rflow-backup.service", "team/rflow-backup.timer", "rflow.service")


def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    need("systemd-analyze")
    names = []
    for unit in UNITS:
        text = (DEPLOY / unit).read_text("utf-8")
        text = text.replace("/opt/rflow/bin/rflow", SCRIPT).replace("/opt/rflow/bin/backup", str(TEAM / "backup"))
        names.append(tmp_path / Path(unit).name.replace("@.", "@8765."))
        names[-1].write_text(text, "utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, names)], capture_output=True, text=True, timeout=60
    )
    said = [line for line in verified.stderr.splitlines() if str(tmp_path) in line or "rflow" in line]
    assert (verified.returncode, said) == (0, [])


def test_compose_runs_what_the_units_run() -> None:
    unit = (TEAM / "rflow@.service").read_text("utf-8")
    composed = yaml.safe_load((TEAM / "compose.yaml").read_text("utf-8"))
    services = composed["services"]
    options = re.search(r"--port %i (.*)$", unit, re.MULTILINE)
    assert options is not None
    network = composed["networks"]["default"]["ipam"]["config"][0]
    nginx = services["nginx"]["networks"]["default"]["ipv4_address"]
    assert ip_address(nginx) in ip_network(network["subnet"])
    assert ip_address(nginx) not in ip_network(network["ip_range"])
    assert nginx != network["gateway"]
    for port in ("8765", "8766"):
        service = services[f"rflow-{port}"]
        assert service["command"] == options[1].replace("127.0.0.1", nginx).split()
        assert set(re.findall(r"^Environment=(\w+)", unit, re.MULTILINE)) < set(service["environment"])
        assert f"rflow-{port}:8765" in services["nginx"]["command"][-1]
        assert f"127.0.0.1:{port}" in (TEAM / "nginx.conf").read_text("utf-8")
    assert (DEPLOY / "Containerfile").exists()


@pytest.mark.parametrize("proxy", ["nginx.conf", "team/nginx.conf", "scaling/nginx.conf", "Caddyfile"])
def test_a_proxy_lets_pass_what_the_servers_take_and_no_address_that_a_client_wrote(proxy: str) -> None:
    text = (DEPLOY / proxy).read_text("utf-8")
    limits = re.findall(r"^\s*(?:client_max_body_size|max_size) (\d+)(?:m;|MiB$)", text, re.MULTILINE)
    assert sorted(int(limit) * 1024 * 1024 for limit in limits) == [10 * 1024 * 1024, 65 * 1024 * 1024]
    assert EVIDENCE_LIMIT <= 10 * 1024 * 1024
    assert IMPORT_LIMIT <= 65 * 1024 * 1024
    assert "/imports" in text
    assert re.findall(r"^\s*proxy_set_header X-Forwarded-For (\S+);", text, re.MULTILINE) in ([], ["$remote_addr"])
    assert proxy == "Caddyfile" or "X-Forwarded-For $remote_addr" in text


@dataclass
class Started:
    """What `start.sh` has started, and an admin at the same machine."""

    url: str
    folder: Path
    ports: tuple[int, int]
    root: Program
    process: "subprocess.Popen[bytes]"

    def get(self, path: str) -> httpx.Response:
        """Ask nginx, with the certificate that was made for it."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "localhost.pem"))
        with httpx.Client(verify=trusted, base_url=self.url, timeout=20) as client:
            return client.get(path)

    def is_up(self) -> bool:
        """Whether both servers answer, and nginx."""
        try:
            direct = [httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code for port in self.ports]
            return [*direct, self.get("/healthz").status_code] == [200, 200, 200]
        except (httpx.TransportError, OSError):
            assert self.process.poll() is None
            return False


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    need("nginx", "openssl")
    folder = tmp_path_factory.mktemp("deploy")
    ports, https = (free_port(), free_port()), free_port()
    root = Program(folder, user="Root", store=str(folder / "team.db"))
    root.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "RFLOW": SCRIPT, "HTTPS_PORT": str(https)}
    names = {"PORT_A": str(ports[0]), "PORT_B": str(ports[1])}
    process = subprocess.Popen(
        [str(TEAM / "start.sh"), str(folder)], env=environ | names, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = Started(f"https://localhost:{https}", folder, ports, root, process)
    try:
        assert until(server.is_up)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def test_both_servers_answer_behind_nginx_with_their_address(started: Started) -> None:
    started.root.start("--title", "Label printer")
    link = started.root.json("share", "create", "--json", "--expires", "1h")
    page = started.get(f"/share/{link['token']}.txt")
    assert (page.status_code, "Label printer" in page.text) == (200, True)
    assert page.headers["strict-transport-security"]
    assert started.get("/sign-in").status_code == 200
    logged = [json.loads(line) for line in (started.folder / f"rflow-{started.ports[0]}.log").read_text().splitlines()]
    assert {"serving", "Application startup complete."} <= {line["event"] for line in logged}
    assert link["token"] not in "".join(log.read_text() for log in started.folder.glob("*.log"))


def test_live_updates_pass_through_nginx_at_once(started: Started) -> None:
    code = started.root.start("--title", "Till in York")
    token = started.root.json("share", "create", "-s", code, "--json", "--expires", "1h")["token"]
    trusted = ssl.create_default_context(cafile=str(started.folder / "localhost.pem"))
    with (
        httpx.Client(verify=trusted, base_url=started.url, timeout=30) as client,
        client.stream("GET", f"/share/{token}/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines)
        started.root.ok("note", "The roll is new", "-s", code)
        assert next(line for line in lines if line.startswith("data:") and "2" in line)


@contextmanager
def signed_in(started: Started, name: str) -> Iterator[httpx.Client]:
    """Yield a browser of somebody who has signed in through nginx."""
    trusted = ssl.create_default_context(cafile=str(started.folder / "localhost.pem"))
    headers = {"sec-fetch-site": "same-origin"}
    with httpx.Client(verify=trusted, base_url=started.url, timeout=30, headers=headers) as browser:
        assert browser.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
        yield browser


def test_who_else_is_on_a_page_shows_over_both_processes(started: Started) -> None:
    started.root.ok("user", "add", "Ben", "--admin", "--password-stdin", stdin=PASSWORD)
    session = started.root.start("--title", "Till in Leeds")
    id_ = started.root.json("show", session, "--json")["id"]
    with signed_in(started, "Root") as root, signed_in(started, "Ben") as ben:
        for first, second, name in ((root, ben, "Ben"), (ben, root, "Root")):
            with first.stream("GET", f"/events/{id_}") as watching, second.stream("GET", f"/events/{id_}"):
                assert f'data: ["{name}"]' in islice(watching.iter_lines(), 12)


def test_the_servers_know_the_address_of_a_client_from_nginx(started: Started) -> None:
    """What the client itself writes into the header is not believed."""
    trusted = ssl.create_default_context(cafile=str(started.folder / "localhost.pem"))
    headers = {"sec-fetch-site": "same-origin", "x-forwarded-for": "192.0.2.7"}
    form = {"name": "Nobody", "password": "wrong password"}
    for address in ("127.0.0.9", "127.0.0.9", "127.0.0.1"):  # the last one is trusted, as a proxy
        there = httpx.HTTPTransport(verify=trusted, local_address=address)
        with httpx.Client(transport=there, base_url=started.url, timeout=30, headers=headers) as client:
            assert client.post("/sign-in", data=form).status_code == 401
    with signed_in(started, "Root") as root:
        audit = [json.loads(line) for line in root.get("/admin/audit/file").text.splitlines()]
    failed = [entry.get("details") for entry in audit if entry["action"] == "sign_in_failed"]
    assert failed == [{"address": "127.0.0.9"}, {"address": "127.0.0.9"}, None]


def test_a_large_import_passes_nginx_and_no_other_large_body(started: Started) -> None:
    token = started.root.json("token", "create", "--user", "Root", "--scope", "read,write", "--json")["token"]
    trusted = ssl.create_default_context(cafile=str(started.folder / "localhost.pem"))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    with httpx.Client(verify=trusted, base_url=started.url, timeout=60, headers=headers) as client:
        imported, started_one = (
            client.post(f"/api/v1/{path}", content=b" " * (12 * 1024 * 1024)) for path in ("imports", "sessions")
        )
    assert (imported.status_code in (400, 422), imported.headers["content-type"]) == (True, "application/problem+json")
    assert (started_one.status_code, started_one.headers["content-type"]) == (413, "text/html")


def test_the_backup_of_the_timer_is_made_and_checked_while_they_run_and_old_ones_go(started: Started) -> None:
    folder = started.folder / "backups"
    folder.mkdir()
    for day in range(10, 30):
        (folder / f"team-2020-01-{day}T031000Z.db").write_bytes(b"old")
    done = subprocess.run(
        [str(TEAM / "backup"), str(folder)],
        env=started.root.variables | {"RFLOW": SCRIPT},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "The backup is sound" in done.stderr
    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == 14
    assert kept[-1] > "team-2026"
    assert kept[0] == "team-2020-01-17T031000Z.db"


def test_one_server_may_stop_and_the_other_goes_on(started: Started) -> None:
    need("ps")
    listing = ["ps", "-ww", "--ppid", str(started.process.pid), "-o", "pid=,args="]
    pids = subprocess.run(listing, capture_output=True, text=True, check=True)
    first = next(line.split()[0] for line in pids.stdout.splitlines() if f"--port {started.ports[0]}" in line)
    os.kill(int(first), signal.SIGTERM)
    assert until(lambda: not _listens(started.ports[0]))
    assert {started.get("/healthz").status_code for _ in range(6)} == {200}


def _listens(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    except (httpx.TransportError, OSError):
        return False


def test_the_script_is_plain_posix() -> None:
    shell = shutil.which("dash") or shutil.which("sh")
    assert shell is not None
    for script in ("start.sh", "backup"):
        assert subprocess.run([shell, "-n", str(TEAM / script)], check=False).returncode == 0
