"""Somebody who uses the pages over HTTP as a browser without script does: cookies, forms, redirects."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import httpx

from support.program import Program
from support.team import PASSWORD, team_in
from support.web.server import Served, serving

SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
BEN = "Ben Okafor"


@contextmanager
def team_served(folder: Path, *words: str) -> Iterator[Served]:
    """Serve the team of `support.team` in a folder until the block ends; Ben sits at the terminal."""
    with team_in(folder) as team:
        team.accounts.add("Eva", password=PASSWORD)
        team.accounts.add("Dev", password=PASSWORD)
        team.spaces.set_role("Leeds", "Eva", "reader")
    home = folder / "home"
    home.mkdir()
    ben = Program(home, user=BEN, store=str(folder / "team.db"))
    with serving(ben, *words) as server:
        yield server


class Visitor:
    """A browser without script; `page` is the last response."""

    def __init__(self, url: str) -> None:
        self._url, self._cookies = url, httpx.Cookies()
        self.page = httpx.Response(200)

    @property
    def at(self) -> str:
        """The address that the browser shows, without the host."""
        return self.page.url.raw_path.decode()

    @property
    def text(self) -> str:
        """The text of the page, on one line."""
        body = self._document().find(".//main")
        assert body is not None
        return " ".join("".join(body.itertext()).split())

    def send(self, path: str, form: dict[str, str] | None = None) -> httpx.Response:
        """Send a form, or ask for an address, without following where the answer leads."""
        how: dict[str, Any] = {"base_url": self._url, "headers": SAME_ORIGIN, "cookies": self._cookies, "timeout": 30}
        with httpx.Client(verify=False, **how) as client:
            return client.get(path) if form is None else client.post(path, data=form)

    def go(self, path: str) -> "Visitor":
        """Open an address."""
        return self._ask("GET", path)

    def sign_in(self, name: str, password: str = PASSWORD) -> "Visitor":
        """Sign in at the form for that, on the page where it is, or at its own address."""
        with contextlib.suppress(RuntimeError):
            if self.at.startswith("/sign-in"):
                return self.submit("/sign-in", name=name, password=password)
        return self.go("/sign-in").submit("/sign-in", name=name, password=password)

    def submit(self, action: str, button: str = "", files: Any = None, **typed: str) -> "Visitor":
        """Fill in the form with that action on the page, and send it; `button` is the value of the one pressed."""
        sent = self.filled_in(action, button) | typed
        return self._ask("POST", action, data=sent, files=files)

    def _ask(self, method: str, path: str, **options: Any) -> "Visitor":
        how: dict[str, Any] = {"base_url": self._url, "headers": SAME_ORIGIN, "cookies": self._cookies}
        with httpx.Client(timeout=30, follow_redirects=True, verify=False, **how) as client:
            self.page = client.request(method, path, **options)
            self._cookies = client.cookies
        return self

    def filled_in(self, action: str, button: str = "") -> dict[str, str]:
        """Return what the form with that action would send as it is."""
        form = next(form for form in self._document().iter("form") if form.get("action", self.at) == action)
        fields = {
            field.get("name", ""): _value(field)
            for field in form.iter()
            if field.tag in ("input", "textarea") and (field.get("type") != "radio" or "checked" in field.attrib)
        }
        pressed = {
            each.get("name", ""): button for each in form.iter("button") if button and each.get("value") == button
        }
        return {name: value for name, value in (fields | pressed).items() if name}

    def actions(self) -> list[str]:
        """Return the actions of all forms on the page that send something."""
        return [form.get("action", self.at) for form in self._document().iter("form") if form.get("method") == "post"]

    def _document(self) -> Element:
        document: Element = html5lib.parse(self.page.text, namespaceHTMLElements=False)
        return document


def _value(field: Element) -> str:
    if field.get("type") == "checkbox":
        return field.get("value", "on") if "checked" in field.attrib else ""
    return field.get("value", "") if field.tag == "input" else (field.text or "")
