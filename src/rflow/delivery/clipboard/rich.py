"""Rich text: the programs that can put HTML and text on a clipboard together, and the input that each needs.

The code for macOS, Windows and WSL follows the documentation; only the parts around it are tested.
"""

import sys

from rflow.delivery.clipboard.request import ClipboardProgram, CopyRequest

_SAYS_UTF8 = '<meta http-equiv="content-type" content="text/html; charset=utf-8">'
"""Goes before a fragment, as in browsers: without it LibreOffice and Cocoa guess another encoding."""

_ON_MACOS = """
ObjC.import("AppKit");
const input = $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile;
const flavours = JSON.parse($.NSString.alloc.initWithDataEncoding(input, $.NSUTF8StringEncoding).js);
const board = $.NSPasteboard.generalPasteboard;
board.clearContents;
for (const [kind, value] of Object.entries(flavours)) {
    board.setStringForType($(value), $(kind));
    if (board.stringForType($(kind)).js !== value) throw new Error("the clipboard did not return it");
}
"""

_ON_WSL = """
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms
$text, $html = @($input)
$data = New-Object System.Windows.Forms.DataObject
$data.SetText([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($text)), 'UnicodeText')
$data.SetData('HTML Format', [IO.MemoryStream]::new([Convert]::FromBase64String($html)))
[System.Windows.Forms.Clipboard]::SetDataObject($data, $true)
"""
"""The HTML is a stream: PowerShell 5.1 would write a string in the system's code page (PowerShell issue 3177)."""


def owner(module: str, name: str) -> ClipboardProgram:
    """Return one of rflow's own programs, in a Python that starts fast: without `site`, and with `owners` only."""
    from os.path import dirname

    code = f"import sys; sys.path.append({dirname(__file__)!r}); from owners.{module} import main; main()"  # noqa: PTH120
    return ClipboardProgram(name, (sys.executable, "-I", "-S", "-c", code), _for_owner, rich=True)


def x11() -> ClipboardProgram:
    return owner("x11", "X11")


def wayland() -> ClipboardProgram:
    return owner("wayland", "Wayland")


def windows() -> ClipboardProgram:
    return owner("windows", "Windows")


def macos() -> ClipboardProgram:
    return ClipboardProgram("osascript", ("osascript", "-l", "JavaScript", "-e", _ON_MACOS), _for_macos, rich=True)


def wsl() -> ClipboardProgram:
    options = ("-NoProfile", "-NonInteractive", "-Sta", "-Command", _ON_WSL)
    return ClipboardProgram("powershell.exe", ("powershell.exe", *options), _for_wsl, rich=True)


def _for_owner(request: CopyRequest) -> bytes:
    from rflow.delivery.clipboard.owners.handover import pack_input

    html = request.html or ""
    return pack_input(html if request.platform == "win32" or not html else _SAYS_UTF8 + html, request.text)


def _for_macos(request: CopyRequest) -> bytes:
    """Return the pasteboard types and their values, as JSON in ASCII."""
    import json

    return json.dumps(
        {"public.utf8-plain-text": request.text, "public.html": _SAYS_UTF8 + (request.html or "")}
    ).encode()


def _for_wsl(request: CopyRequest) -> bytes:
    """Return a line with the text and a line with the HTML, both in base64: the console's encoding may differ."""
    from base64 import b64encode

    from rflow.delivery.clipboard.owners.html_format import html_format, windows_lines

    flavours = (windows_lines(request.text).encode(), html_format((request.html or "").encode()))
    return b"".join(b64encode(flavour) + b"\n" for flavour in flavours)
