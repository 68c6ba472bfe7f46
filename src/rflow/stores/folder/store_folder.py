"""The folder of a JSON store: its format, its lock, and how files get into it and are removed without a trace."""

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
        """Read; a folder that is not there, or empty, is an empty store."""
        with explained(self.root):
            self._accept()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock; a new store is made here."""
        with explained(self.root):
            self._accept()
            if not self._accepted:
                self._check_place()
                files.make_folder(self.root)
            with self.lock():
                self._check_format_again()
                yield

    def _check_place(self) -> None:
        """Refuse to make a store inside another one."""
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
            if self._holds_anything() and self._format() is None:  # Not just being made by another program.
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
        """Make a new store; if `rflow.json` has changed since, a newer rflow may have upgraded the folder."""
        if (stamp := self._stamp()) and stamp == self._seen:
            return
        if self._format() is None:
            self._create()
        self._seen = self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        status = self.files.status(FORMAT_FILE)
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status else ()

    def _format(self) -> Format | None:
        """Read the format; None is a folder that is no store yet."""
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
        """Read the format; where git left two versions of it, the newer one (two clones were upgraded)."""
        data = self.files.read(FORMAT_FILE)
        if codec.in_conflict(data):
            from rflow.stores.folder.conflicts import sides

            return max((msgspec.json.decode(side, type=Format) for side in sides(data)), key=lambda form: form.format)
        return msgspec.json.decode(data, type=Format)

    def merge_format(self) -> None:
        """Write the format again where git left two versions of it; the caller holds the lock."""
        if codec.in_conflict(self.files.read(FORMAT_FILE)):
            self.files.replace(FORMAT_FILE, msgspec.json.encode(self._read_format()) + b"\n")

    def _create(self) -> None:
        """Make a new store; until `rflow.json` is there, others see an empty one (hidden files do not count)."""
        self._write_git_files()
        self.files.replace(FORMAT_FILE, msgspec.json.encode(Format(format=LAYOUT)) + b"\n")

    def _write_git_files(self) -> None:
        """Tell git what not to keep, and not to change line breaks."""
        for name, data in ((".gitignore", _IGNORED), (".gitattributes", _ATTRIBUTES)):
            if self.files.status(name) is None:
                self.files.replace(name, data)

    @contextmanager
    def blobs(self, session_id: str, blobs: Mapping[str, bytes]) -> Iterator[None]:
        """Write contents before the events that name them, which the block writes; if it fails they are removed."""
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
        """After the block, remove everything that no event of the session names any longer.

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
        """Return the ids of sessions of which something is still to be removed."""
        try:
            lines = self.files.read(UNFINISHED).decode("utf-8", "replace").split("\n")
        except FileNotFoundError:
            return []
        return [line for line in lines if session_file.is_plain(line)]

    def finish(self) -> None:
        """Finish what `forgetting` began."""
        from rflow.stores.drafts import sweep

        sweep(self.root.parent)
        self.files.remove(DRAFT)
        self.files.remove(_OLD_CACHE)
        for session_id in self._holding_anything(self.unfinished()):
            self._sweep(session_id)
        self.files.remove(UNFINISHED)

    def _holding_anything(self, session_ids: Iterable[str]) -> set[str]:
        """Return those sessions of which there are files: a list that somebody else made may name any number."""
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
    """Return where a content is kept."""
    return f"{BLOBS}/{session_id}/{digest}"
