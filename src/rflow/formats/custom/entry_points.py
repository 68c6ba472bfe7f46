"""Formats that installed packages bring along, under the entry point group `rflow.formats`.

An entry point's name is the format's. It gives a `Format`, or a function that takes a `Progress` or a `Digest` and
gives the text. Packages are looked up only for a name that nobody else knows: that reads every package's metadata.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from rflow.core.summary.progress import Summary
from rflow.errors import BadInput
from rflow.formats import FORMATS, Format, render_whole

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "rflow.formats"


def packaged() -> "Iterator[tuple[str, str, EntryPoint]]":
    """Give the name of each format that a package brings, with the package's; nothing of it is loaded."""
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        if point.name not in FORMATS:
            yield point.name, point.dist.name if point.dist else point.module, point


def find_packaged(name: str) -> Format | None:
    """Load the format of a package."""
    for known, package, point in packaged():
        if known == name:
            return loaded(name, package, point)
    return None


def loaded(name: str, package: str, point: "EntryPoint") -> Format:
    """Load what an entry point names; raise `BadInput` where that is no format."""
    try:
        given = point.load()
    except Exception as error:
        raise _broken(name, package, f"can't be loaded: {_said(error)}") from error
    format_ = given if isinstance(given, Format) else _made(name, given) if callable(given) else None
    if format_ is None:
        raise _broken(
            name, package, f"gives a value of the kind {type(given).__name__}, neither a Format nor a function"
        )
    if format_.drawing or format_.page:  # those name templates of rflow
        raise _broken(name, package, "has nothing that builds it")
    return replace(format_, name=name, build=_guarded(format_, name, package))


def _made(name: str, function: Callable[[Summary], str]) -> Format:
    """Make a format of a function; the first line of its docstring says what it is for."""
    meaning = (inspect.getdoc(function) or name).splitlines()[0].rstrip(".")
    return Format(
        name=name,
        description=meaning,
        media_type="text/plain",
        suffix=".txt",
        build=lambda told, cache: function(told),
        most=None,
    )


def _guarded(format_: Format, name: str, package: str) -> Callable[[Summary, Path | None], str]:
    """Turn whatever a package does wrong into a sentence."""

    def build(told: Summary, cache: Path | None) -> str:
        try:
            text: Any = render_whole(format_, told, cache)
        except Exception as error:
            raise _broken(name, package, f"failed: {_said(error)}") from error
        if not isinstance(text, str):
            raise _broken(name, package, f"gave a value of the kind {type(text).__name__} instead of a text")
        return text

    return build


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _broken(name: str, package: str, how: str) -> BadInput:
    return BadInput(
        f"The format {name} of the package {package} {how.rstrip('.')}.",
        try_="Tell its author; nothing is lost: -f markdown works meanwhile.",
    )
