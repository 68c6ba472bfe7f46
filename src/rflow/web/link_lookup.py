"""Looks up links by their tokens, and remembers the results until the store changes."""

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

    Snapshots too are rendered again for each version: what was redacted since must disappear from them.
    """

    share: Share
    version: str


Outcome = Link | None | Exception
"""The result of one look-up: None if the link does not work, an exception if it could not be read."""


class LinkLookup:
    """Finds live links. Used from the event loop only; the store is read by the workers.

    `connection` is the event loop's own. Nothing is read from it but its change stamp, which takes SQLite some 30 µs
    and never waits for a writer; where a server has to be asked, a worker does it. Where a store has no such stamp,
    each request looks its link up again.
    """

    def __init__(self, connection: SharedSessions, workers: WorkerPool[SharedSessions]) -> None:
        self._connection = connection
        self._workers = workers
        self.now = connection.now
        """Returns the time by which links expire."""
        self._forget(None)
        self._checked = False

    def open(self) -> None:
        """Open the event loop's connection: an unopened one has no stamp."""
        self._connection.check_readable()

    def close(self) -> None:
        """Close the event loop's connection and forget what was looked up."""
        self._forget(None)
        self._connection.close()

    async def find(self, token: str) -> Link | None:
        """Return a live link; None if it is unknown, expired, revoked, or its session was deleted."""
        known = self._known if self._checked else await self._current()
        link = known.get(token)
        if link is None and is_token(token):
            link = await self._reads.run(token, partial(self._read, token, known))
        return self._if_live(link)

    async def _read(self, token: str, known: dict[str, Link]) -> Link | None:
        link = await self._workers.run(partial(look_up, token=token))
        if link is not None:
            known[token] = link  # `known` is no longer in use if the store has changed meanwhile
        return link

    async def find_opened(self, key: str) -> Link | None:
        """Return a protected link for a reader who has opened it (`key_of`)."""
        return self._if_live(await self._workers.run(partial(look_up, token=key)))

    async def find_all(self, tokens: Iterable[str]) -> dict[str, Outcome]:
        """Look up many links; one that can't be read does not keep the others from being found."""
        known = await self._current()
        wanted = list(tokens)
        missing = [token for token in wanted if token not in known]
        read = await self._workers.run(partial(_look_up_all, tokens=missing)) if missing else {}
        lasting = {token: link for token, link in read.items() if isinstance(link, Link) and " " not in token}
        known.update(lasting)  # what a reader has opened ends without a change of the store
        outcomes = {token: known.get(token) or read.get(token) for token in wanted}
        return {token: self._if_live(each) if isinstance(each, Link) else each for token, each in outcomes.items()}

    async def find_changed(self, tokens: Sequence[str]) -> dict[str, Outcome]:
        """Look up links that have changed, ignoring what is cached."""
        read = await self._workers.run(partial(_look_up_all, tokens=tokens)) if tokens else {}
        return {token: self._if_live(each) if isinstance(each, Link) else each for token, each in read.items()}

    def session_of(self, token: str) -> str:
        """Return the id of the session of a link that was looked up; "" if it is not known."""
        link = self._known.get(token)
        return link.share.session if link is not None else ""

    def _if_live(self, link: Link | None) -> Link | None:
        return link if link is not None and state_of(link.share, self.now()) == "live" else None

    async def _current(self) -> dict[str, Link]:
        """Return the links that were looked up since the store last changed."""
        if self._connection.is_remote:
            self._keep_if(await self.stamp())
        else:
            self._ask_once()
        return self._known

    async def stamp(self) -> int | None:
        """Return a number that changes whenever somebody writes to the store; None if there is none."""
        if self._connection.is_remote:
            return await self._workers.run(SharedSessions.stamp)
        return self._connection.stamp()

    def _keep_if(self, stamp: int | None) -> None:
        """Forget what was looked up, unless the store is as it was then."""
        if stamp is None or stamp != self._stamp:
            self._forget(stamp)

    def _forget(self, stamp: int | None) -> None:
        """Forget what was looked up, also what is still being read, which may be as it was before."""
        self._stamp = stamp
        self._known: dict[str, Link] = {}
        self._reads = SharedWork[str, Link | None]()

    def _ask_once(self) -> None:
        """Ask a local store whether it has changed.

        The store is asked once in each turn of the event loop: the requests that are answered in the same turn arrived
        before it was asked.
        """
        if not self._checked:
            self._keep_if(self._connection.stamp())
            self._checked = True
            asyncio.get_running_loop().call_soon(self._check_again)

    def _check_again(self) -> None:
        self._checked = False


def key_of(token: str, opened: str, session: str) -> str:
    """Return the key to look a protected link up with, for a reader with these two cookies."""
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
    opening = store.opening(tokens)
    return {token: Link(*opening[token]) if token in opening else None for token in tokens}


def _outcome(store: SharedSessions, token: str) -> Outcome:
    try:
        return look_up(store, token)
    except Exception as error:  # noqa: BLE001 (reported by the caller)
        return error
