"""What each way of copying receives (CopyRequest), the programs that do it, and how a failure is reported."""

from collections.abc import Callable, Mapping

import msgspec

from rflow.core.text import byte_size


class CopyFailed(OSError):
    """One way of copying failed; the message is a short reason without any of the text.

    An OSError, so that `copy` handles it as it handles the system's own errors.
    """


class CopyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A text to copy; `timeout` is in seconds.

    `html` is a fragment that shows the same as `text`. Neither has lone surrogates, so they can always be encoded.
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

    def amount(self, *, rich: bool = False) -> str:
        """Return how much was copied, and whether as rich text."""
        if not self.html:
            return f"{byte_size(self.size)}, plain text"
        return f"{byte_size(self.size)}, {'rich text and plain text' if rich else 'plain text only'}"

    @property
    def command(self) -> str:
        """The user's own command, or ""."""
        return self.environ.get("RFLOW_CLIPBOARD_CMD", "").strip()

    @property
    def remote(self) -> bool:
        """Whether the user is connected over SSH."""
        return any(self.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


class ClipboardProgram(msgspec.Struct, frozen=True):
    """A program that puts its standard input on a desktop's clipboard; `rich` programs take HTML as well."""

    name: str
    argv: tuple[str, ...]
    data: Callable[[CopyRequest], bytes] = lambda request: request.text.encode()
    rich: bool = False
