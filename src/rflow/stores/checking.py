"""The checks of sessions, trees and links that all stores share."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import Event, EvidenceAdded, Unreadable
from rflow.core.session.head import Head
from rflow.core.session.log import Log
from rflow.core.session.times import EPOCH
from rflow.core.sharing import Share
from rflow.core.tree.model import Tree
from rflow.errors import StoreProblem
from rflow.ports.values import Fault, TreeName, is_tree_name
from rflow.stores import codec, derived
from rflow.stores.failures import Newer

SAVE_REST = "Restore a backup; `rflow export` saves what can still be read."
MERGE = "Put them together: rflow store merge"
COPY = "`rflow store copy` to a new store fixes it."


def events(log: Log) -> Iterator[Fault]:
    """Report events that can't be read, or are missing."""
    for event in log.events:
        if isinstance(event, Unreadable):
            yield _unreadable(log.code, event)
    if not log.events:
        yield Fault(severity="error", where=log.code, what="It has no entries.", remedy=SAVE_REST)


def _unreadable(code: str, event: Unreadable) -> Fault:
    if event.reason == "newer":
        what = f"Entry {event.seq} was written by a newer rflow: the session can be read here, but not written."
        return Fault(severity="info", where=code, what=what, remedy="Upgrade rflow to continue it.")
    if event.reason == "conflict":
        what = "Git left two versions in it, with conflict markers; lists and summaries show the entries of both."
        return Fault(severity="error", where=code, what=what, remedy=MERGE)
    if not event.raw:
        return Fault(severity="error", where=code, what=f"Entry {event.seq} is missing.", remedy=SAVE_REST)
    what = f"Entry {event.seq} is damaged: {codec.why(event.raw)}."
    return Fault(severity="error", where=code, what=what, remedy=SAVE_REST)


def head(log: Log, stored: Head) -> Iterator[Fault]:
    """Report a list entry that differs from the events, unless a newer rflow wrote some of the events."""
    wanted = derived.stored_head(log.session)
    if not stored.asked:  # older versions did not store this; the next entry adds it
        wanted = replace(wanted, asked=())
    if not _has_newer(log) and stored != wanted:
        what = "Lists show it differently from its entries."
        yield Fault(severity="error", where=log.code, what=what, remedy=f"The entries are right. {COPY}")


def people(log: Log, stored: Mapping[str, Person]) -> Iterator[Fault]:
    """Report people (by id) who differ from those in the events."""
    if not _has_newer(log) and stored != derived.people_of(log.events):
        what = "The people listed for it are not those in its entries."
        yield Fault(severity="error", where=log.code, what=what, remedy=f"The entries are right. {COPY}")


def _has_newer(log: Log) -> bool:
    return any(isinstance(event, Unreadable) and event.reason == "newer" for event in log.events)


def contents(log: Log, held: Iterable[str], read: Callable[[str], bytes]) -> Iterator[Fault]:
    """Report contents that are missing, damaged, or not used by any event; `held` are the digests in the store."""
    present, used = set(held), derived.blob_digests(log.events)
    for event in log.events:
        if isinstance(event, Event) and isinstance(event.fact, EvidenceAdded):
            fact = event.fact
            if fact.digest and fact.bytes_kept and fact.digest not in present:
                yield _missing_content(log.code, event.seq)
    for digest in sorted(present):
        try:
            derived.verified(read(digest), digest)
        except StoreProblem as problem:
            yield Fault(severity="error", where=log.code, what=problem.what, remedy=SAVE_REST)
    if unused := present - used:
        what = f"{len(unused)} contents belong to no entry, because a write was interrupted. They do no harm."
        yield Fault(severity="info", where=log.code, what=what)


def _missing_content(code: str, seq: int) -> Fault:
    what = f"The full content of entry {seq} is not in this store; its excerpt is."
    return Fault(severity="warning", where=code, what=what, remedy="Restore a backup, if there was one.")


