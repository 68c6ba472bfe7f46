"""What can be wrong with a session or a tree, whatever store it is in."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Literal

from rflow.core.session.events import Event, EvidenceAdded, Unreadable
from rflow.core.session.head import Head
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.sharing import Share
from rflow.core.tree.model import Tree
from rflow.errors import StoreProblem
from rflow.ports import Fault, Log, TreeName
from rflow.stores import codec, derived

SAVE_REST = "Restore a backup; `rflow export` saves what can still be read."
COPY = "`rflow store copy` to a new store makes it right."


def events(log: Log) -> Iterator[Fault]:
    """Report the events that can't be read, or are missing."""
    for event in log.events:
        if isinstance(event, Unreadable):
            yield _unreadable(log.code, event)
    if not log.events:
        yield Fault(severity="error", where=log.code, what="It has no entries.", remedy=SAVE_REST)


def _unreadable(code: str, event: Unreadable) -> Fault:
    if event.reason == "newer":
        what = f"Entry {event.seq} was written by a newer rflow: the session can be read here, but not written."
        return Fault(severity="info", where=code, what=what, remedy="Upgrade rflow to go on with it.")
    if not event.raw:
        return Fault(severity="error", where=code, what=f"Entry {event.seq} is missing.", remedy=SAVE_REST)
    what = f"Entry {event.seq} is damaged: {codec.why(event.raw)}."
    return Fault(severity="error", where=code, what=what, remedy=SAVE_REST)


def state(log: Log) -> Session:
    """Replay a log."""
    return replay(log.events, Session(id=log.id, code=log.code))


def head(log: Log, stored: Head) -> Iterator[Fault]:
    """Report a list entry that says otherwise than the events; those of a newer rflow we can't judge."""
    if not _has_newer(log) and stored != derived.row(state(log)):
        what = "Lists show it otherwise than its entries tell."
        yield Fault(severity="error", where=log.code, what=what, remedy=f"The entries are right. {COPY}")


def people(log: Log, stored: Mapping[str, str]) -> Iterator[Fault]:
    """Report people (names by id) who are not those that the events tell of."""
    told = {person.id: person.name for person in derived.people_of(log.events).values()}
    if not _has_newer(log) and stored != told:
        what = "The people noted for it are not those in its entries."
        yield Fault(severity="error", where=log.code, what=what, remedy=f"The entries are right. {COPY}")


def _has_newer(log: Log) -> bool:
    return any(isinstance(event, Unreadable) and event.reason == "newer" for event in log.events)


def contents(log: Log, held: Iterable[str], read: Callable[[str], bytes]) -> Iterator[Fault]:
    """Report contents that are missing, damaged, or named by no event; `held` are the digests that are there."""
    found, wanted = set(held), derived.named(log.events)
    for event in log.events:
        if isinstance(event, Event) and isinstance(event.fact, EvidenceAdded):
            fact = event.fact
            if fact.digest and fact.bytes_kept and fact.digest not in found:
                yield _lost(log.code, event.seq)
    for digest in sorted(found):
        try:
            derived.intact(read(digest), digest)
        except StoreProblem as problem:
            yield Fault(severity="error", where=log.code, what=problem.what, remedy=SAVE_REST)
    if stray := found - wanted:
        what = f"{len(stray)} contents belong to no entry (a write that was interrupted); they do no harm."
        yield Fault(severity="info", where=log.code, what=what)


def _lost(code: str, seq: int) -> Fault:
    what = f"The whole content of entry {seq} is not here; its excerpt is."
    return Fault(severity="warning", where=code, what=what, remedy="Restore a backup, if there was one.")


def trees(
    held: Iterable[str], read: Callable[[str], Tree | None], names: Iterable[TreeName], pinned: Iterable[str]
) -> Iterator[Fault]:
    """Report tree versions that are damaged or missing: named ones, and those that sessions stand in."""
    found: dict[str, Tree | None] = {}
    for digest in sorted(held):
        try:
            found[digest] = read(digest)
        except StoreProblem as problem:
            found[digest] = None
            yield _tree_fault(digest[:12], problem.what)
    for name in names:
        if name.digest not in found:
            yield _tree_fault(name.id, "Its current version is not in the store.")
        elif (tree := found[name.digest]) and not _is_named(tree, name):
            yield _tree_fault(name.id, f"It is listed otherwise than it is ({tree.id}, {tree.title}).")
    for digest in sorted(set(pinned) - found.keys()):
        what = "Sessions stand in this version, which is not in the store (they were imported without it)."
        yield _tree_fault(digest[:12], what, severity="info")


def _is_named(tree: Tree, name: TreeName) -> bool:
    return (tree.id, tree.title, len(tree.nodes)) == (name.id, name.title, name.nodes) and name.added_at > derived.EPOCH


def _tree_fault(name: str, what: str, severity: Literal["error", "info"] = "error") -> Fault:
    return Fault(severity=severity, where=f"tree {name}", what=what, remedy="Add it: rflow tree add FILE")


def shares(held: Iterable[tuple[str, Share | None]], ids: Collection[str]) -> Iterator[Fault]:
    """Report links that are damaged, or lead to no session; none of them opens anything."""
    for name, share in held:
        if share is None:
            remedy = "Make another one: rflow share create"
            yield Fault(
                severity="error", where=f"link {name}", what="It can't be read, and does not work.", remedy=remedy
            )
        elif share.session not in ids:
            yield Fault(severity="info", where=f"link {name}", what="Its session is gone, so it does not work.")


def forgotten(where: str, *, done: bool) -> Fault:
    """Report a removal that had not been finished: it is now, or still is not."""
    if done:
        return Fault(severity="info", where=where, what="A removal had been left unfinished. It is finished now.")
    what = "A removal is not finished: traces of the removed text are still in the files."
    remedy = "End the programs that read this store, then run again: rflow store check"
    return Fault(severity="error", where=where, what=what, remedy=remedy)
