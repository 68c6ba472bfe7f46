"""The check of a JSON store: reads everything, and reports damage and files that don't belong there."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Literal

from rflow.core.session.log import Log
from rflow.errors import StoreProblem
from rflow.ports.values import Fault
from rflow.stores import checking, derived
from rflow.stores.codec import Header
from rflow.stores.failures import of_system
from rflow.stores.folder import session_file, shares, trees
from rflow.stores.folder.conflicts import copy_of, is_synced_copy
from rflow.stores.folder.listing import Listing
from rflow.stores.folder.odd_files import LIMIT, OddFile, is_file, is_folder, kind_of, printable
from rflow.stores.folder.safe_files import DRAFT
from rflow.stores.folder.session_file import Content, Name
from rflow.stores.folder.store_folder import BLOBS, FILES, FOLDERS, LOCK, StoreFolder, blob_name

_BELONGS: dict[str, Callable[[str], bool]] = {
    session_file.FOLDER: lambda file: session_file.read_name(file) is not None or session_file.is_torn(file),
    trees.FOLDER: lambda file: trees.version_of(file) is not None or trees.names_of(file) is not None,
    shares.FOLDER: lambda file: file.endswith((shares.END, shares.VIEWS_END)),
    BLOBS: session_file.is_plain,
}
"""The names of the files that belong in each folder."""


def check(folder: StoreFolder, listing: Listing, all_trees: trees.Trees) -> list[Fault]:
    """Return everything that is wrong with a store."""
    with folder.reading():
        return [
            *checking.drafts(folder.root.parent),
            *_unfinished(folder),
            *_odd(folder),
            *_sessions(folder, listing),
            *_stray_contents(folder, listing),
            *_trees(listing, all_trees),
            *_shares(folder, listing),
        ]


def _fault(where: str, severity: Literal["error", "warning", "info"], what: str, remedy: str = "") -> Fault:
    return Fault(severity=severity, where=printable(where), what=what, remedy=remedy)


def _names(folder: StoreFolder, name: str) -> list[str]:
    """List a folder; an unreadable one is reported by `_odd`."""
    try:
        return folder.files.names(name)
    except (OSError, OddFile):
        return []


def _unfinished(folder: StoreFolder) -> Iterator[Fault]:
    """Finish an interrupted removal, if possible, and report it."""
    with suppress(OddFile):
        if not folder.unfinished():
            return
        with suppress(OSError, StoreProblem), folder.writing():
            folder.finish()
        yield checking.unfinished_removal(folder.root.name, done=not folder.unfinished())


def _odd(folder: StoreFolder) -> Iterator[Fault]:
    """Report links, special files and unknown files, without reading them."""
    for name in (LOCK, DRAFT, *FILES):
        yield from _not_a_file(folder, name)
    for name in FOLDERS:
        yield from _not_a_folder(folder, name)
        for file in _names(folder, name):
            yield from _in_folder(folder, name, file)


def _in_folder(folder: StoreFolder, name: str, file: str) -> Iterator[Fault]:
    path = f"{name}/{file}"
    if not _BELONGS[name](file):
        yield _stranger(folder, path)
    elif name != BLOBS:
        yield from _not_a_file(folder, path)
    else:
        yield from _not_a_folder(folder, path)
        for blob in _names(folder, path):
            inner = f"{path}/{blob}"
            yield from _not_a_file(folder, inner) if session_file.is_plain(blob) else (_stranger(folder, inner),)


def _not_a_file(folder: StoreFolder, name: str) -> Iterator[Fault]:
    status = folder.files.status(name)
    if status and not is_file(status):
        what = f"It is {kind_of(status)} where a plain file belongs, so it is not read."
        yield _fault(name, "error", what, "Move it away.")
    elif status and status.st_size > LIMIT:
        yield _fault(name, "error", f"It is larger than {LIMIT >> 20} MiB, so it is not read.", "Move it away.")


def _not_a_folder(folder: StoreFolder, name: str) -> Iterator[Fault]:
    status = folder.files.status(name)
    if status and not is_folder(status):
        what = f"It is {kind_of(status)} where a folder belongs, so nothing in it is read."
        yield _fault(name, "error", what, "Move it away.")


def _stranger(folder: StoreFolder, name: str) -> Fault:
    """Return the fault for a file without the name of a store's file."""
    status = folder.files.status(name)
    if name.startswith(session_file.FOLDER) and (copy := copy_of(name.partition("/")[2])) and is_file(status):
        what = f"It is a second copy of {copy.name.code}, named as {copy.maker} does; its entries are not shown."
        return _fault(name, "error", what, checking.MERGE)
    if is_synced_copy(name):
        what = "A program that syncs folders made this second copy; it is ignored."
        return _fault(name, "warning", what, "Delete it.")
    if name.startswith(session_file.FOLDER) and name.endswith(".jsonl") and is_file(status):
        what = "It is not named CODE.ID.jsonl, so it is not read."
        return _fault(name, "warning", what, "Import it: rflow import FILE")
    kind = kind_of(status) if status else "gone"
    return _fault(name, "info", f"It is {kind} that does not belong to the store; it is ignored.", "Move it away.")


