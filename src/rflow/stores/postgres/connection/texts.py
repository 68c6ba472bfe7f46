"""Converting texts for PostgreSQL, which does not allow NUL in them; applied to every statement of a connection."""

import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.string import StrDumper

_ESCAPE, _NUL = "\x1a", "\0"


class _TextDumper(StrDumper):
    """Writes texts; lone surrogates, which UTF-8 can't encode, become question marks (see `derived.encodable`)."""

    def dump(self, obj: str) -> Buffer:
        """Return a text without NUL, encoded."""
        return escaped(obj).encode("utf-8", "replace")


class _TextLoader(Loader):
    """Reads texts."""

    def load(self, data: Buffer) -> str:
        """Return the original text."""
        return unescaped(bytes(data).decode("utf-8", "replace"))


class _BinaryTextLoader(_TextLoader):
    format = pq.Format.BINARY


def escaped(text: str) -> str:
    """Return a text with NUL escaped; a prefix of the text becomes a prefix of the result, so that searches work."""
    if _NUL not in text and _ESCAPE not in text:
        return text
    return text.replace(_ESCAPE, _ESCAPE * 2).replace(_NUL, f"{_ESCAPE}0")


def unescaped(text: str) -> str:
    """Return the text that was escaped."""
    parts = text.split(_ESCAPE * 2)
    return _ESCAPE.join(part.replace(f"{_ESCAPE}0", _NUL) for part in parts)


def adapt(db: psycopg.Connection) -> None:
    """Register these conversions for a connection."""
    db.adapters.register_dumper(str, _TextDumper)
    for loader in (_TextLoader, _BinaryTextLoader):
        db.adapters.register_loader("text", loader)
