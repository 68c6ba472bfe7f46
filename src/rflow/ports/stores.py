"""The ports of stores: small protocols that adapters satisfy without inheriting from them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.ports.paging import WHOLE, Part
from rflow.ports.values import Fault, Info, Merged, Ranked, Report, Standing, StartedBy, TreeName, unreported

if TYPE_CHECKING:
    from pathlib import Path

    from rflow.core.notices import Notice
    from rflow.core.session.search.query import Term
    from rflow.core.sharing import Share, ShareCount, ShareView, StoredShare
    from rflow.ports.accounts import AccountStore
    from rflow.ports.outbox import Outbox


class SessionStore(Protocol):
    """Stores sessions. What a method has written survives a crash once it has returned."""

    def standing(self, session_id: str) -> Standing | None:
        """Return the standing of a session without reading its events; None if there is no such session."""

    def create(
        self,
        session: Session,
        events: Sequence[Stored],
        blobs: Mapping[str, bytes],
        started_by: StartedBy | None = None,
    ) -> None:
        """Store a new session, in the state after `events`; raise `CodeTaken`, or `Stale` if its id exists.

        Also raises `Stale` if the command `started_by` has started another session.
        """

    def id_for(self, started_by: StartedBy, new: str) -> str:
        """Return the id for the session that a command starts, or the id of the session that it has already started.

        `new` is a free id. A store without a table of commands returns an id derived from the command.
        """

    def append(
        self,
        session: Session,
        events: Sequence[Stored],
        expected: int,
        blobs: Mapping[str, bytes],
        notices: "Sequence[Notice]" = (),
        stamp: str | None = None,
    ) -> None:
        """Add `events` to a session that is at version `expected`, otherwise raise `Stale`.

        Also raises `Stale` if the session no longer has the `stamp` of the log that its state was computed from: its
        events were rewritten, and erased texts must not come back with the state. None skips this check.

        `session` is the state after the events. `blobs` (contents by SHA-256 digest) and `notices` are stored in the
        same step; notices need a store with an outbox.
        """

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events after version `after`; raise `NotFound`."""

    def latest(self, session_id: str) -> Log:
        """Read a session's state: its events, or its checkpoint and the events after that; raise `NotFound`."""

    def find(self, prefix: str, limit: int = 10, spaces: Sequence[str] | None = None) -> list[Head]:
        """Return the sessions of `spaces` (None is all) whose code or id begins with `prefix`, or only the exact match.

        Case and hyphens are ignored.
        """

    def heads(self, query: Query) -> Page:
        """List sessions, most recently updated first."""

    def people(self, spaces: Sequence[str] | None = None) -> list[Person]:
        """Return all people and queues in the sessions of `spaces` (None is all), sorted by name."""

    def has_person(self, person_id: str) -> bool:
        """Whether a person is among the `people`, without reading them all."""

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int, stamp: str | None = None) -> None:
        """Replace all events of a session that is at version `expected`, and leave no trace of the old ones.

        Also removes contents that no event refers to any more. Raises `Stale` as `append` does, or `StoreProblem` if
        traces are left for now; the events have been replaced even so.
        """

    def delete(self, session_id: str) -> None:
        """Remove a session with everything that belongs to it, and leave no trace; raises as `rewrite` does."""

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a blob stored with a session; raise `NotFound`."""


class SearchStore(Protocol):
    """Searches the current texts of sessions. A store may build an index for that, in several steps."""

    def search(self, terms: "Sequence[Term]", query: Query, first: int = 0) -> Ranked:
        """Return the sessions that hold all `terms` and match `query` (its cursor is ignored), best first.

        `first` is the number of results to skip. A call takes about a second at most: see `Ranked.building`.
        """


class TreeStore(Protocol):
    """Stores trees: each version once per space, by digest, as canonical JSON; a name refers to the current version.

    A version that a newer rflow wrote is kept as it is.
    """

    def add_tree(self, data: bytes, at: datetime, space: str = DEFAULT_SPACE, expected: str | None = None) -> bool:
        """Make a tree the current version of its id; False if it already is. Raises `BadInput` if it is not a tree.

        Raises `Stale` if the current version is not the `expected` one ("" means none, None means any).
        """

    def put_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> None:
        """Store a version without making it current, for an imported session that uses it."""

    def tree_data(self, digest: str, spaces: Sequence[str] | None = None) -> bytes | None:
        """Return a version from one of `spaces` (None is any); None if they don't have it."""

    def tree_digest(self, tree_id: str, space: str = DEFAULT_SPACE) -> str | None:
        """Return the digest of the current version of a tree."""

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree that is copied from another store."""

    def tree_names(self, space: str | None = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space (None is all), by id; see `is_tree_name`."""

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> bool:
        """Remove a name; return False if there is none. Sessions keep the versions that they use."""


