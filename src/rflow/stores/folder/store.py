"""Sessions and trees in a folder of text files, to read, compare and commit: one host, up to some 2,000 sessions.

rflow.json                the format
sessions/CODE.ID.jsonl    a session: a header, then an event per line (the interchange form); CODE.ID.torn: see append
trees/DIGEST.json         a version of a tree; trees/names.json tells which are current
shares/HASH.json      a read-only link, by its token's hash; HASH.views.jsonl tells when it was looked at
blobs/ID/DIGEST           the contents of a session's evidence
.lock .index.jsonl .draft .forget     one writer at a time; a cache; a file being written; a removal to be finished
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.state import Session
from rflow.core.tree.model import Tree
from rflow.errors import NotFound, StoreProblem
from rflow.ports import CodeTaken, Fault, Info, Log, Stale, TreeName
from rflow.stores import codec, derived
from rflow.stores.failures import PATIENCE
from rflow.stores.folder import index, session_file
from rflow.stores.folder.folder import Folder
from rflow.stores.folder.shares import JsonShares
from rflow.stores.folder.trees import Trees


class JsonDirStore:
    """A store in the folder `root`; `patience` is how many seconds a writer waits for another."""

    kind = "json"
    shared = False

    def __init__(self, root: Path, patience: float = PATIENCE) -> None:
        self._root = root
        self._folder = Folder(root, patience)
        self._index = index.Index(root)
        self._trees = Trees(self._folder)
        self.shares = JsonShares(self._folder)
        self._paths: dict[str, Path] = {}  # of sessions whose version was asked for: it is asked again and again

    @property
    def url(self) -> str:
        """How to open it again."""
        return f"json:{self._root.as_posix()}"

    def create(self, session: Session, events: Sequence[Stored], blobs: Mapping[str, bytes]) -> None:
        """Store a new session."""
        with self._folder.writing():
            for code, session_id in self._names():
                if session_id == session.id:
                    raise Stale
                if derived.key(code) == derived.key(session.code):
                    raise CodeTaken
            file = self._folder.session(session.code, session.id)
            with self._folder.blobs(session.id, blobs):
                self._folder.put(file, session_file.text(session.id, session.code, events))
            self._note(file.name, file.stat(), session)

    def append(self, session: Session, events: Sequence[Stored], expected: int, blobs: Mapping[str, bytes]) -> None:
        """Add events to a session."""
        with self._folder.writing():
            path = self._find(session.id, session.code)
            with session_file.SessionFile(path) as file:
                if file.version != expected:
                    raise Stale
                with self._folder.blobs(session.id, blobs):
                    status = file.append(events)
            self._note(path.name, status, session)

    def version(self, session_id: str) -> int | None:
        """Give the number of a session's last event, by reading the end of its file."""
        with self._folder.reading():
            try:
                path = self._paths.get(session_id) or self._find(session_id)
                found = session_file.last_version(path)
            except (NotFound, FileNotFoundError):
                self._paths.pop(session_id, None)
                return None
            self._paths[session_id] = path
            return found

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events."""
        with self._folder.reading():
            file = self._find(session_id)
            code, _ = session_file.read_name(file.name) or ("", "")
            try:
                return session_file.log(file, session_id, code, after)
            except FileNotFoundError:  # Deleted since it was found.
                raise derived.no_session() from None

    def find(self, prefix: str, limit: int = 10) -> list[Head]:
        """Give the sessions whose code or id begins with `prefix`."""
        return derived.pick((entry.head for entry in self._entries()), prefix, limit)

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        return derived.page((entry.head for entry in self._entries()), query)

    def people(self) -> list[Person]:
        """Give everybody this store has seen, as they were called in their newest session."""
        found = sorted(self._entries(), key=lambda entry: entry.head.id)
        return derived.by_name({person.id: person for entry in found for person in entry.people}.values())

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int) -> None:
        """Replace all events of a session, and leave no trace of the old ones."""
        with self._folder.writing():
            file = self._find(session.id, session.code)
            with session_file.SessionFile(file) as opened:
                if opened.version != expected:
                    raise Stale
            with self._folder.forgetting(session.id):
                self._index.forget(file.name)
                self._folder.put(file, session_file.text(session.id, session.code, events))
            self._note(file.name, file.stat(), session)

    def delete(self, session_id: str) -> None:
        """Remove a session with all that belongs to it, and leave no trace."""
        with self._folder.writing():
            file = self._find(session_id)
            with self._folder.forgetting(session_id):
                self._index.forget(file.name)
                self.shares.clear(session_id)  # First: a link must not outlive what it shows.
                self._folder.remove(file)

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a content stored with a session."""
        with self._folder.reading():
            try:
                return derived.intact(self._folder.blob(session_id, digest).read_bytes(), digest)
            except FileNotFoundError:
                raise derived.no_blob(digest) from None

    def add_tree(self, tree: Tree, at: datetime) -> bool:
        """Make `tree` the current version of its id."""
        return self._trees.add(tree, at)

    def put_tree(self, tree: Tree) -> None:
        """Keep a version of a tree."""
        self._trees.put(tree)

    def tree(self, digest: str) -> Tree | None:
        """Read one version of a tree."""
        return self._trees.version(digest)

    def named_tree(self, tree_id: str) -> Tree | None:
        """Read the current version of a tree."""
        return self._trees.named(tree_id)

    def tree_digest(self, tree_id: str) -> str | None:
        """Name the current version of a tree."""
        return self._trees.current(tree_id)

    def tree_names(self) -> list[TreeName]:
        """List the current versions of all trees."""
        return self._trees.names()

    def remove_tree(self, tree_id: str) -> bool:
        """Take the name of a tree away."""
        return self._trees.remove(tree_id)

    def stamp(self) -> int | None:
        """Not to be told without looking at everything."""
        return None

    def ids(self) -> Iterable[str]:
        """Give the ids of all sessions."""
        with self._folder.reading():
            return [session_id for _, session_id in self._names()]

    def digests(self) -> Iterable[str]:
        """Give the digests of all tree versions."""
        return self._trees.digests()

    def info(self) -> Info:
        """Say what this store is and how much it holds."""
        entries = self._entries()
        return Info(
            url=self.url,
            kind=self.kind,
            format=codec.FORMAT,
            sessions=len(entries),
            events=sum(entry.head.version for entry in entries),
            trees=len(list(self.digests())),
            blobs=sum(file.parent.parent.name == "blobs" for file in self._folder.files()),
            size=sum(file.stat().st_size for file in self._folder.files()) + self._index.size(),
        )

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong; a removal that was not finished is finished, where it can be."""
        from rflow.stores.folder.check import check

        return check(self._folder, self._index, self._trees)

    def backup(self, path: Path) -> None:
        """Copy the whole store to a new folder."""
        self._folder.copy(path)

    def close(self) -> None:
        """Nothing is kept open."""

    def _names(self) -> Iterator[tuple[str, str]]:
        """Give the codes and ids of all sessions, from the names of their files."""
        for file in index.session_files(self._root):
            if name := session_file.read_name(file.name):
                yield name

    def _find(self, session_id: str, code: str = "") -> Path:
        """Find the file of a session, at once where its code is known; raise `NotFound`."""
        file = self._folder.session(code, session_id)
        if code and file.exists():
            return file
        for file in index.session_files(self._root):
            if (session_file.read_name(file.name) or ("", ""))[1] == session_id:
                return file
        raise derived.no_session()

    def _note(self, name: str, status: os.stat_result, session: Session) -> None:
        """Keep the cache up to date; if that fails, the next list reads the session's file."""
        with suppress(OSError):
            self._index.add(index.entry(name, index.stamp(status), session))

    def _entries(self) -> list[index.Entry]:
        """Give what lists need of every session; put into the cache what it lacked, if nobody else writes now."""
        with self._folder.reading():
            found, complete = self._index.current()
            if not complete:
                with suppress(OSError, StoreProblem), self._folder.writing(patience=0):
                    self._index.write(self._index.current()[0].values())
        return list(found.values())
