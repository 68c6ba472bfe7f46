"""The trees of a JSON store: a file per version, and one that says which are current."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from rflow.core.tree.model import Tree, canonical, digest
from rflow.errors import StoreProblem
from rflow.ports import TreeName
from rflow.stores import derived
from rflow.stores.folder import session_file
from rflow.stores.folder.odd_files import is_file
from rflow.stores.folder.store_folder import StoreFolder
from rflow.stores.migrations import TreeEntry

FOLDER, END = "trees", ".json"
NAMES = "trees/names.json"


class Trees:
    """The trees in `folder`."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._files = folder.files

    def add(self, tree: Tree, at: datetime) -> bool:
        """Make `tree` the current version of its id; False where it was that already."""
        version = digest(tree)
        with self._folder.writing():
            entries = self.entries()
            if tree.id in entries and entries[tree.id].digest == version:
                return False
            self._put(tree)
            entry = TreeEntry(digest=version, title=tree.title, nodes=len(tree.nodes), added_at=at.astimezone(UTC))
            self._write({**entries, tree.id: entry})
            return True

    def put(self, tree: Tree) -> None:
        """Keep a version of a tree."""
        with self._folder.writing():
            self._put(tree)

    def _put(self, tree: Tree) -> None:
        file = _file(digest(tree))
        if not is_file(self._files.status(file)):
            self._files.replace(file, canonical(tree))

    def version(self, digest: str) -> Tree | None:
        """Read one version."""
        if not session_file.is_plain(digest):
            return None
        with self._folder.reading():
            try:
                return derived.tree_of(self._files.read(_file(digest)), digest)
            except FileNotFoundError:
                return None

    def named(self, tree_id: str) -> Tree | None:
        """Read the current version."""
        current = self.current(tree_id)
        return self.version(current) if current else None

    def current(self, tree_id: str) -> str | None:
        """Return the digest of the current version without reading it."""
        with self._folder.reading():
            entry = self.entries().get(tree_id)
        return entry.digest if entry else None

    def names(self) -> list[TreeName]:
        """List the current versions, by id."""
        with self._folder.reading():
            entries = sorted(self.entries().items())
        return [
            TreeName(id=tree_id, title=entry.title, digest=entry.digest, nodes=entry.nodes, added_at=entry.added_at)
            for tree_id, entry in entries
        ]

    def remove(self, tree_id: str) -> bool:
        """Remove the name; False where there is none."""
        with self._folder.writing():
            entries = self.entries()
            if tree_id not in entries:
                return False
            self._write({name: entry for name, entry in entries.items() if name != tree_id})
            return True

    def digests(self) -> Iterable[str]:
        """Return the digests of all versions."""
        with self._folder.reading():
            return [file.removesuffix(END) for file in self._files.names(FOLDER) if is_version(file)]

    def entries(self) -> dict[str, TreeEntry]:
        """Read which versions are current."""
        try:
            return msgspec.json.decode(self._files.read(NAMES), type=dict[str, TreeEntry])
        except FileNotFoundError:
            return {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = f"{self._folder.root / NAMES} is damaged: {error}."
            raise StoreProblem(what, try_="Delete it, and add the trees again: rflow tree add FILE") from error

    def _write(self, entries: dict[str, TreeEntry]) -> None:
        self._files.replace(NAMES, msgspec.json.format(msgspec.json.encode(entries, order="sorted")) + b"\n")


def is_version(file: str) -> bool:
    """Whether a file among the trees is a version of one."""
    return file.endswith(END) and f"{FOLDER}/{file}" != NAMES and session_file.is_plain(file.removesuffix(END))


def _file(digest: str) -> str:
    return f"{FOLDER}/{digest}{END}"
