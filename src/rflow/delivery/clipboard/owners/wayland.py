"""Owns a Wayland clipboard: serves rich and plain text to every paste, until another program copies something.

It needs the protocol of clipboard managers, which work without a window (ext-data-control-v1, before that
wlr-data-control-unstable-v1). sway, other wlroots compositors and KDE have it; GNOME does not.
"""

import os
import sys
from _socket import AF_UNIX, CMSG_SPACE, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket  # `socket` costs 12 ms
from struct import pack, unpack_from

from .handover import detach, read_input

_MANAGERS = ("ext_data_control_manager_v1", "zwlr_data_control_manager_v1")
_PLAIN = ("text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "STRING", "TEXT")
_DISPLAY, _REGISTRY, _SYNC, _SEAT, _MANAGER, _SOURCE, _DEVICE, _SYNC_AGAIN = range(1, 9)


class Compositor:
    """A connection to a Wayland compositor; messages in the wire format of the Wayland protocol, appendix B."""

    def __init__(self, path: str) -> None:
        self._socket = socket(AF_UNIX, SOCK_STREAM)
        self._socket.connect(path)
        self._data = b""
        self._files: list[int] = []

    def send(self, target: int, code: int, *arguments: int | str) -> None:
        body = b"".join(pack("=I", part) if isinstance(part, int) else _string(part) for part in arguments)
        self._socket.sendall(pack("=II", target, (8 + len(body)) << 16 | code) + body)

    def event(self) -> tuple[int, int, bytes]:
        """Return the sender, code and arguments of the next event. An error raises OSError: the connection is lost."""
        while len(self._data) < 8 or len(self._data) < self._size():
            self._receive()
        size = self._size()
        sender, code = unpack_from("=IH", self._data)
        body, self._data = self._data[8:size], self._data[size:]
        if (sender, code) == (_DISPLAY, 0):
            raise OSError(_text(body, 8))
        return sender, code, body

    def _size(self) -> int:
        return int(unpack_from("=H", self._data, 6)[0])

    def _receive(self) -> None:
        data, extra, _, _ = self._socket.recvmsg(65_536, CMSG_SPACE(28 * 4))
        if not data:
            raise OSError("the compositor closed the connection")
        self._data += data
        for level, kind, content in extra:
            if (level, kind) == (SOL_SOCKET, SCM_RIGHTS):
                self._files.extend(unpack_from(f"={len(content) // 4}i", content))

    def file(self) -> int:
        """Return the file descriptor that came with the event."""
        return self._files.pop(0)


def _string(text: str) -> bytes:
    data = text.encode() + b"\0"
    return pack("=I", len(data)) + data + bytes(-len(data) % 4)


def _text(body: bytes, at: int) -> str:
    (size,) = unpack_from("=I", body, at)
    return body[at + 4 : at + 3 + size].decode(errors="replace")


def _globals(compositor: Compositor) -> dict[str, int]:
    """Return the interfaces that the compositor offers, with their numbers."""
    compositor.send(_DISPLAY, 1, _REGISTRY)
    compositor.send(_DISPLAY, 0, _SYNC)
    offered = {}
    while (event := compositor.event())[0] != _SYNC:
        sender, code, body = event
        if (sender, code) == (_REGISTRY, 0):
            offered[_text(body, 4)] = int(unpack_from("=I", body)[0])
    return offered


def _claim(compositor: Compositor, kinds: list[str]) -> None:
    """Offer these kinds of content as the selection, and wait until the compositor has processed that."""
    offered = _globals(compositor)
    manager = next((name for name in _MANAGERS if name in offered), None)
    if not manager or "wl_seat" not in offered:
        raise OSError("this compositor has no data-control protocol")
    compositor.send(_REGISTRY, 0, offered["wl_seat"], "wl_seat", 1, _SEAT)
    compositor.send(_REGISTRY, 0, offered[manager], manager, 1, _MANAGER)
    compositor.send(_MANAGER, 0, _SOURCE)
    for kind in kinds:
        compositor.send(_SOURCE, 0, kind)
    compositor.send(_MANAGER, 1, _DEVICE, _SEAT)
    compositor.send(_DEVICE, 0, _SOURCE)
    compositor.send(_DISPLAY, 0, _SYNC_AGAIN)
    while (event := compositor.event())[0] != _SYNC_AGAIN:
        if event[:2] == (_SOURCE, 1):
            raise OSError("another program took the clipboard at once")


def _serve(compositor: Compositor, values: dict[str, bytes]) -> None:
    """Serve the content until the source is cancelled, because another program has copied something."""
    while (event := compositor.event())[:2] != (_SOURCE, 1):
        if event[:2] == (_SOURCE, 0):
            _write(compositor.file(), values.get(_text(event[2], 0), b""))


def _write(file: int, data: bytes) -> None:
    """Write in a child process that nobody waits for: a reader may be slow, or stop reading."""
    if os.fork() == 0:
        try:
            while data:
                data = data[os.write(file, data) :]
        finally:
            os._exit(0)
    os.close(file)


def main() -> None:
    """Own the clipboard of WAYLAND_DISPLAY; the exit status 0 says that a process left behind owns it."""
    import signal

    html, text = read_input()
    values = dict.fromkeys(_PLAIN, text) | ({"text/html": html} if html else {})
    try:
        place = os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), os.environ["WAYLAND_DISPLAY"])  # noqa: PTH118
        compositor = Compositor(place)
        _claim(compositor, list(values))
    except OSError as problem:
        sys.exit(str(problem.strerror or problem))
    detach()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        _serve(compositor, values)
    except OSError:  # the compositor has ended
        return
