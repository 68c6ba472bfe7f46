"""A running `rflow serve` for tests: a process on a port of its own, and its log."""

import dataclasses
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from support.program import SCRIPT, Program


@dataclasses.dataclass
class Served:
    """A server, and the person at whose computer it runs."""

    ana: Program
    url: str
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        """Ask it for an address of its own, without TLS: to read this machine's certificates each time takes 40 ms."""
        with httpx.Client(base_url=self.url, timeout=30, verify=False) as client:
            return client.request(method, path, **options)

    def link(self, *words: str) -> dict[str, Any]:
        """Make a link to Ana's session: `id`, `token` and `path`."""
        made = dict(self.ana.json("share", "create", "--json", *words))
        return made | {"path": f"/share/{made['token']}"}

    def logged(self) -> list[dict[str, Any]]:
        """Return the log: each of its lines is JSON."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def views(self, link: dict[str, Any], wanted: int, seconds: float = 5) -> int:
        """Wait until a link has the wanted number of views, at most so long; return how many it has."""
        end = time.monotonic() + seconds
        while True:
            seen = int(self.ana.json("share", "show", link["id"], "--json")["views"])
            if seen == wanted or time.monotonic() > end:
                return seen
            time.sleep(0.2)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(ana: Program, *words: str, log: str = "serve.log", port: int = 0) -> Iterator[Served]:
    """Run `rflow serve` until the block ends; it must stop then."""
    port, path = port or free_port(), ana.home / log
    with path.open("wb") as err:
        process = subprocess.Popen(
            [SCRIPT, "serve", "--port", str(port), "--log-requests", *words],
            env=ana.variables,
            stdin=subprocess.DEVNULL,
            stdout=err,
            stderr=err,
        )
    try:
        _wait_for(path, process)
        yield Served(ana=ana, url=f"http://127.0.0.1:{port}", log=path, process=process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 30
    while '"event": "serving"' not in path.read_text("utf-8"):
        assert process.poll() is None, path.read_text("utf-8")
        assert time.monotonic() < end, path.read_text("utf-8")
        time.sleep(0.05)
