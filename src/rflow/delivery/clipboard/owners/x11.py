"""Owns the X11 clipboard: serves rich and plain text to whoever pastes, until another program copies something.

The rules are those of the ICCCM, chapter 2 ("Peer-to-Peer Communication by Means of Selections").
"""

import os
import sys
from struct import pack, unpack_from

from .handover import received, stay_alone
from .x11_wire import Display

_DESTROY_NOTIFY, _PROPERTY_NOTIFY, _SELECTION_CLEAR, _SELECTION_REQUEST, _SELECTION_NOTIFY = 17, 28, 29, 30, 31
_PROPERTY_CHANGES, _END_OF_WINDOW = 0x400000, 0x20000
_DELETED = 1
_LAST_PASTES = 10.0
"""Seconds that whoever is still reading gets after the clipboard was lost."""

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
    """The selection CLIPBOARD, and what is on it."""

    def __init__(self, display: Display, html: bytes, text: bytes) -> None:
        self.display = display
        self.atoms = dict(zip(_NAMES, display.atoms(_NAMES), strict=True))
        self.values = self._values(html, text)
        self.sending: dict[tuple[int, int], list[_Value]] = {}
        self.window = display.window(_PROPERTY_CHANGES)
        self.time = 0

    def _values(self, html: bytes, text: bytes) -> dict[int, _Value]:
        """The value of each target that is more than a word about the selection itself."""
        atoms = self.atoms
        utf8 = {name: (atoms[name], 8, text) for name in ("UTF8_STRING", "text/plain", "text/plain;charset=utf-8")}
        latin = (atoms["STRING"], 8, text.decode().encode("latin-1", "replace"))
        plain = {**utf8, "TEXT": utf8["UTF8_STRING"], "STRING": latin}
        rich = {"text/html": (atoms["text/html"], 8, html)} if html else {}
        return {atoms[name]: value for name, value in (rich | plain).items()}

    def claim(self) -> bool:
        """Take the selection, and ask the server whether that is so.

        The time must be the server's own; a change of a property of ours is answered with it.
        """
        self.display.change_property(self.window, self.atoms["TEXT"], self.atoms["TEXT"], 8, b"")
        while (event := self.display.event())[0] != _PROPERTY_NOTIFY:
            pass
        (self.time,) = unpack_from("=I", event, 12)
        self.display.request(22, 0, pack("=III", self.window, self.atoms["CLIPBOARD"], self.time))
        return self._owner() == self.window

    def _owner(self) -> int:
        """The window that owns the selection now."""
        return int(unpack_from("=I", self.display.ask(23, 0, pack("=I", self.atoms["CLIPBOARD"])), 8)[0])

    def serve(self) -> None:
        """Answer until the selection is lost and everyone has what they asked for."""
        owned = True
        while owned or self.sending:
            event = self.display.event()
            kind = event[0] & 0x7F
            if kind == _SELECTION_REQUEST:
                self._answer(event)
            elif kind == _PROPERTY_NOTIFY and event[16] == _DELETED:
                self._send_more(*unpack_from("=II", event, 4))
            elif kind == _DESTROY_NOTIFY:
                self._give_up(*unpack_from("=I", event, 8))
            elif kind == _SELECTION_CLEAR:
                owned = False
                self.display.patience(_LAST_PASTES)
        self._owner()  # An answer means that the server has read all; it drops what it has not when we hang up.

    def _answer(self, event: bytes) -> None:
        """Put the wanted value where the requestor wants it, and tell; a property of 0 tells of a refusal."""
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
        """Targets in pairs with places, as found at `place`; what is refused is struck out there."""
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
        """Whole if one request can carry it, else announced (INCR) and sent in pieces as they are taken away."""
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
        """The next piece, once the last was taken; an empty one is the end."""
        pieces = self.sending.get((requestor, place))
        if not pieces:
            return
        self.display.change_property(requestor, place, *pieces.pop(0))
        if not pieces:
            del self.sending[requestor, place]

    def _give_up(self, requestor: int) -> None:
        """Nobody reads there any more."""
        self.sending = {to: pieces for to, pieces in self.sending.items() if to[0] != requestor}


def main() -> None:
    """Own the clipboard of DISPLAY; the exit status 0 says that it is owned, from a process that stays behind."""
    html, text = received()
    try:
        clipboard = Clipboard(Display(os.environ), html, text)
        claimed = clipboard.claim()
    except OSError as problem:
        sys.exit(f"{os.environ.get('DISPLAY')}: {problem.strerror or problem}")
    if not claimed:
        sys.exit("another program took the clipboard at once")
    stay_alone()
    try:
        clipboard.serve()
    except OSError:  # the display has gone, and with it everyone who could paste
        return
