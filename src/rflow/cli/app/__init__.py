"""One run of the program, as commands get it: with its session, what they send to it, and what they say they did."""

import sys
from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

from rflow.cli.app.context import World, local, now
from rflow.cli.app.current import CurrentSession
from rflow.cli.app.streams import Streams
from rflow.cli.output import echo, is_terminal
from rflow.core.session.events import ChangeMade, HandoffAccepted
from rflow.core.session.replay import is_recent
from rflow.core.session.rules.steering import is_steering
from rflow.core.session.state import Session
from rflow.core.text import clean, one_line, shorten
from rflow.errors import SessionMoved
from rflow.service.sessions import send

if TYPE_CHECKING:
    from rflow.core.session.commands import Command
    from rflow.service.sessions import Outcome

__all__ = ["App", "World", "local", "now"]

_SOON = 30
"""Seconds at a node before its limit is looked up: reading the tree costs time."""

_NAMED = 3
"""The pieces of evidence that are named one by one."""


class App(CurrentSession, Streams):
    """A run: `context.Context` holds its settings and store, `current.CurrentSession` its session."""

    def say(self, text: str, *, verbatim: bool = False) -> None:
        """Print a message, whose commands can be typed as they are.

        `verbatim` is for one that only repeats what somebody wrote: what looks like a command there is none.
        """
        super().say(text if verbatim else self.typable(text))

    def send(
        self,
        session: Session,
        command: "Command",
        contents: Mapping[str, bytes] | None = None,
        *,
        irreplaceable: bool = False,
    ) -> "Outcome":
        """Carry out a command on a session, of which this is the state that was read.

        What can't be sent to a server is kept as a draft; `irreplaceable` contents are kept whatever goes wrong.
        """
        is_new = self.is_newcomer()
        outcome = self._sent(session, command, contents, irreplaceable=irreplaceable)
        if is_new:
            self.say_new()
        return outcome

    def _sent(
        self, session: Session, command: "Command", contents: Mapping[str, bytes] | None, *, irreplaceable: bool
    ) -> "Outcome":
        if self.at_server or irreplaceable:
            from rflow.cli.server.sending import send_or_keep

            return send_or_keep(self, session, command, contents, irreplaceable=irreplaceable)
        return send(self.workspace, session, command, contents)

    def is_newcomer(self) -> bool:
        """Whether this user was named with --user, perhaps misspelt, and is not among those who appear in the store."""
        if self.at_server or self.settings["user.name"].origin != "flag":
            return False
        from rflow.service.team.receivers import is_newcomer

        return is_newcomer(self.local.store, self.me.id)

    def say_new(self) -> None:
        """Say that this is the first entry of this user: from now on their name is a known one."""
        self.say(f"First entry of {self.me.name} in this store.")

    def to_write(self, *, moving: bool = False) -> Session:
        """Return the session that a command adds to; at a server only its name, as the answer brings its state."""
        if self.at_server:
            from rflow.cli.server.sending import target

            return target(self, moving=moving)
        return self.session_to_write()

    def loaded(self, load: Callable[[], Session] | None = None) -> Session:
        """Load the session that a command writes to and needs to see; only its name where a server can't be reached."""
        load = load or self.session_to_write
        if self.at_server:
            from rflow.cli.server.sending import loaded

            return loaded(self, load)
        return load()

    def send_shown(self, session: Session, command: "Command") -> "Outcome":
        """Carry out a command whose refusal shows all that has moved: the same command sent again then works."""
        try:
            return self.send(session, command)
        except SessionMoved as moved:
            if moved.version:
                self.terminal.saw(session.id, moved.version)
            raise

    def wrote(self, session: Session, what: str, *, whose: str = "", whole: str = "") -> None:
        """Say what was written and to which session: a note in the wrong ticket is the worst mistake.

        `whose` says who owns it, and `whole` ends the sentence, and is not cut on any terminal.
        """
        if not is_terminal(sys.stderr):
            self.say(f"{label(session, whose)}: {what}{whole and f', {whole}'}", verbatim=True)
            return
        from rflow.cli.display.acknowledgement import acknowledgement

        echo(acknowledgement(session, clean(what), whose=whose, whole=one_line(whole)), err=True)

    def did(self, outcome: "Outcome", what: str, *, whole: str = "") -> None:
        """Say what a command wrote, whether it accepted a handoff, and whose session it is if not the writer's."""
        accepted = any(isinstance(event.fact, HandoffAccepted) for event in outcome.events)
        what = f"handoff accepted; {what}" if accepted else what
        self.wrote(outcome.session, what, whose=whose(outcome), whole=whole)
        seen = self.seen(outcome.session)
        self._say_taken(outcome, seen)
        up_to_date = seen is None or seen >= outcome.steered
        if up_to_date and any(is_steering(event.fact) for event in outcome.events):
            self.displayed(outcome.session)
        self._say_claimed(outcome)
        self._say_past_limit(outcome.session)

    def _say_taken(self, outcome: "Outcome", seen: int | None) -> None:
        """Say to the former owner of a session who took it over, when and why, until this terminal has shown that."""
        session = outcome.session
        if seen is None or not outcome.events or not session.ownership or session.ownership[-1].seq <= seen:
            return
        from rflow.cli.display.text import taken_words

        if taken := taken_words(session, outcome.events[-1].by.id, self.workspace.now()):
            stop = "" if taken.endswith((".", "!", "?")) else "."
            super().say(f"{taken}{stop} To see where it stands: {self.begin(session)}")

    def _say_claimed(self, outcome: "Outcome") -> None:
        """Name the evidence from before that belongs to what was written now, and say how to keep them apart."""
        session = outcome.session
        if not outcome.events or not session.live_evidence:
            return
        recent = takewhile(lambda piece: is_recent(piece, outcome.events[-1]), session.evidence.newest())
        claimed = [piece for piece in recent if piece.on == outcome.entry and piece.seq < outcome.entry]
        if claimed:
            from rflow.cli.display.entries import described

            named = [described(session, piece.seq) for piece in reversed(claimed)]
            if len(named) > _NAMED:
                named[_NAMED:] = [f"{len(named) - _NAMED} more"]
            *first, last = named
            attached = f"{', '.join(first)} and {last}" if first else last
            undo = "undo --never-made" if session.kinds[outcome.entry] is ChangeMade else "undo"
            here = f"{self.begin(session)} {undo}, then enter it again."
            super().say(f"Attached: {attached}. If it doesn't belong here: {here}")

    def _say_past_limit(self, session: Session) -> None:
        """Suggest to escalate where a session has been at a node for longer than its limit."""
        arrived = session.arrived
        if session.tree is None or arrived is None or (self.workspace.now() - arrived).total_seconds() < _SOON:
            return
        from rflow.service.trees import node_of, tree_of

        tree = tree_of(self.workspace, session)
        node = node_of(session, tree)
        if node is None or not node.limit:
            return
        from rflow.cli.trees.at_node import limit_line

        if line := limit_line(session, tree, self.workspace.now(), self.program):
            echo(line, err=True)

    def displayed(self, session: Session) -> None:
        """Remember that this terminal has seen `session` as it stands."""
        self.terminal.saw(session.id, session.version)

    def seen(self, session: Session) -> int | None:
        """Return the version of `session` last displayed in this terminal."""
        return self.terminal.seen(session.id)


def whose(outcome: "Outcome") -> str:
    """Say who owns a session, or was handed it, if that is not the author of what was written; else ""."""
    session = outcome.session
    if not outcome.events or session.owner.id == outcome.events[-1].by.id:
        return ""
    if session.status == "closed" or any(is_steering(event.fact) for event in outcome.events):
        return ""
    return f"{'handed to' if session.pending else 'owner'} {session.owner.name}"


def label(session: Session, whose: str = "") -> str:
    """Identify a session for people: code, title, customer, and `whose` it is if that is given."""
    parts = [session.code, shorten(session.title, 60)]
    if session.brief.customer:
        parts.append(shorten(session.brief.customer, 40))
    if whose:
        parts.append(whose)
    return " · ".join(one_line(part) for part in parts)
