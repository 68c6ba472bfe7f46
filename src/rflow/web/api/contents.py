"""Contents of evidence, as they are: uploaded as parts of a form, downloaded in pieces from a temporary file."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rflow.core.fingerprint import fingerprint
from rflow.errors import UsageProblem

MOST = 1_000
"""Contents of one request."""
_PIECE = 64 * 1024


@asynccontextmanager
async def uploaded(request: Request, limit: int) -> AsyncIterator[tuple[bytes, Sequence[BinaryIO]]]:
    """Yield the part `request` of a form, of at most `limit` bytes, and its parts `content` as files.

    A large file is on the disk, not in memory. Raises `UsageProblem` for anything else.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise UsageProblem(
            "The body must be multipart/form-data.", try_="Send the parts request (JSON) and content (a file)."
        )
    async with request.form(max_files=MOST, max_fields=1, max_part_size=limit) as form:
        parts = form.multi_items()
        said = [part for name, part in parts if name == "request" and isinstance(part, str)]
        files = [part.file for name, part in parts if name == "content" and isinstance(part, UploadFile)]
        if len(said) != 1 or len(said) + len(files) != len(parts):
            raise UsageProblem(
                "The body has other parts than it should.",
                try_="Send one part request (JSON), and a part content with a file name for each content.",
            )
        yield said[0].encode("utf-8", "replace"), files


def by_digest(files: Sequence[BinaryIO]) -> dict[str, bytes]:
    """Read files; return their contents by SHA-256 digest."""
    contents = [file.read() for file in files]
    return {fingerprint(content): content for content in contents}


class ContentResponse(Response):
    """A content as a file to save. While a slow reader takes it, only a piece of it is in memory."""

    def __init__(self, content: bytes) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(
            {
                "content-type": "application/octet-stream",
                "content-disposition": "attachment",
                "content-length": str(len(content)),
                "content-security-policy": "sandbox; default-src 'none'",
            }
        )
        self._file = TemporaryFile()  # noqa: SIM115 (closed when it is sent)
        self._file.write(content)
        self._file.seek(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the content."""
        with self._file as file:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while piece := await run_in_threadpool(partial(file.read, _PIECE)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
