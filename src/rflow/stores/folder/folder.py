"""The folder of a JSON store: its format, its lock, and how files come into it and leave it without a trace."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from rflow.errors import StoreProblem
from rflow.stores import derived, failures, files
from rflow.stores.codec import FORMAT
from rflow.stores.failures import explained
from rflow.stores.folder import session_file
from rflow.stores.locking import locked
from rflow.stores.migrations import DRAFT, Format, upgrade_folder

_PARTS = ("rflow.json", ".gitignore", ".gitattributes", ".forget", "sessions", "trees", "shares", "blobs")
_IGNORED = b".lock\n.index.jsonl\n.draft\n.forget\n*.torn\n"
_ATTRIBUTES = b"* -text\n"  # Git on Windows must not change line breaks: checksums and digests are of bytes.


class Folder:
    """The files of a store; every change happens inside `writing`."""

    def __init__(self, root: Path, patience: float) -> None:
        self.root = root
        self._patience = patience
        self._accepted = False
        self._format_file, self._lock_file, self._sessions = root / "rflow.json", root / ".lock", root / "sessions"
        self._seen: tuple[int, ...] = ()

    def session(self, code: str, session_id: str) -> Path:
        """Say where a session is."""
        return self._sessions / session_file.file_name(code, session_id)

    def blob(self, session_id: str, digest: str) -> Path:
        """Say where a content is."""
        return self.root / "blobs" / session_file.safe(session_id) / session_file.safe(digest)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read: a folder that is not there, or empty, is an empty store."""
        with explained(self.root):
            self._accept()
            yield

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[None]:
        """Hold the lock; a new store is made here."""
        with explained(self.root):
            self._accept()
            if not self._accepted:
                files.make_folder(self.root)
            with locked(self._lock_file, self._patience if patience is None else patience):
                self._look_again()
                yield

    def _accept(self) -> None:
        """See once that the folder is a store, and bring an older format up to date."""
        if self._accepted:
            return
        found = self._format()
        if found is None:
            if self._holds_anything() and self._format() is None:  # Not just being made by another program.
                raise failures.foreign(self.root)
            return
        if found.format < FORMAT:
            self._upgrade(found)
        self._accepted = True

    def _upgrade(self, found: Format) -> None:
        try:
            with locked(self._lock_file, self._patience):
                upgrade_folder(self.root, self._format() or found)
                self._write_rules()
        except OSError as error:
            if failures.is_forbidden(error):
                raise failures.older(self.root) from error
            raise

    def _holds_anything(self) -> bool:
        return self.root.exists() and any(not part.name.startswith(".") for part in self.root.iterdir())

    def _look_again(self) -> None:
        """Make a new store; where `rflow.json` is another than it was, a newer rflow may have upgraded the folder."""
        if (found := self._stamp()) and found == self._seen:
            return
        if self._format() is None:
            self._create()
        self._seen = self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        try:
            status = self._format_file.stat()
        except FileNotFoundError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _format(self) -> Format | None:
        """Read the format; None is a folder that is no store yet."""
        try:
            found = msgspec.json.decode(self._format_file.read_bytes(), type=Format)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            remedy = f'Put this back into it: {{"rflow":"store","format":{FORMAT}}}'
            raise StoreProblem(f"{self._format_file} is damaged: {error}.", try_=remedy) from error
        if found.format > FORMAT:
            raise failures.newer(self.root, found.format, FORMAT)
        return found

    def _create(self) -> None:
        """Make a new store; until `rflow.json` is there, others see an empty one (what is hidden does not count)."""
        self._write_rules()
        self.put(self._format_file, msgspec.json.encode(Format(format=FORMAT)) + b"\n")

    def _write_rules(self) -> None:
        """Tell git what not to keep, and to keep its hands off line breaks."""
        for name, data in ((".gitignore", _IGNORED), (".gitattributes", _ATTRIBUTES)):
            if not (self.root / name).exists():
                self.put(self.root / name, data)

    def put(self, file: Path, data: bytes) -> None:
        """Write a file, whole or not at all."""
        files.make_folder(file.parent)
        files.replace_with(file, data, self.root / DRAFT)

    @contextmanager
    def blobs(self, session_id: str, blobs: Mapping[str, bytes]) -> Iterator[None]:
        """Write contents before the events that name them, which the block writes; if it fails they go again."""
        fresh = [self.blob(session_id, digest) for digest in blobs]
        fresh = [file for file in fresh if not file.exists()]
        try:
            for file in fresh:
                self.put(file, blobs[file.name])
            yield
        except BaseException:
            for file in fresh:
                file.unlink(missing_ok=True)
            raise

    def remove(self, file: Path) -> None:
        """Remove a file for good."""
        file.unlink(missing_ok=True)
        files.sync_folder(file.parent)

    @contextmanager
    def forgetting(self, session_id: str) -> Iterator[None]:
        """Remove, after the block, whatever no event of the session names any longer.

        A note (`.forget`) is made first, so that `finish` can do it after a crash.
        """
        note = self.root / ".forget"
        self.put(note, b"".join(f"{name}\n".encode() for name in {*self.unfinished(), session_id}))
        try:
            yield
        except BaseException:
            with suppress(OSError):
                self.finish()
            raise
        try:
            self.finish()
        except OSError as error:
            raise failures.unfinished(self.root) from error

    def unfinished(self) -> list[str]:
        """Give the ids of sessions of which something is still to be removed."""
        note = self.root / ".forget"
        return note.read_text(encoding="utf-8").split("\n")[:-1] if note.exists() else []

    def finish(self) -> None:
        """Finish what `forgetting` began."""
        from rflow.stores.drafts import sweep

        sweep(self.root.parent)
        (self.root / DRAFT).unlink(missing_ok=True)
        for session_id in self.unfinished():
            self._sweep(session_id)
        self.remove(self.root / ".forget")

    def _sweep(self, session_id: str) -> None:
        name = session_file.safe(session_id)
        kept: set[str] = set()
        for file in (self.root / "sessions").glob(f"*.{name}.*"):
            if file.suffix == ".torn":
                self.remove(file)
            else:
                kept |= derived.named(session_file.parse(file.read_bytes()).events)
        folder = self.root / "blobs" / name
        for blob in folder.iterdir() if folder.is_dir() else ():
            if blob.name not in kept:
                self.remove(blob)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def files(self) -> Iterator[Path]:
        """Give the store's own files (the folder may hold others, such as those of git)."""
        for name in _PARTS:
            part = self.root / name
            yield from (file for file in (part.rglob("*") if part.is_dir() else [part]) if file.is_file())

    def copy(self, path: Path) -> None:
        """Copy the store, as it is at one moment, to a new folder that gets its name when it is complete."""
        from rflow.stores.drafts import draft

        with self.reading(), self._still(), explained(path):
            if path.exists():
                raise failures.taken(path)
            with draft(path, "backup") as new:
                files.make_folder(new)
                for file in self.files():
                    target = new / file.relative_to(self.root)
                    files.make_folder(target.parent)
                    files.replace_with(target, file.read_bytes(), new / DRAFT)
                new.rename(path)
            files.sync_folder(path.parent)

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Keep writers out; where we can't write, we can't lock either, and nobody like us is writing."""
        with ExitStack() as stack:
            with suppress(OSError):
                stack.enter_context(locked(self._lock_file, self._patience))
            yield
