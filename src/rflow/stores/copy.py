"""Moving everything from one store to another, of whatever kinds, and verifying it."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from rflow.core.session.events import Stored
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.errors import NotFound, StoreProblem
from rflow.ports import CodeTaken, Log, Store, TreeName
from rflow.stores import derived


class Counts(msgspec.Struct, kw_only=True):
    """What a copy did.

    `sessions` are new in the target, `extended` were continued, `skipped` had nothing new. `recoded` has the codes
    that were in use there, with the ones taken instead. `left` says what could not be copied, because it is damaged.
    """

    sessions: int = 0
    extended: int = 0
    skipped: int = 0
    trees: int = 0
    blobs: int = 0
    shares: int = 0
    recoded: dict[str, str] = {}
    left: list[str] = []

    def __str__(self) -> str:
        told = [
            f"sessions: {self.sessions} new, {self.extended} continued, {self.skipped} there already",
            f"trees: {self.trees}",
            f"contents of evidence: {self.blobs}",
            f"links: {self.shares}",
            *(f"{old} is {new} there, because its code was in use" for old, new in self.recoded.items()),
            *(f"left behind: {what}" for what in self.left),
        ]
        return "; ".join(told)


def copy_store(source: Store, target: Store, codes: Iterator[str]) -> Counts:
    """Copy all sessions, contents, tree versions and names from `source` into `target`, then read them back.

    A session that the target has with the same beginning is continued. `codes` gives new codes for those in use.
    Raises `StoreProblem` before anything is written where sessions went different ways in the two stores, and
    afterwards where something does not read back as it was; copying again goes on where it ended.
    """
    ids = sorted(source.ids())
    _refuse_conflicts(source, target, ids)
    counts = Counts()
    _copy_trees(source, target, counts)
    for session_id in ids:
        _copy_session(source.load(session_id), source, target, codes, counts)
    _copy_shares(source, target, counts)
    _verify(source, target, ids)
    return counts


def _there(target: Store, session_id: str) -> list[Stored]:
    """Give the events that the target has of a session."""
    try:
        return list(target.load(session_id).events)
    except NotFound:
        return []


def _refuse_conflicts(source: Store, target: Store, ids: list[str]) -> None:
    present = set(target.ids())
    conflicts = []
    for session_id in ids:
        if session_id in present:
            log, there = source.load(session_id), _there(target, session_id)
            if any(ours != theirs for ours, theirs in zip(log.events, there, strict=False)):
                conflicts.append(log.code)
    if conflicts:
        what = f"Nothing was copied: {', '.join(conflicts)} went on differently in the two stores."
        raise StoreProblem(what, try_="Export those sessions and delete them in one of the stores, then copy again.")


def _copy_trees(source: Store, target: Store, counts: Counts) -> None:
    """Copy the versions, then the names; of a name that both have, the version that was added last stays current."""
    present = set(target.digests())
    for digest in source.digests():
        try:
            tree = source.tree(digest)
        except StoreProblem as problem:
            counts.left.append(problem.what)
            continue
        if tree is not None and digest not in present:
            target.put_tree(tree)
            counts.trees += 1
    theirs = {name.id: name for name in target.tree_names()}
    for name in source.tree_names():
        if name.id not in theirs or theirs[name.id].added_at < name.added_at:
            _copy_name(source, target, name, counts)


def _copy_name(source: Store, target: Store, name: TreeName, counts: Counts) -> None:
    try:
        tree = source.tree(name.digest)
    except StoreProblem:
        return  # Told with the version.
    if tree is None:
        counts.left.append(f"The current version of the tree {name.id} is not in the store.")
    else:
        target.add_tree(tree, name.added_at)


def _copy_session(log: Log, source: Store, target: Store, codes: Iterator[str], counts: Counts) -> None:
    """Create a session, or continue it; all its contents and events arrive in one step."""
    there = _there(target, log.id)
    fresh = log.events[len(there) :]
    if not fresh:
        counts.skipped += 1
        return
    blobs = _contents(log, fresh, source, counts)
    if there:
        code = target.load(log.id, after=len(there)).code
        target.append(_state(log, code), fresh, there[-1].seq, blobs)
        counts.extended += 1
    else:
        _create(log, target, blobs, codes, counts)
        counts.sessions += 1
    counts.blobs += len(blobs)


def _copy_shares(source: Store, target: Store, counts: Counts) -> None:
    """Copy the links with their views; one that the target has, and may have ended since, stays as it is."""
    for one in source.shares.listed():
        share = one.share
        if target.shares.by_hash(share.hash) is None and target.version(share.session) is not None:
            views = source.shares.views(share.id, one.views)[::-1]
            target.shares.add(share, dropped=one.views - len(views))
            target.shares.record({share.id: views})
            counts.shares += 1


def _state(log: Log, code: str) -> Session:
    return replay(log.events, Session(id=log.id, code=code))


def _contents(log: Log, fresh: Sequence[Stored], source: Store, counts: Counts) -> dict[str, bytes]:
    """Read the contents that events name."""
    found: dict[str, bytes] = {}
    for digest in sorted(derived.named(fresh)):
        try:
            found[digest] = source.blob(log.id, digest)
        except NotFound:
            continue  # `check` reports it in both stores.
        except StoreProblem as problem:
            counts.left.append(f"{log.code}: {problem.what}")
    return found


def _create(log: Log, target: Store, blobs: dict[str, bytes], codes: Iterator[str], counts: Counts) -> None:
    for code in [log.code, *islice(codes, 100)]:
        try:
            target.create(_state(log, code), log.events, blobs)
        except CodeTaken:
            continue
        if code != log.code:
            counts.recoded[log.code] = code
        return
    raise StoreProblem(
        f"The code {log.code} is in use in {target.url}, and no other was free.", try_="Copy into an empty store."
    )


def _verify(source: Store, target: Store, ids: list[str]) -> None:
    """Read everything back and compare it."""
    wrong = [session_id for session_id in ids if not _same(source, target, session_id)]
    wrong += [digest for digest in source.digests() if not _same_tree(source, target, digest)]
    if wrong:
        what = f"The copy in {target.url} is not what {source.url} holds: {', '.join(wrong)}."
        raise StoreProblem(what, try_="Check both with `rflow store check`, then copy again.")


def _same(source: Store, target: Store, session_id: str) -> bool:
    log, there = source.load(session_id), _there(target, session_id)
    same = list(log.events) == there[: len(log.events)]
    return same and all(_same_blob(source, target, session_id, digest) for digest in derived.named(log.events))


def _same_blob(source: Store, target: Store, session_id: str, digest: str) -> bool:
    try:
        content = source.blob(session_id, digest)
    except (NotFound, StoreProblem):
        return True  # It could not be copied, and that was said.
    return target.blob(session_id, digest) == content


def _same_tree(source: Store, target: Store, digest: str) -> bool:
    try:
        return source.tree(digest) == target.tree(digest)
    except StoreProblem:
        return True  # It could not be copied, and that was said.
