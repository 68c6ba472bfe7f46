"""Sessions and trees in a folder of text files, to read, compare and commit: one host, up to some 2,000 sessions.

rflow.json              the format
sessions/CODE.ID.jsonl  a session: a header, then an event per line (the interchange form); CODE.ID.torn: see append
trees/DIGEST.json       a version of a tree; trees/names.json says which are current
shares/HASH.json        a read-only link, by its token's hash; HASH.views.jsonl: when it was looked at
blobs/ID/DIGEST         the contents of a session's evidence
.lock .draft .forget    one writer at a time; a file being written; a removal to be finished
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.session.replay import replay_session
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import NotFound
from rflow.ports.values import (
    CodeTaken,
    Fault,
    Info,
    Merged,
    Ranked,
    Report,
    Stale,
    Standing,
    StartedBy,
    TreeName,
    unreported,
)
from rflow.stores import codec, derived
from rflow.stores.failures import PATIENCE, no_accounts
from rflow.stores.folder import backup, session_file
from rflow.stores.folder.layout import LAYOUT
from rflow.stores.folder.listing import Listing, Stamp
from rflow.stores.folder.session_file import Name
from rflow.stores.folder.shares import JsonShares
from rflow.stores.folder.store_folder import StoreFolder, blob_name
from rflow.stores.folder.trees import Trees

if TYPE_CHECKING:
    from rflow.core.notices import Notice
    from rflow.core.session.search.query import Term
    from rflow.stores.search.scanning import ScannedSearch


class JsonDirStore:
    """A store in the folder `root`; `patience` is how many seconds a writer waits for another."""

    kind = "json"
    shared = False

    def __init__(self, root: Path, patience: float = PATIENCE) -> None:
        self._root = root
        self._folder = StoreFolder(root, patience)
        self._files = self._folder.files
        self._listing = Listing(self._files)
        self._trees = Trees(self._folder)
        self.shares = JsonShares(self._folder, lambda session_id: self.standing(session_id) is not None)
        self._asked: dict[str, Name] = {}  # sessions whose version was asked for: it is asked often

    @property
    def accounts(self) -> NoReturn:
        """Raise `UsageProblem`: a folder, which people edit and commit, can't have accounts."""
        raise no_accounts()

    @property
    def outbox(self) -> NoReturn:
        """Raise `UsageProblem`: notices are for people with accounts."""
        raise no_accounts()

    @property
    def url(self) -> str:
        """The URL that opens this store."""
        return f"json:{self._root.as_posix()}"

    def scoped(self, spaces: Sequence[str] | None) -> Self:
        """Return this store: the caller filters by space."""
        return self

    def id_for(self, started_by: StartedBy, new: str) -> str:
        """Return the id for the session that a command starts, derived from the command."""
        return derived.id_for(started_by)

    def create(
        self,
        session: Session,
        events: Sequence[Stored],
        blobs: Mapping[str, bytes],
        started_by: StartedBy | None = None,
    ) -> None:
        """Store a new session."""
        name = session_file.name_of(session.code, session.id)
        with self._folder.writing():
            for known in self._listing.names():
                if known.session_id == session.id:
                    raise Stale
                if derived.search_key(known.code) == derived.search_key(session.code):
                    raise CodeTaken
            with self._folder.blobs(session.id, blobs):
                self._files.replace(name.file, session_file.text(session.id, session.code, events))

    def append(
        self,
        session: Session,
        events: Sequence[Stored],
        expected: int,
        blobs: Mapping[str, bytes],
        notices: "Sequence[Notice]" = (),
        stamp: str | None = None,
    ) -> None:
        """Add events to a session; there are never notices, because there are no accounts."""
        with self._folder.writing():
            name = self._find_as_read(session.id, session.code, stamp)
            with session_file.opened(self._files, name) as file:
                if file.version != expected:
                    raise Stale
                with self._folder.blobs(session.id, blobs):
                    file.append(events)

    def standing(self, session_id: str) -> Standing | None:
        """Return the standing of a session; unless the file has changed, only its end is read."""
        with self._folder.reading():
            try:
                name = self._asked.get(session_id) or self._find(session_id)
                version = session_file.read_end(self._files, name).version
                entry = self._listing.entry(name)
            except (NotFound, FileNotFoundError):
                self._asked.pop(session_id, None)
                return None
            self._asked[session_id] = name
            stamp = self._listing.stamp(name)
            return Standing(version, entry.head.space, entry.head.owner.id, stamp) if entry else None

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events."""
        with self._folder.reading():
            name = self._find(session_id)
            stamp = self._listing.stamp(name)
            try:
                content = session_file.read(self._files, name, after)
            except FileNotFoundError:  # Deleted since it was listed.
                raise derived.no_session() from None
            entry = self._listing.entry(name) if after else None
        later = [event for event in content.events if event.seq > after]
        space = entry.head.space if entry else replay_session(session_id, name.code, content.events[:1]).space
        header = content.newer_header
        return Log(id=session_id, code=name.code, events=later, space=space, after=after, stamp=stamp, header=header)

    def latest(self, session_id: str) -> Log:
        """Read a session's state: all of its events, since there are no checkpoints."""
        return self.load(session_id)

    def find(self, prefix: str, limit: int = 10, spaces: Sequence[str] | None = None) -> list[Head]:
        """Return the sessions of `spaces` whose code or id begins with `prefix`."""
        wanted = derived.search_key(prefix)
        with self._folder.reading():
            found = self._listing.entries(
                lambda name: any(derived.search_key(text).startswith(wanted) for text in name)
            )
        return derived.with_prefix([entry.head for entry in found], prefix, limit, spaces)

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        with self._folder.reading():
            return self._listing.page(query)

    def search(self, terms: "Sequence[Term]", query: Query, first: int = 0) -> Ranked:
        """Return the sessions that contain all `terms`, best first; the index is only in memory."""
        with self._folder.reading():
            stamps = {name.session_id: (name, stamp) for name, stamp in self._listing.stamped()}
        return self._search.find(stamps, terms, query, first)

    @cached_property
    def _search(self) -> "ScannedSearch[tuple[Name, Stamp]]":
        from rflow.stores.search.scanning import ScannedSearch

        return ScannedSearch(self._load_at)

    def _load_at(self, session_id: str, place: "tuple[Name, Stamp]") -> Log:
        """Read the events of a session whose file is known."""
        name, _ = place
        return Log(id=session_id, code=name.code, events=session_file.read(self._files, name).events)

    def people(self, spaces: Sequence[str] | None = None) -> list[Person]:
        """Return all people in the sessions of `spaces`, with the names from their newest sessions."""
        with self._folder.reading():
            entries = [entry for entry in self._listing.entries() if spaces is None or entry.head.space in spaces]
        entries.sort(key=lambda entry: entry.head.id)
        return derived.sorted_people({person.id: person for entry in entries for person in entry.people}.values())

    def has_person(self, person_id: str) -> bool:
        """Whether a person appears in a session; reading stops at the first one."""
        with self._folder.reading():
            return any(person.id == person_id for entry in self._listing.newest() for person in entry.people)

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int, stamp: str | None = None) -> None:
        """Replace all events of a session, and leave no trace of the old ones."""
        with self._folder.writing():
            name = self._find_as_read(session.id, session.code, stamp)
            if session_file.read_end(self._files, name).version != expected:
                raise Stale
            with self._folder.forgetting(session.id):
                self._files.replace(name.file, session_file.text(session.id, session.code, events))

    def delete(self, session_id: str) -> None:
        """Remove a session with everything that belongs to it, and leave no trace."""
        with self._folder.writing():
            name = self._find(session_id)
            with self._folder.forgetting(session_id):
                self.shares.clear(session_id)  # First: a link must not outlive what it shows.
                self._files.remove(name.file)

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a blob stored with a session."""
        if not (session_file.is_plain(session_id) and session_file.is_plain(digest)):
            raise derived.no_blob(digest)
        with self._folder.reading():
            try:
                return derived.verified(self._files.read(blob_name(session_id, digest)), digest)
            except FileNotFoundError:
                raise derived.no_blob(digest) from None

    def add_tree(self, data: bytes, at: datetime, space: str = DEFAULT_SPACE, expected: str | None = None) -> bool:
        """Make a tree the current version of its id."""
        return self._trees.add(data, at, space, expected)

    def put_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> None:
        """Store a version of a tree."""
        self._trees.put(data, space)

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree as copied from another store."""
        self._trees.set_name(name)

    def tree_data(self, digest: str, spaces: Sequence[str] | None = None) -> bytes | None:
        """Read one version of a tree."""
        return self._trees.data(digest, spaces)

    def tree_digest(self, tree_id: str, space: str = DEFAULT_SPACE) -> str | None:
        """Return the digest of the current version of a tree."""
        return self._trees.current(tree_id, space)

    def tree_names(self, space: str | None = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space."""
        return self._trees.names(space)

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> bool:
        """Remove the name of a tree."""
        return self._trees.remove(tree_id, space)

    def stamp(self) -> int | None:
        """Return None: only examining every file would show a change."""
        return None

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions."""
        with self._folder.reading():
            return [name.session_id for name in self._listing.names()]

    def versions(self) -> Iterable[tuple[str, str]]:
        """Return (space, digest) of all tree versions."""
        return self._trees.versions()

    def info(self) -> Info:
        """Return facts about this store, and how much it holds."""
        with self._folder.reading():
            entries = self._listing.entries()
            blobs, size = backup.size(self._files)
        return Info(
            url=self.url,
            kind=self.kind,
            format=LAYOUT,
            records=codec.RECORD,
            sessions=len(entries),
            events=sum(entry.head.version for entry in entries),
            trees=len(list(self.versions())),
            blobs=blobs,
            size=size,
        )

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong; also finish an interrupted removal, if possible."""
        from rflow.stores.folder.check import check

        return check(self._folder, self._listing, self._trees)

    def merge(self) -> list[Merged]:
        """Merge sessions that exist in several versions, left by git or by a program that syncs folders."""
        from rflow.stores.folder.merging import merge_all

        return merge_all(self._folder)

    def backup(self, path: Path, report: Report = unreported) -> None:
        """Copy the whole store to a new folder."""
        backup.back_up(self._folder, path, report)

    def close(self) -> None:
        """Do nothing: no file is kept open."""

    def _find_as_read(self, session_id: str, code: str, stamp: str | None) -> Name:
        """Find the name of a session's file; raise `Stale` if the file has a different stamp."""
        name = self._find(session_id, code)
        if stamp not in (None, self._listing.stamp(name)):
            raise Stale
        return name

    def _find(self, session_id: str, code: str = "") -> Name:
        """Find the name of a session's file, without listing the folder if its code is known; raise `NotFound`."""
        if session_file.is_plain(code) and session_file.is_plain(session_id):
            name = Name(code, session_id)
            if self._files.status(name.file):
                return name
        for name in self._listing.names():
            if name.session_id == session_id:
                return name
        raise derived.no_session()
