"""What every way of copying gets (Job) and how it says that it did not work (Failed)."""

from collections.abc import Mapping

import msgspec


class Failed(OSError):
    """One way did not work; the message is a short reason that holds nothing of the text.

    An OSError, so that `copy` treats it and the system's own errors alike.
    """


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A copy to be made. `text` has no lone surrogates, so it encodes everywhere; `timeout` is in seconds."""

    text: str
    environ: Mapping[str, str]
    platform: str
    timeout: float

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return len(self.text.encode())

    @property
    def amount(self) -> str:
        return f"{human(self.size)}, plain text"

    @property
    def command(self) -> str:
        return self.environ.get("RFLOW_CLIPBOARD_CMD", "").strip()

    @property
    def remote(self) -> bool:
        """Whether the person sits at the other end of an SSH connection."""
        return any(self.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def human(size: int) -> str:
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.1f} KB"
