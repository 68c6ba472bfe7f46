"""`App`: one run of the program, with which commands find their session, send commands and report the outcome."""

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

_LIMIT_CHECK_AFTER = 30
"""Seconds at a node before its time limit is checked, because that needs the tree."""

_NAMED = 3
"""How many pieces of evidence a message names."""


class App(CurrentSession, Streams):
    """One run of the program. Its settings and store are in `Context`, finding its session in `CurrentSession`."""

    def say(self, text: str, *, verbatim: bool = False) -> None:
        """Print a message to standard error, with the global options added to the commands in it.

        `verbatim` is for text that users wrote, which may only look like a command.
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
        """Send a command to a session, given the state that was read.

        A command that can't be sent to a server is kept as a draft; an `irreplaceable` one is kept after any error.
        """
        is_new = self.is_newcomer()
        outcome = self._sent(session, command, contents, irreplaceable=irreplaceable)
        if is_new:
            self.announce_first_entry()
        return outcome

    def _sent(
        self, session: Session, command: "Command", contents: Mapping[str, bytes] | None, *, irreplaceable: bool
    ) -> "Outcome":
        if self.at_server or irreplaceable:
            from rflow.cli.server.sending import send_or_keep

            return send_or_keep(self, session, command, contents, irreplaceable=irreplaceable)
        return send(self.workspace, session, command, contents)

    def is_newcomer(self) -> bool:
        """Whether --user names somebody, perhaps misspelt, who does not appear in the store yet."""
        if self.at_server or self.settings["user.name"].origin != "flag":
            return False
        from rflow.service.team.receivers import is_newcomer

        return is_newcomer(self.local.store, self.me.id)

    def announce_first_entry(self) -> None:
        """Say that this is the first entry of this user, whose name is known from now on."""
        self.say(f"First entry of {self.me.name} in this store.")

    def target_session(self, *, moving: bool = False) -> Session:
        """Return the session that a command adds to; at a server only its id, since the response has its state."""
        if self.at_server:
            from rflow.cli.server.sending import target

            return target(self, moving=moving)
        return self.session_to_write()

    def loaded(self, load: Callable[[], Session] | None = None) -> Session:
        """Load the session that a command reads and writes; only its id if the server can't be reached."""
        load = load or self.session_to_write
        if self.at_server:
            from rflow.cli.server.sending import loaded

            return loaded(self, load)
        return load()

    def send_shown(self, session: Session, command: "Command") -> "Outcome":
        """Send a command whose refusal shows what has moved, so that repeating the command works."""
        try:
            return self.send(session, command)
        except SessionMoved as moved:
            if moved.version:
                self.terminal.saw(session.id, moved.version)
            raise

    def report_written(self, session: Session, what: str, *, whose: str = "", whole: str = "") -> None:
        """Say what was written to which session, because a note in the wrong session is a serious mistake.

        `whose` says who owns it. `whole` is the end of the sentence, which is never cut.
        """
        if not is_terminal(sys.stderr):
            self.say(f"{label(session, whose)}: {what}{whole and f', {whole}'}", verbatim=True)
            return
        from rflow.cli.display.acknowledgement import acknowledgement

        echo(acknowledgement(session, clean(what), whose=whose, whole=one_line(whole)), err=True)

    def report(self, outcome: "Outcome", what: str, *, whole: str = "") -> None:
        """Say what a command wrote, whether it accepted a handoff, and who owns the session if not the writer."""
        accepted = any(isinstance(event.fact, HandoffAccepted) for event in outcome.events)
        what = f"handoff accepted; {what}" if accepted else what
        self.report_written(outcome.session, what, whose=whose(outcome), whole=whole)
        seen = self.seen(outcome.session)
        self._report_takeover(outcome, seen)
        up_to_date = seen is None or seen >= outcome.steered
        if up_to_date and any(is_steering(event.fact) for event in outcome.events):
            self.mark_seen(outcome.session)
        self._report_claimed_evidence(outcome)
        self._suggest_escalation(outcome.session)

    def _report_takeover(self, outcome: "Outcome", seen: int | None) -> None:
        """Tell the previous owner of a session who took it over, when and why, unless this terminal has shown it."""
        session = outcome.session
        if seen is None or not outcome.events or not session.ownership or session.ownership[-1].seq <= seen:
            return
        from rflow.cli.display.text import taken_words

        if taken := taken_words(session, outcome.events[-1].by.id, self.workspace.now()):
            stop = "" if taken.endswith((".", "!", "?")) else "."
            super().say(f"{taken}{stop} To see where it stands: {self.command_prefix(session)}")

    def _report_claimed_evidence(self, outcome: "Outcome") -> None:
        """List the earlier evidence that now belongs to the new entry, and say how to separate them."""
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
            here = f"{self.command_prefix(session)} {undo}, then enter it again."
            super().say(f"Attached: {attached}. If it doesn't belong here: {here}")

    def _suggest_escalation(self, session: Session) -> None:
        """Suggest escalating if a session has been at a node for longer than its limit."""
        arrived = session.arrived
        now = self.workspace.now()
        if session.tree is None or arrived is None or (now - arrived).total_seconds() < _LIMIT_CHECK_AFTER:
            return
        from rflow.service.trees import node_of, tree_of

        tree = tree_of(self.workspace, session)
        node = node_of(session, tree)
        if node is None or not node.limit:
            return
        from rflow.cli.trees.at_node import limit_line

        if line := limit_line(session, tree, now, self.program):
            echo(line, err=True)

    def mark_seen(self, session: Session) -> None:
        """Record that this terminal has shown the current version of `session`."""
        self.terminal.saw(session.id, session.version)

    def seen(self, session: Session) -> int | None:
        """Return the version of `session` that this terminal showed last."""
        return self.terminal.seen(session.id)


def whose(outcome: "Outcome") -> str:
    """Return a phrase for the owner of a session, or the receiver of its handoff, if that is not the author."""
    session = outcome.session
    if not outcome.events or session.owner.id == outcome.events[-1].by.id:
        return ""
    if session.status == "closed" or any(is_steering(event.fact) for event in outcome.events):
        return ""
    return f"{'handed to' if session.pending else 'owner'} {session.owner.name}"


def label(session: Session, whose: str = "") -> str:
    """Return a label of a session: code, title, customer, and `whose` it is if that is given."""
    parts = [session.code, shorten(session.title, 60)]
    if session.brief.customer:
        parts.append(shorten(session.brief.customer, 40))
    if whose:
        parts.append(whose)
    return " · ".join(one_line(part) for part in parts)
