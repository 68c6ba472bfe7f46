"""The folder of a JSON store: its format, its lock, and how files get into it and are removed without a trace."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from rflow.errors import StoreProblem
from rflow.stores import derived, failures, files
from rflow.stores.codec import FORMAT
from rflow.stores.failures import explained
from rflow.stores.folder import session_file
from rflow.stores.folder.safe_files import DRAFT, OddFile, SafeFiles, is_file, is_folder, printable
from rflow.stores.locking import locked
from rflow.stores.migrations import Format, upgrade_folder

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
                files.make_folder(self.root)
            with self._locked():
                self._check_format_again()
                yield

    def _locked(self) -> AbstractContextManager[None]:
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
        if form.format < FORMAT:
            self._upgrade(form)
        self._accepted = True

    def _upgrade(self, form: Format) -> None:
        try:
            with self._locked():
                upgrade_folder(self.files, self._format() or form)
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
            form = msgspec.json.decode(self.files.read(FORMAT_FILE), type=Format)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            remedy = f'Put this back into it: {{"rflow":"store","format":{FORMAT}}}'
            raise StoreProblem(f"{self.root / FORMAT_FILE} is damaged: {error}.", try_=remedy) from error
        if form.format > FORMAT:
            raise failures.newer(self.root, form.format, FORMAT)
        return form

    def _create(self) -> None:
        """Make a new store; until `rflow.json` is there, others see an empty one (hidden files do not count)."""
        self._write_git_files()
        self.files.replace(FORMAT_FILE, msgspec.json.encode(Format(format=FORMAT)) + b"\n")

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
        for session_id in self.unfinished():
            self._sweep(session_id)
        self.files.remove(UNFINISHED)

    def _sweep(self, session_id: str) -> None:
        named: set[str] = set()
        for file in self.files.names(session_file.FOLDER):
            name = session_file.read_name(file)
            if name and name.session_id == session_id:
                named |= derived.named(session_file.read(self.files, name).events)
            elif session_file.is_torn(file) and file.split(".")[1] == session_id:
                self.files.remove(f"{session_file.FOLDER}/{file}")
        folder = f"{BLOBS}/{session_id}"
        for digest in set(self.files.names(folder)) - named:
            if not is_folder(self.files.status(f"{folder}/{digest}")):
                self.files.remove(f"{folder}/{digest}")
        if self.files.status(folder) and not self.files.names(folder):
            self.files.remove_folder(folder)

    def own_files(self) -> Iterator[str]:
        """Return the names of the store's own files, odd ones included (the folder may hold others, such as git's)."""
        yield from (name for name in FILES if self.files.status(name))
        for folder in FOLDERS:
            yield from self._below(folder, 2 if folder == BLOBS else 1)

    def _below(self, folder: str, depth: int) -> Iterator[str]:
        try:
            names = self.files.names(folder)
        except (OSError, OddFile):
            yield folder
            return
        for name in names:
            yield from self._below(f"{folder}/{name}", depth - 1) if depth > 1 else (f"{folder}/{name}",)

    def copy(self, path: Path) -> None:
        """Copy the store, as it is at one moment, to a new folder that gets its name when it is complete.

        What is not a plain file, or can't be read, is left out; `StoreProblem` then says so.
        """
        from rflow.stores.drafts import draft

        with self.reading(), self._without_writers(), explained(path):
            if os.path.lexists(path):
                raise failures.taken(path)
            with draft(path, "backup") as new:
                files.make_folder(new)
                left_out = list(self._copy_into(SafeFiles(new)))
                new.rename(path)
            files.sync_folder(path.parent)
        if left_out:
            raise _incomplete(path, left_out)

    def _copy_into(self, target: SafeFiles) -> Iterator[str]:
        """Copy the store's files; yields the names of those that could not be read."""
        for name in self.own_files():
            try:
                data = self.files.read(name)
            except (OSError, StoreProblem):
                yield printable(name)
            else:
                target.replace(name, data)

    @contextmanager
    def _without_writers(self) -> Iterator[None]:
        """Keep writers out; where we can't write, we can't lock either, and nobody like us is writing."""
        with ExitStack() as stack:
            with suppress(OSError, OddFile):
                stack.enter_context(self._locked())
            yield

    def size(self) -> tuple[int, int]:
        """Return the number of contents of evidence, and the size of all files in bytes."""
        known = {name: self.files.status(name) for name in self.own_files()}
        plain = {name: status.st_size for name, status in known.items() if status and is_file(status)}
        return sum(name.startswith(f"{BLOBS}/") for name in plain), sum(plain.values())


def blob_name(session_id: str, digest: str) -> str:
    """Return where a content is kept."""
    return f"{BLOBS}/{session_id}/{digest}"


def _incomplete(path: Path, left_out: list[str]) -> StoreProblem:
    shown = ", ".join(left_out[:5]) + (f" and {len(left_out) - 5} more" if len(left_out) > 5 else "")
    what = f"The backup at {path} is complete but for what could not be read: {shown}."
    return StoreProblem(what, try_="To see what is wrong with it: rflow store check")