def _sessions(folder: StoreFolder, listing: Listing) -> Iterator[Fault]:
    seen: dict[tuple[str, str], str] = {}
    for name in listing.names() if _names(folder, session_file.FOLDER) else ():
        if folder.files.is_readable(name.file):
            yield from _session(folder, name)
        for key in (("code", derived.search_key(name.code)), ("id", name.session_id)):
            if key in seen:
                yield _fault(name.file, "error", f"It has the same {key[0]} as {seen[key]}.", "Move one of them away.")
            seen[key] = name.file


def _session(folder: StoreFolder, name: Name) -> Iterator[Fault]:
    try:
        content = _content(folder, name)
    except FileNotFoundError:  # Deleted meanwhile.
        return
    except OSError as error:
        problem = of_system(folder.root / name.file, error)
        yield _fault(name.file, "error", problem.what, problem.try_)
        return
    except StoreProblem as problem:
        yield _fault(name.file, "error", problem.what, checking.SAVE_REST)
        return
    log = Log(id=name.session_id, code=name.code, events=content.events)
    yield from _header(name, content.header)
    yield from checking.events(log)
    if content.torn:
        what = "Its last line is incomplete: a write was interrupted, or the file was cut short."
        remedy = "The next write sets the line aside; if entries are missing, restore a backup."
        yield _fault(name.file, "warning", what, remedy)
    held = filter(session_file.is_plain, _names(folder, f"{BLOBS}/{name.session_id}"))
    blobs = {digest for digest in held if folder.files.is_readable(blob_name(name.session_id, digest))}
    yield from checking.contents(log, blobs, lambda digest: _blob(folder, name, digest))


def _content(folder: StoreFolder, name: Name) -> Content:
    """Read a file; if its last line is incomplete, it may be being written, so read it again under the lock."""
    content = session_file.read(folder.files, name)
    if content.torn:
        with suppress(StoreProblem), folder.writing():
            content = session_file.read(folder.files, name)
    return content


def _blob(folder: StoreFolder, name: Name, digest: str) -> bytes:
    try:
        return folder.files.read(blob_name(name.session_id, digest))
    except OSError as error:
        what = f"The content {printable(digest)[:12]}… can't be read: {error.strerror}."
        raise StoreProblem(what, try_="Check the rights on the store's files, then try again.") from error


def _header(name: Name, header: Header | Literal["newer"] | None) -> Iterator[Fault]:
    if header == "newer":
        what = "Its first line is that of a newer rflow: the session can be read here, but not written."
        yield _fault(name.file, "warning", what, "Upgrade rflow to continue it; if it is not newer, restore a backup.")
    elif header is None or (header.id, header.code) != (name.session_id, name.code):
        what = "Its first line is damaged, or is not that of the session in its name."
        yield _fault(name.file, "error", what, checking.SAVE_REST)


def _ids(folder: StoreFolder, listing: Listing) -> set[str]:
    return {name.session_id for name in listing.names()} if _names(folder, session_file.FOLDER) else set()


def _stray_contents(folder: StoreFolder, listing: Listing) -> Iterator[Fault]:
    """Report contents of sessions that don't exist."""
    ids = _ids(folder, listing)
    for name in _names(folder, BLOBS):
        if session_file.is_plain(name) and name not in ids:
            what = "These contents belong to no session (its file was moved, or a write was interrupted)."
            yield _fault(f"{BLOBS}/{name}", "info", what)


def _trees(listing: Listing, all_trees: trees.Trees) -> Iterator[Fault]:
    try:
        names, digests = all_trees.names(None), {digest for _, digest in all_trees.versions()}
    except StoreProblem as problem:
        names, digests = [], set()
        yield _fault(trees.FOLDER, "error", problem.what, problem.try_)
    pinned: set[str] = set()
    with suppress(OSError, OddFile):
        pinned = {entry.head.tree.digest for entry in listing.entries() if entry.head.tree}
    yield from checking.trees(digests, all_trees.read, names, pinned)


def _shares(folder: StoreFolder, listing: Listing) -> Iterator[Fault]:
    with suppress(OSError, OddFile):
        stored = shares.JsonShares(folder).held()
        yield from checking.shares(((digest[:12], share) for digest, share in stored), _ids(folder, listing))