def trees(
    held: Iterable[str], read: Callable[[str], Tree | None], names: Iterable[TreeName], pinned: Iterable[str]
) -> Iterator[Fault]:
    """Report tree versions that are damaged or missing: those with a name, and those that sessions use."""
    versions: dict[str, Tree | None] = {}
    for digest in sorted(held):
        try:
            versions[digest] = read(digest)
        except Newer as newer:
            versions[digest] = None
            yield Fault(severity="info", where=f"tree {digest[:12]}", what=newer.what, remedy=newer.try_)
        except StoreProblem as problem:
            versions[digest] = None
            yield _tree_fault(digest[:12], problem.what)
    for name in names:
        if not name.digest:
            what = "Its entry in the list was written by a newer rflow, or is damaged."
            yield _tree_fault(name.id, what, severity="warning", remedy="Upgrade rflow to use it.")
        elif name.digest not in versions:
            yield _tree_fault(name.id, "Its current version is not in the store.")
        elif is_tree_name(name) and (tree := versions[name.digest]) and not _matches(tree, name):
            yield _tree_fault(name.id, f"Its list entry does not match the tree itself ({tree.id}, {tree.title}).")
    for digest in sorted(set(pinned) - versions.keys()):
        what = "Sessions use this version, which is not in the store (they were imported without it)."
        yield _tree_fault(digest[:12], what, severity="info")


def _matches(tree: Tree, name: TreeName) -> bool:
    return (tree.id, tree.title, len(tree.nodes)) == (name.id, name.title, name.nodes) and name.added_at > EPOCH


def _tree_fault(
    name: str,
    what: str,
    *,
    severity: Literal["error", "warning", "info"] = "error",
    remedy: str = "Add it: rflow tree add FILE",
) -> Fault:
    return Fault(severity=severity, where=f"tree {name}", what=what, remedy=remedy)


def shares(held: Iterable[tuple[str, Share | Literal["newer"] | None]], ids: Collection[str]) -> Iterator[Fault]:
    """Report links that are damaged or newer, or whose session is gone; none of them works."""
    for name, share in held:
        if share == "newer":
            what, remedy = "A newer rflow wrote it, so it opens nothing here.", "Upgrade rflow to use it."
            yield Fault(severity="info", where=f"link {name}", what=what, remedy=remedy)
        elif share is None:
            what, remedy = "It can't be read, so it does not work.", "Create another: rflow share create"
            yield Fault(severity="error", where=f"link {name}", what=what, remedy=remedy)
        elif share.session not in ids:
            yield Fault(severity="info", where=f"link {name}", what="Its session is gone, so it does not work.")


def accounts(held: Iterable[tuple[str, str, bytes, bool]]) -> Iterator[Fault]:
    """Report records of accounts that can't be read: (table, id, data, whether it can be read)."""
    for table, name, data, is_readable in held:
        if is_readable:
            continue
        where = f"{table} {name}"
        if _is_json(data):
            what, remedy = "A newer rflow wrote it, so it allows nothing here.", "Upgrade rflow to use it."
            yield Fault(severity="info", where=where, what=what, remedy=remedy)
        else:
            yield Fault(severity="error", where=where, what="It can't be read, so it allows nothing.", remedy=SAVE_REST)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return False
    return True


def unfinished_removal(where: str, *, done: bool) -> Fault:
    """Report a removal that was interrupted, and whether the check could finish it."""
    if done:
        return Fault(severity="info", where=where, what="A removal was interrupted earlier. It is finished now.")
    what = "A removal is not finished: traces of the removed text are still in the files."
    remedy = "End the programs that read this store, then run again: rflow store check"
    return Fault(severity="error", where=where, what=what, remedy=remedy)


def drafts(folder: Path) -> Iterator[Fault]:
    """Remove the unfinished backups and stores in `folder` that killed processes left, and report them."""
    from rflow.stores.drafts import sweep

    for left in sweep(folder):
        what = f"An unfinished {left.kind}, {left.name}, was left by a command that was interrupted."
        if left.removed:
            yield Fault(severity="info", where=left.folder.name, what=f"{what} It was removed.")
        else:
            remedy = f"Delete it: {left.folder}"
            yield Fault(severity="warning", where=left.folder.name, what=f"{what} It can't be removed.", remedy=remedy)
