"""Pages of the lists: each operation answers with one, and with a cursor that only fits the same question.

A cursor has the key of the last entry of a page, and a digest of the question: which list, which filters, which
person. It holds nothing that the page before did not show.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.errors import UsageProblem
from rflow.ports.paging import Key, Part, cut
from rflow.ports.wire import Listing, PageQuery, page_limit

_Item = TypeVar("_Item")
_Entry = TypeVar("_Entry")
_PAGE = frozenset(PageQuery.__struct_fields__)


class _Cursor(NamedTuple):
    question: str
    at: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
    name: str
    id: str


def page(
    name: str,
    read: Callable[[Any, Part], Sequence[_Entry]],
    key: Callable[[_Entry], Key],
    show: Callable[[_Entry], object] = lambda entry: entry,
) -> Callable[[Any], Listing[Any]]:
    """Return what an operation does that lists a part of something: `read` reads it, sorted by `key`."""

    def call(asked: Any) -> Listing[Any]:
        limit = page_limit(asked.query)
        entries = read(asked, Part(after=after(asked, name), limit=limit + 1))
        last = key(entries[limit - 1]) if len(entries) > limit else None
        return Listing(items=[show(entry) for entry in entries[:limit]], after=cursor(asked, name, last))

    return call


def page_of_all(
    name: str, read: Callable[[Any], Iterable[_Entry]], key: Callable[[_Entry], Key]
) -> Callable[[Any], Listing[Any]]:
    """Return what an operation does that lists something which is read as a whole, because it is never long."""
    return page(name, lambda asked, part: cut(read(asked), key, part), key)


def after(asked: Any, name: str) -> Key | None:
    """Return the key that a page begins after; raise `UsageProblem` for a cursor of another question."""
    given = asked.query.after
    if not given:
        return None
    try:
        found = msgspec.json.decode(urlsafe_b64decode(given + "=" * (-len(given) % 4)), type=_Cursor)
    except (ValueError, msgspec.DecodeError):
        found = None
    if found is None or found.question != _question(asked, name):
        raise UsageProblem("That page does not exist.", try_="Start again from the first one.")
    return Key(*found[1:])


def cursor(asked: Any, name: str, last: Key | None) -> str | None:
    """Return the cursor of the page after an entry with this key."""
    if last is None:
        return None
    return urlsafe_b64encode(msgspec.json.encode([_question(asked, name), *last])).decode().rstrip("=")


def _question(asked: Any, name: str) -> str:
    filters = {each: getattr(asked.query, each) for each in asked.query.__struct_fields__ if each not in _PAGE}
    return fingerprint(msgspec.json.encode([name, asked.path, filters, asked.actor.person.id]))[:16]
