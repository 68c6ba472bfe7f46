"""The example sessions that come with rflow."""

from datetime import UTC, datetime

import msgspec

from rflow.core.people import person
from rflow.core.session.events import Event, TreeEntered
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import View
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.core.tree.model import Tree
from rflow.data import data_dir
from rflow.errors import BadInput


class Recording(msgspec.Struct, kw_only=True):
    """A recorded session with its trees and the contents of its evidence; `tree` is the id of its first tree."""

    session: Session
    events: list[Event]
    trees: dict[str, Tree]
    blobs: dict[str, bytes]

    @property
    def author(self) -> str:
        """The name of the person who recorded it."""
        return self.events[0].by.name

    @property
    def tree(self) -> str:
        """The id of its first tree."""
        return next(event.fact.tree.id for event in self.events if isinstance(event.fact, TreeEntered))


def recorded(name: str) -> Recording:
    """Return a recorded session that comes with rflow."""
    from rflow.service.interchange import read_session

    path = data_dir("examples") / "sessions" / f"{name}.jsonl"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"The example {path} is missing.", try_="Install rflow again.") from error
    read = read_session(data, path.name, person("reader"), datetime.now(UTC))
    events = [event for event in read.log.events if isinstance(event, Event)]
    return Recording(session=read.session, events=events, trees=read.read_trees(), blobs=read.contents)


def example_progress() -> Progress:
    """Return the progress of an example session, as of its last event."""
    example = recorded("postgres-refused")
    view = View(as_of=example.session.updated_at or datetime.now(UTC), zone=lambda at: at)
    return summarise(example.session, example.trees, view)
