"""The ports for what an actor can do: `Workspace`, and `Administration` for those who may open the store itself.

Only ids and plain values are passed, no states and no callables, so that both can be implemented over a network. A
workspace is opened for one actor. Reads are authorised like writes, and what the actor may not see is "not found".
Methods raise `RflowError`s. tests/service/test_contract.py is the contract; tests/service/test_matrix.py has the table
of who may call what.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.spaces import DEFAULT_SPACE
from rflow.ports.values import About, Fault, Imported, Incoming, Info, Merged, Proposal, Sent, TreeName, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from rflow.core.notices import Notice
    from rflow.core.session.commands import Command, Start
    from rflow.core.session.experience import Hints, NodeFlag, TreeStats
    from rflow.core.session.search.query import Search, SearchPage
    from rflow.core.sharing import Minted, Share, ShareCount, ShareView, ShareWish
    from rflow.ports.team import SpaceView


class Workspace(Protocol):
    """What one actor can do with sessions, trees and links."""

    @property
    def actor(self) -> Actor:
        """The person or agent who makes all calls."""

    @property
    def about(self) -> About:
        """Which store this is."""

    def now(self) -> datetime:
        """Return the current time, with its time zone."""

    # Sessions

    def find(self, reference: str) -> Head:
        """Find a session by a unique prefix of its code or id; raise `NotFound`, or `UsageProblem` if ambiguous."""

    def heads(self, query: Query) -> Page:
        """List sessions, most recently updated first."""

    def search(self, search: "Search") -> "SearchPage":
        """Search the texts of sessions; raise `UsageProblem` if the query has no words.

        While the index is being built, the page has no hits but the progress; repeat the search later.
        """

    def version(self, session_id: str) -> int | None:
        """Return the number of a session's last event without reading it; None if there is no such session."""

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events after version `after`; raise `NotFound`."""

    def latest(self, session_id: str) -> Log:
        """Read a session's state: all its events, or a checkpoint and the events after it; raise `NotFound`."""

    def start(self, command: "Start") -> Sent:
        """Start a session, or return the one that a command with the same `command_id` has started already."""

    def send(
        self, session_id: str, command: "Command", contents: Mapping[str, bytes] | None = None, known: int = 0
    ) -> Sent:
        """Carry out a command on a session; `known` is the version that the sender has.

        `contents` are those of the command's evidence, by digest; any other raises `BadInput`. A command whose
        `command_id` was carried out before changes nothing.
        """

    def check(self, session_id: str, command: "Command") -> None:
        """Raise the error that `send` would raise, without carrying the command out."""

    def delete(self, session_id: str) -> None:
        """Delete a session permanently, with its links."""

    def plan_import(self, incoming: Incoming) -> Imported:
        """Return what importing a session would do, without importing it."""

    def import_session(self, incoming: Incoming, *, accept_ownership: bool = False) -> Imported:
        """Import a session from a file; if it exists with the same first events, it is extended.

        Raises `NotAllowed` if that would change the owner or status of the existing session, unless `accept_ownership`
        allows it, and `BadInput` if the imported session is incomplete or some of its events can't be read.
        """

    def content(self, session_id: str, digest: str) -> bytes:
        """Read the whole content of a piece of evidence; raise `NotFound`."""

    def people(self) -> list[Person]:
        """Return all people and queues in the sessions that the actor may see, by name.

        On a server, this includes the members of the actor's spaces.
        """

    # Trees

    def tree(self, digest: str) -> bytes | None:
        """Return a version of a tree as canonical JSON; None if there is none."""

    def tree_names(self, space: str = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space, by id."""

    def add_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str | None = None) -> bool:
        """Make a tree (canonical JSON) the current version of its id; return False if it already is.

        `edited` is the digest of the version that was edited ("" for a new tree, None for any). Raises `SessionMoved`,
        with the differences, if another version is current.
        """

    def propose_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str = "") -> Proposal:
        """Propose a version of a tree to the leads, replacing the actor's earlier proposal for it."""

    def proposals(self, space: str = DEFAULT_SPACE) -> list[Proposal]:
        """List the proposals in a space, oldest first."""

    def decide_proposal(self, digest: str, verdict: Verdict, space: str = DEFAULT_SPACE) -> Proposal:
        """Publish ("accept") or drop ("decline") a proposal, found by a unique prefix of its digest.

        Raises `SessionMoved` as `add_tree` does, `NotFound`, `NotAllowed`.
        """

    def flags(self, tree_id: str, space: str = DEFAULT_SPACE) -> "list[NodeFlag]":
        """List the flags (reported mistakes) of the current version of a tree, oldest first."""

    def tree_stats(self, tree_id: str, space: str = DEFAULT_SPACE, since: datetime | None = None) -> "TreeStats":
        """Return statistics of a tree from the sessions of a space that were updated `since`; raise `NotFound`."""

    def hints(self, session_id: str) -> "Hints":
        """Count the answers that other sessions of the space gave to the question at a session's position.

        Raises `UsageProblem` if the position is not a question.
        """

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> None:
        """Remove a tree from the list; sessions keep the versions that they use. Raises `NotFound`."""

    # Links

    def create_share(self, wish: "ShareWish") -> "Minted":
        """Create a read-only link to a session; its token is returned only here."""

    def shares(self, session_id: str | None = None, *, everybody: bool = False) -> list["ShareCount"]:
        """List the links of a session; without one, the links that the actor created and those to their sessions.

        With `everybody`, all links that the actor may see.
        """

    def share(self, reference: str) -> "ShareCount":
        """Find a link by its token or a unique prefix of its id.

        Raises `NotFound`, or `UsageProblem` if the prefix is ambiguous.
        """

    def session_of_link(self, token: str) -> Head:
        """Return the session of the link with this token, if the actor may see the session itself.

        Raises `NotFound` for a link that does not work, and `NotAllowed` if the session is in a space that the actor is
        not a member of, so that they only see what the link shows.
        """

    def share_views(self, share_id: str) -> Sequence["ShareView"]:
        """Return the last views of a link, newest first."""

    def revoke_share(self, share_id: str) -> "Share":
        """Revoke a link; one that was revoked before stays as it is."""

    def protect_share(self, share_id: str, password: str) -> "Share":
        """Change the password of a link; an empty one removes it.

        Readers who have opened the link must open it again. Raises `NotFound`, `NotAllowed`.
        """

    # Spaces

    def spaces(self) -> list["SpaceView"]:
        """List the spaces that the actor may see, with their role in each, by id."""

    def exported(self, session_id: str) -> None:
        """Record in the audit that a session was exported; raise `NotFound`."""


class OpenWorkspace(Workspace, Protocol):
    """A workspace that owns its connection."""

    def close(self) -> None:
        """Close the store, or the connection to the server."""


class Administration(Protocol):
    """What an actor can do with the store itself."""

    @property
    def actor(self) -> Actor:
        """The person or agent who makes all calls."""

    def info(self) -> Info:
        """Return facts about the store, and how much it holds."""

    def check(self) -> list[Fault]:
        """Read everything and list all problems."""

    def merge(self) -> list[Merged]:
        """Merge sessions that exist in several versions, left by git or by a program that syncs folders."""

    def backup(self, path: "Path") -> None:
        """Copy a consistent snapshot of the whole store to a new path."""

    def notices(self) -> "list[Notice]":
        """Return the notices that are waiting, were sent recently, or were given up, oldest first."""

    def retry_notices(self) -> int:
        """Queue the notices that were given up once more; return how many."""
