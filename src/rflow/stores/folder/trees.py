"""The trees of a JSON store: a file for each version, and one for each space that lists the current versions."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.session.times import EPOCH, Moment
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Tree
from rflow.errors import StoreProblem
from rflow.ports.values import TreeName
from rflow.stores import codec, derived, failures
from rflow.stores.folder import session_file
from rflow.stores.folder.odd_files import is_file
from rflow.stores.folder.store_folder import StoreFolder

FOLDER = "trees"
_SPACE = r"(?:\.(?P<space>[0-9A-Za-z_-]{1,64}))?"
_VERSION = re.compile(rf"(?P<digest>[0-9a-f]{{64}}){_SPACE}\.json")
_NAMES = re.compile(rf"names{_SPACE}\.json")
_COPY = re.compile(r"\.sync-conflict-")  # Syncthing's conflict copy of a file, which is not that of a space.


class TreeEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of a tree in a file of names."""

    digest: str
    title: str
    nodes: int
    added_at: Moment


class Trees:
    """The trees in `folder`."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._files = folder.files

    def add(self, data: bytes, at: datetime, space: str, expected: str | None = None) -> bool:
        """Make a tree the current version of its id; False if it already is."""
        name = derived.new_tree_name(data, at, space)
        with self._folder.writing():
            entries = self._raw(space)
            known = _entry(entries[name.id], name.id).digest if name.id in entries else ""
            if not derived.is_new_version(name, known, expected):
                return False
            self._put(data, space)
            self._set(name)
            return True

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree as copied from another store."""
        with self._folder.writing():
            self._set(name)

    def _set(self, name: TreeName) -> None:
        entry = TreeEntry(digest=name.digest, title=name.title, nodes=name.nodes, added_at=name.added_at)
        self._write({**self._raw(name.space), name.id: msgspec.Raw(msgspec.json.encode(entry))}, name.space)

    def put(self, data: bytes, space: str) -> None:
        """Store a version of a tree."""
        with self._folder.writing():
            self._put(data, space)

    def _put(self, data: bytes, space: str) -> None:
        file = _version_file(fingerprint(data), space)
        if not is_file(self._files.status(file)):
            self._files.replace(file, data)

    def data(self, digest: str, spaces: Sequence[str] | None) -> bytes | None:
        """Read one version from one of `spaces` (None is any)."""
        if not session_file.is_plain(digest):
            return None
        with self._folder.reading():
            holders = spaces if spaces is not None else [space for space, name in self._versions() if name == digest]
            for space in holders:
                try:
                    return derived.verified(self._files.read(_version_file(digest, space)), digest, "tree")
                except FileNotFoundError:
                    continue
        return None

    def read(self, digest: str) -> Tree | None:
        """Read one version of any space as a tree."""
        data = self.data(digest, None)
        return None if data is None else derived.read_tree(data, digest)

    def current(self, tree_id: str, space: str) -> str | None:
        """Return the digest of the current version without reading it; None if there is none, or it is unreadable."""
        with self._folder.reading():
            raw = self._raw(space).get(tree_id)
        return (_name(raw, tree_id, space).digest or None) if raw is not None else None

    def names(self, space: str | None) -> list[TreeName]:
        """List the current versions of the trees of a space (None is all), by id."""
        with self._folder.reading():
            spaces = [space] if space is not None else self._spaces()
            entries = [(name, tree_id, raw) for name in spaces for tree_id, raw in self._raw(name).items()]
        names = [_name(raw, tree_id, name) for name, tree_id, raw in entries]
        return sorted(names, key=lambda name: (name.id, name.space))

    def remove(self, tree_id: str, space: str) -> bool:
        """Remove the name; False if there is none."""
        with self._folder.writing():
            entries = self._raw(space)
            if tree_id not in entries:
                return False
            self._write({name: entry for name, entry in entries.items() if name != tree_id}, space)
            return True

    def versions(self) -> list[tuple[str, str]]:
        """Return (space, digest) of all versions."""
        with self._folder.reading():
            return list(self._versions())

    def _versions(self) -> Iterator[tuple[str, str]]:
        return (version for file in self._files.names(FOLDER) if (version := version_of(file)) is not None)

    def _spaces(self) -> list[str]:
        return [space for file in self._files.names(FOLDER) if (space := names_of(file)) is not None]

    def _raw(self, space: str) -> dict[str, msgspec.Raw]:
        """Read which versions are current; entries are decoded on use, and unreadable ones are kept."""
        file = _names_file(space)
        try:
            return msgspec.json.decode(self._files.read(file), type=dict[str, msgspec.Raw])
        except FileNotFoundError:
            return {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if codec.in_conflict(self._files.read(file)):
                raise failures.in_conflict(self._folder.root / file) from error
            what = f"{self._folder.root / file} is damaged: {error}."
            raise StoreProblem(what, try_="Delete it, and add the trees again: rflow tree add FILE") from error

    def _write(self, entries: Mapping[str, msgspec.Raw], space: str) -> None:
        self._files.replace(_names_file(space), _names_text(entries))


def _entry(raw: msgspec.Raw, tree_id: str) -> TreeEntry:
    try:
        return msgspec.json.decode(raw, type=TreeEntry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreProblem(
            f"The list entry of the tree {tree_id} was written by a newer rflow, or is damaged: {error}.",
            try_="Upgrade rflow; if it is damaged, delete its entry in trees/names.json and add the tree again.",
        ) from error


def _names_text(entries: Mapping[str, msgspec.Raw]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(dict(sorted(entries.items())))) + b"\n"


def merged_names(versions: Iterable[bytes]) -> bytes:
    """Merge several files of names: of two entries for a tree, keep the one added last."""
    entries: dict[str, msgspec.Raw] = {}
    for data in versions:
        for tree_id, raw in msgspec.json.decode(data, type=dict[str, msgspec.Raw]).items():
            known = entries.get(tree_id)
            if known is None or _name(known, tree_id, "").added_at < _name(raw, tree_id, "").added_at:
                entries[tree_id] = raw
    return _names_text(entries)


def _name(raw: msgspec.Raw, tree_id: str, space: str) -> TreeName:
    """Return the list entry of a tree; an unreadable one gets a placeholder, so that the list still works."""
    try:
        entry = _entry(raw, tree_id)
    except StoreProblem:
        return TreeName(id=tree_id, title="(unreadable)", digest="", nodes=0, added_at=EPOCH, space=space)
    return TreeName(
        id=tree_id,
        title=entry.title,
        digest=entry.digest,
        nodes=entry.nodes,
        added_at=entry.added_at,
        space=space,
    )


def version_of(file: str) -> tuple[str, str] | None:
    """Return the (space, digest) of a file of a version; None if it is not one."""
    match = None if _COPY.search(file) else _VERSION.fullmatch(file)
    return (match["space"] or DEFAULT_SPACE, match["digest"]) if match else None


def names_of(file: str) -> str | None:
    """Return the space of a file of names; None if it is not one."""
    match = None if _COPY.search(file) else _NAMES.fullmatch(file)
    return (match["space"] or DEFAULT_SPACE) if match else None


def _in_space(name: str, space: str) -> str:
    """Return the path of a file of a space; the default space is not part of the path."""
    if not session_file.is_plain(space):
        raise StoreProblem(f'A folder can\'t hold the space "{space}".', try_="Use letters, digits, hyphens.")
    return f"{FOLDER}/{name}.json" if space == DEFAULT_SPACE else f"{FOLDER}/{name}.{space}.json"


def _version_file(digest: str, space: str) -> str:
    return _in_space(digest, space)


def _names_file(space: str) -> str:
    return _in_space("names", space)
