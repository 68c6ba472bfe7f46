"""Cookies of the pages: the web session, and a notice about the last form, which the next page shows once."""

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
_MAX_NOTICE = 600
"""Maximum length of a notice in characters; browsers accept cookies of about 4,000 bytes."""
_NOTICE_LIFE = 60


class Notice(msgspec.Struct, frozen=True):
    """A sentence about what a form did, and its tone (colour)."""

    text: str
    tone: Tone = "ok"


def session_cookie(site: Site) -> str:
    """Return the name of the cookie with the web session.

    Browsers accept a name with `__Host-` only over HTTPS and from this host itself. On the local machine, without
    HTTPS, the name includes the port, because all ports of a host share their cookies.
    """
    return _name(site, "rflow")


def _name(site: Site, name: str) -> str:
    return f"__Host-{name}" if site.is_secure else f"{name}-{site.port}"


def cookies_of(request: Request) -> dict[str, str]:
    """Return the cookies of a request, without unescaping them: rflow's own values contain no escapes.

    `Request.cookies` uses Python's parser, which before 3.12.6 takes quadratic time: a single request could block the
    server for seconds (CVE-2024-7592).
    """
    pairs = [pair.partition("=") for header in request.headers.getlist("cookie") for pair in header.split(";")]
    return {name.strip(): value.strip().removeprefix('"').removesuffix('"') for name, _, value in pairs}


def set_session(response: Response, site: Site, token: str) -> None:
    """Set the cookie of a web session; an empty token removes it."""
    life = int(SESSION_LIFE.total_seconds()) if token else 0
    _set(response, site, session_cookie(site), token, life)


def set_notice(response: Response, site: Site, notice: Notice | None) -> None:
    """Set a notice for the next page; None removes it."""
    if notice is None:
        _set(response, site, _name(site, "rflow-notice"), "", 0)
        return
    short = msgspec.structs.replace(notice, text=notice.text[:_MAX_NOTICE])
    value = base64.urlsafe_b64encode(msgspec.json.encode(short)).decode()
    _set(response, site, _name(site, "rflow-notice"), value, _NOTICE_LIFE)


def read_notice(site: Site, cookies: Mapping[str, str]) -> Notice | None:
    """Return the notice in the cookies; None if there is none, or it is not valid."""
    value = cookies.get(_name(site, "rflow-notice"), "")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value), type=Notice) if value else None
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError, ValueError):
        return None


def set_cookie(response: Response, site: Site, name: str, value: str, life: int) -> None:
    """Set a cookie for `life` seconds; 0 removes it."""
    _set(response, site, _name(site, name), value, life)


def get_cookie(site: Site, name: str, cookies: Mapping[str, str]) -> str:
    """Return the value of a cookie; "" if there is none."""
    return cookies.get(_name(site, name), "")


def _set(response: Response, site: Site, name: str, value: str, life: int) -> None:
    response.set_cookie(name, value, max_age=life, path="/", secure=site.is_secure, httponly=True, samesite="lax")
