"""The errors of rflow: each says what happened and what to try, carries the facts, and owns its exit code."""

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
    NOT_SIGNED_IN = 9
    TRY_AGAIN = 10
    NOT_EXECUTABLE = 126
    NO_PROGRAM = 127


class RflowError(Exception):
    """An error that a person can act on: a sentence on what happened, optionally a sentence on what to try."""

    exit_code: Exit = Exit.UNEXPECTED

    def __init__(self, what: str, *, try_: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.try_ = try_

    def __str__(self) -> str:
        return f"{self.what} {self.try_}".strip()


class UsageProblem(RflowError):
    """A command was used wrongly: an unknown or ambiguous choice, format or option, or an empty text."""

    exit_code = Exit.USAGE


class NotExecutable(UsageProblem):
    """A program that is to be run is there, but can't be run; the exit code is that of a shell."""

    exit_code = Exit.NOT_EXECUTABLE


class NoProgram(UsageProblem):
    """There is no program of that name to run; the exit code is that of a shell."""

    exit_code = Exit.NO_PROGRAM


class NotFound(RflowError):
    """There is no such session, tree, share or user, or the actor may not see it.

    `suggests` says whether what to try is the name of one that is there.
    """

    exit_code = Exit.NOT_FOUND

    def __init__(self, what: str, *, try_: str = "", suggests: bool = False) -> None:
        super().__init__(what, try_=try_)
        self.suggests = suggests


class SessionMoved(RflowError):
    """Somebody moved the session, or changed what is to be replaced, since it was last displayed here.

    `version` is the session's version if the message shows all that moved; 0 if the sender should look again.
    """

    exit_code = Exit.MOVED

    def __init__(self, what: str, *, try_: str = "", version: int = 0) -> None:
        super().__init__(what, try_=try_)
        self.version = version
        self.problems: tuple[str, ...] = ()
        """What the other version changed, one thing a line."""


class NotAllowed(RflowError):
    """The rules don't allow it: the actor is not the owner, or the session is closed."""

    exit_code = Exit.NOT_ALLOWED


class BadInput(RflowError):
    """An input file can't be used. `problems` lists everything that is wrong with it, a line each."""

    exit_code = Exit.BAD_INPUT

    def __init__(self, what: str, *, try_: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(what, try_=try_)
        self.problems = problems


class NotDelivered(RflowError):
    """A summary could not be delivered (clipboard, webhook, file)."""

    exit_code = Exit.NOT_DELIVERED


class StoreProblem(RflowError):
    """The store can't be used: locked, damaged, full, read-only, or written by a newer rflow."""

    exit_code = Exit.STORE


class TracesLeft(StoreProblem):
    """Something was removed for good, but traces of its text are in the files of the store for now.

    `gone` are the ids of the sessions that `delete_all` removed.
    """

    gone: tuple[str, ...] = ()


class NotSignedIn(RflowError):
    """Who asks is not signed in: a wrong name or password, or a token that does not work."""

    exit_code = Exit.NOT_SIGNED_IN


class TooManyAttempts(RflowError):
    """Too many wrong passwords; `retry_after` says in how many seconds the next attempt is allowed."""

    exit_code = Exit.TRY_AGAIN

    def __init__(self, what: str, *, try_: str = "", retry_after: int = 0) -> None:
        super().__init__(what, try_=try_)
        self.retry_after = retry_after


class Unreachable(RflowError):
    """The server can't be reached, or is too busy: nothing was changed, or it is not known whether it was."""

    exit_code = Exit.TRY_AGAIN
