"""The templates of the pages: Jinja with rflow's escaping, so that no text of a person becomes markup."""

from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from os import urandom
from typing import Any
from urllib.parse import quote

import msgspec
from jinja2 import FileSystemLoader
from markupsafe import Markup

from rflow.core.session.search.query import Match
from rflow.core.summary.progress import OutlineEntry
from rflow.core.text import clean
from rflow.data import data_dir
from rflow.formats.environment import OPTIONS, FlavouredEnvironment
from rflow.formats.escaping.html import escaped
from rflow.formats.flavours import flavour_of
from rflow.formats.page import PAGE
from rflow.formats.page.blocks import Block
from rflow.formats.phrases import PHRASES
from rflow.formats.tree_map import tree_map
from rflow.web.pages import SHARE_SCRIPT, STYLE, WORK_SCRIPT, WORK_STYLE
from rflow.web.work.errors import on_page
from rflow.web.work.site import Site

_ID_BYTES, _IDS = 15, 128
_random_parts = deque[bytes]()


def command_id() -> str:
    """Return a new command id for a form, which makes submitting the form twice harmless.

    A page has seventy of them, so random bytes are read for many at once: each system call releases the interpreter
    lock and may have to wait for the other threads.
    """
    try:
        part = _random_parts.popleft()
    except IndexError:
        several = urandom(_ID_BYTES * _IDS)
        part, *others = (several[at : at + _ID_BYTES] for at in range(0, len(several), _ID_BYTES))
        _random_parts.extend(others)
    return f"web-{urlsafe_b64encode(part).decode()}"


def preserved(value: object) -> Markup:
    """Escape a text with its white space preserved, for `value` and `textarea`."""
    return Markup(escaped(clean("" if value is None else str(value))))  # noqa: S704


def highlighted(match: Match) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a search result's text, and whether each is a match."""
    place = 0
    for start, end in match.marks:
        yield match.text[place:start], False
        yield match.text[start:end], True
        place = end
    yield match.text[place:], False


@lru_cache(maxsize=32)
def drawing(outline: tuple[OutlineEntry, ...]) -> Markup:
    """Return the drawing of a tree as SVG, which escapes its texts."""
    return Markup(tree_map([_safe(entry) for entry in outline], "Where the session stands in the tree"))  # noqa: S704


def _safe(entry: OutlineEntry) -> OutlineEntry:
    return msgspec.structs.replace(entry, label=clean(entry.label), text=clean(entry.text))


def _without(blocks: Sequence[Block], keys: Sequence[str]) -> Sequence[Block]:
    """Return the blocks without those that have one of these keys."""
    return [block for block in blocks if block.key not in keys]


def _in_query(text: str) -> str:
    """Return a text escaped for the query of a URL."""
    return quote(text, safe="")


class Templates:
    """The templates in templates/web, for one site."""

    def __init__(self, site: Site) -> None:
        folders = [data_dir("templates") / name for name in ("web", "formats")]
        env = FlavouredEnvironment(**OPTIONS, loader=FileSystemLoader(folders), auto_reload=False)
        env.set_flavour(flavour_of(".html.j2"))
        env.filters |= {
            "kept": preserved,
            "here": _in_zone(site),
            "on_page": on_page,
            "query": _in_query,
            "not_of": _without,
        }
        env.globals |= {
            **PHRASES,
            **PAGE,
            "base": site.base,
            "site": site,
            "command_id": command_id,
            "pieces": highlighted,
            "drawing": drawing,
            "styles": [site.base + file.path for file in (STYLE, WORK_STYLE)],
            "scripts": [site.base + file.path for file in (WORK_SCRIPT, SHARE_SCRIPT)],
        }
        parts: Any = env.get_template("page_parts.j2").module
        env.globals["outline"] = lru_cache(maxsize=32)(
            parts.outline
        )  # cached: it is large, and the same for all readers
        self._env = env

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return a page."""
        return self._env.get_template(name).render(values)


def _in_zone(site: Site) -> Callable[[datetime], datetime]:
    """Return a filter that converts a time to the server's time zone."""

    def here(at: datetime) -> datetime:
        return site.zone(at)

    return here
