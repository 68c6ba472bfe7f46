"""The state of a terminal: its current session, and the version of each session that it last displayed.

The file contains only ids and numbers, never a text of a session, and can be deleted at any time.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from pathlib import Path

_KEPT_DAYS = 30
_SEEN_LIMIT = 50


class _State:
    """The file for a terminal and a store; `key` identifies both, because the file name is only its hash."""

    def __init__(
        self,
        key: str,
        current: str | None = None,
        left: str | None = None,
        seen: Any = None,
        code: str | None = None,
        unsent: str | None = None,
    ) -> None:
        self.key = key
        self.current = current
        self.code = code
        self.left = left
        self.unsent = unsent
        self.seen: dict[str, int] = seen or {}

    @classmethod
    def read(cls, path: "str | Path") -> "_State":
        """Read a file; raise `OSError` or `ValueError`.

        It does without msgspec and pathlib, which would slow `rflow prompt` down.
        """
        with open(path, "rb") as file:
            saved = json.load(file)
        if not isinstance(saved, dict) or not isinstance(saved.get("key"), str):
            raise ValueError("not the state of a terminal")
        named = {name: saved.get(name) for name in ("current", "left", "code", "unsent")}
        seen = saved.get("seen")
        versions = seen.values() if isinstance(seen, dict) else ()
        if not all(isinstance(value, str | None) for value in named.values()):
            raise ValueError("not the ids of sessions")
        if not all(isinstance(version, int) for version in versions):
            raise ValueError("not versions")
        return cls(saved["key"], seen=seen if versions else None, **named)

    def __bytes__(self) -> bytes:
        return json.dumps(vars(self)).encode()


class Elsewhere(NamedTuple):
    """A current session in another store: the store's URL, and the session's id and code."""

    url: str
    session_id: str
    code: str


class Terminal:
    """The state of this terminal for the store at `url`, in its own file in the state folder."""

    def __init__(self, state: str, url: str, environ: Mapping[str, str]) -> None:
        self._id = terminal_id(environ)
        self._key = f"{url} {self._id}"
        self._folder = f"{state}/terminals"
        self._file = f"{self._folder}/{crc32(self._key.encode('utf-8', 'replace')):08x}.json"
        self._state = self._read()

    @property
    def current(self) -> str | None:
        """The id of the current session."""
        return self._state.current

    def elsewhere(self) -> "Iterator[Elsewhere]":
        """Yield the current sessions of this terminal in other stores, most recently used first."""
        here = f" {self._id}"
        found = []
        for path in self._files():
            with suppress(OSError, ValueError, RecursionError):
                saved = _State.read(path)
                if saved.current and saved.key.endswith(here) and saved.key != self._key:
                    there = Elsewhere(saved.key.removesuffix(here), saved.current, saved.code or "a session")
                    found.append((path.stat().st_mtime_ns, there))
        yield from (there for _, there in sorted(found, reverse=True))

    @property
    def code(self) -> str | None:
        """The code of the current session, if it is known."""
        return self._state.code if self.current else None

    @property
    def unsent(self) -> str | None:
        """The `command_id` of the session last started here, if it could not be sent to its server."""
        return self._state.unsent

    def enter(self, session_id: str, code: str = "") -> None:
        """Make a session the current one."""
        state = self._state
        state.current, state.code, state.left, state.unsent = session_id, code, None, None
        self._write()

    def enter_unsent(self, command_id: str) -> None:
        """Replace the current session by a new one that could not be sent, so that no command goes to the old one."""
        state = self._state
        state.current, state.code, state.left, state.unsent = None, None, None, command_id
        self._write()

    @property
    def left(self) -> str | None:
        """The id of the session last closed or handed off here, if there is no current one since."""
        return self._state.left

    def leave(self, session_id: str) -> None:
        """End being in this session, if it is the current one."""
        if self._state.current == session_id:
            self._state.current, self._state.left = None, session_id
            self._write()

    def seen(self, session_id: str) -> int | None:
        """Return the version of a session last displayed here; None if unknown, or if versions can't be saved."""
        return self._state.seen.get(session_id) if os.access(self._folder, os.W_OK) else None

    def saw(self, session_id: str, version: int) -> None:
        """Record that this version of a session was displayed here."""
        if self._state.seen.get(session_id) == version:
            return
        self._state.seen.pop(session_id, None)
        self._state.seen[session_id] = version
        while len(self._state.seen) > _SEEN_LIMIT:
            del self._state.seen[next(iter(self._state.seen))]
        self._write()

    def forget(self) -> None:
        """Delete the state of this terminal."""
        self._state = _State(key=self._key)
        with suppress(OSError):
            os.unlink(self._file)

    def _read(self) -> _State:
        try:
            saved = _State.read(self._file)
        except (OSError, ValueError, RecursionError):
            return _State(key=self._key)
        return saved if saved.key == self._key else _State(key=self._key)

    def _write(self) -> None:
        """Save the state. If that fails, remove the file: a read-only home must not stop the command."""
        from rflow.whole_files import write_own_file

        try:
            first = not os.path.exists(self._file)
            write_own_file(self._file, bytes(self._state))
            if first:
                self._prune()
        except OSError:  # an outdated version would make every later move be refused
            with suppress(OSError):
                os.unlink(self._file)

    def _files(self) -> "list[Path]":
        """Return the files of all terminals; none where they can't be listed."""
        from pathlib import Path

        with suppress(OSError):
            return [Path(self._folder, name) for name in os.listdir(self._folder) if name.endswith(".json")]
        return []

    def _prune(self) -> None:
        """Remove the files of terminals that have not been used for 30 days."""
        limit = time.time() - _KEPT_DAYS * 86_400
        for path in self._files():
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)


def terminal_id(environ: Mapping[str, str]) -> str:
    """Return an id for this terminal: its tmux pane, the id set by the terminal program, or the shell's session.

    tmux reuses pane numbers, and the system reuses session ids, so each is combined with something unique.
    """
    if environ.get("RFLOW_TERMINAL"):
        return f"named {environ['RFLOW_TERMINAL']}"
    if environ.get("TMUX_PANE"):
        server = ",".join(environ.get("TMUX", "").split(",")[:2])  # its third part is a session, which a pane may leave
        return f"tmux {server} {environ['TMUX_PANE']}"
    for variable in ("WT_SESSION", "TERM_SESSION_ID", "WEZTERM_PANE", "KITTY_WINDOW_ID", "WINDOWID"):
        if environ.get(variable):
            return f"{variable} {environ[variable]} {_session()}"
    return _session()


def _session() -> str:
    """Return an id of the session of this process: from its leader on POSIX, from the parent process on Windows."""
    if not hasattr(os, "getsid"):
        return f"parent {os.getppid()}"
    leader = os.getsid(0)
    return f"session {leader} {_started(leader)}"


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since boot (proc(5), field 22); "" if that is unknown."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            stat = file.read()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
