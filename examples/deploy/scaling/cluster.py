"""Runs the whole of it on this machine: `python cluster.py FOLDER`; Ctrl-C stops it. As root or not.

etcd, three nodes of PostgreSQL under Patroni, HAProxy, PgBouncer, two `rflow serve`, and nginx in front. It needs those
programs (Debian: etcd-server patroni postgresql haproxy pgbouncer nginx-light) and `rflow`, with the extras server and
postgres, beside the Python that runs this. `make faults` uses it to see what survives.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
NODES = ("a", "b", "c")
PROGRAMS = ("etcd", "patroni", "haproxy", "pgbouncer", "nginx")
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))


class Cluster:
    """The processes in a folder, at ports from `base` on."""

    def __init__(self, folder: Path, base: int = 15400) -> None:
        self.folder = folder
        names = ("ETCD", "ETCD_PEER", "PRIMARY", "POOLER", "WEB_1", "WEB_2", "FRONT")
        self.ports = {name: base + number for number, name in enumerate(names)}
        for number, node in enumerate(NODES):
            self.ports |= {f"POSTGRES_{node.upper()}": base + 10 + number, f"REST_{node.upper()}": base + 20 + number}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """The address of it all."""
        return f"http://127.0.0.1:{self.ports['FRONT']}"

    @property
    def store(self) -> str:
        """The URL of the store: through the pooler, with notices heard at HAProxy."""
        pooler, primary = self.ports["POOLER"], self.ports["PRIMARY"]
        return f"postgresql://rflow@127.0.0.1:{pooler}/rflow?listen=127.0.0.1:{primary}"

    def start(self) -> None:
        """Start everything, and wait until each part answers."""
        missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
        if missing:
            raise SystemExit(f"These programs are missing: {', '.join(missing)}.")
        if taken := [port for port in self.ports.values() if listens(port)]:
            raise SystemExit(f"These ports are in use: {', '.join(map(str, taken))}.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("etcd", "--config-file", self.configured("etcd.yml"))
        self.wait(lambda: answers(f"http://127.0.0.1:{self.ports['ETCD']}/health"), "etcd")
        for node in NODES:
            self.start_node(node)
        self.run("haproxy", "-f", self.configured("haproxy.cfg"))
        self.wait(lambda: self.primary() is not None and self.synchronous() is not None, "the primary", 120)
        self.prepare()
        self.run("pgbouncer", "-q", self.configured("pgbouncer.ini"))
        self.wait(lambda: listens(self.ports["POOLER"]), "PgBouncer")
        for number in (1, 2):
            self.start_web(number)
        self.run("nginx", "-g", "daemon off;", "-c", self.configured("nginx.conf"), as_root=True)
        self.wait(lambda: answers(f"{self.url}/healthz"), "nginx")

    def start_node(self, node: str) -> None:
        """Start a node; one that was killed finds its place again."""
        home = self.folder / node
        home.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        self.run("patroni", self.configured("patroni.yml", node), name=f"node {node}")

    def start_web(self, number: int) -> None:
        """Start a web process, and wait until it answers."""
        port = str(self.ports[f"WEB_{number}"])
        home = self.folder / f"web-{number}"
        environ = {**os.environ, "RFLOW_STORE": self.store, "HOME": str(home), "XDG_STATE_HOME": str(home)}
        home.mkdir(exist_ok=True)
        rflow = str(Path(sys.executable).with_name("rflow"))
        words = [rflow, "serve", "--port", port, "--public-url", self.url, "--trusted-proxy", "127.0.0.1"]
        self.run(*words, name=f"web {number}", environ=environ, as_root=True)
        self.wait(lambda: answers(f"http://127.0.0.1:{port}/healthz"), f"web process {number}")

    def prepare(self) -> None:
        """Create the role of the application, which is no superuser, and its database."""
        words = ["psql", "-qX", "-h", "127.0.0.1", "-p", str(self.ports["PRIMARY"]), "-U", "postgres", "-c"]
        for statement in ("CREATE ROLE rflow LOGIN", "CREATE DATABASE rflow OWNER rflow"):
            subprocess.run([*words, statement], check=True, env={**os.environ, "PATH": PATH}, stderr=subprocess.DEVNULL)

    def primary(self) -> str | None:
        """Return the node that is the primary; None while there is none."""
        return next((node for node in NODES if answers(f"{self._rest(node)}/primary")), None)

    def synchronous(self) -> str | None:
        """Return a node that has all that is acknowledged, besides the primary."""
        return next((node for node in NODES if answers(f"{self._rest(node)}/synchronous")), None)

    def is_whole(self) -> bool:
        """Whether one node is the primary and both others follow it closely, one of them synchronously."""
        following = [node for node in NODES if answers(f"{self._rest(node)}/replica?lag=1MB")]
        return self.primary() is not None and self.synchronous() is not None and len(following) == len(NODES) - 1

    def kill_node(self, node: str) -> None:
        """Kill a node as a machine that loses its power does: Patroni, PostgreSQL, and all its processes at once."""
        patroni = self.processes.pop(f"node {node}")
        family = [patroni.pid, *descendants(patroni.pid)]
        postmaster = self.folder / node / "data" / "postmaster.pid"
        if postmaster.exists():
            pid = int(postmaster.read_text().split()[0])
            family += [pid, *descendants(pid)]
        for pid in family:
            kill(pid)
        patroni.wait()

    def kill_web(self, number: int) -> None:
        """Kill a web process."""
        running = self.processes.pop(f"web {number}")
        running.kill()
        running.wait()

    def stop(self) -> None:
        """Stop everything, the front first."""
        for name in [each for each in self.processes if each.startswith("node ")]:
            self.kill_node(name.removeprefix("node "))
        for running in reversed(self.processes.values()):
            running.terminate()
        for running in self.processes.values():
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
        self.processes = {}

    def run(self, *words: str, name: str = "", environ: dict[str, str] | None = None, as_root: bool = False) -> None:
        """Start a program; those of PostgreSQL refuse root."""
        user = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 and not as_root else {}
        )
        path = shutil.which(words[0], path=PATH) or words[0]
        name = name or words[0]
        with (self.folder / f"{name.replace(' ', '-')}.out").open("ab") as log:
            begun = subprocess.Popen([path, *words[1:]], stdout=log, stderr=log, env=environ, cwd=self.folder, **user)
        self.processes[name] = begun

    def configured(self, name: str, node: str = "") -> str:
        """Write a configuration file with the folder and the ports of this cluster, and return its path."""
        values = {"FOLDER": str(self.folder), "BIN": str(programs()), "NODE": node}
        values |= {name: str(port) for name, port in self.ports.items()}
        if node:
            values |= {kind: values[f"{kind}_{node.upper()}"] for kind in ("POSTGRES", "REST")}
        text = (HERE / name).read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        file = self.folder / (f"{node}-{name}" if node else name)
        file.write_text(text)
        file.chmod(0o644)
        return str(file)

    def wait(self, done: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait until something is done."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"{what} did not answer; see the logs in {self.folder}.")
            time.sleep(0.2)

    def _rest(self, node: str) -> str:
        return f"http://127.0.0.1:{self.ports[f'REST_{node.upper()}']}"


def answers(url: str) -> bool:
    """Whether an address answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 (addresses of this cluster)
            return response.status == 200 and (not url.endswith("/health") or json.load(response)["health"] == "true")
    except (OSError, urllib.error.URLError, ValueError):
        return False


def listens(port: int) -> bool:
    """Whether something listens at a port."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they did."""
    try:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*children, *(each for child in children for each in descendants(child))]


def kill(pid: int) -> None:
    """Kill a process that may be gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, which Debian does not put on the path."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def main() -> None:
    """Run until Ctrl-C."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python cluster.py FOLDER")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    cluster = Cluster(Path(sys.argv[1]).absolute())
    try:
        cluster.start()
        print(f"Serving {cluster.url}\nThe store: {cluster.store}\nCtrl-C stops", flush=True)  # noqa: T201
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