class ShareStore(Protocol):
    """Stores read-only links: only the hash of a token, and no text of the session."""

    def add(self, share: "Share") -> None:
        """Store a new share; raise `NotFound` if its session is gone."""

    def stored(self) -> "list[StoredShare]":
        """Return all shares as stored, including those of a newer rflow; damaged ones are left out."""

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as stored, oldest first; damaged ones are left out."""

    def restore(self, share: "StoredShare", views: Sequence[bytes] = ()) -> None:
        """Store a share and its views as copied from another store; an existing share is not changed."""

    def by_hash(self, digest: str) -> "Share | None":
        """Return the share with this hash of its token, even if it has ended."""

    def listed(self, session: str | None = None, part: Part = WHOLE) -> "list[ShareCount]":
        """List all shares, or those of one session, or a part of the list; sorted by `paging.link_key`."""

    def find_by_prefix(self, prefix: str) -> "list[ShareCount]":
        """Return the shares whose ids begin with `prefix`, by id."""

    def replace(self, share: "Share") -> None:
        """Store the new state of a share, unless it has been deleted in the meantime.

        Raises `StoreProblem` if a newer rflow has changed it in the meantime.
        """

    def record(self, views: "Mapping[str, Sequence[ShareView]]") -> None:
        """Store views by share id. Only the last views of each share are kept; older ones are counted."""

    def views(self, share_id: str, limit: int) -> "Sequence[ShareView]":
        """Return the last views of a share, newest first, without those that only a newer rflow can read."""


@runtime_checkable
class Networked(Protocol):
    """A store on a database server, which reports changes and has a limit of connections."""

    def listen(self, on_change: Callable[[str], None]) -> "Closing":
        """Call `on_change` in a thread with the id of each session that changes ("" if any may have), until closed."""

    def watched(self, hashes: Sequence[str]) -> "dict[str, tuple[Share, Standing]]":
        """Return links by the hashes of their tokens, each with the standing of its session, in one step."""

    def delete_all(self, session_ids: Sequence[str]) -> list[str]:
        """Remove sessions as `delete` does, in one step; return the ids of those that existed."""

    def advice(self, connections: int) -> list[str]:
        """Return what the operator of a server with this many connections should know."""


class Closing(Protocol):
    """Something that can be closed, such as a subscription."""

    def close(self) -> None:
        """Close it."""


class Store(SessionStore, SearchStore, TreeStore, Protocol):
    """A store of sessions, trees and shares, with the operations to maintain it."""

    @property
    def shares(self) -> ShareStore:
        """The read-only links to its sessions."""

    @property
    def accounts(self) -> "AccountStore":
        """The accounts of the people who may sign in at a server; raises `UsageProblem` if the store can't hold any."""

    @property
    def outbox(self) -> "Outbox":
        """The notices to be sent; raises `UsageProblem` if the store can't hold any."""

    def stamp(self) -> int | None:
        """Return a number that changes whenever somebody else has written; None if the store has no such number.

        A `shared` store has to ask its server, so this may take time.
        """

    def scoped(self, spaces: Sequence[str] | None) -> Self:
        """Return this store restricted to `spaces` (None is all), on the same connection.

        With row-level security, rows of other spaces are invisible there; otherwise it is the same store. Callers must
        filter in either case.
        """

    @property
    def kind(self) -> str:
        """The kind of store: "sqlite", "json", "memory"."""

    @property
    def url(self) -> str:
        """The URL that opens it again."""

    @property
    def shared(self) -> bool:
        """Whether other machines can also open it."""

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions, in no order."""

    def versions(self) -> Iterable[tuple[str, str]]:
        """Return (space, digest) of all tree versions, in no order."""

    def info(self) -> Info:
        """Return facts about this store, and how much it holds."""

    def check(self) -> list[Fault]:
        """Read everything and list all problems."""

    def merge(self) -> list[Merged]:
        """Merge sessions that exist in several versions, left by git or by a program that syncs folders."""

    def backup(self, path: "Path", report: Report = unreported) -> None:
        """Copy a consistent snapshot of the whole store to a new path."""

    def close(self) -> None:
        """Close files and connections."""
