"""The part of the X11 protocol that owning a selection needs (X Window System Protocol, version 11)."""

from __future__ import annotations

from _socket import AF_UNIX, SOCK_STREAM, getaddrinfo, gethostname, socket  # `socket` costs 12 ms: enum, selectors
from struct import pack, unpack_from
from sys import byteorder

TYPE_CHECKING = False  # importing `typing` and `collections` costs 10 ms
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_ERROR, _REPLY, _GENERIC_EVENT = 0, 1, 35
_COOKIE = b"MIT-MAGIC-COOKIE-1"
_LOCAL, _WILD = 256, 65_535


class Refused(OSError):
    """The server answered a request with an error."""


class Display:
    """A connection to an X server."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        host, number = _parsed(environ["DISPLAY"])
        self._socket, address = _connected(host, number)
        self._events: list[bytes] = []
        self._requests = 0
        self._ids, self._root, self.limit = self._set_up(_cookie(environ, number, address))

    def _set_up(self, cookie: bytes) -> tuple[int, int, int]:
        """Set up the connection; return the first resource id, the root window and the most bytes of a property."""
        order = b"l" if byteorder == "little" else b"B"
        name = _COOKIE if cookie else b""
        self._socket.sendall(pack("=cxHHHHxx", order, 11, 0, len(name), len(cookie)) + _padded(name) + _padded(cookie))
        status, reason, words = unpack_from("=BB4xH", self._exactly(8))
        body = self._exactly(words * 4)
        if status != 1:
            raise OSError(body[: reason or None].decode("latin-1").strip("\0\n ") or "refused")
        (ids,) = unpack_from("=I", body, 4)
        vendor, longest = unpack_from("=HH", body, 16)
        (root,) = unpack_from("=I", body, 32 + vendor + -vendor % 4 + 8 * body[21])
        return ids, root, longest * 4 - 24

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._socket.recv(min(size, 65_536))
            if not part:
                raise OSError("the server closed the connection")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def set_timeout(self, seconds: float) -> None:
        """Raise TimeoutError for an event that takes longer than this, from now on."""
        self._socket.settimeout(seconds)

    def request(self, code: int, detail: int, body: bytes) -> None:
        self._requests += 1
        self._socket.sendall(pack("=BBH", code, detail, 1 + len(body) // 4) + body)

    def ask(self, code: int, detail: int, body: bytes) -> bytes:
        """Send a request and return the reply."""
        self.request(code, detail, body)
        return self._reply()

    def _reply(self) -> bytes:
        """Return the next reply, keeping the events before it. Errors of earlier requests are ignored (see `event`)."""
        while True:
            message = self._message()
            if message[0] == _REPLY:
                return message
            if message[0] != _ERROR:
                self._events.append(message)
            elif unpack_from("=H", message, 2)[0] == self._requests & 0xFFFF:
                raise Refused(f"X error {message[1]}")

    def _message(self) -> bytes:
        message = self._exactly(32)
        if message[0] in (_REPLY, _GENERIC_EVENT):
            message += self._exactly(4 * int(unpack_from("=I", message, 4)[0]))
        return message

    def event(self) -> bytes:
        """Return the next event. Errors are ignored: windows vanish when the program that wanted to paste ends."""
        while not self._events:
            message = self._message()
            if message[0] not in (_ERROR, _REPLY):
                self._events.append(message)
        return self._events.pop(0)

    def atoms(self, names: Sequence[str]) -> list[int]:
        """Return the numbers of these names, all requested at once, as the display may be far away."""
        for name in names:
            self.request(16, 0, pack("=Hxx", len(name)) + _padded(name.encode()))
        return [int(unpack_from("=I", self._reply(), 8)[0]) for _ in names]

    def window(self, events: int) -> int:
        """Create a window that is never shown (InputOnly) and receives these events."""
        self.request(1, 0, pack("=IIhhHHHHIII", self._ids, self._root, 0, 0, 1, 1, 0, 2, 0, 0x800, events))
        return self._ids

    def watch(self, window: int, events: int) -> None:
        """Receive these events of another program's window too."""
        self.request(2, 0, pack("=III", window, 0x800, events))

    def change_property(self, window: int, name: int, kind: int, size: int, data: bytes) -> None:
        """Replace a property; its data is in units of `size` bits."""
        head = pack("=IIIBxxxI", window, name, kind, size, len(data) * 8 // size)
        self.request(18, 0, head + _padded(data))

    def property(self, window: int, name: int) -> bytes:
        """Return the data of a property, up to 64 KiB; nothing if its window no longer exists."""
        try:
            reply = self.ask(20, 0, pack("=IIIII", window, name, 0, 0, 16_384))
        except Refused:
            return b""
        size, units = reply[1], unpack_from("=I", reply, 16)[0]
        return reply[32 : 32 + units * size // 8]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _parsed(display: str) -> tuple[str, int]:
    """Return host ("" for this machine) and number of a display: `:0`, `unix:0.0`, `localhost:10.0`, `[::1]:10`."""
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not number.isdecimal():
        raise OSError("not a display")
    return "" if host == "unix" else host.strip("[]"), int(number)


def _connected(host: str, number: int) -> tuple[socket, bytes]:
    """Return a connection, and the address under which the authority file may list the display."""
    last: OSError = OSError("no such host")
    for family, address, listed_as in _addresses(host, number):
        connection = socket(family, SOCK_STREAM)
        try:
            connection.connect(address)
        except OSError as failure:
            connection.close()
            last = failure
        else:
            return connection, listed_as
    raise last


def _addresses(host: str, number: int) -> Iterator[tuple[int, str | tuple[Any, ...], bytes]]:
    """Yield where to connect. A display forwarded by SSH is at localhost, but listed under this machine's name."""
    if not host:
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  the place that every X server uses
        yield from ((AF_UNIX, place, gethostname().encode()) for place in (path, f"\0{path}"))
        return
    for family, _, _, _, address in getaddrinfo(host, 6000 + number, 0, SOCK_STREAM):
        here = address[0] in ("127.0.0.1", "::1")
        yield family, address, gethostname().encode() if here else _packed_address(str(address[0]))


def _packed_address(address: str) -> bytes:
    from _socket import AF_INET, AF_INET6, inet_pton

    return inet_pton(AF_INET6 if ":" in address else AF_INET, address)


def _cookie(environ: Mapping[str, str], number: int, address: bytes) -> bytes:
    """Return the secret from the authority file that allows us to connect; nothing if there is none."""
    path = environ.get("XAUTHORITY") or f"{environ.get('HOME', '')}/.Xauthority"
    try:
        with open(path, "rb") as file:  # noqa: PTH123  pathlib costs 4 ms
            entries = list(_entries(file.read()))
    except OSError:
        return b""
    for family, host, display, name, data in entries:
        ours = family == _WILD or host == address
        if ours and name == _COOKIE and display in (b"", b"%d" % number):
            return data
    return b""


def _entries(data: bytes) -> Iterator[tuple[int, bytes, bytes, bytes, bytes]]:
    """Yield family, address, display number, kind and secret of each entry (Xau, "Xauthority file format")."""
    at = 0

    def field() -> bytes:
        nonlocal at
        (size,) = unpack_from(">H", data, at)
        at += 2 + size
        return data[at - size : at]

    while at + 2 <= len(data):
        (family,) = unpack_from(">H", data, at)
        at += 2
        yield family, field(), field(), field(), field()
