"""Sessions that are named on the command line: by code or ticket, and for reading by a word of their header too."""

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
"""So many sessions with the same word are listed."""
_LEAST = 3
"""The letters of a word that is looked for."""


class NamedSession(Context):
    """Finds the sessions that are named."""

    def named(self, reference: str, *, first: Sequence[Status] = NOT_CLOSED) -> Session:
        """Load the session of a code or a ticket, else the only one with this word in title, customer or ticket.

        Where some of those with the word have a status of `first`, it is one of them.
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
        """Load the session of a code or a ticket: a word may be in the title of another customer's tomorrow."""
        try:
            return session_named(self.workspace, reference)
        except NotFound as error:
            raise self.no_code(reference, error) from error

    def no_code(self, reference: str, error: NotFound) -> NotFound:
        """Return the error where something is to be written to what is no code; `error` if no session has that word."""
        heads = self._with_word(reference, NOT_CLOSED)
        if not heads:
            return error
        said, rows = f'"{_word(reference)}" is no code; nothing was written.', _rows(heads)
        if len(rows) == 1:
            what = f"{said} {' · '.join(rows[0])} has it in title, customer or ticket."
        else:
            what = listing(f"{said} These have it in title, customer or ticket:", rows)
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
