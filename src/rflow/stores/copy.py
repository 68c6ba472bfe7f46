"""Copying everything from one store to another of any kind, and verifying the copy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.authors import map_people
from rflow.core.session.events import Stored
from rflow.core.session.log import Log
from rflow.core.session.replay import replay_session
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.ports.accounts import AllAccounts
from rflow.ports.stores import Store
from rflow.ports.values import CodeTaken, Report, Stale, TreeName, unreported
from rflow.stores import derived

Rename = Callable[[Person], Person]
_T = TypeVar("_T")
_ATTEMPTS = 10
"""How often to read a session again because a text was removed from it in the meantime."""


class Counts(msgspec.Struct, kw_only=True):
    """What was copied.

    `sessions` are new in the target, `extended` got new events, `skipped` had none. `recoded` maps codes that were in
    use in the target to new codes. `left` lists what could not be copied, and why.
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
        parts = [
            f"sessions: {self.sessions} new, {self.extended} continued, {self.skipped} there already",
            f"trees: {self.trees}",
            f"contents of evidence: {self.blobs}",
            f"links: {self.shares}",
            *(f"{old} is {new} there, because its code was in use" for old, new in self.recoded.items()),
            *(f"not copied: {what}" for what in self.left),
        ]
        return "; ".join(parts)


def _same(somebody: Person) -> Person:
    return somebody


def copy_store(
    source: Store,
    target: Store,
    codes: Iterator[str],
    report: Report = unreported,
    people: Rename | None = None,
) -> Counts:
    """Copy all sessions, contents, tree versions, names and links from `source` to `target`, and read them back.

    A session whose beginning is in the target is continued there. `codes` yields new codes for those in use. Both
    stores may be written to in the meantime: each session is copied as it is at one moment, and compared with that.

    Raises `StoreProblem` before anything is written if sessions continued differently in the two stores, and
    afterwards if something does not read back as it was copied. Copying again continues where it stopped.

    With `people`, everybody becomes who that says, and links are not copied: they lead to another address.
    """
    if people is not None and _has_accounts(source):
        raise UsageProblem(f"{source.url} has accounts of its own, so who is who is known.", try_="Leave --people out.")
    rename = people or _same
    counts = Counts()
    ids = sorted(_readable(source, counts))
    _refuse_conflicts(source, target, ids, rename)
    wrong = []
    for number, session_id in enumerate(ids):
        report(number, len(ids))
        if not _copy_session(session_id, source, target, codes, counts, rename):
            wrong.append(session_id)
    wrong += _copy_trees(source, target, counts)  # After the sessions: all versions that those use are here by now.
    if people is None:
        _copy_shares(source, target, counts)
        _copy_accounts(source, target, counts)
    if wrong:
        what = f"The copy in {target.url} differs from {source.url}: {', '.join(wrong)}."
        raise StoreProblem(what, try_="Check both with `rflow store check`, then copy again.")
    return counts


def _readable(source: Store, counts: Counts) -> Iterator[str]:
    """Yield the ids of the readable sessions; the others are recorded as not copied."""
    for session_id in source.ids():
        try:
            source.standing(session_id)
        except StoreProblem as problem:
            counts.left.append(problem.what)
        else:
            yield session_id


def _listed(list_all: Callable[[], Iterable[_T]], counts: Counts) -> list[_T]:
    """Return what a function lists; if that can't be read, it is recorded as not copied."""
    try:
        return list(list_all())
    except StoreProblem as problem:
        counts.left.append(problem.what)
        return []


def _events(store: Store, session_id: str) -> list[Stored]:
    """Return the events of a session; none if it is not in the store."""
    try:
        return list(store.load(session_id).events)
    except NotFound:
        return []


def _differ(ours: Sequence[Stored], theirs: Sequence[Stored]) -> bool:
    """Whether neither of two logs is the beginning of the other."""
    return any(our != their for our, their in zip(ours, theirs, strict=False))


def _has_accounts(store: Store) -> bool:
    try:
        return store.accounts.exist()
    except UsageProblem:  # A store in a folder has none.
        return False


def _refuse_conflicts(source: Store, target: Store, ids: list[str], rename: Rename) -> None:
    present = set(target.ids())
    both = [session_id for session_id in ids if session_id in present]
    conflicts = [
        target.load(session_id).code
        for session_id in both
        if _differ(map_people(_events(source, session_id), rename), _events(target, session_id))
    ]
    if conflicts:
        what = f"Nothing was copied: {', '.join(conflicts)} continued differently in the two stores."
        raise StoreProblem(what, try_="Export those sessions and delete them in one of the stores, then copy again.")


def _copy_session(
    session_id: str, source: Store, target: Store, codes: Iterator[str], counts: Counts, rename: Rename
) -> bool:
    """Copy a session, or continue it; False if it does not read back as it was copied."""
    present = _events(target, session_id)
    try:
        log, blobs = _read(source, session_id, len(present), counts)
    except NotFound:
        return True  # Deleted in the meantime.
    if rename is not _same:
        log = replace(log, events=map_people(log.events, rename))
    if log.header:
        counts.left.append(f"{log.code}, whose file a newer rflow wrote")
        return True
    try:
        if _differ(log.events, present):  # A text was removed, or somebody wrote to the target, since the first look.
            raise Stale
        _write(log, present, target, blobs, codes, counts)
    except Stale:
        counts.left.append(f"{log.code}, because it was changed during the copy (copy again)")
        return True
    copied = _events(target, session_id)[: len(log.events)] == list(log.events)
    return copied and all(_same_blob(source, target, session_id, name) for name in derived.blob_digests(log.events))


