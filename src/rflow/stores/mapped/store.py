"""A store of sessions, trees and links over mappings, for which a new kind of store supplies its own."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Tree
from rflow.ports.values import (
    CodeTaken,
    Fault,
    Info,
    Merged,
    Ranked,
    Report,
    Stale,
    Standing,
    StartedBy,
    TreeName,
    unreported,
)
from rflow.stores import checking, codec, derived
from rflow.stores.failures import no_accounts
from rflow.stores.mapped.shares import MappedShares, SharedLink

if TYPE_CHECKING:
    from rflow.core.notices import Notice
    from rflow.core.session.search.query import Term
    from rflow.ports.accounts import AccountStore
    from rflow.ports.outbox import Outbox
    from rflow.stores.search.scanning import ScannedSearch


class StoredSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session: its events as records, as in the other stores, by their numbers. A change is a new one.

    `rewrites` is how often all of them were replaced.
    """

    log: dict[int, bytes]
    head: Head
    blobs: dict[str, bytes]
    rewrites: int = 0

    @property
    def stamp(self) -> str:
        """The stamp of the session: see `Standing`."""
        return str(self.rewrites or "")


class Mappings(NamedTuple):
    """The data of a store. A changed entry is assigned again; all values can be encoded by msgspec."""

    sessions: MutableMapping[str, StoredSession]
    """By id."""
    trees: MutableMapping[tuple[str, str], bytes]
    """By digest and space."""
    names: MutableMapping[tuple[str, str], TreeName]
    """By space and id."""
    links: MutableMapping[str, SharedLink]
    """By id."""


