"""How an attempt to post ends: posted as far as that can be known, or not posted as far as that can be known."""

import msgspec


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a summary that was posted; `message` is a phrase for people."""

    status: int
    attempts: int
    message: str


class NotPosted(msgspec.Struct, frozen=True, kw_only=True):
    """Why an attempt failed; `what` continues a sentence that begins with the target.

    `maybe_posted` means that the summary may have arrived after all; `retry` that it certainly has not and another
    attempt may succeed, after `retry_after` seconds if the server names a time.
    """

    what: str
    try_: str = ""
    maybe_posted: bool = False
    retry: bool = False
    retry_after: float | None = None
