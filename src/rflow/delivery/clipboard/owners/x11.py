"""Owns the X11 clipboard: serves rich and plain text to every paste, until another program copies something.

The rules are those of the ICCCM, chapter 2 ("Peer-to-Peer Communication by Means of Selections").
"""

import os
import sys
from struct import pack, unpack_from

from .handover import detach, read_input
from .x11_wire import Display

_DESTROY_NOTIFY, _PROPERTY_NOTIFY, _SELECTION_CLEAR, _SELECTION_REQUEST, _SELECTION_NOTIFY = 17, 28, 29, 30, 31
_PROPERTY_CHANGES, _END_OF_WINDOW = 0x400000, 0x20000
_DELETED = 1
_LAST_PASTES = 10.0
"""Seconds for programs that are still reading when another program takes the clipboard."""

_NAMES = (
    "CLIPBOARD",
    "ATOM",
    "INTEGER",
    "STRING",
    "UTF8_STRING",
    "TEXT",
    "text/plain",
    "text/plain;charset=utf-8",
    "text/html",
    "TARGETS",
    "TIMESTAMP",
    "MULTIPLE",
    "ATOM_PAIR",
    "INCR",
)

_Value = tuple[int, int, bytes]
"""Type (an atom), format (8 or 32 bits per unit) and data of a property."""


class Clipboard:
    """The selection CLIPBOARD and its content."""

    def __init__(self, display: Display, html: bytes, text: bytes) -> None:
        self.display = display
        self.atoms = dict(zip(_NAMES, display.atoms(_NAMES), strict=True))
        self.values = self._values(html, text)
        self.sending: dict[tuple[int, int], list[_Value]] = {}
        self.window = display.window(_PROPERTY_CHANGES)
        self.time = 0

    def _values(self, html: bytes, text: bytes) -> dict[int, _Value]:
        """Return the value of each target, except those that describe the selection itself."""
        atoms = self.atoms
        utf8 = {name: (atoms[name], 8, text) for name in ("UTF8_STRING", "text/plain", "text/plain;charset=utf-8")}
        latin = (atoms["STRING"], 8, text.decode().encode("latin-1", "replace"))
        plain = {**utf8, "TEXT": utf8["UTF8_STRING"], "STRING": latin}
        rich = {"text/html": (atoms["text/html"], 8, html)} if html else {}
        return {atoms[name]: value for name, value in (rich | plain).items()}

    def claim(self) -> bool:
        """Take the selection, and return whether the server confirms it.

        The time must be the server's: changing a property of our window returns it.
        """
        self.display.change_property(self.window, self.atoms["TEXT"], self.atoms["TEXT"], 8, b"")
        while (event := self.display.event())[0] != _PROPERTY_NOTIFY:
            pass
        (self.time,) = unpack_from("=I", event, 12)
        self.display.request(22, 0, pack("=III", self.window, self.atoms["CLIPBOARD"], self.time))
        return self._owner() == self.window

    def _owner(self) -> int:
        """Return the window that owns the selection now."""
        return int(unpack_from("=I", self.display.ask(23, 0, pack("=I", self.atoms["CLIPBOARD"])), 8)[0])

    def serve(self) -> None:
        """Answer requests until another program takes the selection and all transfers are complete."""
        owned = True
        while owned or self.sending:
            event = self.display.event()
            kind = event[0] & 0x7F
            if kind == _SELECTION_REQUEST:
                self._answer(event)
            elif kind == _PROPERTY_NOTIFY and event[16] == _DELETED:
                self._send_more(*unpack_from("=II", event, 4))
            elif kind == _DESTROY_NOTIFY:
                self._forget(*unpack_from("=I", event, 8))
            elif kind == _SELECTION_CLEAR:
                owned = False
                self.display.set_timeout(_LAST_PASTES)
        self._owner()  # its reply means that the server has read everything; it drops the rest when we close

    def _answer(self, event: bytes) -> None:
        """Put the value where the requestor wants it and notify it; a property of 0 means a refusal."""
        time, _, requestor, selection, target, place = unpack_from("=6I", event, 4)
        place = place or target  # clients from before the ICCCM
        done = self._convert(requestor, target, place)
        notice = pack("=BxHIIIII8x", _SELECTION_NOTIFY, 0, time, requestor, selection, target, place if done else 0)
        self.display.request(25, 0, pack("=II", requestor, 0) + notice)

    def _convert(self, requestor: int, target: int, place: int) -> bool:
        if target == self.atoms["MULTIPLE"]:
            return self._convert_many(requestor, place)
        value = self._value(target)
        if value:
            self._put(requestor, place, value)
        return value is not None

    def _value(self, target: int) -> _Value | None:
        atoms = self.atoms
        if target == atoms["TARGETS"]:
            known = [atoms["TARGETS"], atoms["TIMESTAMP"], atoms["MULTIPLE"], *self.values]
            return atoms["ATOM"], 32, pack(f"={len(known)}I", *known)
        if target == atoms["TIMESTAMP"]:
            return atoms["INTEGER"], 32, pack("=I", self.time)
        return self.values.get(target)

    def _convert_many(self, requestor: int, place: int) -> bool:
        """Convert the pairs of target and place listed at `place`; those that are refused are set to 0 there."""
        pairs = self.display.property(requestor, place)
        if not pairs or len(pairs) % 8:
            return False
        words = list(unpack_from(f"={len(pairs) // 4}I", pairs))
        for at in range(0, len(words), 2):
            if not self._convert(requestor, words[at], words[at + 1]):
                words[at + 1] = 0
        self.display.change_property(requestor, place, self.atoms["ATOM_PAIR"], 32, pack(f"={len(words)}I", *words))
        return True

    def _put(self, requestor: int, place: int, value: _Value) -> None:
        """Send a value in one request if it fits, else announce it (INCR) and send it in pieces as they are read."""
        kind, size, data = value
        limit = self.display.limit
        if len(data) <= limit:
            self.display.change_property(requestor, place, kind, size, data)
            return
        self.display.watch(requestor, _PROPERTY_CHANGES | _END_OF_WINDOW)
        pieces = (data[at : at + limit] for at in range(0, len(data) + limit, limit))
        self.sending[requestor, place] = [(kind, size, piece) for piece in pieces]
        self.display.change_property(requestor, place, self.atoms["INCR"], 32, pack("=I", len(data)))

    def _send_more(self, requestor: int, place: int) -> None:
        """Send the next piece, once the last was read; an empty piece ends the transfer."""
        pieces = self.sending.get((requestor, place))
        if not pieces:
            return
        self.display.change_property(requestor, place, *pieces.pop(0))
        if not pieces:
            del self.sending[requestor, place]

    def _forget(self, requestor: int) -> None:
        """Forget the transfers to a window that no longer exists."""
        self.sending = {to: pieces for to, pieces in self.sending.items() if to[0] != requestor}


def main() -> None:
    """Own the clipboard of DISPLAY; the exit status 0 says that a process left behind owns it."""
    html, text = read_input()
    try:
        clipboard = Clipboard(Display(os.environ), html, text)
        claimed = clipboard.claim()
    except OSError as problem:
        sys.exit(f"{os.environ.get('DISPLAY')}: {problem.strerror or problem}")
    if not claimed:
        sys.exit("another program took the clipboard at once")
    detach()
    try:
        clipboard.serve()
    except OSError:  # the display has ended, and with it every program that could paste
        return
