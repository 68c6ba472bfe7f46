"""What is recorded about posts, so that nothing is posted twice: in the session, or else in this user's state folder.

A post is recorded as started before it is sent, and as sent or failed afterwards. If the end is missing, the summary
may have been posted. Reasons: docs/decisions/0007.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from rflow.cli.app import App, label
from rflow.cli.deliver import record
from rflow.config_file import replace_file
from rflow.core.fingerprint import fingerprint
from rflow.core.session.commands import RecordShared
from rflow.core.session.events import Event, ProgressShared
from rflow.core.session.state import Delivery, Session
from rflow.core.summary.progress import Digest, Progress
from rflow.errors import NotAllowed, RflowError

_AGAIN = "To post it anyway: --again"
_LOOK = "Look there first. To post it anyway: --again"
_UNRECORDED = "Note: the post can't be recorded, so rflow can't prevent a second one:"

# How the state of a post is stored: in the destination of a delivery. Only this section knows that.

State = Literal["started", "sent", "failed"]
_PREFIXES: dict[State, str] = {"started": "posting:", "sent": "post:", "failed": "not-posted:"}


def destination(target: str, state: State = "sent") -> str:
    """Return the destination that records a post to `target`."""
    return f"{_PREFIXES[state]}{target}"


def _state(delivery: Delivery) -> State:
    return next((state for state, prefix in _PREFIXES.items() if delivery.destination.startswith(prefix)), "sent")


def _to(target: str, deliveries: list[Delivery]) -> list[Delivery]:
    return [delivery for delivery in deliveries if delivery.destination == destination(target, _state(delivery))]


def delivered(session: Session) -> list[Delivery]:
    """Return the deliveries that succeeded, without posts that were only started or failed."""
    return [delivery for delivery in session.deliveries if _state(delivery) == "sent"]


# A session of the store


def check_not_posted(run: App, session: Session, target: str) -> None:
    """Refuse to post to `target` if the session was posted there, or may have been, and has not changed since."""
    posts = _to(target, _since_last_change(run, session))
    sent, started, failed = (
        [post for post in posts if _state(post) == state] for state in ("sent", "started", "failed")
    )
    if sent:
        what = f"was posted to {target} {_when(run, sent[-1])}, and has not changed since"
        raise NotAllowed(f"{label(session)} {what}.", try_=_AGAIN)
    if len(started) > len(failed):
        what = f"may have been posted to {target} {_when(run, started[-1])}; the outcome is unknown"
        raise NotAllowed(f"{label(session)} {what}.", try_=_LOOK)


def _since_last_change(run: App, session: Session) -> list[Delivery]:
    """Return the deliveries after which nothing happened but deliveries: they covered all of the session."""
    events = run.workspace.history(session.id).events
    changes = [e.seq for e in events if not (isinstance(e, Event) and isinstance(e.fact, ProgressShared))]
    return [delivery for delivery in session.deliveries if delivery.through >= max(changes, default=0)]


def _when(run: App, delivery: Delivery) -> str:
    from rflow.cli.display.text import clock

    by = "" if delivery.by.id == run.workspace.member.id else f" by {delivery.by.name}"
    return f"at {clock(delivery.at)}{by}"


class SessionRecord:
    """Records a post to `target` in its session."""

    def __init__(self, run: App, session: Session, format_: str, target: str) -> None:
        self._run, self._session, self._format, self._target = run, session, format_, target
        self._recordable = True

    def start(self, *, again: bool) -> None:
        """Record that the post starts. Of two people who post at the same time, the second to record it is refused."""
        session, where = self._session, destination(self._target, "started")
        started = RecordShared(format=self._format, destination=where, through=session.version)
        try:
            after = self._run.workspace.do(session, started).session
        except RflowError as error:
            self._run.say(f"{_UNRECORDED} {error.what}")
            self._recordable = False
            return
        between = _to(self._target, after.deliveries[len(session.deliveries) : -1])
        rivals = [post for post in between if _state(post) != "failed"]
        if rivals and not again:
            self.finish("failed")
            what = f"is being posted to {self._target} by {rivals[-1].by.name} right now"
            raise NotAllowed(f"{label(session)} {what}.", try_=_LOOK)

    def finish(self, state: State) -> None:
        """Record how the post ended."""
        if self._recordable:
            record(self._run, self._session, self._format, destination(self._target, state))


# What no session of the store records: a digest, or a session from a file


class _LastPost(msgspec.Struct, frozen=True):
    summary: str
    at: datetime
    state: State


class LocalRecord:
    """Keeps the last post to `target` of something that no session records, as a hash, in this user's state folder."""

    def __init__(self, run: App, target: str, summary: Progress | Digest) -> None:
        self._run, self._target = run, target
        self._file: Path = run.settings.folders.state / "posted" / f"{target}.json"
        self._summary = fingerprint(msgspec.json.encode(_without_time(summary)))

    def start(self, *, again: bool) -> None:
        """Record that the post starts; refuse to post the same a second time."""
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
        where = f"posted to {self._target} at {clock(last.at)}"
        if last.state == "sent":
            raise NotAllowed(f"The same was {where}.", try_=_AGAIN)
        raise NotAllowed(f"The same may have been {where}; the outcome is unknown.", try_=_LOOK)

    def finish(self, state: State) -> None:
        """Record how the post ended, if possible."""
        last = _LastPost(self._summary, self._run.workspace.now(), state)
        try:
            replace_file(self._file, msgspec.json.encode(last))
        except OSError as error:
            self._run.say(f"{_UNRECORDED} {error.strerror}.")


def _without_time(summary: Progress | Digest) -> Progress | Digest:
    """Return a summary without what changes while nothing happens: the current time."""
    if isinstance(summary, Digest):
        return replace(summary, as_of=datetime.min)
    return replace(summary, session=replace(summary.session, as_of=datetime.min, elapsed=None))
