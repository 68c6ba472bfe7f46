"""Sample summaries for checking a format: complete, empty, long and closed ones, and ones with hostile texts.

They are generated from the types of a summary, so new fields are included automatically.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import inspect
from msgspec.structs import replace

from rflow.core.summary.progress import Digest, Progress, Summary

_AT = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
_NOT_FROM_USERS = frozenset({"id", "digest", "link", "key", "label"})
"""Fields that users don't write: ids, digests of trees, rflow's own link, the labels of sections."""
_MULTILINE_FIELDS = frozenset({"ask", "situation", "impact", "hypothesis", "text", "result", "revert"})
_ENTRIES = 5

# Each begins with markup that only works at the beginning; `zq` distinguishes it from the template's own markup.
_HOSTILE = (
    "# zqhead *zqbold* `zqcode`",
    "- zqitem [zqlink](javascript:zq)",
    "*zqbold* <zqtag onclick=zq>",
    "<zqtag> | zqcell | @here",
    "{zqmacro} !zqimg! [zqlink|javascript:zq]",
    "h1. zqhead @here {{zqmono}}",
    "`zqcode` ```zqfence",
    "“zq” \"zq\" 'zq' &lt;zqtag&gt; \\*zq\\",
)


class _Sample:
    """Generates values of a summary's types, with all optional fields or none."""

    def __init__(self, text: Callable[[str], str], *, complete: bool = True) -> None:
        """`text` returns the text of a field, given its name."""
        self._text, self._complete = text, complete

    def open_session(self) -> Progress:
        """Return the summary of an open session."""
        progress: Progress = self._value(inspect.type_info(Progress))
        session = replace(progress.session, status="open", outcome=None, closing_summary=None)
        session = replace(session, handed_off_by=None)
        return replace(progress, session=session, since=None)

    def digest(self) -> Digest:
        """Return a digest."""
        digest: Digest = self._value(inspect.type_info(Digest))
        return digest

    def _value(self, type_: inspect.Type, name: str = "", entry: int = 0) -> Any:
        """Return a value of a type; `entry` makes the entries of a list differ."""
        match type_:
            case inspect.StructType():
                fields = [field for field in type_.fields if field.required or self._complete]
                return type_.cls(**{field.name: self._value(field.type, field.name, entry) for field in fields})
            case inspect.VarTupleType():
                return tuple(self._value(type_.item_type, name, number) for number in range(_ENTRIES))
            case inspect.UnionType():
                return self._value(next(t for t in type_.types if not isinstance(t, inspect.NoneType)), name, entry)
            case inspect.LiteralType():
                return type_.values[entry % len(type_.values)]
            case inspect.StrType():
                return name if name in _NOT_FROM_USERS else self._text(name)
            case inspect.DateTimeType():
                return _AT
        numbers = {inspect.IntType: entry + 1, inspect.FloatType: 90.0, inspect.BoolType: entry % 2 == 1}
        return numbers[type(type_)]


def _closed(progress: Progress) -> Progress:
    session = replace(progress.session, status="closed", outcome="resolved", closing_summary="The cable.\nReplaced.")
    return replace(progress, session=session, ask=None, waiting=(), ahead=())


def _handed_off(progress: Progress) -> Progress:
    session = replace(progress.session, status="handed_off", handed_off_by="Ana Ruiz")
    return replace(progress, session=session, since=_AT, tried=(), notes=())


def _long(progress: Progress) -> Progress:
    steps = tuple(replace(progress.tried[0], number=n, result="It took a while. " * 40) for n in range(1, 301))
    note = replace(progress.notes[0], text="A line of a long note.\n" * 40)
    return replace(progress, tried=steps, notes=(note,) * 200)


def _hostile(first: int) -> Progress:
    """Return a summary whose texts contain all hostile parts, beginning with number `first`."""
    text = " ".join(_HOSTILE[first:] + _HOSTILE[:first])
    return _Sample(lambda name: text).open_session()


_SAMPLE = _Sample(lambda name: f"The {name.replace('_', ' ')}")
_EMPTY = _Sample(lambda name: "", complete=False)
USUAL = _SAMPLE.open_session()
HOSTILE, SEVERAL_LINES = "hostile texts", "texts of several lines"
SAMPLES: dict[str, Summary] = {
    "a usual session": USUAL,
    "an empty session": _EMPTY.open_session(),
    "a session without a tree": replace(USUAL, position=None, remaining=None, ruled_out=(), ahead=()),
    "a closed session": _closed(USUAL),
    "a session handed off, since the last summary": _handed_off(USUAL),
    "a long session": _long(USUAL),
    "the brief form": replace(USUAL, brief=True),
    "the brief form of an empty session": replace(_EMPTY.open_session(), brief=True),
    "a digest": _SAMPLE.digest(),
    "a digest without sessions": _EMPTY.digest(),
    **{f"{HOSTILE} {first}": _hostile(first) for first in range(len(_HOSTILE))},
    SEVERAL_LINES: _Sample(lambda name: "zqfirst\nzqsecond" if name in _MULTILINE_FIELDS else "zqonly").open_session(),
}
"""The samples that formats are checked with, by name."""
