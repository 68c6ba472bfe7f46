"""The files that pages load, and the pages that say one thing: that a link or a request failed."""

from hashlib import sha256
from string import Template

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from rflow.data import data_dir
from rflow.formats import tree_map

_IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
_NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " + _NOTHING_ELSE
)
"""The content security policy of the page of a link: its own style, script and live updates, nothing else."""
WORK_POLICY = PAGE_POLICY.replace("form-action 'none'", "form-action 'self'")
"""The same for the pages of those who are signed in, which send forms."""
OPENING_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""That of the page on which a protected link is opened."""
_MESSAGE_POLICY = "default-src 'none'; style-src 'self'; img-src data:; " + _NOTHING_ELSE


def _file(name: str) -> str:
    return (data_dir("templates") / name).read_text("utf-8")


class StaticFile(msgspec.Struct, frozen=True):
    """A file that pages load: its address changes with its content, so that browsers may keep it forever."""

    path: str
    body: bytes
    media_type: str

    async def serve(self, _: Request) -> Response:
        """Return the file."""
        return Response(self.body, headers=_IMMUTABLE, media_type=self.media_type)


def _static(name: str, media_type: str, before: str = "") -> StaticFile:
    body = (before + _file(name)).encode()
    stem, _, suffix = name.rpartition("/")[2].rpartition(".")
    return StaticFile(f"/static/{stem}-{sha256(body).hexdigest()[:16]}.{suffix}", body, media_type)


_TIMES = _file("web/times.js")
SCRIPT = _static("web/live.js", "text/javascript", before=_TIMES)
STYLE = _static("formats/page.css", "text/css")
WORK_SCRIPT = _static("web/work.js", "text/javascript", before=_TIMES)
SHARE_SCRIPT = _static("web/share.js", "text/javascript")
WORK_STYLE = _static("web/work.css", "text/css", before=tree_map.STYLE.lstrip())
STATIC_FILES = (SCRIPT, STYLE, WORK_SCRIPT, SHARE_SCRIPT, WORK_STYLE)

_MESSAGE = Template(_file("web/message.html"))


def message(title: str, body: str, status: int, base: str, **headers: str) -> HTMLResponse:
    """Return a page that says one thing. `body` is HTML of our own: no text of a session or a request.

    `base` leads from the page to the root ("..": up one level), where a proxy may serve rflow below a path.
    """
    sent = {"content-security-policy": _MESSAGE_POLICY} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    return HTMLResponse(_MESSAGE.substitute(title=title, body=body, style=base + STYLE.path), status, sent)


PREVIEW = HTMLResponse(_file("web/preview.html"))
"""The page for preview bots: it says that this is a session, and nothing about it."""

LINK_ENDED = message(
    "This link does not work",
    "<p>It has ended, or it was not copied completely. Ask the person who sent it for a new one.</p>",
    404,
    "..",
)
"""The page for every link that does not work: unknown, expired, revoked, or of a deleted session."""


def nothing_here(path: str) -> HTMLResponse:
    """Return the 404 page."""
    return message(
        "There is nothing at this address",
        "<p>The address may be incomplete. Open the whole link that you were sent.</p>",
        404,
        to_root(path),
    )


def to_root(path: str) -> str:
    """Return the relative path from the page at `path` to the root, which a proxy may serve below a path: "../.."."""
    return "/".join([".."] * (path.count("/") - 1)) or "."


_UNAVAILABLE = message(
    "The session can’t be read at the moment",
    "<p>Nothing is lost. Reload the page in a few seconds. If this does not help, tell the people who run this server:"
    " its log says what is wrong.</p>",
    503,
    "..",
    retry_after="10",
)
_UNAVAILABLE_TEXT = PlainTextResponse(
    "The session can't be read at the moment. Try again.\n", 503, {"retry-after": "10"}
)


def unavailable(request: Request) -> Response:
    """Return the error for a session that can't be read, as a page for browsers and as text for programs."""
    return _UNAVAILABLE if "text/html" in request.headers.get("accept", "") else _UNAVAILABLE_TEXT
