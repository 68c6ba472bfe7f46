"""Finding a session that is named on the command line: by code or ticket, and for reading also by a word."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, get_args

from rflow.cli.app.context import Context
from rflow.core.session.head import Query
from rflow.core.session.state import Session, Status
from rflow.core.text import clean, listing, shorten
from rflow.errors import NotFound, UsageProblem
from rflow.service.sessions import heads_with, load_session, session_named

if TYPE_CHECKING:
    from rflow.core.session.head import Head

NOT_CLOSED: tuple[Status, ...] = ("open", "handed_off")
_LISTED = 10
"""How many sessions with the same word an error lists."""
_LEAST = 3
"""The fewest letters of a word to search for."""


class NamedSession(Context):
    """Finds sessions by name."""

    def named(self, reference: str, *, first: Sequence[Status] = NOT_CLOSED) -> Session:
        """Load the session with this code or ticket, else the only one with this word in title, customer or ticket.

        Sessions with a status in `first` are preferred.
        """
        try:
            return session_named(self.workspace, reference)
        except NotFound:
            heads = self._with_word(reference, first)
            if not heads:
                raise
        if len(heads) == 1:
            return load_session(self.workspace, heads[0].id)
        what = listing(f'Several sessions have "{_word(reference)}" in title, customer or ticket:', _rows(heads))
        raise UsageProblem(what, try_=f"Name one by its code, such as {heads[0].code}.")

    def named_to_write(self, reference: str) -> Session:
        """Load the session with this code or ticket. A word is not accepted, because it is less certain."""
        try:
            return session_named(self.workspace, reference)
        except NotFound as error:
            raise self.not_a_code(reference, error) from error

    def not_a_code(self, reference: str, error: NotFound) -> NotFound:
        """Return the error for a word in place of a code; `error` itself if no session has that word."""
        heads = self._with_word(reference, NOT_CLOSED)
        if not heads:
            return error
        problem, rows = f'"{_word(reference)}" is not a code; nothing was written.', _rows(heads)
        if len(rows) == 1:
            what = f"{problem} {' · '.join(rows[0])} has it in title, customer or ticket."
        else:
            what = listing(f"{problem} These have it in title, customer or ticket:", rows)
        return NotFound(what, try_=f"Name the session by its code: rflow -s {heads[0].code} …")

    def _with_word(self, reference: str, first: Sequence[Status]) -> "list[Head]":
        """Return the sessions with a word in title, customer or ticket: of the statuses `first`, else of the others."""
        word = clean(reference).strip()
        others = tuple(status for status in get_args(Status) if status not in first)
        for statuses in (tuple(first), others) if len(word) >= _LEAST else ():
            if found := list(islice(heads_with(self.workspace, Query(status=statuses), [word]), _LISTED)):
                return found
        return []


def _word(reference: str) -> str:
    return shorten(clean(reference).strip(), 40)


def _rows(heads: "Sequence[Head]") -> list[tuple[str, str]]:
    return [(head.code, " · ".join(filter(None, (shorten(head.title, 50), head.customer)))) for head in heads]
