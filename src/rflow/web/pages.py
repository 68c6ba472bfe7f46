"""Static files, and short message pages: a link or a request that failed."""

from hashlib import sha256
from string import Template

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from rflow.data import data_dir
from rflow.formats import tree_map

_IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
_NO_FORMS = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

PAGE_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " + _NO_FORMS
"""The Content-Security-Policy of a link's page, which allows its own style, script and live updates."""
WORK_POLICY = PAGE_POLICY.replace("form-action 'none'", "form-action 'self'")
"""The policy of the pages for signed-in readers, which also send forms."""
OPENING_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The policy of the page on which a protected link is opened."""
_MESSAGE_POLICY = "default-src 'none'; style-src 'self'; img-src data:; " + _NO_FORMS


def _file(name: str) -> str:
    return (data_dir("templates") / name).read_text("utf-8")


class StaticFile(msgspec.Struct, frozen=True):
    """A file that pages load. Its path contains a hash of its content, so browsers may cache it forever."""

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
    """Return a message page. `body` is trusted HTML: it must not contain texts of a session or a request.

    `base` is the relative path from the page to the root, such as "..": a proxy may serve rflow below a path.
    """
    all_headers = {"content-security-policy": _MESSAGE_POLICY} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    return HTMLResponse(_MESSAGE.substitute(title=title, body=body, style=base + STYLE.path), status, all_headers)


PREVIEW = HTMLResponse(_file("web/preview.html"))
"""The page for preview bots: it reveals nothing about the session."""

LINK_ENDED = message(
    "This link does not work",
    "<p>It has ended, or it was not copied completely. Ask the person who sent it for a new one.</p>",
    404,
    "..",
)
"""The page for every link that does not work: unknown, expired, revoked, or of a deleted session."""


def not_found_page(path: str) -> HTMLResponse:
    """Return the 404 page."""
    return message(
        "There is nothing at this address",
        "<p>The address may be incomplete. Open the whole link that you were sent.</p>",
        404,
        to_root(path),
    )


def to_root(path: str) -> str:
    """Return the relative path from the page at `path` to the root, such as "../.."; see `message`."""
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
