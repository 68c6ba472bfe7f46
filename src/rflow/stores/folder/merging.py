"""Merging diverged versions of a session: files with git's merge markers, and copies by sync programs."""

from collections.abc import Iterator
from contextlib import suppress

from rflow.core.session.events import Event, Unreadable
from rflow.core.session.merge import Merge, merge
from rflow.errors import StoreProblem
from rflow.ports.values import Merged
from rflow.stores import codec
from rflow.stores.folder import conflicts, session_file, trees
from rflow.stores.folder.conflicts import Copy
from rflow.stores.folder.odd_files import is_file, reason
from rflow.stores.folder.session_file import Content, Name
from rflow.stores.folder.store_folder import StoreFolder

_NOT_ALL = "Some of its entries can't be read, so nothing was merged; `rflow store check` shows them."


def merge_all(folder: StoreFolder) -> list[Merged]:
    """Merge everything that is in conflict, and return the result for each session."""
    with folder.writing():
        folder.merge_format()
        _merge_tree_names(folder)
        return [_merge_session(folder, name, copies) for name, copies in _in_conflict(folder)]


def copies(folder: StoreFolder) -> list[Copy]:
    """Return the conflict copies of sessions."""
    return [
        copy
        for file in folder.files.names(session_file.FOLDER)
        if (copy := conflicts.copy_of(file)) and is_file(folder.files.status(copy.file))
    ]


def _in_conflict(folder: StoreFolder) -> Iterator[tuple[Name, list[Copy]]]:
    """Yield each session that exists in several versions, with the copies of its file."""
    by_name: dict[Name, list[Copy]] = {}
    for copy in copies(folder):
        by_name.setdefault(copy.name, []).append(copy)
    for file in folder.files.names(session_file.FOLDER):
        name = session_file.read_name(file)
        if name and (name in by_name or _has_markers(folder, name)):
            by_name.setdefault(name, [])
    yield from by_name.items()


def _has_markers(folder: StoreFolder, name: Name) -> bool:
    with suppress(OSError, StoreProblem):
        return codec.in_conflict(folder.files.read(name.file))
    return False


def _merge_session(folder: StoreFolder, name: Name, others: list[Copy]) -> Merged:
    """Merge all versions of a session, then remove the copies."""
    try:
        contents = [*_contents(folder, name, others)]
    except (OSError, StoreProblem) as problem:
        return Merged(code=name.code, left=reason(problem))
    if any(isinstance(event, Unreadable) for content in contents for event in content.events):
        return Merged(code=name.code, left=_NOT_ALL)
    whole = _merged([[event for event in content.events if isinstance(event, Event)] for content in contents])
    if torn := b"".join(content.torn + b"\n" for content in contents if content.torn):
        folder.files.append(name.torn, torn)
    folder.files.replace(name.file, session_file.text(name.session_id, name.code, whole.events))
    for copy in others:
        folder.files.remove(copy.file)
    return Merged(code=name.code, added=len(whole.events) - len(contents[0].events), moves=whole.moves)


def _contents(folder: StoreFolder, name: Name, others: list[Copy]) -> Iterator[Content]:
    """Read every version of a session: those in its file and those in the copies."""
    for file in (name.file, *(copy.file for copy in others)):
        if folder.files.status(file) is None:
            continue  # there is only the copy
        data = folder.files.read(file)
        for side in conflicts.sides(data) if codec.in_conflict(data) else (data,):
            content = session_file.parse(side)
            if not isinstance(content.header, codec.Header) or content.header.id != name.session_id:
                raise StoreProblem(f"{file} does not begin like this session.", try_="Move it away.")
            yield content


def _merged(versions: list[list[Event]]) -> Merge:
    whole = Merge(versions[0])
    for version in versions[1:]:
        whole = merge(whole.events, version)
    return whole


def _merge_tree_names(folder: StoreFolder) -> None:
    """Merge the lists of current trees: of two entries for one tree, keep the one added last."""
    for file in folder.files.names(trees.FOLDER):
        path = f"{trees.FOLDER}/{file}"
        if trees.names_of(file) is not None and codec.in_conflict(data := folder.files.read(path)):
            folder.files.replace(path, trees.merged_names(conflicts.sides(data)))
