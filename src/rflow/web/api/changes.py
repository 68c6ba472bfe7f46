"""Changes as server-sent events: who may still see what, looked up for all open streams together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.session.head import Query
from rflow.ports import wire
from rflow.service.team.team import Team
from rflow.web.workers import WorkerPool

MAX_STREAMS = 1_000
"""Open streams of a process for its members; those of links have a limit of their own."""
MAX_PER_TOKEN = 50
"""Open streams of one token, so that no member uses up those of the others."""
LISTED = 50
"""How many sessions a stream about all of them names: those that changed last."""
_LONGEST_AGE = 1.0
"""Seconds for which what was looked up is used while the store stays as it is: tokens expire without a change."""

ENDED = b"event: ended\ndata: {}\n\n"
"""The last event of a stream whose reader may no longer see what it is about; a new request says why."""


class Watched(NamedTuple):
    """The reader of a stream (by token) and its session; without one, all sessions that the reader may see."""

    token: str
    session: str = ""


class Change(msgspec.Struct, frozen=True):
    """The current state of something: the id of its event, and the event's data as JSON."""

    version: str
    data: bytes


Outcome = Change | None | Exception


def event(change: Change) -> bytes:
    """Return the event about a change."""
    return b"id: %s\nevent: change\ndata: %s\n\n" % (change.version.encode(), change.data)


class ChangeLookup:
    """Looks up what streams are about, as their readers may see it now.

    `stamp` changes whenever somebody writes to the store. Used from the event loop only.
    """

    def __init__(self, stamp: Callable[[], Awaitable[int | None]], workers: WorkerPool[Team]) -> None:
        self._stamp_now = stamp
        self._workers = workers
        self._stamp: int | None = None
        self._since = 0.0
        self._known: dict[Watched, Change] = {}

    async def find_all(self, keys: Iterable[Watched]) -> Mapping[Watched, Outcome]:
        """Look up many; None where the reader may no longer see it."""
        await self._forget_if_changed()
        wanted, known = list(keys), self._known
        missing = [key for key in wanted if key not in known]
        read = await self._workers.run(partial(_look_up_all, keys=missing)) if missing else {}
        known.update({key: change for key, change in read.items() if isinstance(change, Change)})
        return {key: known.get(key) or read.get(key) for key in wanted}

    async def find_changed(self, keys: Sequence[Watched]) -> Mapping[Watched, Outcome]:
        """Look up keys that have changed, ignoring what is cached."""
        return await self._workers.run(partial(_look_up_all, keys=list(keys))) if keys else {}

    def session_of(self, key: Watched) -> str:
        """Return the id of the session that a stream is about; "" for all of them."""
        return key.session

    async def _forget_if_changed(self) -> None:
        stamp, now = await self._stamp_now(), asyncio.get_running_loop().time()
        if stamp is None or stamp != self._stamp or now - self._since > _LONGEST_AGE:
            self._known, self._stamp, self._since = {}, stamp, now


def _look_up_all(team: Team, keys: list[Watched]) -> dict[Watched, Outcome]:
    return {key: _outcome(team, key) for key in keys}


def _outcome(team: Team, key: Watched) -> Outcome:
    try:
        return look_up(team, key)
    except Exception as error:  # noqa: BLE001 (reported by the caller)
        return error


def look_up(team: Team, key: Watched) -> Change | None:
    """Return the current state of something; None if the token no longer works or may not see it."""
    actor = team.sign_in.watching(key.token)
    if actor is None:
        return None
    workspace = team.workspace(actor)
    if not key.session:
        return _of_all([wire.Changed(head.id, head.version) for head in workspace.heads(Query(limit=LISTED)).heads])
    standing = workspace.standing(key.session)
    if standing is None:
        return None
    return Change(standing.revision, msgspec.json.encode([wire.Changed(key.session, standing.version)]))


def _of_all(changed: list[wire.Changed]) -> Change:
    data = msgspec.json.encode(changed)
    return Change(fingerprint(data)[:16], data)
