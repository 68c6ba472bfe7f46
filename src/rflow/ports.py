"""The ports: small protocols that the adapters satisfy without inheriting."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.state import Session
from rflow.core.tree.model import Tree

if TYPE_CHECKING:
    from rflow.core.sharing import Share, ShareCount, ShareView

Clock = Callable[[], datetime]
"""Gives the aware time now."""


class Stale(Exception):
    """An append expected another version: somebody else wrote first. The workspace loads again and decides anew."""


class CodeTaken(Exception):
    """The short code is in use in this store: take another."""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """A stored session: what its header says, and its events."""

    id: str
    code: str
    events: Sequence[Stored]


class TreeName(msgspec.Struct, frozen=True, kw_only=True):
    """A tree as a store lists it: its current version, and when that was added."""

    id: str
    title: str
    digest: str
    nodes: int
    added_at: datetime


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something `check` found: where, what, and what to do about it. An "info" is no fault."""

    severity: Literal["error", "warning", "info"]
    where: str
    what: str
    remedy: str = ""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a store is: `url` to open it again, its format, counts and size in bytes (of all its files)."""

    url: str
    kind: str
    format: int
    sessions: int
    events: int
    trees: int
    blobs: int
    size: int


class SessionStore(Protocol):
    """Where sessions live. Whatever a method acknowledged by returning survives a crash."""

    def version(self, session_id: str) -> int | None:
        """Give the number of a session's last event without reading the others; None where it is gone."""

    def create(self, session: Session, events: Sequence[Stored], blobs: Mapping[str, bytes]) -> None:
        """Store a new session, in the state after `events`; raise `CodeTaken`, or `Stale` where its id exists."""

    def append(self, session: Session, events: Sequence[Stored], expected: int, blobs: Mapping[str, bytes]) -> None:
        """Add `events` to a session that stands at version `expected`, else raise `Stale`.

        `session` is the state after them; `blobs` are contents by SHA-256 digest, stored in the same step.
        """

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events behind version `after`; raise `NotFound`."""

    def find(self, prefix: str, limit: int = 10) -> list[Head]:
        """Give the sessions whose code, or id, begins with `prefix` (without case or hyphens); an exact one alone."""

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""

    def people(self) -> list[Person]:
        """Give everybody this store has seen acting or receiving, by name; queues too."""

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int) -> None:
        """Replace all events of a session that stands at `expected`, and leave no trace of the old ones.

        Blobs that no event names any longer go too. Raises `Stale`, or `StoreProblem` where a trace is left for now:
        then the replacement itself stands.
        """

    def delete(self, session_id: str) -> None:
        """Remove a session with all that belongs to it, and leave no trace; raises as `rewrite` does."""

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a content stored with a session; raise `NotFound`."""


class TreeStore(Protocol):
    """Where trees live: each version once, by digest; the names tell which version is current."""

    def add_tree(self, tree: Tree, at: datetime) -> bool:
        """Make `tree` the current version of its id; False where it was that already."""

    def put_tree(self, tree: Tree) -> None:
        """Keep a version without making it current (a session that was imported stands in it)."""

    def tree(self, digest: str) -> Tree | None:
        """Read one version."""

    def named_tree(self, tree_id: str) -> Tree | None:
        """Read the current version."""

    def tree_digest(self, tree_id: str) -> str | None:
        """Name the current version without reading it."""

    def tree_names(self) -> list[TreeName]:
        """List the current versions, by id."""

    def remove_tree(self, tree_id: str) -> bool:
        """Take the name away; versions that sessions stand in stay. False where there is no such tree."""


class ShareStore(Protocol):
    """Where read-only links are kept: never a token, only its hash, and never a text of the session."""

    def add(self, share: "Share", dropped: int = 0) -> None:
        """Keep a new share of a session that is there; `dropped` views of it are only counted (of a copy)."""

    def by_hash(self, digest: str) -> "Share | None":
        """Find a share by the hash of its token, whether or not it has ended."""

    def listed(self, session: str | None = None) -> "list[ShareCount]":
        """List the shares of a session, or all, the newest first."""

    def replace(self, share: "Share") -> None:
        """Keep the new state of a share; one that is gone by now stays gone."""

    def record(self, views: "Mapping[str, Sequence[ShareView]]") -> None:
        """Keep views of shares, by the shares' ids; of each the last ones, the others are counted."""

    def views(self, share_id: str, limit: int) -> "Sequence[ShareView]":
        """Give the last views of a share, the newest first."""


class Store(SessionStore, TreeStore, Protocol):
    """A store: sessions, trees and shares in one place, with what it takes to look after it."""

    @property
    def shares(self) -> ShareStore:
        """The read-only links to its sessions."""

    def stamp(self) -> int | None:
        """Give a number that changes whenever somebody else has written here; None where that takes time to tell."""

    @property
    def url(self) -> str:
        """How to open it again."""

    @property
    def shared(self) -> bool:
        """Whether other machines can open it too."""

    def ids(self) -> Iterable[str]:
        """Give the ids of all sessions, in no order."""

    def digests(self) -> Iterable[str]:
        """Give the digests of all tree versions, in no order."""

    def info(self) -> Info:
        """Say what this store is and how much it holds."""

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong."""

    def backup(self, path: Path) -> None:
        """Copy the whole store, as it is at one moment, to a path that must not exist."""

    def close(self) -> None:
        """Let go of files and connections."""
