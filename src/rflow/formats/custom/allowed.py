"""What templates that do not come with rflow may use: filters of Jinja, and parts of the values they are given."""

from datetime import date, datetime, time, timedelta

import msgspec
from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, TemplateReference
from jinja2.utils import Cycler, Namespace
from markupsafe import Markup

from rflow.formats.environment import FLAVOUR_FILTERS

# What of Jinja's filters a summary has a use for. Those that are gone give HTML, chance, or Python's own notation, or
# can make much of little (`format`, `sum`); `wrap` stands for `wordwrap`.
KEPT = frozenset(
    "abs batch capitalize center d default dictsort first float groupby indent int items last length list lower map"
    " max min reject rejectattr replace reverse round select selectattr slice sort string title trim truncate unique"
    " upper wordcount".split()
)
OF_TEXT = frozenset({*FLAVOUR_FILTERS, *"capitalize center indent lower replace shorten string".split()}) | frozenset(
    "title trim truncate upper wordcount int float".split()
)
# What these make of drawn text could be markup: `\*` without its backslash.
CHANGING = frozenset("capitalize center lower replace reverse shorten title trim truncate upper".split())

_METHODS = frozenset(
    "upper lower title capitalize casefold swapcase strip lstrip rstrip split rsplit splitlines partition rpartition"
    " startswith endswith removeprefix removesuffix find count isdigit isalpha isalnum isspace isupper islower".split()
)
_PARTS: tuple[tuple[type | tuple[type, ...], frozenset[str]], ...] = (
    (Markup, frozenset()),
    (str, _METHODS),
    (dict, frozenset({"items", "keys", "values", "get"})),
    ((list, tuple), frozenset({"count", "index", "grouper", "list"})),
    (
        (datetime, date, time),
        frozenset("year month day hour minute second date time isoformat strftime weekday isoweekday tzname".split()),
    ),
    (timedelta, frozenset({"days", "seconds", "total_seconds"})),
    (
        LoopContext,
        frozenset("index index0 revindex revindex0 first last length depth depth0 previtem nextitem".split())
        | {"cycle", "changed"},
    ),
    (Cycler, frozenset({"next", "reset", "current"})),
)
"""What may be touched of each kind of value; of a summary's own parts all, of anything else nothing."""


def may_touch(value: object, name: str, *, drawn_too: bool) -> bool:
    """Say whether a template may touch this of a value; `drawn_too` where drawn text is as harmless as any."""
    if isinstance(value, msgspec.Struct):
        return name in value.__struct_fields__
    if isinstance(value, Markup) and drawn_too:
        return name in _METHODS
    if isinstance(value, Namespace | TemplateModule | TemplateReference | BlockReference):
        return True
    return next((name in parts for kind, parts in _PARTS if isinstance(value, kind)), False)
