"""The error family: each says what happened and what to try, carries the facts, and owns its exit code."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the program (documented in docs/commands.md)."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    MOVED = 4
    NOT_ALLOWED = 5
    BAD_INPUT = 6
    NOT_DELIVERED = 7
    STORE = 8


class RflowError(Exception):
    """Something a person can act on: one sentence of what happened, optionally one of what to try."""

    exit_code: Exit = Exit.UNEXPECTED

    def __init__(self, what: str, *, try_: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.try_ = try_

    def __str__(self) -> str:
        return f"{self.what} {self.try_}".strip()


class UsageProblem(RflowError):
    """The words of a call are off: an unknown or ambiguous choice, format or option, an empty text."""

    exit_code = Exit.USAGE


class NotFound(RflowError):
    """No such session, tree, share or user, or none that this member may see."""

    exit_code = Exit.NOT_FOUND


class SessionMoved(RflowError):
    """Somebody moved the session, or changed what is to be replaced, since it was last displayed here.

    `version` is the session's version if the message shows all that moved; 0 if the sender should look again.
    """

    exit_code = Exit.MOVED

    def __init__(self, what: str, *, try_: str = "", version: int = 0) -> None:
        super().__init__(what, try_=try_)
        self.version = version


class NotAllowed(RflowError):
    """The rules of who moves what say no: not the owner, or the session is closed."""

    exit_code = Exit.NOT_ALLOWED


class BadInput(RflowError):
    """A file that was given can't be used. `problems` lists everything that is wrong with it, a line each."""

    exit_code = Exit.BAD_INPUT

    def __init__(self, what: str, *, try_: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(what, try_=try_)
        self.problems = problems


class NotDelivered(RflowError):
    """A summary did not arrive where it should have gone (clipboard, webhook)."""

    exit_code = Exit.NOT_DELIVERED


class StoreProblem(RflowError):
    """The store can't be used: locked, damaged, full, read-only, or written by a newer rflow."""

    exit_code = Exit.STORE
