"""Servers to measure: `rflow serve`, a bare Starlette response, a pastebin; and `wrk`, which sends the requests."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import msgspec

from benchmarks.measure.measuring import Failed
from benchmarks.worlds.world import BIN, World

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
    """Serve a world's store; yield the server's address and its process id."""
    port = _free_port()
    words = [str(BIN / "rflow"), "serve", "--port", str(port)]
    with _running(words, world.env, world.home / f"{name}.log", f"http://127.0.0.1:{port}/healthz") as process:
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def bare_server(world: World, body: bytes) -> Iterator[str]:
    """Serve the same bytes for every request, with Starlette and uvicorn alone; yield the address."""
    file, port = world.home / "bare.html", _free_port()
    file.write_bytes(body)
    words = [sys.executable, "-c", _BARE, str(file), str(port)]
    url = f"http://127.0.0.1:{port}/share/page"
    with _running(words, world.env, world.home / "bare.log", url):
        yield url


@contextmanager
def pastebin(world: World, folder: Path, text: str) -> Iterator[str]:
    """Run a pastebin without its rate limits; yield the address of a paste of `text`."""
    port, config = _free_port(), world.home / "pastebin.toml"
    limits = "\n".join(f"{name} = {_OPEN}" for name in ("read", "create", "delete"))
    config.write_text(f'database_uri = "sqlite:///{world.home}/pastes.db"\n[ratelimit]\n{limits}\n', "utf-8")
    command = [str(installed(folder) / "python"), "-m", PASTEBIN, "--configuration-path", str(config), "http"]
    url = f"http://127.0.0.1:{port}"
    with _running([*command, "--port", str(port)], world.env, world.home / "pastebin.log", url):
        paste = {"expiry": "1day", "files": [{"lexer": "text", "content": text, "name": "session.txt"}]}
        request = Request(f"{url}/api/v1/paste", msgspec.json.encode(paste), {"content-type": "application/json"})
        with urlopen(request) as response:
            yield f"{url}/{msgspec.json.decode(response.read())['link'].rpartition('/')[2]}"


def installed(folder: Path) -> Path:
    """Return the folder of the pastebin's programs; install it if necessary."""
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "install", "--compile", PASTEBIN]
        subprocess.run(install, check=True, capture_output=True)
        (folder / "complete").touch()
    return folder / "bin"


def link(world: World, server: str, *words: str) -> str:
    """Create a link; return its address at `server`."""
    run = [str(BIN / "rflow"), "share", "create", "--json", *words]
    output = subprocess.run(run, env=world.env, capture_output=True, check=True).stdout
    return f"{server}/share/{msgspec.json.decode(output)['token']}"


def signed_in(world: World, server: str) -> str:
    """Give the world's user an account, sign it in at the server, and return the cookie."""
    name, password = world.env["RFLOW_USER"], "nine green bottles"
    words = [str(BIN / "rflow"), "user", "add", name, "--admin", "--password-stdin"]
    subprocess.run(words, env=world.env, input=password, text=True, capture_output=True, check=True)
    form = urlencode({"name": name, "password": password, "next": "/account"}).encode()
    opener = build_opener(HTTPCookieProcessor(jar := CookieJar()))
    opener.open(Request(f"{server}/sign-in", form, {"sec-fetch-site": "same-origin"})).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def fetched(url: str, cookie: str = "") -> bytes:
    """Return the content of an address."""
    with urlopen(Request(url, headers={"cookie": cookie} if cookie else {})) as response:
        body: bytes = response.read()
    return body


def rate(url: str, seconds: float, cookie: str = "") -> float:
    """Return successful requests per second, over 32 connections of one thread."""
    header = ["-H", f"Cookie: {cookie}"] if cookie else []
    words = [WRK or "wrk", "-t1", "-c32", f"-d{seconds}s", *header, url]
    report = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    match = _RATE.search(report)
    if match is None or "Non-2xx" in report or "Socket errors" in report:
        raise Failed(f"some requests to {url.partition('/share/')[0]} failed: {report}")
    return float(match[1])


def resident(process: int) -> int:
    """Return the bytes of memory that a process uses (Linux)."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _running(words: list[str], env: Mapping[str, str], log: Path, url: str) -> Iterator[int]:
    """Run a server until the block ends; the block begins when it responds."""
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
                raise Failed(f"{process.args!r} does not respond: {log.read_text('utf-8')[-400:]}") from error
        time.sleep(0.1)
