"""What people attach to a session: files and pasted texts, as evidence that is reported, not observed."""

from rflow.core.excerpt import excerpt
from rflow.core.fingerprint import fingerprint
from rflow.core.session.events import EvidenceAdded
from rflow.core.text import byte_size
from rflow.errors import UsageProblem

LIMIT = 8 * 1024 * 1024
"""How many bytes of one output or file are kept, so that a store stays quick whatever is attached."""


def attached(
    data: bytes,
    label: str,
    *,
    pasted: bool = False,
    command: str = "",
    encoding: str = "",
    fallback: str = "",
    too_large: str = "Attach the part that matters.",
) -> EvidenceAdded:
    """Describe a file, or a pasted text, as evidence; `command` is what printed it, if that is known.

    It is read as `encoding` if that is named, else as UTF-8 or UTF-16, else as `fallback`. Raises `UsageProblem` for
    nothing, and for too much, with `too_large` as what to try.
    """
    if len(data) > LIMIT:
        raise UsageProblem(f"That is more than {byte_size(LIMIT)}.", try_=too_large)
    if not data:
        raise UsageProblem("There is nothing in it.", try_="Check that it is the right file.")
    shown = excerpt(data, encoding=encoding, fallback=fallback)
    return EvidenceAdded(
        kind="command" if command else "text" if pasted else "file",
        label=label,
        command=command,
        excerpt=shown.text,
        left_out=shown.left_out,
        media_type=media_type(encoding),
        bytes_total=len(data),
        bytes_kept=len(data),
        digest=fingerprint(data),
    )


def media_type(encoding: str) -> str:
    """Return the media type of a text in an encoding, if one was named."""
    return f"text/plain; charset={encoding}" if encoding else "text/plain"
