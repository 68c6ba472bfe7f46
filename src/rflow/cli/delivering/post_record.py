"""Recording posts, to prevent posting twice: in the session, or else in the user's state folder.

A post is recorded as started before it is sent, and as sent or failed afterwards. If the second record is missing, the
summary may have been posted. Reasons: docs/decisions/0007.
"""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.delivering.deliver import record
from rflow.core.fingerprint import fingerprint
from rflow.core.session.commands import RecordShared
from rflow.core.session.events import DeliveryState
from rflow.core.session.rules.entries import check_not_posted
from rflow.core.session.state import Delivery, Session
from rflow.core.summary.progress import Digest, Progress
from rflow.errors import NotAllowed, RflowError
from rflow.whole_files import write_own_file

_AGAIN = "To post it anyway: --again"
_LOOK = "Look there first. To post it anyway: --again"
_UNRECORDED = "Note: the post can't be recorded, so rflow can't prevent a second one:"


def destination(target: str) -> str:
    """Return the destination that records a post to `target`."""
    return f"post:{target}"


def delivered(session: Session) -> list[Delivery]:
    """Return the deliveries that succeeded, without posts that were only started or failed."""
    return [delivery for delivery in session.deliveries if delivery.state == "sent"]


class SessionRecord:
    """Records a post to `target` in its session, which refuses to post it again unchanged."""

    def __init__(self, run: App, session: Session, format_: str, target: str) -> None:
        self._run, self._session, self._format, self._target = run, session, format_, target
        self._recordable = True

    def _command(self, state: DeliveryState, *, again: bool = False) -> RecordShared:
        return RecordShared(
            format=self._format,
            destination=destination(self._target),
            through=self._session.version,
            state=state,
            again=again,
        )

    def check(self) -> None:
        """Raise `NotAllowed` if the session was, or may have been, posted and has not changed since.

        The message gives the local time.
        """
        from rflow.cli.display.text import clock

        now = self._run.workspace.now()
        check_not_posted(self._session, destination(self._target), lambda at: clock(at, now))
        self._run.workspace.check(self._session.id, self._command("started"))

    def start(self, *, again: bool) -> None:
        """Record the start of the post. If two people post at the same time, the second is refused."""
        try:
            self._run.send(self._session, self._command("started", again=again))
        except NotAllowed:
            raise
        except RflowError as error:
            self._run.say(f"{_UNRECORDED} {error.what}")
            self._recordable = False

    def finish(self, state: DeliveryState) -> None:
        """Record the outcome of the post."""
        if self._recordable:
            record(self._run, self._session, self._format, destination(self._target), state)


# Summaries without a session in the store: a digest, or a session from a file


class _LastPost(msgspec.Struct, frozen=True):
    summary: str
    at: datetime
    state: DeliveryState


class LocalRecord:
    """Records the last post to `target`, as a hash in the user's state folder, for summaries without a session."""

    def __init__(self, run: App, target: str, summary: Progress | Digest) -> None:
        self._run, self._target = run, target
        self._file: Path = run.settings.folders.state / "posted" / f"{target}.json"
        self._summary = fingerprint(msgspec.json.encode(_without_time(summary)))

    def start(self, *, again: bool) -> None:
        """Record the start of the post; raise `NotAllowed` if the same summary was posted before."""
        if not again:
            self._check()
        self.finish("started")

    def _check(self) -> None:
        from rflow.cli.display.text import clock

        try:
            last = msgspec.json.decode(self._file.read_bytes(), type=_LastPost)
        except (OSError, msgspec.DecodeError):
            return
        if last.summary != self._summary or last.state == "failed":
            return
        where = f"posted to {self._target} at {clock(last.at, self._run.workspace.now())}"
        if last.state == "sent":
            raise NotAllowed(f"The same was {where}.", try_=_AGAIN)
        raise NotAllowed(f"The same may have been {where}; the outcome is unknown.", try_=_LOOK)

    def finish(self, state: DeliveryState) -> None:
        """Record the outcome of the post, if possible."""
        last = _LastPost(self._summary, self._run.workspace.now(), state)
        try:
            write_own_file(self._file, msgspec.json.encode(last))
        except OSError as error:
            self._run.say(f"{_UNRECORDED} {error.strerror}.")


def _without_time(summary: Progress | Digest) -> Progress | Digest:
    """Return a summary without the parts that depend on the current time: that time, and the rendered lines."""
    if isinstance(summary, Digest):
        entries = tuple(replace(entry, lines=()) for entry in summary.sessions)
        return replace(summary, as_of=datetime.min, sessions=entries)
    head = replace(summary.session, as_of=datetime.min, elapsed=None)
    return replace(summary, session=head, header="", sections=())
