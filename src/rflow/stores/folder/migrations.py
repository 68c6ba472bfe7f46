"""Upgrades folder stores of older layouts: named steps in order, each with a sample in the tests.

A step replaces files one by one, may be interrupted anywhere and started again; `rflow.json` changes last.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from rflow.errors import StoreProblem
from rflow.stores import codec
from rflow.stores.folder.layout import Format
from rflow.stores.folder.safe_files import SafeFiles
from rflow.stores.upgrades import upgraded


class Migration(NamedTuple):
    """A step to layout `to`."""

    to: int
    name: str
    apply: Callable[[SafeFiles], None]


def upgrade(files: SafeFiles, form: Format) -> None:
    """Upgrade a folder and record it; the caller holds its lock."""
    for step in MIGRATIONS:
        if step.to > form.format:
            step.apply(files)
            form.upgraded[f"{step.to} {step.name}"] = datetime.now(UTC)
            form.format = step.to
            files.replace("rflow.json", msgspec.json.encode(form) + b"\n")


def _records(files: SafeFiles) -> None:
    """Upgrade records to version 3; unreadable ones are left to `check`."""
    for name in files.names("sessions"):
        data = _data(files, f"sessions/{name}") if name.endswith(".jsonl") else b""
        first, *lines = data.split(b"\n")
        header = codec.read_header(first)
        if isinstance(header, codec.Header) and header.records < codec.RECORD:
            new = [codec.header(header.id, header.code), *(upgraded(line, header.records) for line in _whole(lines))]
            files.replace(f"sessions/{name}", b"".join(line + b"\n" for line in new))


def _data(files: SafeFiles, name: str) -> bytes:
    """Read a file of an older store; a missing or unreadable one is left to `check`."""
    try:
        return files.read(name)
    except (FileNotFoundError, PermissionError, StoreProblem, ValueError):  # ValueError: no name of a file.
        return b""


def _whole(lines: list[bytes]) -> list[bytes]:
    """Drop an incomplete last line, which was never acknowledged, unless its checksum is right."""
    return lines if lines and codec.is_sealed(lines[-1]) else lines[:-1]


MIGRATIONS = (Migration(3, "records of version 3", _records),)
OLDEST = MIGRATIONS[0].to - 1
"""The oldest layout that can be upgraded."""
