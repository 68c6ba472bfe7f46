"""What the record of a session says about posting: "posting:noc" first, then "post:noc" or "not-posted:noc".

What was begun and has no end may have been posted. docs/decisions/0007 has the reasons. A digest, and a session from a
file, have no record in the store: of those this user's state folder keeps the last one for each target, as a hash.
"""

from datetime import datetime
from pathlib import Path

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

_LOOK = "Look there; --again posts it once more."


def went_out(session: Session) -> list[Delivery]:
    """Give the deliveries that succeeded: not the tries at posting, and not those in vain."""
    tries = ("posting:", "not-posted:")
    return [delivery for delivery in session.deliveries if not delivery.destination.startswith(tries)]


def check_new(run: App, session: Session, name: str) -> None:
    """Refuse to post what was posted to `name` before, or may have been, and has not changed since."""
    same = _unchanged(run, session)
    posted, begun, ended = (
        [delivery for delivery in same if delivery.destination == f"{word}:{name}"]
        for word in ("post", "posting", "not-posted")
    )
    if posted:
        what = f"was posted to {name} {_when(run, posted[-1])}, and has not changed since"
        raise NotAllowed(f"{label(session)} {what}.", try_="--again posts it once more.")
    if len(begun) > len(ended):
        what = f"may have been posted to {name} {_when(run, begun[-1])}: how that ended is not known"
        raise NotAllowed(f"{label(session)} {what}.", try_=_LOOK)


def begin(run: App, session: Session, format_: str, name: str, *, again: bool) -> bool:
    """Record that it is being posted, before it is: whoever comes after our death is warned. False: it can't be.

    Of two who post at the same time, the one whose record comes second stands back.
    """
    begun = RecordShared(format=format_, destination=f"posting:{name}", through=session.version)
    try:
        after = run.workspace.do(session, begun).session
    except RflowError as error:
        run.say(f"Note: this can't be recorded, so nothing will keep it from being posted twice: {error.what}")
        return False
    between = after.deliveries[len(session.deliveries) : -1]
    rivals = [delivery for delivery in between if delivery.destination in (f"post:{name}", f"posting:{name}")]
    if rivals and not again:
        end(run, session, format_, name, posted=False)
        who = rivals[-1].by.name
        raise NotAllowed(f"{label(session)} is being posted to {name} by {who} at this moment.", try_=_LOOK)
    return True


def end(run: App, session: Session | None, format_: str, name: str, *, posted: bool) -> None:
    """Record whether it was posted."""
    record(run, session, format_, f"post:{name}" if posted else f"not-posted:{name}")


def _unchanged(run: App, session: Session) -> list[Delivery]:
    """Give the deliveries that told of all that `session` is: nothing but deliveries came after them."""
    events = run.workspace.history(session.id).events
    changes = [e.seq for e in events if not (isinstance(e, Event) and isinstance(e.fact, ProgressShared))]
    return [delivery for delivery in session.deliveries if delivery.through >= max(changes, default=0)]


def _when(run: App, delivery: Delivery) -> str:
    from rflow.cli.display.text import clock

    by = "" if delivery.by.id == run.workspace.member.id else f" by {delivery.by.name}"
    return f"at {clock(delivery.at)}{by}"


class _Kept(msgspec.Struct, frozen=True):
    """What went to a target last without a session's record: what it told, when it began, whether it arrived."""

    told: str
    at: datetime
    arrived: bool


class Unrecorded:
    """The posts to one target that no session records."""

    def __init__(self, run: App, name: str, told: Progress | Digest) -> None:
        self._run, self._name = run, name
        self._file: Path = run.settings.folders.state / "posted" / f"{name}.json"
        self._told = fingerprint(msgspec.json.encode(_timeless(told)))

    def check_new(self) -> None:
        """Refuse to post the same once more."""
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return
        if kept.told == self._told:
            from rflow.cli.display.text import clock

            ended = "" if kept.arrived else ": how that ended is not known"
            what = f"{'was' if kept.arrived else 'may have been'} posted to {self._name} at {clock(kept.at)}"
            raise NotAllowed(f"The same {what}{ended}.", try_="--again posts it once more." if kept.arrived else _LOOK)

    def keep(self, *, arrived: bool) -> None:
        """Note that it is being posted, or that it arrived; best effort."""
        try:
            replace_file(self._file, msgspec.json.encode(_Kept(self._told, self._run.workspace.now(), arrived)))
        except OSError as error:
            self._run.say(f"Note: nothing will keep it from being posted twice: {error.strerror}.")

    def forget(self) -> None:
        """Note that it certainly did not arrive."""
        self._file.unlink(missing_ok=True)


def _timeless(told: Progress | Digest) -> Progress | Digest:
    """Leave out what changes while nothing happens: the time it is."""
    if isinstance(told, Digest):
        return replace(told, as_of=datetime.min)
    return replace(told, session=replace(told.session, as_of=datetime.min, elapsed=None))
