"""`python -m benchmarks.faults [--kills N]`: kills the primary of a cluster under writers, and counts what was lost.

Eight writers send notes through nginx and two web processes, each with a command id, and again with the same id until
the note is acknowledged. Meanwhile the node of the primary is killed with all its processes, again and again; every
fifth time a web process too. At the end every acknowledged note has to be there, once. A page is open all the time.
"""

import argparse
import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError

_CLUSTER = Path(__file__).parents[1] / "examples" / "deploy" / "scaling" / "cluster.py"
WRITERS = 8
LIMIT = 30.0
"""Seconds in which there has to be an acknowledged note again after a kill."""


def cluster_in(folder: Path) -> Any:
    """Return the example's cluster in a folder."""
    spec = importlib.util.spec_from_file_location("cluster", _CLUSTER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Cluster(folder)


class Writer(threading.Thread):
    """Sends notes to a session of its own until it is stopped."""

    def __init__(self, url: str, token: str, number: int) -> None:
        super().__init__(daemon=True)
        self.url, self.token, self.number = url, token, number
        self.acknowledged: list[str] = []
        self.refused = 0
        self.stopping = threading.Event()
        self.session = ""

    def run(self) -> None:
        """Start the session, then send one note after the other."""
        start = {"title": f"Till {self.number}", "space": "leeds", "command_id": f"start-{self.number}"}
        self.session = str(self.insist("POST", "/sessions", start)["session"])
        while not self.stopping.is_set():
            text = f"note {len(self.acknowledged)}"
            command = {"type": "add_note", "text": text, "command_id": f"{self.number}-{text}"}
            self.insist("POST", f"/sessions/{self.session}/commands", {"command": command})
            self.acknowledged.append(text)

    def insist(self, method: str, path: str, body: object = None) -> Any:
        """Send a request until it is answered with what was asked for."""
        while True:
            try:
                return self.ask(method, path, body)
            except HTTPError as error:
                if error.code < 500:
                    raise
            except (OSError, ValueError):
                pass
            self.refused += 1
            time.sleep(0.1)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)


class Page(threading.Thread):
    """An open page of a link: it reads live updates, and connects again when the stream ends, as browsers do."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.version = 0
        self.connected = 0

    def run(self) -> None:
        """Read on and on."""
        while True:
            with suppress(OSError, HTTPError, ValueError), urllib.request.urlopen(self.address, timeout=30) as lines:
                self.connected += 1
                for line in lines:
                    if line.startswith(b"data: "):
                        self.version = int(line[6:].split(b"-")[0])
            time.sleep(2)


class Watch(threading.Thread):
    """Sees when Patroni has another primary, and when a synchronous standby follows it: which part an outage is of."""

    def __init__(self, cluster: Any, killed: str) -> None:
        super().__init__(daemon=True)
        self.cluster, self.killed = cluster, killed
        self.began = time.monotonic()
        self.seen: dict[str, float] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        """Look until both were seen."""
        while not self.stopping.is_set() and len(self.seen) < 2:
            if "primary" not in self.seen and self.cluster.primary() not in (None, self.killed):
                self.seen["primary"] = time.monotonic() - self.began
            if "primary" in self.seen and self.cluster.synchronous() not in (None, self.killed):
                self.seen["standby"] = time.monotonic() - self.began
            time.sleep(0.2)

    def ended(self) -> str:
        """Stop, and say what was seen after how many seconds."""
        self.stopping.set()
        return ", ".join(f"a new {what} after {after:.1f} s" for what, after in self.seen.items())


def rflow(store: str, folder: Path, *words: str) -> str:
    """Run a command at the store."""
    environ = {**os.environ, "RFLOW_STORE": store, "RFLOW_USER": "shell", "HOME": str(folder), "NO_COLOR": "1"}
    command = [str(Path(sys.executable).with_name("rflow")), *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Run, print the figures, and exit with 1 if anything was lost."""
    parser = argparse.ArgumentParser("python -m benchmarks.faults", description="Kill the primary under writers.")
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    with TemporaryDirectory(prefix="rflow-faults-") as name:
        cluster = cluster_in(Path(name))
        try:
            cluster.start()
            failed = _measure(cluster, Path(name), options.kills)
        finally:
            cluster.stop()
    sys.exit(failed)


def _measure(cluster: Any, folder: Path, kills: int) -> bool:
    for words in (("user", "add", "Root", "--admin"), ("user", "add", "Ben"), ("space", "add", "Leeds")):
        rflow(cluster.store, folder, *words)
    rflow(cluster.store, folder, "space", "members", "Leeds", "--add", "Ben", "--role", "member")
    token = rflow(cluster.store, folder, "token", "create", "--user", "Ben", "--scope", "read,write,move,own,share")
    writers = [Writer(cluster.url, token, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    cluster.wait(lambda: all(len(writer.acknowledged) > 3 for writer in writers), "writers")
    page = _open_page(cluster, writers[0])
    began = time.monotonic()
    outages = [_kill(cluster, writers, number) for number in range(1, kills + 1)]
    for writer in writers:
        writer.stopping.set()
        writer.join(60)
    return _report(writers, page, outages, time.monotonic() - began)


def _open_page(cluster: Any, writer: Writer) -> Page:
    link = writer.insist("POST", "/links", {"session": writer.session})
    page = Page(f"{cluster.url}/share/{link['token']}/events")
    page.start()
    return page


def _kill(cluster: Any, writers: list[Writer], number: int) -> float:
    """Kill the primary, and return how many seconds there was no acknowledged note."""
    primary = cluster.primary()
    if number % 5 == 0:
        cluster.kill_web(1)
    cluster.kill_node(primary)
    killed, before = time.monotonic(), sum(len(each.acknowledged) for each in writers)
    watch = Watch(cluster, primary)
    watch.start()
    cluster.wait(lambda: sum(len(each.acknowledged) for each in writers) > before + WRITERS, "a new primary", 120)
    outage = time.monotonic() - killed
    seen = watch.ended()
    if number % 5 == 0:
        cluster.start_web(1)
    cluster.start_node(primary)
    cluster.wait(cluster.is_whole, "the cluster", 180)
    time.sleep(3)
    print(f"kill {number}: {primary} was the primary; {seen}; notes again after {outage:.1f} s", flush=True)
    return outage


def _report(writers: list[Writer], page: Page, outages: list[float], seconds: float) -> bool:
    """Print what came of it; True if it is not what was promised."""
    lost = repeated = 0
    for writer in writers:
        events = writer.insist("GET", f"/sessions/{writer.session}/events")["events"]
        stored = [event["fact"].get("text") for event in events if event["fact"]["type"] == "note_added"]
        lost += len(set(writer.acknowledged) - set(stored))
        repeated += len(stored) - len(set(stored))
    end = time.monotonic() + 30
    wanted = writers[0].insist("GET", f"/sessions/{writers[0].session}/version")["version"]
    while page.version != wanted and time.monotonic() < end:
        time.sleep(0.2)
    total = sum(len(each.acknowledged) for each in writers)
    print(
        f"{len(outages)} kills in {seconds:.0f} s: {total:,} notes acknowledged, {lost} lost, {repeated} stored twice;"
        f" {sum(each.refused for each in writers)} requests were sent again. Notes again after"
        f" {statistics.median(outages):.1f} s (median), {max(outages):.1f} s (longest; limit {LIMIT:.0f})."
        f" The open page {'shows the last version' if page.version == wanted else 'IS BEHIND'} after {page.connected}"
        " connections."
    )
    return bool(lost or repeated or max(outages) > LIMIT or page.version != wanted)


if __name__ == "__main__":
    main()
