"""Formats of installed packages, under the entry point group `rflow.formats`.

An entry point's name is the format's. It is a `Format`, or a function that takes a `Progress` or a `Digest` and returns
the text. Packages are looked up only for names that are not known otherwise, since that reads every package's metadata.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from rflow.core.summary.progress import Summary
from rflow.errors import BadInput
from rflow.formats import FORMATS, Format, render_whole

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def packaged() -> "Iterator[tuple[str, str, EntryPoint]]":
    """Yield the name, the package and the entry point of each packaged format, without loading it."""
    from importlib.metadata import entry_points

    for point in entry_points(group="rflow.formats"):
        if point.name not in FORMATS:
            yield point.name, point.dist.name if point.dist else point.module, point


def find_packaged(name: str) -> Format | None:
    """Load the format of that name from a package."""
    return next((loaded(*entry) for entry in packaged() if entry[0] == name), None)


def loaded(name: str, package: str, point: "EntryPoint") -> Format:
    """Load the format of an entry point; raise `BadInput` if it isn't a format."""
    try:
        value = point.load()
    except Exception as error:
        raise _broken(name, package, f"can't be loaded: {_reason(error)}") from error
    if not isinstance(value, Format) and callable(value):
        value = _from_function(name, value)
    if not isinstance(value, Format):
        raise _broken(name, package, f"is of the type {type(value).__name__}, neither a Format nor a function")
    if value.drawing or value.page:  # those name templates of rflow
        raise _broken(name, package, "has no `build` function")
    return replace(value, name=name, build=_guarded(value, name, package))


def _from_function(name: str, function: Callable[[Summary], str]) -> Format:
    """Make a format of a function, described by the first line of its docstring."""
    return Format(
        name=name,
        description=(inspect.getdoc(function) or name).splitlines()[0].rstrip("."),
        media_type="text/plain",
        suffix=".txt",
        build=function,
        everything=True,
    )


def _guarded(format_: Format, name: str, package: str) -> Callable[[Summary], str]:
    """Return the format's `build` with any error of the package turned into `BadInput`."""

    def build(summary: Summary) -> str:
        try:
            text: Any = render_whole(format_, summary)
        except Exception as error:
            raise _broken(name, package, f"failed: {_reason(error)}") from error
        if not isinstance(text, str):
            raise _broken(name, package, f"returned a value of the type {type(text).__name__} instead of a text")
        return text

    return build


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _broken(name: str, package: str, how: str) -> BadInput:
    return BadInput(
        f"The format {name} of the package {package} {how.rstrip('.')}.",
        try_="Report it to its author; nothing is lost: -f markdown works meanwhile.",
    )
