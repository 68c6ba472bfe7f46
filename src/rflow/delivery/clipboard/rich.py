"""Rich text: who can put HTML and text on a clipboard together, and what each is given to do so.

What is written for macOS, Windows and WSL follows the documentation; only its plumbing is tested.
"""

import sys

from rflow.delivery.clipboard.request import Helper, Job

_SAYS_UTF8 = '<meta http-equiv="content-type" content="text/html; charset=utf-8">'
"""In front of a fragment, as the browsers put it: without it LibreOffice and Cocoa guess another encoding."""

_ON_MACOS = """
ObjC.import("AppKit");
const input = $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile;
const given = JSON.parse($.NSString.alloc.initWithDataEncoding(input, $.NSUTF8StringEncoding).js);
const board = $.NSPasteboard.generalPasteboard;
board.clearContents;
for (const [kind, value] of Object.entries(given)) {
    board.setStringForType($(value), $(kind));
    if (board.stringForType($(kind)).js !== value) throw new Error("the clipboard did not give it back");
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
"""A stream for the HTML: PowerShell 5.1 would write a string in the system's code page (PowerShell issue 3177)."""


def owner(name: str, shown: str) -> Helper:
    """One of our own programs, in a lean Python: without `site`, and with nothing of ours but `owners`."""
    from os.path import dirname

    code = f"import sys; sys.path.append({dirname(__file__)!r}); from owners.{name} import main; main()"  # noqa: PTH120
    return Helper(shown, (sys.executable, "-I", "-S", "-c", code), _for_owner, rich=True)


def x11() -> Helper:
    return owner("x11", "X11")


def wayland() -> Helper:
    return owner("wayland", "Wayland")


def windows() -> Helper:
    return owner("windows", "Windows")


def macos() -> Helper:
    return Helper("osascript", ("osascript", "-l", "JavaScript", "-e", _ON_MACOS), _for_macos, rich=True)


def wsl() -> Helper:
    how = ("-NoProfile", "-NonInteractive", "-Sta", "-Command", _ON_WSL)
    return Helper("powershell.exe", ("powershell.exe", *how), _for_wsl, rich=True)


def _for_owner(job: Job) -> bytes:
    from rflow.delivery.clipboard.owners.handover import packed

    html = job.html or ""
    return packed(html if job.platform == "win32" or not html else _SAYS_UTF8 + html, job.text)


def _for_macos(job: Job) -> bytes:
    """The pasteboard types and their values, as JSON in ASCII."""
    import json

    return json.dumps({"public.utf8-plain-text": job.text, "public.html": _SAYS_UTF8 + (job.html or "")}).encode()


def _for_wsl(job: Job) -> bytes:
    """A line for the text and one for the HTML, both in base64, as consoles have encodings of their own."""
    from base64 import b64encode

    from rflow.delivery.clipboard.owners.html_format import html_format, windows_lines

    flavours = (windows_lines(job.text).encode(), html_format((job.html or "").encode()))
    return b"".join(b64encode(flavour) + b"\n" for flavour in flavours)
