"""How texts are stored in PostgreSQL, which takes no NUL in them: both ways, for every statement of a connection."""

import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.string import StrDumper

_ESCAPE, _NUL = "\x1a", "\0"


class _TextDumper(StrDumper):
    """Writes texts; half a surrogate pair, which UTF-8 can't encode, becomes a question mark (`derived.encodable`)."""

    def dump(self, obj: str) -> Buffer:
        """Return a text as PostgreSQL takes it."""
        return escaped(obj).encode("utf-8", "replace")


class _TextLoader(Loader):
    """Reads texts."""

    def load(self, data: Buffer) -> str:
        """Return a text as it was before it was written."""
        return unescaped(bytes(data).decode("utf-8", "replace"))


class _BinaryTextLoader(_TextLoader):
    format = pq.Format.BINARY


def escaped(text: str) -> str:
    """Return a text without NUL; a beginning of it becomes the beginning of the result, so that prefixes are found."""
    if _NUL not in text and _ESCAPE not in text:
        return text
    return text.replace(_ESCAPE, _ESCAPE * 2).replace(_NUL, f"{_ESCAPE}0")


def unescaped(text: str) -> str:
    """Return the text that was escaped."""
    parts = text.split(_ESCAPE * 2)
    return _ESCAPE.join(part.replace(f"{_ESCAPE}0", _NUL) for part in parts)


def adapt(db: psycopg.Connection) -> None:
    """Read and write the texts of a connection in this way."""
    db.adapters.register_dumper(str, _TextDumper)
    for loader in (_TextLoader, _BinaryTextLoader):
        db.adapters.register_loader("text", loader)
