"""What every way of copying gets (Job), who does it (Helper), and how it says that it did not work (Failed)."""

from collections.abc import Callable, Mapping

import msgspec


class Failed(OSError):
    """One way did not work; the message is a short reason that holds nothing of the text.

    An OSError, so that `copy` treats it and the system's own errors alike.
    """


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A copy to be made; `timeout` is in seconds.

    `html` is a fragment that shows the same as `text`. Neither has lone surrogates, so they encode everywhere.
    """

    text: str
    html: str | None = None
    environ: Mapping[str, str]
    platform: str
    timeout: float

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return len(self.text.encode())

    def amount(self, taker: str, *, rich: bool = False) -> str:
        """What was taken; where that is less than there was, who takes no more."""
        if rich and self.html:
            return f"{human(self.size)}, rich text and plain text"
        return f"{human(self.size)}, plain text" + (f": {taker} takes no more" if self.html else "")

    @property
    def command(self) -> str:
        return self.environ.get("RFLOW_CLIPBOARD_CMD", "").strip()

    @property
    def remote(self) -> bool:
        """Whether the person sits at the other end of an SSH connection."""
        return any(self.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


class Helper(msgspec.Struct, frozen=True):
    """A program that puts its standard input on a desktop's clipboard; `rich` says that it takes HTML as well."""

    name: str
    argv: tuple[str, ...]
    data: Callable[[Job], bytes] = lambda job: job.text.encode()
    rich: bool = False


def human(size: int) -> str:
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.1f} KB"
