"""Servers to measure: `rflow serve`, a bare Starlette answer, a pastebin from the registry; and `wrk`, which asks."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import msgspec

from benchmarks.measuring import Failed
from benchmarks.world import BIN, World

WRK = shutil.which("wrk")
PASTEBIN = "pinnwand"
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_BARE = """
import sys, uvicorn
from pathlib import Path
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

body = Path(sys.argv[1]).read_bytes()

async def page(request):
    return Response(body, media_type="text/html; charset=utf-8")

app = Starlette(routes=[Route("/share/{name}", page)])
uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")
"""
_OPEN = "{ capacity = 1000000000, consume = 1, refill = 1000000000 }"


@contextmanager
def rflow_server(world: World, name: str = "serve") -> Iterator[tuple[str, int]]:
    """Serve a world's store; give its address and its process."""
    port = _free_port()
    words = [str(BIN / "rflow"), "serve", "--port", str(port)]
    with _running(words, world.env, world.home / f"{name}.log", f"http://127.0.0.1:{port}/healthz") as process:
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def bare_server(world: World, body: bytes) -> Iterator[str]:
    """Answer every request with the same bytes, by Starlette and uvicorn alone."""
    file, port = world.home / "bare.html", _free_port()
    file.write_bytes(body)
    words = [sys.executable, "-c", _BARE, str(file), str(port)]
    url = f"http://127.0.0.1:{port}/share/page"
    with _running(words, world.env, world.home / "bare.log", url):
        yield url


@contextmanager
def pastebin(world: World, folder: Path, text: str) -> Iterator[str]:
    """Run a pastebin without its rate limits, with a paste of `text`, and give the paste's address."""
    port, config = _free_port(), world.home / "pastebin.toml"
    limits = "\n".join(f"{name} = {_OPEN}" for name in ("read", "create", "delete"))
    config.write_text(f'database_uri = "sqlite:///{world.home}/pastes.db"\n[ratelimit]\n{limits}\n', "utf-8")
    command = [str(installed(folder) / "python"), "-m", PASTEBIN, "--configuration-path", str(config), "http"]
    url = f"http://127.0.0.1:{port}"
    with _running([*command, "--port", str(port)], world.env, world.home / "pastebin.log", url):
        paste = {"expiry": "1day", "files": [{"lexer": "text", "content": text, "name": "session.txt"}]}
        asked = Request(f"{url}/api/v1/paste", msgspec.json.encode(paste), {"content-type": "application/json"})
        with urlopen(asked) as told:
            yield f"{url}/{msgspec.json.decode(told.read())['link'].rpartition('/')[2]}"


def installed(folder: Path) -> Path:
    """Give the programs of the pastebin's environment; install it if it is not there."""
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "install", "--compile", PASTEBIN]
        subprocess.run(install, check=True, capture_output=True)
        (folder / "complete").touch()
    return folder / "bin"


def link(world: World, server: str, *words: str) -> str:
    """Make a link and give its address at `server`."""
    run = [str(BIN / "rflow"), "share", "create", "--json", *words]
    told = subprocess.run(run, env=world.env, capture_output=True, check=True).stdout
    return f"{server}/share/{msgspec.json.decode(told)['token']}"


def fetched(url: str) -> bytes:
    """Give what is at an address."""
    with urlopen(url) as told:
        body: bytes = told.read()
    return body


def rate(url: str, seconds: float) -> float:
    """Give how many requests a second are answered well, asked over 32 connections by one thread."""
    words = [WRK or "wrk", "-t1", "-c32", f"-d{seconds}s", url]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = _RATE.search(told)
    if found is None or "Non-2xx" in told or "Socket errors" in told:
        raise Failed(f"not all requests to {url.partition('/share/')[0]} were answered: {told}")
    return float(found[1])


def resident(process: int) -> int:
    """Give the bytes of memory that a process has (Linux)."""
    told = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(told.partition("VmRSS:")[2].split()[0]) * 1024


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(words: list[str], env: Mapping[str, str], log: Path, url: str) -> Iterator[int]:
    """Run a server from when it answers until the block ends."""
    with log.open("wb") as out, subprocess.Popen(words, env=env, cwd=log.parent, stdout=out, stderr=out) as process:
        try:
            _wait_for(url, process, log)
            yield process.pid
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            fetched(url)
            return
        except URLError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise Failed(f"{process.args!r} does not answer: {log.read_text('utf-8')[-400:]}") from error
        time.sleep(0.1)
