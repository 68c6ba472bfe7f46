"""Looks up links by their tokens, and caches the results until the store changes."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from rflow.core.sharing import Share, state_of
from rflow.core.tokens import TokenKind, is_token
from rflow.service.local.shared import SharedSessions
from rflow.web.workers import SharedWork, WorkerPool


class Link(msgspec.Struct, frozen=True):
    """A live link, and the revision of its session (`SharedSessions.revision`).

    Snapshots change with the revision too: texts that were redacted since must disappear from them.
    """

    share: Share
    version: str


Outcome = Link | None | Exception
"""The result of one look-up: None if the link does not work, an exception if it could not be read."""


class LinkLookup:
    """Finds live links. To be used from the event loop only; workers read the store.

    `connection` belongs to the event loop, which only reads its change stamp: SQLite takes about 30 µs for that and
    never waits for a writer. If the store is remote, a worker reads the stamp. If it has none, nothing is cached.
    """

    def __init__(self, connection: SharedSessions, workers: WorkerPool[SharedSessions]) -> None:
        self._connection = connection
        self._workers = workers
        self.now = connection.now
        """The clock by which links expire."""
        self._clear(None)
        self._checked = False

    def open(self) -> None:
        """Open the event loop's connection, which has no stamp before that."""
        self._connection.check_readable()

    def close(self) -> None:
        """Close the event loop's connection and clear the cache."""
        self._clear(None)
        self._connection.close()

    async def find(self, token: str) -> Link | None:
        """Return a live link; None if it is unknown, expired, revoked, or its session was deleted."""
        cache = self._cache if self._checked else await self._current()
        link = cache.get(token)
        if link is None and is_token(token):
            link = await self._reads.run(token, partial(self._read, token, cache))
        return self._if_live(link)

    async def _read(self, token: str, cache: dict[str, Link]) -> Link | None:
        link = await self._workers.run(partial(look_up, token=token))
        if link is not None:
            cache[token] = link  # a change of the store replaces the cache, so nothing stale is kept
        return link

    async def find_opened(self, key: str) -> Link | None:
        """Return a protected link if its reader has opened it; `key` comes from `key_of`."""
        return self._if_live(await self._workers.run(partial(look_up, token=key)))

    async def find_all(self, tokens: Iterable[str]) -> dict[str, Outcome]:
        """Look up several links; an error with one does not affect the others."""
        cache = await self._current()
        wanted = list(tokens)
        missing = [token for token in wanted if token not in cache]
        read = await self._workers.run(partial(_look_up_all, tokens=missing)) if missing else {}
        cacheable = {token: link for token, link in read.items() if isinstance(link, Link) and " " not in token}
        cache.update(cacheable)  # access to a protected link ends without a change of the store, so it is not cached
        outcomes = {token: cache.get(token) or read.get(token) for token in wanted}
        return {token: self._if_live(each) if isinstance(each, Link) else each for token, each in outcomes.items()}

    async def find_changed(self, tokens: Sequence[str]) -> dict[str, Outcome]:
        """Look up links that have changed, ignoring what is cached."""
        read = await self._workers.run(partial(_look_up_all, tokens=tokens)) if tokens else {}
        return {token: self._if_live(each) if isinstance(each, Link) else each for token, each in read.items()}

    def session_of(self, token: str) -> str:
        """Return the id of the session of a cached link; "" if it is not cached."""
        link = self._cache.get(token)
        return link.share.session if link is not None else ""

    def _if_live(self, link: Link | None) -> Link | None:
        return link if link is not None and state_of(link.share, self.now()) == "live" else None

    async def _current(self) -> dict[str, Link]:
        """Return the cache, cleared if the store has changed."""
        if self._connection.is_remote:
            self._check_stamp(await self.stamp())
        else:
            self._check_local()
        return self._cache

    async def stamp(self) -> int | None:
        """Return a number that changes whenever somebody writes to the store; None if there is none."""
        if self._connection.is_remote:
            return await self._workers.run(SharedSessions.stamp)
        return self._connection.stamp()

    def _check_stamp(self, stamp: int | None) -> None:
        """Clear the cache if the store's stamp has changed."""
        if stamp is None or stamp != self._stamp:
            self._clear(stamp)

    def _clear(self, stamp: int | None) -> None:
        """Clear the cache, and detach reads in progress, whose results may be outdated."""
        self._stamp = stamp
        self._cache: dict[str, Link] = {}
        self._reads = SharedWork[str, Link | None]()

    def _check_local(self) -> None:
        """Check the stamp of a local store, once per iteration of the event loop.

        All requests that are handled in the same iteration arrived before the check.
        """
        if not self._checked:
            self._check_stamp(self._connection.stamp())
            self._checked = True
            asyncio.get_running_loop().call_soon(self._check_again)

    def _check_again(self) -> None:
        self._checked = False


def key_of(token: str, opened: str, session: str) -> str:
    """Return the key by which to look up a protected link, for a reader with these two cookies."""
    return " ".join((token, *(each if is_token(each, kind) else "" for each, kind in _proofs(opened, session))))


def _proofs(opened: str, session: str) -> Sequence[tuple[str, TokenKind]]:
    return ((opened, "opened"), (session, "session"))


def look_up(store: SharedSessions, token: str) -> Link | None:
    """Read a link and the version of its session from a store; `token` may be a key of `key_of`."""
    name, *proof = token.split(" ")
    share = store.opened(name, *proof) if proof else store.live(name)
    version = None if share is None else store.revision(share)
    return None if share is None or version is None else Link(share, version)


def _look_up_all(store: SharedSessions, tokens: Sequence[str]) -> dict[str, Outcome]:
    if not store.is_remote:
        return {token: _outcome(store, token) for token in tokens}
    live = store.all_live(tokens)
    return {token: Link(*live[token]) if token in live else None for token in tokens}


def _outcome(store: SharedSessions, token: str) -> Outcome:
    try:
        return look_up(store, token)
    except Exception as error:  # noqa: BLE001 (reported by the caller)
        return error
