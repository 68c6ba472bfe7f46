"""Puts rich and plain text on the Windows clipboard ("HTML Format" and CF_UNICODETEXT), with its documented calls.

Never run on Windows so far; only handover.py and html_format.py are tested.
"""

import ctypes
import sys
import time
from ctypes import wintypes

from .handover import read_input
from .html_format import html_format, windows_lines

assert sys.platform == "win32"  # elsewhere mypy reads no further

_UNICODE_TEXT, _MOVEABLE = 13, 2
_user = ctypes.WinDLL("user32", use_last_error=True)
_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
for _returning_a_handle in (_user.CreateWindowExW, _user.SetClipboardData, _kernel.GlobalAlloc, _kernel.GlobalLock):
    _returning_a_handle.restype = ctypes.c_void_p  # the default, int, cuts 64 bits


def main() -> None:
    """Copy; the exit status is 1 if that fails."""
    html, text = read_input()
    plain = windows_lines(text.decode()) + "\0"
    html_kind = _checked(_user.RegisterClipboardFormatW("HTML Format"))
    _put({html_kind: html_format(html), _UNICODE_TEXT: plain.encode("utf-16-le")})


def _put(values: dict[int, bytes]) -> None:
    """Empty the clipboard and fill it. It needs a window: without an owner, SetClipboardData fails."""
    nothing = wintypes.HWND()
    window = _checked(_user.CreateWindowExW(0, "STATIC", None, 0, 0, 0, 0, 0, nothing, nothing, nothing, nothing))
    _open(wintypes.HWND(window))
    try:
        _checked(_user.EmptyClipboard())
        for kind, data in values.items():
            _checked(_user.SetClipboardData(kind, wintypes.HANDLE(_memory(data))))
    finally:
        _user.CloseClipboard()


def _open(window: wintypes.HWND) -> None:
    """Open the clipboard, which another program may have open for a moment."""
    for _ in range(50):
        if _user.OpenClipboard(window):
            return
        time.sleep(0.02)
    raise ctypes.WinError(ctypes.get_last_error())


def _memory(data: bytes) -> int:
    """Return memory that Windows can own, with `data` in it."""
    handle = _checked(_kernel.GlobalAlloc(_MOVEABLE, ctypes.c_size_t(len(data))))
    ctypes.memmove(_checked(_kernel.GlobalLock(wintypes.HANDLE(handle))), data, len(data))
    _kernel.GlobalUnlock(wintypes.HANDLE(handle))
    return handle


def _checked(result: int | None) -> int:
    """Return the result of a call; raises an OSError if it is 0, which means that it failed."""
    if not result:
        raise ctypes.WinError(ctypes.get_last_error())
    return result
