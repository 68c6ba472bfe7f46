"""Webhook servers that follow a script, connection by connection, over real sockets.

A `Server` plays one scene for each connection it gets (the last one again and again) and keeps what it was sent.
"""

import contextlib
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec


class Request(msgspec.Struct, frozen=True):
    """What came in: header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Visit:
    """One connection, as a scene sees it."""

    def __init__(self, server: "Server", sock: socket.socket) -> None:
        self.server = server
        self.sock = sock

    def read(self) -> None:
        """Read a whole request and keep it."""
        with self.sock.makefile("rb") as file:
            line = file.readline().decode("latin-1").strip()
            headers = {}
            while header := file.readline().decode("latin-1").strip():
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = file.read(int(headers.get("content-length", "0")))
        self.server.requests.append(Request(line, headers, body))

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        self.sock.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1") + body)

    def reset(self) -> None:
        """Break the connection so that the other side sees a reset, not an end."""
        self.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        )
        self.sock.close()


Scene = Callable[[Visit], None]


def reply(status: int, body: bytes = b"", **headers: str) -> Scene:
    """Answer as a server should; `Retry_After` stands for the header Retry-After."""

    def scene(visit: Visit) -> None:
        visit.read()
        visit.answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    return scene


def raw(answer: bytes) -> Scene:
    """Answer with these bytes and close."""

    def scene(visit: Visit) -> None:
        visit.read()
        visit.sock.sendall(answer)

    return scene


def early(status: int, *, polite: bool) -> Scene:
    """Answer before the message has been read; a polite server then reads the rest, any other closes the connection."""

    def scene(visit: Visit) -> None:
        visit.sock.recv(16)
        visit.answer(status, b"", {})
        while polite and visit.sock.recv(65536):
            pass

    return scene


def babble(visit: Visit) -> None:
    """Answer a TLS greeting with something else."""
    visit.sock.recv(65536)
    visit.sock.sendall(b"220 mail.example ESMTP\r\n")
    visit.server.closing.wait()


def drip(answer: bytes, whole: bytes = b"") -> Scene:
    """Send `whole` at once, then a byte every 20 ms: each in time, all of them not."""

    def scene(visit: Visit) -> None:
        visit.read()
        visit.sock.sendall(whole)
        for byte in answer:
            if visit.server.closing.wait(0.02):
                return
            visit.sock.sendall(bytes([byte]))

    return scene


def endless(visit: Visit) -> None:
    """Answer with a body that never ends."""
    visit.read()
    visit.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    while not visit.server.closing.is_set():
        visit.sock.sendall(b"no " * 20_000)
        visit.server.sent += 60_000


def hang(visit: Visit) -> None:
    """Read the message and never answer."""
    visit.read()
    visit.server.closing.wait()


def deaf(visit: Visit) -> None:
    """Read nothing at all."""
    visit.server.closing.wait()


def reset(visit: Visit) -> None:
    """Read the message and break the connection."""
    visit.read()
    visit.reset()


def reset_in_the_middle(visit: Visit) -> None:
    """Break the connection while the message, or the TLS greeting, is being sent."""
    visit.sock.recv(16)
    visit.reset()


def tunnel_to(port: int) -> Scene:
    """Be a proxy that connects to `port` here, whatever host it is asked for, and keeps all that passes."""

    def scene(visit: Visit) -> None:
        visit.read()
        with socket.create_connection(("127.0.0.1", port)) as inner:
            visit.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = {visit.sock: inner, inner: visit.sock}
            while True:
                for sock in select.select(list(other), [], [])[0]:
                    data = sock.recv(65536)
                    if not data:
                        return
                    visit.server.passed += data
                    other[sock].sendall(data)

    return scene


class Server:
    """A server on a port of its own, with TLS if it has a certificate. To be used in a `with`."""

    def __init__(self, *scenes: Scene, certificate: Path | None = None, port: int = 0) -> None:
        self.scenes = list(scenes)
        self.certificate = certificate
        self.requests: list[Request] = []
        self.visits = 0
        self.passed = b""
        self.sent = 0
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._visitors: list[threading.Thread] = []

    @property
    def base(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        for thread in (self._thread, *self._visitors):
            thread.join(10)
            assert not thread.is_alive()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self.closing.is_set():
                sock.close()
                return
            scene = self.scenes[min(self.visits, len(self.scenes) - 1)]
            self.visits += 1
            visitor = threading.Thread(target=self._receive, args=(sock, scene), daemon=True)
            self._visitors.append(visitor)
            visitor.start()

    def _receive(self, sock: socket.socket, scene: Scene) -> None:
        with contextlib.suppress(OSError), sock, self._secured(sock) as secured:
            scene(Visit(self, secured))

    def _secured(self, sock: socket.socket) -> socket.socket:
        if not self.certificate:
            return sock
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context.wrap_socket(sock, server_side=True)


def self_signed(folder: Path, *names: str) -> Path:
    """Make a certificate for `names` that is trusted only where it is configured: key and certificate in one file."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    alternatives = ",".join(f"IP:{name}" if name[0].isdigit() else f"DNS:{name}" for name in names)
    extensions = ("keyUsage=critical,digitalSignature,keyCertSign", f"subjectAltName={alternatives}")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=rflow test", "-keyout", str(key), "-out", str(certificate)),
            *(word for extension in extensions for word in ("-addext", extension)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
