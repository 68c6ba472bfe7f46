"""The ports of what an actor can do: `Workspace`, and `Administration` for those who may open the store itself.

Only ids and plain values are passed, no states and no callables, so that a server can implement either. A workspace
is opened for one actor, who makes every call: reads are authorised as writes are, and what the actor may not see does
not exist. Methods raise `RflowError`s. The contract is tests/service/test_contract.py, and tests/service/test_matrix.py
has the table of who may call what.
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
        """Who acts."""

    @property
    def about(self) -> About:
        """Which store this is."""

    def now(self) -> datetime:
        """Return the aware time by the workspace's clock."""

    # Sessions

    def find(self, reference: str) -> Head:
        """Find the one session whose code or id begins with `reference`; raise `NotFound` or `UsageProblem`."""

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""

    def search(self, search: "Search") -> "SearchPage":
        """Search the texts of sessions; raise `UsageProblem` if there is no word to search for.

        While its index is not ready, the page has no hits but says how much is built: call again then.
        """

    def version(self, session_id: str) -> int | None:
        """Return the number of a session's last event without reading it; None if there is no such session."""

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events after version `after`; raise `NotFound`."""

    def latest(self, session_id: str) -> Log:
        """Read what the state of a session needs, perhaps without its first events; raise `NotFound`."""

    def start(self, command: "Start") -> Sent:
        """Start a session; one that the same `command_id` started before is returned as it stands."""

    def send(
        self, session_id: str, command: "Command", contents: Mapping[str, bytes] | None = None, known: int = 0
    ) -> Sent:
        """Carry out a command on a session of which the sender has version `known`.

        `contents` are those of its evidence, by digest; `BadInput` for any other. A command whose `command_id` was
        carried out before changes nothing.
        """

    def check(self, session_id: str, command: "Command") -> None:
        """Raise the error that `send` would raise now, and write nothing."""

    def delete(self, session_id: str) -> None:
        """Remove a session for good, and end its links."""

    def plan_import(self, incoming: Incoming) -> Imported:
        """Return what importing a session would do now, and write nothing."""

    def import_session(self, incoming: Incoming, *, accept_ownership: bool = False) -> Imported:
        """Store a session that was read from a file; one that is here with the same beginning is extended.

        Raises `NotAllowed` if that changes the owner or status of a session here, unless `accept_ownership` allows
        it, and `BadInput` if the session is not whole or some of its events can't be read.
        """

    def content(self, session_id: str, digest: str) -> bytes:
        """Read the whole content of a piece of evidence; raise `NotFound`."""

    def people(self) -> list[Person]:
        """Return everybody who has acted or received in the sessions that the actor may see, by name.

        On a server, the members of their spaces are among them.
        """

    # Trees

    def tree(self, digest: str) -> bytes | None:
        """Return a version of a tree as canonical JSON; None if there is none."""

    def tree_names(self, space: str = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space, by id."""

    def add_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str | None = None) -> bool:
        """Make a tree (canonical JSON) the current version of its id; False if it was that already.

        `edited` names the version that was edited ("" for a new tree, None for any); `SessionMoved` if another is
        current, with what differs.
        """

    def propose_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str = "") -> Proposal:
        """Keep a tree for a lead to accept, in the place of what the actor proposed for it before."""

    def proposals(self, space: str = DEFAULT_SPACE) -> list[Proposal]:
        """List what was proposed in a space, the oldest first."""

    def decide_proposal(self, digest: str, verdict: Verdict, space: str = DEFAULT_SPACE) -> Proposal:
        """Publish the proposal whose digest begins so ("accept"), or drop it ("decline").

        Raises `SessionMoved` as `add_tree` does, `NotFound`, `NotAllowed`.
        """

    def flags(self, tree_id: str, space: str = DEFAULT_SPACE) -> "list[NodeFlag]":
        """List what people in a space reported as wrong in the current version of a tree, the oldest first."""

    def tree_stats(self, tree_id: str, space: str = DEFAULT_SPACE, since: datetime | None = None) -> "TreeStats":
        """Return what the sessions of a space did in a tree, of those updated since then; raise `NotFound`."""

    def hints(self, session_id: str) -> "Hints":
        """Return what the other sessions of its space answered where a session stands.

        Raises `UsageProblem` unless it stands at a question.
        """

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> None:
        """Remove a tree from the list; sessions in it keep their version. Raises `NotFound`."""

    # Links

    def create_share(self, wish: "ShareWish") -> "Minted":
        """Create a read-only link to a session; its token is returned only here."""

    def shares(self, session_id: str | None = None, *, everybody: bool = False) -> list["ShareCount"]:
        """List the links of a session, else the actor's: those they created, and those to their sessions.

        `everybody` lists all links that the actor may see.
        """

    def share(self, reference: str) -> "ShareCount":
        """Find the one link whose id begins with `reference`, or whose token it is.

        Raises `NotFound` or `UsageProblem`.
        """

    def session_of_link(self, token: str) -> Head:
        """Return the session that the link with this token shows, if the actor may see it.

        Raises `NotFound` for a link that does not work, and `NotAllowed` for one to a session in a space that the actor
        is no member of: what the link shows is all that they see.
        """

    def share_views(self, share_id: str) -> Sequence["ShareView"]:
        """Return the last views of a link, the newest first."""

    def revoke_share(self, share_id: str) -> "Share":
        """Revoke a link at once; one that was revoked before stays as it is."""

    def protect_share(self, share_id: str, password: str) -> "Share":
        """Change the password of a link, or remove it with an empty one.

        Those who have opened it before must open it again. Raises `NotFound`, `NotAllowed`.
        """

    # Spaces

    def spaces(self) -> list["SpaceView"]:
        """List the spaces that the actor may see, with their role in each, by id."""

    def exported(self, session_id: str) -> None:
        """Record that a whole session leaves as a file; raise `NotFound`."""


class OpenWorkspace(Workspace, Protocol):
    """A workspace on a connection of its own."""

    def close(self) -> None:
        """Close the store, or the connection to the server."""


class Administration(Protocol):
    """What somebody can do with the store itself."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    def info(self) -> Info:
        """Return facts about the store, and how much it holds."""

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong."""

    def merge(self) -> list[Merged]:
        """Merge sessions of which git, or a program that syncs folders, left several versions."""

    def backup(self, path: "Path") -> None:
        """Copy a consistent snapshot of the whole store to a path that must not exist."""

    def notices(self) -> "list[Notice]":
        """Return the notices that wait, were sent lately, or were given up, the oldest first."""

    def retry_notices(self) -> int:
        """Queue the notices that were given up again; return how many there are."""
