"""Contents of evidence: uploaded as parts of a multipart form, downloaded in chunks from a temporary file."""

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

MAX_FILES = 1_000
"""Maximum number of files in one request."""
_CHUNK_SIZE = 64 * 1024


@asynccontextmanager
async def uploaded(request: Request, limit: int) -> AsyncIterator[tuple[bytes, Sequence[BinaryIO]]]:
    """Yield the form's part `request`, of at most `limit` bytes, and its parts `content` as files.

    Large files are kept on disk. Raises `UsageProblem` for any other form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise UsageProblem(
            "The body must be multipart/form-data.", try_="Send the parts request (JSON) and content (a file)."
        )
    async with request.form(max_files=MAX_FILES, max_fields=1, max_part_size=limit) as form:
        parts = form.multi_items()
        requests = [part for name, part in parts if name == "request" and isinstance(part, str)]
        files = [part.file for name, part in parts if name == "content" and isinstance(part, UploadFile)]
        if len(requests) != 1 or 1 + len(files) != len(parts):
            raise UsageProblem(
                "The body has missing or unexpected parts.",
                try_="Send one part request (JSON), and for each file a part content with a file name.",
            )
        yield requests[0].encode("utf-8", "replace"), files


def by_digest(files: Sequence[BinaryIO]) -> dict[str, bytes]:
    """Read files; return their contents by SHA-256 digest."""
    contents = [file.read() for file in files]
    return {fingerprint(content): content for content in contents}


class ContentResponse(Response):
    """A download. Only one chunk of it is in memory while a slow client reads it."""

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
            while chunk := await run_in_threadpool(partial(file.read, _CHUNK_SIZE)):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