def _read(source: Store, session_id: str, after: int, counts: Counts) -> tuple[Log, dict[str, bytes]]:
    """Read a consistent state of a session, and the contents of its events after `after`."""
    attempts = 0
    while True:
        log = source.load(session_id)
        named = derived.blob_digests(log.events[after:])
        blobs, damaged = _contents(source, session_id, named)
        attempts += 1
        whole = len(blobs) == len(named) or _version(source, session_id) == log.events[-1].seq
        if whole or attempts == _ATTEMPTS:
            counts.left += [f"{log.code}: {what}" for what in damaged]
            return log, blobs


def _contents(source: Store, session_id: str, named: set[str]) -> tuple[dict[str, bytes], list[str]]:
    """Read contents; also return which ones are damaged. Missing ones are reported by `check`, in both stores."""
    blobs: dict[str, bytes] = {}
    damaged: list[str] = []
    for digest in sorted(named):
        try:
            blobs[digest] = source.blob(session_id, digest)
        except NotFound:
            continue
        except StoreProblem as problem:
            damaged.append(problem.what)
    return blobs, damaged


def _write(
    log: Log, present: list[Stored], target: Store, blobs: dict[str, bytes], codes: Iterator[str], counts: Counts
) -> None:
    """Create a session, or continue it; all its new contents and events arrive in one step."""
    new = log.events[len(present) :]
    if not new:
        counts.skipped += 1
        return
    if present:
        code = target.load(log.id, after=len(present)).code
        target.append(replay_session(log.id, code, log.events), new, present[-1].seq, blobs)
        counts.extended += 1
    else:
        _create(log, target, blobs, codes, counts)
        counts.sessions += 1
    counts.blobs += len(blobs)


def _create(log: Log, target: Store, blobs: dict[str, bytes], codes: Iterator[str], counts: Counts) -> None:
    for code in [log.code, *islice(codes, 100)]:
        try:
            target.create(replay_session(log.id, code, log.events), log.events, blobs)
        except CodeTaken:
            continue
        if code != log.code:
            counts.recoded[log.code] = code
        return
    raise StoreProblem(
        f"The code {log.code} is in use in {target.url}, and no other was free.", try_="Copy into an empty store."
    )


def _same_blob(source: Store, target: Store, session_id: str, digest: str) -> bool:
    try:
        content = source.blob(session_id, digest)
    except (NotFound, StoreProblem):
        return True  # It could not be copied, and was reported, or was removed in the meantime.
    try:
        return target.blob(session_id, digest) == content
    except NotFound:
        return False


def _version(store: Store, session_id: str) -> int:
    standing = store.standing(session_id)
    return standing.version if standing else 0


def _copy_trees(source: Store, target: Store, counts: Counts) -> list[str]:
    """Copy the versions, then the names; return the digests that do not read back.

    If both stores have a tree of the same name in the same space, the version that was added last is current.
    """
    versions = _listed(source.versions, counts)
    wrong = [digest for space, digest in versions if not _copy_tree(source, target, digest, space, counts)]
    theirs = {(name.space, name.id): name for name in target.tree_names(None)}
    for name in _listed(lambda: source.tree_names(None), counts):
        known = theirs.get((name.space, name.id))
        if not name.digest or (known is not None and not known.digest):
            counts.left.append(f"The name of the tree {name.id}, whose entry in the list a newer rflow wrote.")
        elif known is None or known.added_at < name.added_at:
            _copy_name(source, target, name, counts)
    return wrong


def _copy_tree(source: Store, target: Store, digest: str, space: str, counts: Counts) -> bool:
    """Copy a version unchanged, even one that a newer rflow wrote."""
    try:
        data = source.tree_data(digest, (space,))
    except StoreProblem as problem:
        counts.left.append(problem.what)
        return True
    if data is not None and target.tree_data(digest, (space,)) is None:
        target.put_tree(data, space)
        counts.trees += 1
    return target.tree_data(digest, (space,)) == data


def _copy_name(source: Store, target: Store, name: TreeName, counts: Counts) -> None:
    """Copy which version of a tree is current, even if a newer rflow wrote it."""
    try:
        data = target.tree_data(name.digest, (name.space,)) or source.tree_data(name.digest, (name.space,))
    except StoreProblem:
        return  # Reported with the version.
    if data is None:
        counts.left.append(f"The current version of the tree {name.id} is not in the store.")
    else:
        target.set_name(name)


def _copy_shares(source: Store, target: Store, counts: Counts) -> None:
    """Copy the links with their views; a link that the target already has is not changed."""
    there = {share.key.hash for share in target.shares.stored()}
    for share in _listed(source.shares.stored, counts):
        if share.key.hash in there or target.standing(share.key.session) is None:
            continue
        target.shares.restore(share, source.shares.stored_views(share.key.id))
        counts.shares += 1


def _copy_accounts(source: Store, target: Store, counts: Counts) -> None:
    """Copy accounts, spaces, credentials and the audit log; existing ones in the target are not changed."""
    try:
        everything = source.accounts.everything()
    except UsageProblem:  # A store in a folder has none.
        return
    if everything == AllAccounts():
        return
    try:
        target.accounts.restore(everything)
    except UsageProblem as problem:
        counts.left.append(f"accounts and spaces: {problem.what}")
