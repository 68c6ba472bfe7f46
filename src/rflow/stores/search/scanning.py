"""Search in stores without a database: an index in memory, which is updated at each search."""

import sqlite3
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Generic, TypeVar
from weakref import finalize

from rflow.core.session.head import Query
from rflow.core.session.log import Log
from rflow.core.session.search.query import Term
from rflow.errors import NotFound, StoreProblem
from rflow.ports.values import Ranked
from rflow.stores.columns import columns
from rflow.stores.search.index import Row, SearchIndex

SLICE = 0.5
"""How many seconds a call spends on building the index."""


_Stamp = TypeVar("_Stamp", bound=Hashable)


class ScannedSearch(Generic[_Stamp]):
    """The index of a store whose sessions are read with `load`, by their ids and stamps.

    A stamp is anything that changes whenever the session does.
    """

    def __init__(self, load: Callable[[str, _Stamp], Log]) -> None:
        self._load = load
        self._known: dict[str, _Stamp] = {}

    def find(self, stamps: Mapping[str, _Stamp], terms: Sequence[Term], query: Query, first: int) -> Ranked:
        """Return the sessions that match; `stamps` has all sessions by id."""
        index = self._index
        done = self._update(index, stamps)
        return index.find(terms, query, first) if done is None else Ranked(building=done)

    @cached_property
    def _index(self) -> SearchIndex:
        db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        finalize(self, db.close)
        index = SearchIndex(db)
        index.create()
        return index

    def _update(self, index: SearchIndex, stamps: Mapping[str, _Stamp]) -> int | None:
        """Update the index; return the percentage done if there is more to do, else None."""
        end = time.monotonic() + SLICE
        for session_id in self._known.keys() - stamps.keys():
            index.remove(session_id)
            del self._known[session_id]
        changed = [session_id for session_id, stamp in stamps.items() if self._known.get(session_id) != stamp]
        for number, session_id in enumerate(changed):
            if number and time.monotonic() > end:
                return 100 * (len(stamps) - len(changed) + number) // len(stamps)
            self._put(index, session_id, stamps[session_id])
            self._known[session_id] = stamps[session_id]
        return None

    def _put(self, index: SearchIndex, session_id: str, stamp: _Stamp) -> None:
        """Index a session; one that can't be read is not found."""
        index.remove(session_id)
        with suppress(NotFound, StoreProblem, OSError):
            log = self._load(session_id, stamp)
            index.put(Row(session_id, *columns(log.session)[:-1]), log.code, log.events)
