"""Pagination of lists: each page has a cursor for the next one, which is valid only for the same request.

A cursor holds the key of the page's last entry and a digest of the request: list, filters and person. It reveals
nothing that the page did not show.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.errors import UsageProblem
from rflow.ports.paging import Key, Part, cut
from rflow.ports.wire.basics import Listing, PageQuery

_Entry = TypeVar("_Entry")
_PAGE_FIELDS = frozenset(PageQuery.__struct_fields__)


class _Cursor(NamedTuple):
    request: str
    at: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
    name: str
    id: str


def paginated(
    name: str,
    read: Callable[[Any, Part], Sequence[_Entry]],
    key: Callable[[_Entry], Key],
    show: Callable[[_Entry], object] = lambda entry: entry,
) -> Callable[[Any], Listing[Any]]:
    """Return the handler of an operation that lists entries page by page.

    `read` returns a part of the list, sorted by `key`; `show` converts an entry for the response.
    """

    def handler(call: Any) -> Listing[Any]:
        size = call.query.page_size
        entries = read(call, Part(after=page_start(call, name), limit=size + 1))
        last = key(entries[size - 1]) if len(entries) > size else None
        return Listing(items=[show(entry) for entry in entries[:size]], after=encode_cursor(call, name, last))

    return handler


def paginated_list(
    name: str, read: Callable[[Any], Iterable[_Entry]], key: Callable[[_Entry], Key]
) -> Callable[[Any], Listing[Any]]:
    """Return the handler of an operation that paginates a short list, which `read` returns as a whole."""
    return paginated(name, lambda call, part: cut(read(call), key, part), key)


def page_start(call: Any, name: str) -> Key | None:
    """Return the key after which the page begins; raise `UsageProblem` for a cursor of another request."""
    text = call.query.after
    if not text:
        return None
    try:
        cursor = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Cursor)
    except (ValueError, msgspec.DecodeError):
        cursor = None
    if cursor is None or cursor.request != _request_digest(call, name):
        raise UsageProblem("That page does not exist.", try_="Start again from the first one.")
    return Key(*cursor[1:])


def encode_cursor(call: Any, name: str, last: Key | None) -> str | None:
    """Return the cursor of the page after the entry with the key `last`."""
    if last is None:
        return None
    return urlsafe_b64encode(msgspec.json.encode([_request_digest(call, name), *last])).decode().rstrip("=")


def _request_digest(call: Any, name: str) -> str:
    filters = {each: getattr(call.query, each) for each in call.query.__struct_fields__ if each not in _PAGE_FIELDS}
    return fingerprint(msgspec.json.encode([name, call.path, filters, call.actor.person.id]))[:16]
