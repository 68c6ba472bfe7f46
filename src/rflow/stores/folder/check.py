"""Reading all of a JSON store to see what is wrong with it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from rflow.errors import StoreProblem
from rflow.ports import Fault, Log
from rflow.stores import checking, derived
from rflow.stores.codec import FORMAT, Header
from rflow.stores.folder import session_file
from rflow.stores.folder.folder import Folder
from rflow.stores.folder.index import Entry, Index, session_files, stamp
from rflow.stores.folder.shares import JsonShares
from rflow.stores.folder.trees import Trees


def check(folder: Folder, index: Index, trees: Trees) -> list[Fault]:
    """List what is wrong."""
    with folder.reading():
        return [
            *checking.drafts(folder.root.parent),
            *_forgetting(folder),
            *_strangers(folder),
            *_sessions(folder, index),
            *_strays(folder),
            *_trees(folder, index, trees),
            *checking.shares(((name[:12], share) for name, share in JsonShares(folder).stored()), _ids(folder)),
        ]


def _ids(folder: Folder) -> set[str]:
    return {name[1] for file in session_files(folder.root) if (name := session_file.read_name(file.name))}


def _forgetting(folder: Folder) -> Iterator[Fault]:
    """Finish a removal that was not finished, where that can be done now."""
    if not folder.unfinished():
        return
    with suppress(OSError, StoreProblem), folder.writing():
        folder.finish()
    yield checking.unfinished_removal(folder.root.name, done=not folder.unfinished())


def _strangers(folder: Folder) -> Iterator[Fault]:
    """Report files among the sessions that are none."""
    for file in sorted((folder.root / "sessions").glob("*.jsonl")):
        if not session_file.read_name(file.name):
            what = "It is not named CODE.ID.jsonl, so it is not read."
            yield _fault(file, "warning", what, "Take it in with: rflow import FILE")


def _sessions(folder: Folder, index: Index) -> Iterator[Fault]:
    known = index.read()
    seen: dict[tuple[str, str], str] = {}
    for file in sorted(session_files(folder.root)):
        code, session_id = session_file.read_name(file.name) or ("", "")
        yield from _session(folder, file, known.get(file.name))
        for name in (("code", derived.key(code)), ("id", session_id)):
            if name in seen:
                what = f"It has the same {name[0]} as {seen[name]}."
                yield _fault(file, "error", what, "Move one of the files away.")
            seen[name] = file.name


def _session(folder: Folder, file: Path, known: Entry | None) -> Iterator[Fault]:
    try:
        content = _content(folder, file)
    except OSError as error:
        yield _fault(file, "error", f"It can't be read: {error.strerror}.", checking.SAVE_REST)
        return
    code, session_id = session_file.read_name(file.name) or ("", "")
    log = Log(id=session_id, code=code, events=content.events)
    yield from _header(file, content.header, log)
    yield from checking.events(log)
    yield from _ending(file, content, known)
    yield from _cached(file, log, known)
    held = [blob.name for blob in _children(folder.root / "blobs" / session_file.safe(session_id))]
    yield from checking.contents(log, held, lambda digest: folder.blob(session_id, digest).read_bytes())


def _content(folder: Folder, file: Path) -> session_file.Content:
    """Read a file; where its last line is torn, somebody may be writing it right now: look again when nobody is."""
    content = session_file.parse(file.read_bytes())
    if content.torn:
        with suppress(StoreProblem), folder.writing():
            content = session_file.parse(file.read_bytes())
    return content


def _header(file: Path, header: Header | None, log: Log) -> Iterator[Fault]:
    if header is None or (header.id, header.code) != (log.id, log.code):
        what = "Its first line is damaged, or is not that of the session in its name."
        yield _fault(file, "error", what, checking.SAVE_REST)
    elif header.format > FORMAT:
        what = f"Its first line names format {header.format}, the folder has {FORMAT}: it is damaged, or was put here "
        yield _fault(file, "warning", what + "by hand from a newer rflow.", "Upgrade rflow, or correct the number.")


def _fault(file: Path, severity: Literal["error", "warning", "info"], what: str, remedy: str) -> Fault:
    return Fault(severity=severity, where=file.name, what=what, remedy=remedy)


def _ending(file: Path, content: session_file.Content, known: Entry | None) -> Iterator[Fault]:
    """Report a file that was cut short. A torn last line alone is harmless, if we know that it had not been longer."""
    if known and known.highest > content.version:
        what = f"It ends with entry {content.version}, but had {known.highest}: it was cut short, or is an older copy."
        remedy = f"Restore it from a backup; if the older copy is meant, delete {file.parent.parent / '.index.jsonl'}."
        yield _fault(file, "error", what, remedy)
    elif content.torn:
        what = "Its last line is incomplete: a write was interrupted, or the file was cut short."
        remedy = "The next write sets it aside; if entries are missing, restore a backup."
        yield _fault(file, "info" if known else "warning", what, remedy)


def _cached(file: Path, log: Log, known: Entry | None) -> Iterator[Fault]:
    """Check the cache's entry, if it is one that lists would believe."""
    if known and (known.size, known.mtime) == stamp(file.stat()):
        people = {person.id: person.name for person in known.people}
        yield from checking.head(log, known.head)
        yield from checking.people(log, people)


def _strays(folder: Folder) -> Iterator[Fault]:
    """Report contents of sessions that are not there."""
    known = {(session_file.read_name(file.name) or ("", ""))[1] for file in session_files(folder.root)}
    names = {session_file.safe(session_id) for session_id in known}
    for part in _children(folder.root / "blobs"):
        if part.name not in names:
            what = "These contents belong to no session (its file was moved, or a write was interrupted)."
            yield Fault(severity="info", where=f"blobs/{part.name}", what=what)


def _trees(folder: Folder, index: Index, trees: Trees) -> Iterator[Fault]:
    try:
        names = trees.names()
    except StoreProblem as problem:
        names = []
        yield Fault(severity="error", where="trees/names.json", what=problem.what, remedy=problem.try_)
    entries, _ = index.current()
    pinned = {entry.head.tree.digest for entry in entries.values() if entry.head.tree}
    yield from checking.trees(trees.digests(), trees.version, names, pinned)


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
