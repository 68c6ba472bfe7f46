"""The plain values that stores and workspaces take and return, and the errors that stores raise.

They are apart from the protocols because every command needs some of them, and none needs a protocol when it runs.
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
"""Returns the aware time now."""
Report = Callable[[int, int], None]
"""Is called during long work with how much is done, of how much."""


def unreported(done: int, total: int) -> None:
    """Report nothing."""


class Stale(Exception):
    """An append expected another version: somebody else wrote first. The workspace loads again and decides again."""


class ConnectionLost(StoreProblem):
    """The connection to a store was lost while a change was saved: it may be saved, or not.

    A command with an id can be sent again: where it was saved, that is noticed.
    """


class CodeTaken(Exception):
    """The short code is in use in this store; try another."""


class StartedBy(msgspec.Struct, frozen=True):
    """The command that started a session: who sent it, and its id."""

    actor: str
    command_id: str


class Standing(msgspec.Struct, frozen=True):
    """What a store knows about a session without reading its events: its last event's number, its space, its owner.

    `stamp` changes where the version may stay the same: whenever `rewrite` replaces all events, and where others may
    replace the session's file by one with as many events.
    """

    version: int
    space: str
    owner: str
    stamp: str = ""

    @property
    def revision(self) -> str:
        """A text that differs for each state of the session."""
        return f"{self.version}-{self.stamp}" if self.stamp else str(self.version)


class TreeName(msgspec.Struct, frozen=True, kw_only=True):
    """A tree as a store lists it: its current version, and when that was added.

    The digest is empty where a newer rflow wrote the entry in the list, so that only its id is known.
    """

    id: str
    title: str
    digest: str
    nodes: int
    added_at: datetime
    space: str = DEFAULT_SPACE


PROPOSAL, FLAG = "proposal", "flag"
"""How the ids of those entries in the list of trees begin that are no trees: `proposal/TREE/PERSON`,
`flag/TREE/SESSION/SEQ`. No id of a tree holds a slash."""


def is_tree_name(name: TreeName) -> bool:
    """Whether an entry in the list of trees is a tree: not a proposal, nor the pointer to a flag."""
    return "/" not in name.id


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that `check` reports: where, what, and what to do about it. An "info" is not a problem."""

    severity: Literal["error", "warning", "info"]
    where: str
    what: str
    remedy: str = ""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a store is: `url` to open it again, its version, the version of its records, counts, its size in bytes.

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
    """What a backup holds, and what is wrong with it. `info.url` names the backup."""

    info: Info
    faults: list[Fault]

    @property
    def sound(self) -> bool:
        """Whether everything in it can be used."""
        return not [fault for fault in self.faults if fault.severity != "info"]


class Ranked(msgspec.Struct, frozen=True):
    """The sessions of a page of a search, the best first, and how many match in all.

    While the index is not ready, `building` says how much of it is (percent), and there are no ids: the search has to
    be repeated. `remark` says what makes searching slow here.
    """

    ids: tuple[str, ...] = ()
    total: int = 0
    building: int | None = None
    remark: str = ""


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What merging made of a session of which there were several versions.

    `added` counts the entries that the first version did not have, `moves` are the entries that were moves in one of
    the versions and are steps and notes now; `left` says why nothing was merged, if so.
    """

    code: str
    added: int = 0
    moves: tuple[int, ...] = ()
    left: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which store a workspace is over: `shared` says that other machines can open it too."""

    url: str
    kind: str
    shared: bool


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did.

    `events` are its own (none if it was carried out before), `entry` is the number of the entry it made, now or then,
    `steered` the last event before it that moved the session or changed who owns it. `tail` are all events after the
    version that the sender had. `reload` says that texts may have been removed, so that the sender must load the
    session again instead.
    """

    session: str
    code: str
    events: tuple[Event, ...]
    entry: int
    steered: int = 0
    tail: tuple[Stored, ...] = ()
    reload: bool = False


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A session to import: its events, and the trees and contents that they name, by digest."""

    id: str
    code: str
    events: tuple[Stored, ...]
    trees: Mapping[str, bytes] = {}
    contents: Mapping[str, bytes] = {}


ImportOutcome = Literal["new", "diverged", "extended", "unchanged"]


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or would do.

    "diverged" is a session that continued differently here and became a new one, "extended" one that got the `events`
    that are new. `ownership` are those of them that change who owns a session here, or whether it is open.
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
