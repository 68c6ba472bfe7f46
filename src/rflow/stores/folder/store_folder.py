"""The folder of a JSON store: its format, its lock, and adding and erasing contents."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import msgspec

from rflow.errors import StoreProblem
from rflow.stores import codec, derived, failures, files
from rflow.stores.failures import explained
from rflow.stores.folder import session_file
from rflow.stores.folder.layout import LAYOUT, Format
from rflow.stores.folder.odd_files import is_file, is_folder
from rflow.stores.folder.safe_files import DRAFT, SafeFiles
from rflow.stores.locking import locked

FORMAT_FILE, LOCK, UNFINISHED = "rflow.json", ".lock", ".forget"
FILES = (FORMAT_FILE, ".gitignore", ".gitattributes", UNFINISHED)
BLOBS = "blobs"
FOLDERS = ("sessions", "trees", "shares", BLOBS)
_IGNORED = b".lock\n.draft\n.forget\n*.torn\n"
_ATTRIBUTES = b"* -text\n"  # Git on Windows must not change line breaks: checksums and digests are of bytes.
_OLD_CACHE = ".index.jsonl"  # Older versions kept titles and people in it.


class StoreFolder:
    """The files of a store; every change happens inside `writing`."""

    def __init__(self, root: Path, patience: float) -> None:
        self.root = root
        self.files = SafeFiles(root)
        self._patience = patience
        self._accepted = False
        self._seen: tuple[int, ...] = ()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The context for reading; a missing or empty folder is an empty store."""
        with explained(self.root):
            self._accept()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The context for writing: hold the lock, and create the store if it does not exist."""
        with explained(self.root):
            self._accept()
            if not self._accepted:
                self._check_place()
                files.make_folder(self.root)
            with self.lock():
                self._check_format_again()
                yield

    def _check_place(self) -> None:
        """Refuse to create a store inside another one."""
        from rflow.stores.places import check_new_place

        check_new_place(self.root)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the store's lock."""
        return locked(self.root / LOCK, self._patience, lambda flags: self.files.open(LOCK, flags))

    def _accept(self) -> None:
        """Check once that the folder is a store, and upgrade an older format."""
        if self._accepted:
            return
        form = self._format()
        if form is None:
            if self._holds_anything() and self._format() is None:  # Not just being created by another process.
                raise failures.foreign(self.root)
            return
        if form.format < LAYOUT:
            self._upgrade(form)
        self._accepted = True

    def _upgrade(self, form: Format) -> None:
        from rflow.stores.folder.migrations import OLDEST, upgrade

        if form.format < OLDEST:
            raise failures.too_old(self.root)
        try:
            with self.lock():
                upgrade(self.files, self._format() or form)
                self._write_git_files()
        except OSError as error:
            if failures.is_forbidden(error):
                raise failures.older(self.root) from error
            raise

    def _holds_anything(self) -> bool:
        return any(not name.startswith(".") for name in self.files.names())

    def _check_format_again(self) -> None:
        """Create the store if it is missing; check a changed `rflow.json`, since a newer rflow may have upgraded it."""
        if (stamp := self._stamp()) and stamp == self._seen:
            return
        if self._format() is None:
            self._create()
        self._seen = self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        status = self.files.status(FORMAT_FILE)
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status else ()

    def _format(self) -> Format | None:
        """Read the format; None if the folder is not a store yet."""
        try:
            form = self._read_format()
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if "unknown field" in str(error):
                raise failures.newer(self.root, LAYOUT + 1, LAYOUT) from error
            remedy = f'Put this back into it: {{"rflow":"store","format":{LAYOUT}}}'
            raise StoreProblem(f"{self.root / FORMAT_FILE} is damaged: {error}.", try_=remedy) from error
        if form.format > LAYOUT:
            raise failures.newer(self.root, form.format, LAYOUT)
        return form

    def _read_format(self) -> Format:
        """Read the format; if git left two versions of it (two clones were upgraded), return the newer one."""
        data = self.files.read(FORMAT_FILE)
        if codec.in_conflict(data):
            from rflow.stores.folder.conflicts import sides

            return max((msgspec.json.decode(side, type=Format) for side in sides(data)), key=lambda form: form.format)
        return msgspec.json.decode(data, type=Format)

    def merge_format(self) -> None:
        """Replace two versions of the format that git left with the newer one; the caller holds the lock."""
        if codec.in_conflict(self.files.read(FORMAT_FILE)):
            self.files.replace(FORMAT_FILE, msgspec.json.encode(self._read_format()) + b"\n")

    def _create(self) -> None:
        """Create a new store; until `rflow.json` exists, others see an empty one (hidden files do not count)."""
        self._write_git_files()
        self.files.replace(FORMAT_FILE, msgspec.json.encode(Format(format=LAYOUT)) + b"\n")

    def _write_git_files(self) -> None:
        """Write git's files: what to ignore, and not to change line breaks."""
        for name, data in ((".gitignore", _IGNORED), (".gitattributes", _ATTRIBUTES)):
            if self.files.status(name) is None:
                self.files.replace(name, data)

    @contextmanager
    def blobs(self, session_id: str, blobs: Mapping[str, bytes]) -> Iterator[None]:
        """Write contents before the block writes the events that refer to them; if it fails they are removed."""
        written = []
        try:
            for digest, data in blobs.items():
                name = blob_name(session_id, digest)
                if not is_file(self.files.status(name)):
                    self.files.replace(name, data)
                    written.append(name)
            yield
        except BaseException:
            for name in written:
                self.files.remove(name)
            raise

    @contextmanager
    def forgetting(self, session_id: str) -> Iterator[None]:
        """After the block, remove everything that no event of the session refers to any longer.

        The session is noted in a file first, so that `finish` can do it after a crash.
        """
        pending = {*self.unfinished(), session_id}
        self.files.replace(UNFINISHED, b"".join(f"{name}\n".encode() for name in sorted(pending)))
        try:
            yield
        except BaseException:
            with suppress(OSError, StoreProblem):
                self.finish()
            raise
        try:
            self.finish()
        except OSError as error:
            raise failures.unfinished(self.root) from error

    def unfinished(self) -> list[str]:
        """Return the ids of sessions with an unfinished removal."""
        try:
            lines = self.files.read(UNFINISHED).decode("utf-8", "replace").split("\n")
        except FileNotFoundError:
            return []
        return [line for line in lines if session_file.is_plain(line)]

    def finish(self) -> None:
        """Finish the removals that `forgetting` started."""
        from rflow.stores.drafts import sweep

        sweep(self.root.parent)
        self.files.remove(DRAFT)
        self.files.remove(_OLD_CACHE)
        for session_id in self._holding_anything(self.unfinished()):
            self._sweep(session_id)
        self.files.remove(UNFINISHED)

    def _holding_anything(self, session_ids: Iterable[str]) -> set[str]:
        """Return the sessions that have files, because the list may be untrusted and name any number of sessions."""
        parts = [file.split(".") for file in self.files.names(session_file.FOLDER)]
        return {*session_ids} & {*self.files.names(BLOBS), *(part[1] for part in parts if len(part) == 3)}

    def _sweep(self, session_id: str) -> None:
        named: set[str] = set()
        for file in self.files.names(session_file.FOLDER):
            name = session_file.read_name(file)
            if name and name.session_id == session_id:
                named |= derived.blob_digests(session_file.read(self.files, name).events)
            elif session_file.is_torn(file) and file.split(".")[1] == session_id:
                self.files.remove(f"{session_file.FOLDER}/{file}")
        folder = f"{BLOBS}/{session_id}"
        for digest in set(self.files.names(folder)) - named:
            if not is_folder(self.files.status(f"{folder}/{digest}")):
                self.files.remove(f"{folder}/{digest}")
        if self.files.status(folder) and not self.files.names(folder):
            self.files.remove_folder(folder)


def blob_name(session_id: str, digest: str) -> str:
    """Return the file name of a content."""
    return f"{BLOBS}/{session_id}/{digest}"
