"""What is remembered for one terminal: its current session, and which version of each session it displayed last.

It holds ids and numbers only, never a text of a session. It may be lost at any time without harm.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import msgspec

from rflow.config_file import replace_file

_KEPT_DAYS = 30
_SEEN_LIMIT = 50


class _Memory(msgspec.Struct, kw_only=True):
    """The file of one terminal at one store; `key` names them in full, since the file's name is a short hash of it."""

    key: str
    current: str | None = None
    left: str | None = None
    seen: dict[str, int] = {}


class Terminal:
    """The memory of this terminal for the store at `url`, in a file of its own under the state folder."""

    def __init__(self, state: Path, url: str, environ: Mapping[str, str]) -> None:
        self._id = terminal_id(environ)
        self._key = f"{url} {self._id}"
        self._path = state / "terminals" / f"{crc32(self._key.encode('utf-8', 'replace')):08x}.json"
        self._memory = self._read()

    @property
    def current(self) -> str | None:
        """The id of the current session."""
        return self._memory.current

    def elsewhere(self) -> str | None:
        """Return the store in which this terminal has a current session, if that is another one: the last one used."""
        here = f" {self._id}"
        found = []
        for path in self._path.parent.glob("*.json"):
            with suppress(OSError, msgspec.DecodeError):
                memory = msgspec.json.decode(path.read_bytes(), type=_Memory)
                if memory.current and memory.key.endswith(here) and memory.key != self._key:
                    found.append((path.stat().st_mtime_ns, memory.key.removesuffix(here)))
        return max(found)[1] if found else None

    def enter(self, session_id: str) -> None:
        """Make a session the current one."""
        self._memory.current, self._memory.left = session_id, None
        self._write()

    @property
    def left(self) -> str | None:
        """The id of the session that was closed or handed off here last, if none was begun since."""
        return self._memory.left

    def leave(self, session_id: str) -> None:
        """Have no current session, if it is this one."""
        if self._memory.current == session_id:
            self._memory.current, self._memory.left = None, session_id
            self._write()

    def seen(self, session_id: str) -> int | None:
        """Return the version of a session that was last displayed here; None where that can't be kept up to date."""
        return self._memory.seen.get(session_id) if os.access(self._path.parent, os.W_OK) else None

    def saw(self, session_id: str, version: int) -> None:
        """Remember that this version of a session was displayed here."""
        if self._memory.seen.get(session_id) == version:
            return
        self._memory.seen.pop(session_id, None)
        self._memory.seen[session_id] = version
        while len(self._memory.seen) > _SEEN_LIMIT:
            del self._memory.seen[next(iter(self._memory.seen))]
        self._write()

    def forget(self) -> None:
        """Remember nothing any longer."""
        self._memory = _Memory(key=self._key)
        with suppress(OSError):
            self._path.unlink()

    def _read(self) -> _Memory:
        try:
            memory = msgspec.json.decode(self._path.read_bytes(), type=_Memory)
        except (OSError, msgspec.DecodeError):
            return _Memory(key=self._key)
        return memory if memory.key == self._key else _Memory(key=self._key)

    def _write(self) -> None:
        """Keep the memory; where that fails, this terminal only forgets (a read-only home must not stop anybody)."""
        try:
            first = not self._path.exists()
            replace_file(self._path, msgspec.json.encode(self._memory))
            if first:
                self._prune()
        except OSError:  # a memory that is out of date would refuse every later move
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Remove the files of terminals that are long gone."""
        limit = time.time() - _KEPT_DAYS * 86_400
        for path in self._path.parent.glob("*.json"):
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)


def terminal_id(environ: Mapping[str, str]) -> str:
    """Name this terminal: its tmux pane, what the terminal program calls it, or the shell's session.

    A tmux pane's number is used again by the next server, and a session id by a later process, so each is taken
    together with what tells the two apart.
    """
    if environ.get("RFLOW_TERMINAL"):
        return f"named {environ['RFLOW_TERMINAL']}"
    if environ.get("TMUX_PANE"):
        return f"tmux {environ.get('TMUX', '')} {environ['TMUX_PANE']}"
    for variable in ("WT_SESSION", "TERM_SESSION_ID", "WEZTERM_PANE", "KITTY_WINDOW_ID", "WINDOWID"):
        if environ.get(variable):
            return f"{variable} {environ[variable]} {_session()}"
    return _session()


def _session() -> str:
    """Name the session that this process belongs to: on POSIX by its leader, on Windows by the parent process."""
    if not hasattr(os, "getsid"):
        return f"parent {os.getppid()}"
    leader = os.getsid(0)
    return f"session {leader} {_started(leader)}"


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since boot (proc(5), field 22); "" where the system can't say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
