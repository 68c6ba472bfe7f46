"""The ports of stores: small protocols that the adapters satisfy without inheriting."""

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
    """Where sessions live. What a method wrote survives a crash once it has returned."""

    def standing(self, session_id: str) -> Standing | None:
        """Return what is known of a session without reading its events; None if there is no such session."""

    def create(
        self,
        session: Session,
        events: Sequence[Stored],
        blobs: Mapping[str, bytes],
        started_by: StartedBy | None = None,
    ) -> None:
        """Store a new session, in the state after `events`; raise `CodeTaken`, or `Stale` if its id exists.

        Raises `Stale` also where the command `started_by` has started another session.
        """

    def id_for(self, started_by: StartedBy, new: str) -> str:
        """Return the id for the session that a command starts: of the one that it started before, if so.

        `new` is an id that is free. A store that keeps no commands returns one that follows from the command.
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
        """Add `events` to a session that is at version `expected`, else raise `Stale`.

        Raises `Stale` also where the session no longer has the `stamp` of the log that the state was made of: its
        events were rewritten, and what was erased must not come back with the state. None compares no stamps.

        `session` is the state after them; `blobs` are contents by SHA-256 digest, stored in the same step, and so are
        `notices`, for which the store must have an outbox.
        """

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events after version `after`; raise `NotFound`."""

    def latest(self, session_id: str) -> Log:
        """Read what the state of a session needs: events that a checkpoint covers are left out; raise `NotFound`."""

    def find(self, prefix: str, limit: int = 10, spaces: Sequence[str] | None = None) -> list[Head]:
        """Return the sessions of `spaces` (None is all) whose code or id begins with `prefix`, an exact match alone.

        Case and hyphens make no difference.
        """

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""

    def people(self, spaces: Sequence[str] | None = None) -> list[Person]:
        """Return everybody, queues too, who appears in the sessions of `spaces` (None is all), by name."""

    def appears(self, person_id: str) -> bool:
        """Whether somebody is one of the `people`, without reading all of them."""

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int, stamp: str | None = None) -> None:
        """Replace all events of a session that is at version `expected`, and leave no trace of the old ones.

        Contents that no event names any longer are removed too. Raises `Stale` as `append` does, or
        `StoreProblem` if a trace is left for now; the events are replaced all the same.
        """

    def delete(self, session_id: str) -> None:
        """Remove a session with all that belongs to it, and leave no trace; raises as `rewrite` does."""

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a content stored with a session; raise `NotFound`."""


class SearchStore(Protocol):
    """Searching the texts of sessions as they are when it is called; a derived index may be built in steps."""

    def search(self, terms: "Sequence[Term]", query: Query, first: int = 0) -> Ranked:
        """Return the sessions that hold all `terms` and match `query` (but for its cursor), the best first.

        `first` is how many are left out before the page. A call takes about a second at most: see `Ranked.building`.
        """


class TreeStore(Protocol):
    """Where trees live: each version once per space, by digest, as canonical JSON; names say which is current.

    A version that a newer rflow wrote is kept as it is.
    """

    def add_tree(self, data: bytes, at: datetime, space: str = DEFAULT_SPACE, expected: str | None = None) -> bool:
        """Make a tree the current version of its id; False if it is already. Raises `BadInput` if it is no tree.

        Raises `Stale` if the current version is not the `expected` one ("" is none, None is any).
        """

    def put_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> None:
        """Store a version without making it current (an imported session uses it)."""

    def tree_data(self, digest: str, spaces: Sequence[str] | None = None) -> bytes | None:
        """Return one version that `spaces` have (None is any); None if there is none."""

    def tree_digest(self, tree_id: str, space: str = DEFAULT_SPACE) -> str | None:
        """Return the digest of the current version of a tree."""

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree of another store as it is there."""

    def tree_names(self, space: str | None = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space (None is all), by id; see `is_tree_name`."""

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> bool:
        """Remove a name; False if there is none. Sessions in its versions keep them."""


class ShareStore(Protocol):
    """Where read-only links are stored: only the hash of a token, and no text of the session."""

    def add(self, share: "Share") -> None:
        """Store a new share; raise `NotFound` if its session is gone."""

    def stored(self) -> "list[StoredShare]":
        """Return all shares as they are stored, those of a newer rflow too; damaged ones are left out."""

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as they are stored, the oldest first; damaged ones are left out."""

    def restore(self, share: "StoredShare", views: Sequence[bytes] = ()) -> None:
        """Store a share of another store, and its views, as they are there; one that is here already stays as it is."""

    def by_hash(self, digest: str) -> "Share | None":
        """Find a share by the hash of its token, whether or not it has ended."""

    def listed(self, session: str | None = None, part: Part = WHOLE) -> "list[ShareCount]":
        """List the shares of a session, or all, or a part of these, in the order of `paging.link_key`."""

    def beginning(self, prefix: str) -> "list[ShareCount]":
        """Return the shares whose ids begin with `prefix`, by id."""

    def replace(self, share: "Share") -> None:
        """Store the new state of a share; one that was deleted meanwhile stays deleted.

        Raises `StoreProblem` if a newer rflow changed it meanwhile.
        """

    def record(self, views: "Mapping[str, Sequence[ShareView]]") -> None:
        """Store views of shares, by the shares' ids: the last ones of each; older ones are only counted."""

    def views(self, share_id: str, limit: int) -> "Sequence[ShareView]":
        """Return the last views of a share, the newest first, without those that only a newer rflow can read."""


@runtime_checkable
class Networked(Protocol):
    """A store on a database server, which reports changes and has a limit of connections."""

    def listen(self, on_change: Callable[[str], None]) -> "Closing":
        """Call `on_change` in a thread with the id of each session that changes ("": perhaps any), until closed."""

    def watched(self, hashes: Sequence[str]) -> "dict[str, tuple[Share, Standing]]":
        """Return links by the hashes of their tokens, each with what is known of its session, in one step."""

    def delete_all(self, session_ids: Sequence[str]) -> list[str]:
        """Remove sessions as `delete` does, in one step; return the ids of those that were there."""

    def advice(self, connections: int) -> list[str]:
        """Return what the operator of a server with this many connections should know."""


class Closing(Protocol):
    """Something with a `close` method."""

    def close(self) -> None:
        """Close it."""


class Store(SessionStore, SearchStore, TreeStore, Protocol):
    """A store: sessions, trees and shares in one place, and what is needed to look after it."""

    @property
    def shares(self) -> ShareStore:
        """The read-only links to its sessions."""

    @property
    def accounts(self) -> "AccountStore":
        """The accounts of those who may sign in at a server; raises `UsageProblem` where it can't hold any."""

    @property
    def outbox(self) -> "Outbox":
        """The notices that wait to be sent; raises `UsageProblem` where it can't hold any."""

    def stamp(self) -> int | None:
        """Return a number that changes whenever somebody else has written here; None if only reading would show it.

        A `shared` store asks its server, for which the caller may have to wait.
        """

    def scoped(self, spaces: Sequence[str] | None) -> Self:
        """Return this store as somebody sees it who may see `spaces` only (None is all), on the same connection.

        Where the engine has row-level security, no row of another space exists there; elsewhere it is the same store.
        The caller filters all the same.
        """

    @property
    def kind(self) -> str:
        """The kind of store: "sqlite", "json", "memory"."""

    @property
    def url(self) -> str:
        """The URL that opens it again."""

    @property
    def shared(self) -> bool:
        """Whether other machines can open it too."""

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions, in no order."""

    def versions(self) -> Iterable[tuple[str, str]]:
        """Return (space, digest) of all tree versions, in no order."""

    def info(self) -> Info:
        """Return what this store is and how much it holds."""

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong."""

    def merge(self) -> list[Merged]:
        """Merge sessions of which there are several versions: git, or a program that syncs folders, left them."""

    def backup(self, path: "Path", report: Report = unreported) -> None:
        """Copy the whole store, as it is at one moment, to a path that must not exist."""

    def close(self) -> None:
        """Close files and connections."""