class MappedStore:
    """A store over mappings. A new kind of store sets `kind` and `url`, and gives it its own mappings.

    If processes share it (`shared`), `changing` has to keep the others from changing it. It holds no accounts.
    """

    kind = ""
    url = ""
    shared = False

    def __init__(self, kept: Mappings) -> None:
        self._sessions, self._trees, self._names, links = kept
        self.shares = MappedShares(links, self._sessions, self.changing)

    def changing(self) -> AbstractContextManager[object]:
        """Return the context of a change, in which reads and writes are isolated from other changes."""
        return nullcontext()

    @property
    def accounts(self) -> "AccountStore":
        """Raise `UsageProblem`."""
        raise no_accounts()

    @property
    def outbox(self) -> "Outbox":
        """Raise `UsageProblem`: notices are for people with accounts."""
        raise no_accounts()

    def scoped(self, spaces: Sequence[str] | None) -> Self:
        """Return this store: the caller filters by space."""
        return self

    def id_for(self, started_by: StartedBy, new: str) -> str:
        """Return the id for the session that a command starts, derived from the command."""
        return derived.id_for(started_by)

    def create(
        self,
        session: Session,
        events: Sequence[Stored],
        blobs: Mapping[str, bytes],
        started_by: StartedBy | None = None,
    ) -> None:
        """Store a new session."""
        new = StoredSession(log=_records(events), head=derived.stored_head(session), blobs=dict(blobs))
        with self.changing():
            if session.id in self._sessions:
                raise Stale
            if any(
                derived.search_key(stored.head.code) == derived.search_key(session.code)
                for stored in self._sessions.values()
            ):
                raise CodeTaken
            self._sessions[session.id] = new

    def append(
        self,
        session: Session,
        events: Sequence[Stored],
        expected: int,
        blobs: Mapping[str, bytes],
        notices: "Sequence[Notice]" = (),
        stamp: str | None = None,
    ) -> None:
        """Add events to a session."""
        with self.changing():
            stored = self._expect(session.id, expected, stamp)
            self._sessions[session.id] = StoredSession(
                log=stored.log | _records(events),
                head=derived.stored_head(session),
                blobs={**stored.blobs, **blobs},
                rewrites=stored.rewrites,
            )
            if notices:
                self.outbox.put(notices)

    def standing(self, session_id: str) -> Standing | None:
        """Return the standing of a session without reading its events."""
        stored = self._sessions.get(session_id)
        if stored is None:
            return None
        return Standing(stored.head.version, stored.head.space, stored.head.owner.id, stored.stamp)

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events."""
        stored = self._stored(session_id)
        rows = [(seq, record) for seq, record in stored.log.items() if seq > after]
        events = codec.from_rows(rows, after + 1, stored.head.version)
        head = stored.head
        return Log(id=session_id, code=head.code, events=events, space=head.space, after=after, stamp=stored.stamp)

    def latest(self, session_id: str) -> Log:
        """Read a session's state: all of its events, since there are no checkpoints."""
        return self.load(session_id)

    def find(self, prefix: str, limit: int = 10, spaces: Sequence[str] | None = None) -> list[Head]:
        """Return the sessions of `spaces` whose code or id begins with `prefix`."""
        return derived.with_prefix((stored.head for stored in self._sessions.values()), prefix, limit, spaces)

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        return derived.page((stored.head for stored in self._sessions.values()), query)

    def search(self, terms: "Sequence[Term]", query: Query, first: int = 0) -> Ranked:
        """Return the sessions that contain all `terms`, best first."""
        stamps = {name: (stored.head.version, stored.head.updated_at) for name, stored in self._sessions.items()}
        return self._search.find(stamps, terms, query, first)

    @cached_property
    def _search(self) -> "ScannedSearch[tuple[int, datetime]]":
        from rflow.stores.search.scanning import ScannedSearch

        return ScannedSearch(lambda session_id, _: self.load(session_id))

    def people(self, spaces: Sequence[str] | None = None) -> list[Person]:
        """Return all people in the sessions of `spaces`, with the names from their newest sessions."""
        people: dict[str, Person] = {}
        for session_id, stored in sorted(self._sessions.items()):
            if spaces is None or stored.head.space in spaces:
                people |= derived.people_of(self.load(session_id).events)
        return derived.sorted_people(people.values())

    def has_person(self, person_id: str) -> bool:
        """Whether a person appears in a session; the newest sessions are read first."""
        newest = sorted(self._sessions.items(), key=lambda each: each[1].head.updated_at, reverse=True)
        return any(person_id in derived.people_of(self.load(session_id).events) for session_id, _ in newest)

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int, stamp: str | None = None) -> None:
        """Replace all events of a session."""
        with self.changing():
            stored, named = self._expect(session.id, expected, stamp), derived.blob_digests(events)
            kept = {name: content for name, content in stored.blobs.items() if name in named}
            self._sessions[session.id] = StoredSession(
                log=_records(events), head=derived.stored_head(session), blobs=kept, rewrites=stored.rewrites + 1
            )

    def delete(self, session_id: str) -> None:
        """Remove a session with everything that belongs to it."""
        with self.changing():
            self._stored(session_id)
            self.shares.clear(session_id)
            del self._sessions[session_id]

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a blob stored with a session."""
        stored = self._sessions.get(session_id)
        if stored is None or digest not in stored.blobs:
            raise derived.no_blob(digest)
        return derived.verified(stored.blobs[digest], digest)

    def add_tree(self, data: bytes, at: datetime, space: str = DEFAULT_SPACE, expected: str | None = None) -> bool:
        """Make a tree the current version of its id."""
        name = derived.new_tree_name(data, at, space)
        with self.changing():
            if not derived.is_new_version(name, self.tree_digest(name.id, space) or "", expected):
                return False
            self.put_tree(data, space)
            self.set_name(name)
            return True

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree as copied from another store."""
        self._names[name.space, name.id] = name

    def put_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> None:
        """Store a version of a tree."""
        self._trees[fingerprint(data), space] = data

    def tree_data(self, digest: str, spaces: Sequence[str] | None = None) -> bytes | None:
        """Read one version of a tree."""
        for (version, space), data in self._trees.items():
            if version == digest and (spaces is None or space in spaces):
                return derived.verified(data, digest, "tree")
        return None

    def tree_digest(self, tree_id: str, space: str = DEFAULT_SPACE) -> str | None:
        """Return the digest of the current version of a tree."""
        name = self._names.get((space, tree_id))
        return name.digest if name else None

    def tree_names(self, space: str | None = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space."""
        names = [name for name in self._names.values() if space in (None, name.space)]
        return sorted(names, key=lambda name: (name.id, name.space))

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> bool:
        """Remove the name of a tree."""
        return self._names.pop((space, tree_id), None) is not None

    def stamp(self) -> int | None:
        """Return None: only reading everything would show a change."""
        return None

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions."""
        return list(self._sessions)

    def versions(self) -> Iterable[tuple[str, str]]:
        """Return (space, digest) of all tree versions."""
        return [(space, digest) for digest, space in self._trees]

    def info(self) -> Info:
        """Return facts about this store, and how much it holds."""
        sessions = self._sessions.values()
        parts = [
            *self._trees.values(),
            *(part for each in sessions for part in (*each.log.values(), *each.blobs.values())),
        ]
        return Info(
            url=self.url,
            kind=self.kind,
            format=codec.RECORD,
            records=codec.RECORD,
            sessions=len(self._sessions),
            events=sum(len(each.log) for each in sessions),
            trees=len(self._trees),
            blobs=sum(len(each.blobs) for each in sessions),
            size=sum(map(len, parts)),
        )

    def check(self) -> list[Fault]:
        """Read everything and return what is wrong."""
        faults: list[Fault] = []
        for session_id, stored in self._sessions.items():
            log = self.load(session_id)
            faults += [*checking.events(log), *checking.head(log, stored.head)]
            faults += checking.contents(log, stored.blobs, stored.blobs.__getitem__)
        pinned = {stored.head.tree.digest for stored in self._sessions.values() if stored.head.tree}
        trees = {digest: data for (digest, _), data in self._trees.items()}

        def read(digest: str) -> Tree:
            return derived.read_tree(derived.verified(trees[digest], digest, "tree"), digest)

        return [*faults, *checking.trees(trees, read, self.tree_names(None), pinned)]

    def merge(self) -> list[Merged]:
        """Return nothing: each session exists in one version only."""
        return []

    def backup(self, path: Path, report: Report = unreported) -> None:
        """Copy the whole store to a new folder, as a JSON store."""
        from rflow.stores import failures
        from rflow.stores.copy import copy_store
        from rflow.stores.folder.store import JsonDirStore

        with failures.explained(path):
            if failures.status_of(path) is not None:
                raise failures.taken(path)
        copy_store(self, JsonDirStore(path), iter(()))

    def close(self) -> None:
        """Do nothing: no file is open."""

    def _stored(self, session_id: str) -> StoredSession:
        if session_id not in self._sessions:
            raise derived.no_session()
        return self._sessions[session_id]

    def _expect(self, session_id: str, expected: int, stamp: str | None) -> StoredSession:
        stored = self._stored(session_id)
        if stored.head.version != expected or stamp not in (None, stored.stamp):
            raise Stale
        return stored


def _records(events: Sequence[Stored]) -> dict[int, bytes]:
    return {event.seq: codec.encode(event) for event in events}
