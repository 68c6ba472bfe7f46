"""Pasting as a person does: Ctrl+V in a real browser, into an editor and into a field for plain text."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rflow.delivery.clipboard import copy
from support.clipboard_world import bare_environ, end, pastes, x_display
from support.needs import need
from support.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

TEXT = "Printer in Leeds is offline\n\n- Restarted the spooler → no change 🖨\n\n    lpq: 14 jobs\n      stuck\n"
HTML = (
    "<p><strong>Printer in Leeds</strong> is offline</p>"
    "<ul><li>Restarted the spooler → no change 🖨</li></ul>"
    "<pre>lpq: 14 jobs\n  stuck</pre>"
)
PAGE = b"""<!doctype html><meta charset="utf-8"><title>A ticket</title>
<div id="editor" contenteditable></div><textarea id="plain"></textarea>
<script>
const tell = (what, body) => fetch(what, { method: "POST", body });
for (const field of [editor, plain]) {
    field.onfocus = () => tell("ready", field.id);
    field.oninput = () => tell(field.id, field.value ?? field.innerHTML);
}
onload = () => editor.focus();
onkeydown = (key) => {
    if (!key.ctrlKey || key.key !== "b") return;
    key.preventDefault();
    plain.focus();
};
</script>"""


class Ticket(BaseHTTPRequestHandler):
    """A page with an editor and a field for plain text, which reports what is pasted."""

    received: dict[str, str]

    def do_GET(self) -> None:
        self._answer(200, PAGE)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.received[self.path.strip("/")] = body
        self._answer(204)

    def _answer(self, code: int, body: bytes = b"") -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


class Browser:
    """Chromium on an X display, with a ticket open and a keyboard."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.received: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("ThisTicket", (Ticket,), {"received": self.received}))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        page = f"http://127.0.0.1:{self._server.server_port}/"
        how = ("--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={environ['HOME']}/browser", page)
        quiet = subprocess.DEVNULL
        self._program = subprocess.Popen(["chromium", *how], env=environ, stdout=quiet, stderr=quiet)
        assert until(lambda: self.received.get("ready") == "editor"), "the browser does not come up"

    def press(self, keys: str) -> None:
        subprocess.run(["xdotool", "key", keys], env=self.environ, check=True, timeout=PATIENCE)

    def paste_both(self) -> tuple[str, str]:
        """What a paste gives in the editor, and what in the field for plain text."""
        self.press("ctrl+v")
        assert until(lambda: "editor" in self.received), "nothing arrived in the editor"
        self.press("ctrl+b")
        assert until(lambda: self.received["ready"] == "plain"), "the other field has no focus"
        self.press("ctrl+v")
        assert until(lambda: "plain" in self.received), "nothing arrived as plain text"
        return self.received["editor"], self.received["plain"]

    def close(self) -> None:
        end(self._program)
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def x11(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment on an X display of its own."""
    with x_display() as number:
        yield bare_environ(tmp_path) | {"DISPLAY": f":{number}"}


@pytest.fixture
def browser(x11: dict[str, str]) -> Iterator[Browser]:
    need("chromium", "xdotool")
    browser = Browser(x11)
    yield browser
    browser.close()


def test_a_summary_arrives_formatted_in_an_editor_and_readable_as_plain_text(
    browser: Browser, x11: dict[str, str]
) -> None:
    assert copy(TEXT, html=HTML, environ=x11, platform="linux").rich
    editor, plain = browser.paste_both()
    assert editor == HTML
    assert plain == TEXT


def test_a_long_summary_arrives_whole(browser: Browser, x11: dict[str, str]) -> None:
    """Longer than an X server takes in one request."""
    html = "<ul>" + "".join(f"<li>Step {number} → no change</li>" for number in range(12_000)) + "</ul>"
    text = "".join(f"- Step {number} → no change\n" for number in range(12_000))
    copy(text, html=html, environ=x11, platform="linux")
    editor, plain = browser.paste_both()
    assert len(html) > 300_000
    assert (editor == html, plain == text) == (True, True)


def test_plain_text_arrives_in_both(browser: Browser, x11: dict[str, str]) -> None:
    assert not copy(TEXT, environ=x11, platform="linux").rich
    assert pastes(x11["DISPLAY"], TEXT)
    editor, plain = browser.paste_both()
    assert "<strong>" not in editor
    assert "Restarted the spooler → no change 🖨" in editor
    assert plain == TEXT
