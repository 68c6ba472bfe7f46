"""What all requests of the API share: strict parsing, safe integers, and pages of lists."""

from typing import Annotated, Generic, TypeVar

import msgspec

MAX_PAGE_SIZE = 1000
"""Maximum number of entries in a page of a list."""
MAX_HITS = 200
"""Maximum number of hits in a page of search results: for each, its session must be read."""
SafeInt = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A non-negative integer that JSON clients can hold exactly (JavaScript's `Number.MAX_SAFE_INTEGER`)."""

_Item = TypeVar("_Item")


class StrictInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the bodies and queries that clients send: an unknown field is an error."""


class PageQuery(StrictInput, frozen=True, kw_only=True):
    """Which page of a list: up to `limit` entries (1000 at most), after the cursor `after` of the previous page."""

    limit: SafeInt = 50
    after: str | None = None

    @property
    def page_size(self) -> int:
        """`limit`, clamped to the allowed range."""
        return min(max(self.limit, 1), MAX_PAGE_SIZE)


class Listing(msgspec.Struct, Generic[_Item], frozen=True, kw_only=True):
    """A page of a list; `after` is the cursor of the next page, null on the last one."""

    items: list[_Item]
    after: str | None = None
