"""Which session a command is about: the one that is named, this terminal's current one, or the only open one."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from rflow.cli.app.named import NamedSession
from rflow.core.session.events import HandedOff, SessionClosed
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.text import shorten
from rflow.errors import NotFound, RflowError, Unreachable, UsageProblem
from rflow.service.sessions import all_heads, load_session

if TYPE_CHECKING:
    from rflow.cli.terminal_state import Elsewhere
    from rflow.core.session.head import Head


class CurrentSession(NamedSession):
    """Finds the session of a run, or says why it can't tell."""

    def session(self, reference: str | None = None) -> Session:
        """Load the session to read: the one that is named, else this terminal's current one, else the only open one."""
        reference = reference or self.session_reference
        return self.named(reference) if reference else self.here() or self._only_one()

    def session_to_write(self) -> Session:
        """Load the session to write to: the one named, else this terminal's current one, else the only open one.

        Where this terminal has just left one, by a handoff or a close, nothing goes to whatever else is open: what is
        still to be said is about the one that was left, and the other may be another customer's.
        """
        if self.session_reference:
            return self.named_to_write(self.session_reference)
        return self.here() or self._only_one(writing=True)

    def to_leave(self, command_id: str) -> Session:
        """Load the session to close or hand off.

        Where this terminal has just left one, that does not go on to whatever else is open: a second `close` out of
        habit, or one sent again, would close another customer's.
        """
        session = self._left()
        if session is None:
            return self.session_to_write()
        if session.event_of_command(command_id, self.me):
            return session
        raise self._handed(session) or self._which(session)

    def to_undo(self, command_id: str) -> Session:
        """Load the session of which to take something back.

        Where this terminal has just left one, by a handoff or a close, it is that one, as long as this is what would be
        taken back.
        """
        from rflow.core.session.rules.undo import last_undoable

        session = self._left()
        if session is None:
            return self.session_to_write()
        last = last_undoable(session, self.workspace.actor)
        repeated = session.event_of_command(command_id, self.me) is not None
        if repeated or (last is not None and session.kinds[last] in (HandedOff, SessionClosed)):
            return session
        raise self._which(session)

    def to_reopen(self, reference: str | None) -> Session:
        """Load the session to reopen: the one named, else the current one, else the one that was closed here."""
        named = reference or self.session_reference
        if named:
            return self.named(named, first=("closed",))
        left = self._left()
        return left if left is not None and left.status == "closed" else self.session_to_write()

    def _left(self) -> Session | None:
        """Load the session that this terminal has just left; None if it has another one, or one is named."""
        left = self.terminal.left if self.terminal.current is None and not self.session_reference else None
        if left is None:
            return None
        try:
            return load_session(self.workspace, left)
        except NotFound:
            return None

    def here(self) -> Session | None:
        """Load this terminal's current session; None if it has none, or it was deleted."""
        current = self.terminal.current
        if current is None:
            return None
        try:
            return load_session(self.workspace, current)
        except NotFound:
            self.terminal.leave(current)
            return None

    def enter(self, session: Session) -> None:
        """Make a session the current one of this terminal, unless -s names it for this command and another one is."""
        if not self.session_reference or self.terminal.current is None:
            self.terminal.enter(session.id, session.code)

    @property
    def unsent(self) -> str | None:
        """The `command_id` of the session that this terminal has started and that is still a draft."""
        started = self.terminal.unsent
        if started is None or not self.at_server:
            return None
        from rflow.cli.server.drafts import Drafts

        return started if Drafts(self.settings.folders.drafts).starts(started) else None

    def elsewhere(self) -> "Elsewhere | None":
        """Return this terminal's current session in another store; None if each is known to be closed or gone."""
        return next((there for there in self.terminal.elsewhere() if not self._is_over(there)), None)

    def _is_over(self, there: "Elsewhere") -> bool:
        """Whether a session in another store is closed or gone, as far as the files of this machine say.

        A store on a network is not asked: it may answer late, and its password is not known here. A store that can't be
        read says nothing: the session may still be there.
        """
        from rflow.service.opening import is_on_network

        if is_on_network(there.url):
            return False
        try:
            with closing(self.at_store(there.url, self.settings["user.name"].text)) as run:
                return load_session(run.workspace, there.session_id).status == "closed"
        except NotFound:
            return True
        except RflowError:
            return False

    def _only_one(self, *, writing: bool = False) -> Session:
        if self.unsent:
            raise Unreachable(
                "The session that was started here has not been sent to the server yet.", try_="rflow drafts send"
            )
        mine = Query(owner=self.me.id, status=("open",), limit=6)
        heads = self.workspace.heads(mine).heads
        if there := self.elsewhere():
            raise self._in_another_store(there, heads)
        if len(heads) == 1:
            left = self._left() if writing else None
            if left is not None and left.id != heads[0].id:
                raise self._handed(left) or self._which(left)
            return load_session(self.workspace, heads[0].id)
        if not heads:
            raise self._none_open()
        listed = "\n".join(f"  {head.code}  {shorten(head.title, 60)}" for head in heads[:5])
        more = "\n  …" if len(heads) > 5 else ""
        raise UsageProblem(
            f"Which session? This terminal has no current one, and you have several open:\n{listed}{more}\n",
            try_=f"Choose one: rflow resume {heads[0].code}, or name it for one command: rflow -s {heads[0].code} …",
        )

    def _in_another_store(self, there: "Elsewhere", here: "Sequence[Head]") -> UsageProblem:
        """Return the error where the current session is in another store: a guess here may be the wrong one."""
        from rflow.cli.display.text import handed_words

        left = self._left()
        handed = handed_words(left, self.me.id, self.workspace.now()) if left is not None else ""
        resume = f"rflow resume {here[0].code} ({shorten(here[0].title, 40)})" if here else _EITHER
        ways = [f"To add to {left.code}: rflow -s {left.code} …"] if left is not None and handed else []
        ways += [f"To go on there: {self.program_at(there.url)} …", f"To go on here: {resume}"]
        return UsageProblem(
            f"Which session? {handed}{' ' if handed else ''}"
            f"The current one of this terminal is in another store: {there.code} in {there.url}.",
            try_="\n       ".join(ways),
        )

    def _none_open(self) -> UsageProblem:
        """Return the error where there is no open session, with the one handed on, to be accepted, or closed last.

        What this terminal has just handed on comes first: that is what the command was meant for.
        """
        left = self._left()
        if left is not None and (handed := self._handed(left)):
            return handed
        inbox = all_heads(self.workspace, Query(inbox=self.me.id))
        for head in islice((head for head in inbox if not self._is_sender(head)), 1):
            return UsageProblem(
                f"You have no open session; {head.code} was handed to you ({shorten(head.title, 60)}).",
                try_=f"Accept it: rflow accept {head.code} (all that was handed to you: rflow inbox)",
            )
        for head in islice(all_heads(self.workspace, Query(asked=self.me.id)), 1):
            return UsageProblem(
                f"You have no open session; in {head.code} you were asked something ({shorten(head.title, 60)}).",
                try_=f'See what: rflow inbox   To answer it: rflow -s {head.code} reply "…"',
            )
        for head in islice(self.handed_on(), 1):
            if handed := self._handed(load_session(self.workspace, head.id)):
                return handed
        last = self.last_closed()
        if last is None:
            return UsageProblem("You have no open session.", try_=f"Start one: {_START}")
        from rflow.cli.display.text import last_closed_words

        again = f"to go on with it: rflow reopen {last.code}; " if last.owner.id == self.me.id else ""
        return UsageProblem(
            f"You have no open session. {last_closed_words(last, self.workspace.now())}.",
            try_=f"To see it: rflow progress {last.code}; {again}to start another: {_START}",
        )

    def handed_on(self) -> "Iterator[Head]":
        """Return what this user has handed on and nobody has accepted yet."""
        return filter(self._is_sender, all_heads(self.workspace, Query(status=("handed_off",))))

    def _is_sender(self, head: "Head") -> bool:
        """Whether this user has handed a session on, to a person or a queue, and nobody has accepted it yet."""
        return head.sender is not None and head.sender.id == self.me.id

    def _handed(self, session: Session) -> UsageProblem | None:
        """Return the error for a session that this user has handed on: to whom, when, and what they can still do."""
        from rflow.cli.display.text import handed_words

        said = handed_words(session, self.me.id, self.workspace.now())
        if not said:
            return None
        code = session.code
        ways = [f"To take it back: rflow -s {code} handoff --cancel"] if session.pending else []
        ways += [
            f"To read it: rflow progress {code}",
            f'To add to it: rflow -s {code} step "…"',
            *self._to_go_on(),
            f"To start another: {_EITHER}",
        ]
        return UsageProblem(f"This terminal has no current session. {said}", try_="\n       ".join(ways))

    def _which(self, left: Session) -> UsageProblem:
        """Return the error for a terminal that has just left a session, and may mean that one or another."""
        from rflow.cli.display.text import closed_words

        is_closed = left.status == "closed"
        last = closed_words(left, self.workspace.now()) if is_closed else f"{left.code} was the last one here"
        ways = [f"To go on with it: rflow reopen {left.code}"] if is_closed and left.owner.id == self.me.id else []
        ways += [*self._to_go_on(), "Name the one you mean: rflow -s CODE … (see: rflow list --mine)"]
        return UsageProblem(f"This terminal has no current session. {last}.", try_="\n       ".join(ways))

    def _to_go_on(self) -> list[str]:
        """Say how to go on with the session of this user that is open, if there is just one."""
        heads = self.workspace.heads(Query(owner=self.me.id, status=("open",), limit=2)).heads
        return [f"To go on with {shorten(heads[0].title, 40)}: rflow resume {heads[0].code}"] if len(heads) == 1 else []

    def last_closed(self) -> Session | None:
        """Load the session that this terminal closed last, else this user's last closed one."""
        left = self._left()
        if left is not None and left.status == "closed":
            return left
        heads = self.workspace.heads(Query(owner=self.me.id, status=("closed",), limit=1)).heads
        return load_session(self.workspace, heads[0].id) if heads else None

    def begin(self, session: Session, *, named: bool = False) -> str:
        """Return how a command for `session` begins: with -s CODE if this terminal would use another session.

        `named` says that the session was named on the command line.
        """
        current = self.terminal.current
        usual = current is None and not named and self.session_reference is None
        return self.program if usual or current == session.id else f"{self.program} -s {session.code}"


_EITHER = 'rflow start TREE, or rflow start --title "…"'
_START = 'rflow start TREE (see: rflow tree list), or rflow start --title "What is wrong"'
