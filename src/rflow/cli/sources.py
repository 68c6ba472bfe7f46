"""The input and output of `progress`: a session from the store or from a file, and output files."""

import os
import sys

import msgspec

from rflow.cli.app import App
from rflow.core.people import person
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import View
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.core.tree.model import Tree
from rflow.errors import BadInput, NotDelivered, NotFound
from rflow.service.trees import trees_of

FILE_LIMIT = 64 * 1024 * 1024


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A session to summarise: from the store if `stored`, else from a file, with its `trees` by digest."""

    session: Session
    stored: bool
    trees: dict[str, Tree] = {}

    def progress(self, run: App, view: View) -> Progress:
        """Return the progress of the session."""
        if not self.stored:
            return summarise(self.session, self.trees, view)
        from rflow.service.summaries import session_progress

        return session_progress(run.workspace, self.session, view)


def find_source(run: App, name: str | None, *, leaves: bool = False) -> Source:
    """Return the session to summarise: from a file of that name, standard input for "-", else by its code.

    `leaves` says that the summary is sent to others at once; the session is then chosen as carefully as for writing.
    """
    if name is None and leaves:
        return Source(session=run.session_to_write(), stored=True)
    if name is None or not _is_file(name):
        return Source(session=_stored(run, name), stored=True)
    from rflow.service.interchange import read_session

    imported = read_session(read_input(name), name_of(name), run.me, run.workspace.now())
    session = imported.session
    if imported.author:
        session.owner = person(imported.author)
    return Source(session=session, stored=False, trees={**trees_of(run.workspace, session), **imported.read_trees()})


def _stored(run: App, name: str | None) -> Session:
    """Load a session of the store; if it is not found, the error suggests a format of a similar name."""
    try:
        return run.session(name)
    except NotFound as error:
        from difflib import get_close_matches

        from rflow.formats import FORMATS

        if close := get_close_matches(name or "", FORMATS, n=1):
            error.try_ = f"Did you mean the format {close[0]}? rflow progress -f {close[0]}"
        raise


def _is_file(name: str) -> bool:
    if name == "-" or "/" in name or "\\" in name or name.endswith((".json", ".jsonl")):
        return True
    return os.path.isfile(name)


def name_of(name: str) -> str:
    """Return the name of an input for messages."""
    return "standard input" if name == "-" else name


def read_input(name: str) -> bytes:
    """Return the content of a file, or of standard input for "-"."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(FILE_LIMIT + 1) if sys.stdin else b""
        else:
            with open(name, "rb") as file:
                data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"{name_of(name)} can't be read: {error.strerror}.", try_="Check the name.") from error
    if len(data) > FILE_LIMIT:
        raise BadInput(f"{name_of(name)} is larger than 64 MB.", try_="Is it a session?")
    return data


def confirm_overwrite(run: App, name: str | None, *, overwrite: bool) -> None:
    """Ask before a file is replaced, unless `overwrite`; raise `UsageProblem` if there is no terminal."""
    if name is None or overwrite or not _is_a_file(name):
        return
    run.confirm(f"{name} already exists. Replace it?", "--overwrite")


def _is_a_file(name: str) -> bool:
    """Whether a file would be replaced; raise `UsageProblem` if it belongs to a store.

    Devices don't count. A file that can't be examined is reported when writing it fails.
    """
    from pathlib import Path

    from rflow.service.opening import check_output

    path = Path(name)
    if path.absolute().parts[1:2] in (("dev",), ("proc",)):
        return False
    try:
        there = path.is_file()
        if there:
            check_output(path)
    except OSError:
        return False
    return there


def write_output(name: str, data: bytes, *, private: bool = False) -> None:
    """Write to a file, which may be a device; a new file that is `private` can be read only by its owner."""
    from pathlib import Path

    from rflow.service.opening import check_output
    from rflow.whole_files import replace_file

    try:
        check_output(Path(name))
        replace_file(name, data, private=private, durable=True)
    except OSError as error:
        raise NotDelivered(f"{name} can't be written: {error.strerror}.", try_="Use another file.") from error
