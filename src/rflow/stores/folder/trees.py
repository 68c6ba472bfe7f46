"""The trees of a JSON store: a file per version, and one that says which are current."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from rflow.core.tree.model import Tree, canonical, digest
from rflow.errors import StoreProblem
from rflow.ports import TreeName
from rflow.stores import derived
from rflow.stores.folder import session_file
from rflow.stores.folder.folder import Folder
from rflow.stores.migrations import TreeEntry


class Trees:
    """The trees in `folder`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._names = folder.root / "trees" / "names.json"

    def add(self, tree: Tree, at: datetime) -> bool:
        """Make `tree` the current version of its id; False where it was that already."""
        name = digest(tree)
        with self._folder.writing():
            entries = self.entries()
            if tree.id in entries and entries[tree.id].digest == name:
                return False
            self._put(tree)
            entry = TreeEntry(digest=name, title=tree.title, nodes=len(tree.nodes), added_at=at.astimezone(UTC))
            self._write({**entries, tree.id: entry})
            return True

    def put(self, tree: Tree) -> None:
        """Keep a version of a tree."""
        with self._folder.writing():
            self._put(tree)

    def _put(self, tree: Tree) -> None:
        file = self._file(digest(tree))
        if not file.exists():
            self._folder.put(file, canonical(tree))

    def version(self, digest: str) -> Tree | None:
        """Read one version."""
        with self._folder.reading():
            try:
                return derived.tree_of(self._file(digest).read_bytes(), digest)
            except FileNotFoundError:
                return None

    def named(self, tree_id: str) -> Tree | None:
        """Read the current version."""
        name = self.current(tree_id)
        return self.version(name) if name else None

    def current(self, tree_id: str) -> str | None:
        """Name the current version without reading it."""
        with self._folder.reading():
            entry = self.entries().get(tree_id)
        return entry.digest if entry else None

    def names(self) -> list[TreeName]:
        """List the current versions, by id."""
        with self._folder.reading():
            found = sorted(self.entries().items())
        return [
            TreeName(id=tree_id, title=one.title, digest=one.digest, nodes=one.nodes, added_at=one.added_at)
            for tree_id, one in found
        ]

    def remove(self, tree_id: str) -> bool:
        """Take the name away; False where there is none."""
        with self._folder.writing():
            entries = self.entries()
            if tree_id not in entries:
                return False
            self._write({name: entry for name, entry in entries.items() if name != tree_id})
            return True

    def digests(self) -> Iterable[str]:
        """Give the digests of all versions."""
        with self._folder.reading():
            return [file.stem for file in (self._folder.root / "trees").glob("*.json") if file != self._names]

    def entries(self) -> dict[str, TreeEntry]:
        """Read which versions are current."""
        try:
            return msgspec.json.decode(self._names.read_bytes(), type=dict[str, TreeEntry])
        except FileNotFoundError:
            return {}
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            what = f"{self._names} is damaged: {error}."
            raise StoreProblem(what, try_="Delete it, and add the trees again: rflow tree add FILE") from error

    def _write(self, entries: dict[str, TreeEntry]) -> None:
        self._folder.put(self._names, msgspec.json.format(msgspec.json.encode(entries, order="sorted")) + b"\n")

    def _file(self, digest: str) -> Path:
        return self._folder.root / "trees" / f"{session_file.safe(digest)}.json"
