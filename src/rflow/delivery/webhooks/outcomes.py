"""How a try at posting ends: an answer or a broken connection, and what that means."""

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the server said. The body is what came of it in time, possibly cut."""

    status: int
    retry_after: str = ""
    date: str = ""
    location: str = ""
    body: bytes = b""


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """There was no answer: `what` continues a sentence that begins with the target.

    `sent` says that the whole message had left, so that it may have been taken; `again` that another try makes sense.
    """

    what: str
    sent: bool = False
    again: bool = False
    try_: str = ""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a summary that was posted; `said` is a fragment of a sentence for people."""

    status: int
    attempts: int
    said: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why it was not posted, as far as that is known; `what` continues a sentence that begins with the target.

    `unknown` means that it may have been posted after all; `again` that it is sure not to be and another try makes
    sense, after `asked` seconds where the server names them.
    """

    what: str
    try_: str = ""
    unknown: bool = False
    again: bool = False
    asked: float | None = None
