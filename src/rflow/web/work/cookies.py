"""The two cookies of the pages: the web session, and what the last form did, to be said once on the next page."""

import base64
import binascii
from collections.abc import Mapping
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rflow.core.accounts import SESSION_LIFE
from rflow.web.work.site import Site

Tone = Literal["ok", "hold", "bad", "ask"]
_LONGEST = 600
"""Characters of a notice; a cookie has room for some 4,000 bytes."""
_NOTICE_LIFE = 60


class Notice(msgspec.Struct, frozen=True):
    """What a form did, in a sentence; on which tone it is shown."""

    text: str
    tone: Tone = "ok"


def session_cookie(site: Site) -> str:
    """Return the name of the cookie with the web session.

    With `__Host-`, browsers take it only over HTTPS and from this host itself. Within one machine there is no HTTPS:
    the name has the port, because cookies of all ports of a host are one.
    """
    return _name(site, "rflow")


def _name(site: Site, name: str) -> str:
    return f"__Host-{name}" if site.is_secure else f"{name}-{site.port}"


def cookies_of(request: Request) -> dict[str, str]:
    """Return the cookies of a request; in no value of ours is an escape, so none is read.

    `Request.cookies` reads them as Python does, which before 3.12.6 takes a time that grows with the square of the
    length: anybody could stop the server for seconds with one request (CVE-2024-7592).
    """
    pairs = [pair.partition("=") for header in request.headers.getlist("cookie") for pair in header.split(";")]
    return {name.strip(): value.strip().removeprefix('"').removesuffix('"') for name, _, value in pairs}


def set_session(response: Response, site: Site, token: str) -> None:
    """Keep a web session in the browser; an empty token removes it."""
    life = int(SESSION_LIFE.total_seconds()) if token else 0
    _set(response, site, session_cookie(site), token, life)


def set_notice(response: Response, site: Site, notice: Notice | None) -> None:
    """Keep a notice for the next page; None removes it."""
    if notice is None:
        _set(response, site, _name(site, "rflow-notice"), "", 0)
        return
    short = msgspec.structs.replace(notice, text=notice.text[:_LONGEST])
    value = base64.urlsafe_b64encode(msgspec.json.encode(short)).decode()
    _set(response, site, _name(site, "rflow-notice"), value, _NOTICE_LIFE)


def read_notice(site: Site, cookies: Mapping[str, str]) -> Notice | None:
    """Return the notice that the browser keeps; None if there is none, or if it is not one of ours."""
    value = cookies.get(_name(site, "rflow-notice"), "")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value), type=Notice) if value else None
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError, ValueError):
        return None


def keep(response: Response, site: Site, name: str, value: str, life: int) -> None:
    """Keep a text in the browser for so many seconds; 0 removes it."""
    _set(response, site, _name(site, name), value, life)


def kept(site: Site, name: str, cookies: Mapping[str, str]) -> str:
    """Return the text that the browser keeps under a name; "" if there is none."""
    return cookies.get(_name(site, name), "")


def _set(response: Response, site: Site, name: str, value: str, life: int) -> None:
    response.set_cookie(name, value, max_age=life, path="/", secure=site.is_secure, httponly=True, samesite="lax")
