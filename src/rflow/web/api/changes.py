"""Changes of sessions as server-sent events, looked up for all open streams at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.session.head import Query
from rflow.ports.wire.sessions import ChangedSession
from rflow.service.team.team import Team
from rflow.web.workers import WorkerPool

MAX_STREAMS = 1_000
"""Maximum number of open streams of signed-in readers per process; streams of links have a limit of their own."""
MAX_PER_TOKEN = 50
"""Maximum number of open streams per token, so that one member can't use up everybody's."""
LISTED = 50
"""Maximum number of sessions in an event of a stream about all sessions: those that changed last."""
_MAX_CACHE_AGE = 1.0
"""Seconds for which results are cached while the store is unchanged: tokens expire without a change."""

ENDED = b"event: ended\ndata: {}\n\n"
"""The last event of a stream whose reader may no longer see its subject; a new request returns the reason."""


class StreamKey(NamedTuple):
    """The reader of a stream (by token) and its session; without one, all sessions that the reader may see."""

    token: str
    session: str = ""


class Change(msgspec.Struct, frozen=True):
    """The current state of a stream's subject: the id of its event, and the event's data as JSON."""

    version: str
    data: bytes


Outcome = Change | None | Exception


def event(change: Change) -> bytes:
    """Return the event about a change."""
    return b"id: %s\nevent: change\ndata: %s\n\n" % (change.version.encode(), change.data)


class ChangeLookup:
    """Looks up the subjects of streams, if their readers may still see them.

    `stamp` changes whenever somebody writes to the store. Used from the event loop only.
    """

    def __init__(self, stamp: Callable[[], Awaitable[int | None]], workers: WorkerPool[Team]) -> None:
        self._read_stamp = stamp
        self._workers = workers
        self._stamp: int | None = None
        self._cached_at = 0.0
        self._cache: dict[StreamKey, Change] = {}

    async def find_all(self, keys: Iterable[StreamKey]) -> Mapping[StreamKey, Outcome]:
        """Look up several keys: None if the reader may no longer see the subject, an exception if reading failed."""
        await self._clear_if_changed()
        wanted, cache = list(keys), self._cache
        missing = [key for key in wanted if key not in cache]
        read = await self._workers.run(partial(_look_up_all, keys=missing)) if missing else {}
        cache.update({key: change for key, change in read.items() if isinstance(change, Change)})
        return {key: cache.get(key) or read.get(key) for key in wanted}

    async def find_changed(self, keys: Sequence[StreamKey]) -> Mapping[StreamKey, Outcome]:
        """Look up keys that have changed, ignoring what is cached."""
        return await self._workers.run(partial(_look_up_all, keys=list(keys))) if keys else {}

    def session_of(self, key: StreamKey) -> str:
        """Return the id of the session that a stream is about; "" for all of them."""
        return key.session

    async def _clear_if_changed(self) -> None:
        stamp, now = await self._read_stamp(), asyncio.get_running_loop().time()
        if stamp is None or stamp != self._stamp or now - self._cached_at > _MAX_CACHE_AGE:
            self._cache, self._stamp, self._cached_at = {}, stamp, now


def _look_up_all(team: Team, keys: list[StreamKey]) -> dict[StreamKey, Outcome]:
    return {key: _outcome(team, key) for key in keys}


def _outcome(team: Team, key: StreamKey) -> Outcome:
    try:
        return look_up(team, key)
    except Exception as error:  # noqa: BLE001 (reported by the caller)
        return error


def look_up(team: Team, key: StreamKey) -> Change | None:
    """Return the current state of a stream's subject; None if the token is no longer valid or may not see it."""
    actor = team.sign_in.watching(key.token)
    if actor is None:
        return None
    workspace = team.workspace(actor)
    if not key.session:
        return _change_of(
            [ChangedSession(head.id, head.version) for head in workspace.heads(Query(limit=LISTED)).heads]
        )
    standing = workspace.standing(key.session)
    if standing is None:
        return None
    return Change(standing.revision, msgspec.json.encode([ChangedSession(key.session, standing.version)]))


def _change_of(changed: list[ChangedSession]) -> Change:
    data = msgspec.json.encode(changed)
    return Change(fingerprint(data)[:16], data)
