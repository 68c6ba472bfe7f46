"""What `progress` reads: a session of the store, or a file of one; and writing to a file."""

import os
import sys
from pathlib import Path

import msgspec

from rflow.cli.app import App
from rflow.core.people import person
from rflow.core.session.state import Session
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.core.summary.view import View
from rflow.core.tree.model import Tree
from rflow.errors import BadInput, NotDelivered
from rflow.service.trees import trees_of

FILE_LIMIT = 64 * 1024 * 1024


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A session to summarise: of the store if `stored`, else from a file, with its `trees` by digest."""

    session: Session
    stored: bool
    trees: dict[str, Tree] = {}

    def progress(self, run: App, view: View) -> Progress:
        """Compute the progress of the session."""
        if not self.stored:
            return summarise(self.session, self.trees, view)
        from rflow.service.summaries import session_progress

        return session_progress(run.workspace, self.session, view)


def find_source(run: App, said: str | None) -> Source:
    """Find the session: a file where one of that name is there, "-" for standard input, else a session's code."""
    if said is None or not _is_file(said):
        return Source(session=run.session(said), stored=True)
    from rflow.service.interchange import read_session

    found = read_session(read_input(said), name_of(said), run.me, run.workspace.now())
    session = found.session
    if found.author:
        session.owner = person(found.author)
    return Source(session=session, stored=False, trees={**trees_of(run.workspace, session), **found.read_trees()})


def _is_file(said: str) -> bool:
    if said == "-" or "/" in said or "\\" in said or said.endswith((".json", ".jsonl")):
        return True
    try:
        return Path(said).is_file()
    except OSError:  # longer than a name can be
        return False


def name_of(said: str) -> str:
    """Name an input for people."""
    return "standard input" if said == "-" else said


def read_input(said: str) -> bytes:
    """Read a file, or standard input for "-"."""
    try:
        if said == "-":
            data = sys.stdin.buffer.read(FILE_LIMIT + 1) if sys.stdin else b""
        else:
            with Path(said).open("rb") as file:
                data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"{name_of(said)} can't be read: {error.strerror}.", try_="Check the name.") from error
    if len(data) > FILE_LIMIT:
        raise BadInput(f"{name_of(said)} is larger than 64 MB.", try_="Is it a session?")
    return data


def write_output(said: str, data: bytes, *, private: bool = False) -> None:
    """Write to the file `said`, which may be a device; one that is `private` and new can be read by its owner only."""
    from rflow.stores.places import check_output

    mode = 0o600 if private else 0o666
    try:
        check_output(Path(said))
        with open(said, "wb", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            file.write(data)
    except OSError as error:
        raise NotDelivered(f"{said} can't be written: {error.strerror}.", try_="Name another file.") from error
