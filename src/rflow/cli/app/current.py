"""Finding the session of a command: the one that is named, this terminal's current one, or the only open one."""

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
    """Finds the session of a run, or raises an error that says why it is unclear."""

    def session(self, reference: str | None = None) -> Session:
        """Load the session to read: the one named, else this terminal's current one, else the only open one."""
        reference = reference or self.session_reference
        return self.named(reference) if reference else self.current_session() or self._only_one()

    def session_to_write(self) -> Session:
        """Load the session to write to: the one named, else this terminal's current one, else the only open one.

        If this terminal has just closed or handed off a session, the only other open one is not used: the command was
        probably meant for the former, and the latter may belong to another customer.
        """
        if self.session_reference:
            return self.named_to_write(self.session_reference)
        return self.current_session() or self._only_one(writing=True)

    def session_to_leave(self, command_id: str) -> Session:
        """Load the session to close or hand off.

        If this terminal has just closed or handed off a session, another open one is not used: a repeated `close` would
        close the session of another customer.
        """
        session = self._left()
        if session is None:
            return self.session_to_write()
        if session.event_of_command(command_id, self.me):
            return session
        raise self._handed(session) or self._which(session)

    def session_to_undo(self, command_id: str) -> Session:
        """Load the session in which to undo something.

        If this terminal has just closed or handed off a session, it is that one, provided that this is what would be
        undone.
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

    def session_to_reopen(self, reference: str | None) -> Session:
        """Load the session to reopen: the one named, else the one just closed here, else the current one."""
        named = reference or self.session_reference
        if named:
            return self.named(named, first=("closed",))
        left = self._left()
        return left if left is not None and left.status == "closed" else self.session_to_write()

    def _left(self) -> Session | None:
        """Load the session just closed or handed off here; None if there is a current one, or one is named."""
        left = self.terminal.left if self.terminal.current is None and not self.session_reference else None
        if left is None:
            return None
        try:
            return load_session(self.workspace, left)
        except NotFound:
            return None

    def current_session(self) -> Session | None:
        """Load this terminal's current session; None if there is none, or it was deleted."""
        current = self.terminal.current
        if current is None:
            return None
        try:
            return load_session(self.workspace, current)
        except NotFound:
            self.terminal.leave(current)
            return None

    def enter(self, session: Session) -> None:
        """Make a session the current one, unless -s selected it for this command only and there is a current one."""
        if not self.session_reference or self.terminal.current is None:
            self.terminal.enter(session.id, session.code)

    @property
    def unsent(self) -> str | None:
        """The `command_id` of a session that this terminal has started and that is still a draft."""
        started = self.terminal.unsent
        if started is None or not self.at_server:
            return None
        from rflow.cli.server.drafts import Drafts

        return started if Drafts(self.settings.folders.drafts).starts(started) else None

    def elsewhere(self) -> "Elsewhere | None":
        """Return this terminal's current session in another store, unless it is known to be closed or deleted."""
        return next((there for there in self.terminal.elsewhere() if not self._is_over(there)), None)

    def _is_over(self, there: "Elsewhere") -> bool:
        """Whether a session in another store is known to be closed or deleted.

        A store on the network is not read, because it may be slow and its password is unknown here; False is returned
        for it and for a store that can't be read.
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
        """Return the error if the current session is in another store, since a guess here may be wrong."""
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
        """Return the error if there is no open session; it names one handed off, to be accepted, or closed last.

        A session that this terminal has just handed off comes first, because the command was probably meant for it.
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
        """Return the pending handoffs of this user."""
        return filter(self._is_sender, all_heads(self.workspace, Query(status=("handed_off",))))

    def _is_sender(self, head: "Head") -> bool:
        """Whether this user has handed off a session that has not been accepted yet."""
        return head.sender is not None and head.sender.id == self.me.id

    def _handed(self, session: Session) -> UsageProblem | None:
        """Return the error for a session that this user has handed off: to whom, when, and what they can do."""
        from rflow.cli.display.text import handed_words

        sentence = handed_words(session, self.me.id, self.workspace.now())
        if not sentence:
            return None
        code = session.code
        ways = [f"To take it back: rflow -s {code} handoff --cancel"] if session.pending else []
        ways += [
            f"To read it: rflow progress {code}",
            f'To add to it: rflow -s {code} step "…"',
            *self._to_go_on(),
            f"To start another: {_EITHER}",
        ]
        return UsageProblem(f"This terminal has no current session. {sentence}", try_="\n       ".join(ways))

    def _which(self, left: Session) -> UsageProblem:
        """Return the error if it is unclear whether the session just closed or handed off is meant, or another one."""
        from rflow.cli.display.text import closed_words

        is_closed = left.status == "closed"
        last = closed_words(left, self.workspace.now()) if is_closed else f"{left.code} was the last one here"
        ways = [f"To go on with it: rflow reopen {left.code}"] if is_closed and left.owner.id == self.me.id else []
        ways += [*self._to_go_on(), "Name the one you mean: rflow -s CODE … (see: rflow list --mine)"]
        return UsageProblem(f"This terminal has no current session. {last}.", try_="\n       ".join(ways))

    def _to_go_on(self) -> list[str]:
        """Return advice on how to continue the user's open session, if there is exactly one."""
        heads = self.workspace.heads(Query(owner=self.me.id, status=("open",), limit=2)).heads
        return [f"To go on with {shorten(heads[0].title, 40)}: rflow resume {heads[0].code}"] if len(heads) == 1 else []

    def last_closed(self) -> Session | None:
        """Load the session that this terminal closed last, else this user's last closed one."""
        left = self._left()
        if left is not None and left.status == "closed":
            return left
        heads = self.workspace.heads(Query(owner=self.me.id, status=("closed",), limit=1)).heads
        return load_session(self.workspace, heads[0].id) if heads else None

    def command_prefix(self, session: Session, *, named: bool = False) -> str:
        """Return the prefix of a command line for `session`, with -s CODE if this terminal would use another session.

        `named` says that the session was named on the command line.
        """
        current = self.terminal.current
        usual = current is None and not named and self.session_reference is None
        return self.program if usual or current == session.id else f"{self.program} -s {session.code}"


_EITHER = 'rflow start TREE, or rflow start --title "…"'
_START = 'rflow start TREE (see: rflow tree list), or rflow start --title "What is wrong"'
