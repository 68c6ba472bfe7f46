"""Plain values that stores and workspaces take and return, and the errors that stores raise.

They are separate from the protocols, which no command needs to import at run time.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import Event, Stored
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import StoreProblem

Clock = Callable[[], datetime]
"""Returns the current time, with its time zone."""
Report = Callable[[int, int], None]
"""Called during long operations with (done, total)."""


def unreported(done: int, total: int) -> None:
    """Report nothing."""


class Stale(Exception):
    """An append expected another version: somebody else wrote first. The workspace reloads and decides again."""


class ConnectionLost(StoreProblem):
    """The connection to a store was lost while saving a change, so it is unknown whether that was saved.

    A command with an id can safely be sent again: it is carried out only once.
    """


class CodeTaken(Exception):
    """The short code is in use in this store; try another."""


class StartedBy(msgspec.Struct, frozen=True):
    """The command that started a session: who sent it, and its id."""

    actor: str
    command_id: str


class Standing(msgspec.Struct, frozen=True):
    """What a store knows about a session without reading its events: the number of the last one, its space, its owner.

    `stamp` shows changes that leave the version as it is: `rewrite` has replaced all events, or somebody has replaced
    the session's file by another one with the same number of events.
    """

    version: int
    space: str
    owner: str
    stamp: str = ""

    @property
    def revision(self) -> str:
        """An opaque text that changes with the state of the session."""
        return f"{self.version}-{self.stamp}" if self.stamp else str(self.version)


class TreeName(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in a store's list of trees: the current version, and when it was added.

    The digest is empty if a newer rflow wrote the entry, so that only its id can be read.
    """

    id: str
    title: str
    digest: str
    nodes: int
    added_at: datetime
    space: str = DEFAULT_SPACE


PROPOSAL, FLAG = "proposal", "flag"
"""Prefixes of entries in the list of trees that are not trees: `proposal/TREE/PERSON`, `flag/TREE/SESSION/SEQ`.

The id of a tree never contains a slash."""


def is_tree_name(name: TreeName) -> bool:
    """Whether an entry in the list of trees is a tree, not a proposal or the pointer to a flag."""
    return "/" not in name.id


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of `check`: where, what, and what to do about it. An "info" is not a problem."""

    severity: Literal["error", "warning", "info"]
    where: str
    what: str
    remedy: str = ""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about a store: its URL, its version, the version of its records, counts, and its size in bytes.

    `search` is the size of its search index, which is not part of the store.
    """

    url: str
    kind: str
    format: int
    records: int
    sessions: int
    events: int
    trees: int
    blobs: int
    size: int
    search: int = 0


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of a backup and its problems; `info.url` is the backup."""

    info: Info
    faults: list[Fault]

    @property
    def sound(self) -> bool:
        """Whether the backup has no problems."""
        return not [fault for fault in self.faults if fault.severity != "info"]


class Ranked(msgspec.Struct, frozen=True):
    """A page of search results, best first, and the total number of matches.

    While the index is being built, `building` is the percentage done, and there are no ids: repeat the search later.
    `remark` says what makes searching slow in this store.
    """

    ids: tuple[str, ...] = ()
    total: int = 0
    building: int | None = None
    remark: str = ""


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The result of merging several versions of a session.

    `added` counts the entries that the first version did not have. `moves` are entries that were moves in one version
    and are now steps or notes. `left` says why nothing was merged, if so.
    """

    code: str
    added: int = 0
    moves: tuple[int, ...] = ()
    left: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which store a workspace uses; `shared` if other machines can also open it."""

    url: str
    kind: str
    shared: bool


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a command.

    `events` are those it caused (none if it had been carried out before), `entry` is the number of the entry it made.
    `steered` is the last event before it that moved the session or changed its owner. `tail` has all events after the
    version that the sender had. With `reload`, texts may have been removed, so the sender must load the session again.
    """

    session: str
    code: str
    events: tuple[Event, ...]
    entry: int
    steered: int = 0
    tail: tuple[Stored, ...] = ()
    reload: bool = False


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A session to import: its events, and the trees and contents that they refer to, by digest."""

    id: str
    code: str
    events: tuple[Stored, ...]
    trees: Mapping[str, bytes] = {}
    contents: Mapping[str, bytes] = {}


ImportOutcome = Literal["new", "diverged", "extended", "unchanged"]


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an import, or of planning one.

    "diverged": the session had continued differently here, so the import is a new one. "extended": the session here got
    the new `events`. `ownership` are the events that change who owns a session here, or whether it is open.
    """

    session: str
    code: str
    outcome: ImportOutcome
    events: tuple[Event, ...] = ()
    ownership: tuple[Event, ...] = ()


Verdict = Literal["accept", "decline"]
"""A lead's decision on a proposal."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a tree that a member proposes; `edited` is the version that they edited, "" for a new tree."""

    tree: str
    digest: str
    edited: str
    nodes: int
    by: Person
    at: datetime
