"""The rows that a transaction may see, passed as settings of the transaction to the row-level policies."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from psycopg import sql

from rflow.stores.postgres.connection.texts import escaped

SPACES, LINK = "rflow.spaces", "rflow.link"
"""The settings: a JSON list of spaces, or "*" for all of them; the hash of the one link that may be looked up."""


class Scope(NamedTuple):
    """The spaces whose rows are visible (None is all), and the hash of a link that is visible whatever its space is."""

    spaces: tuple[str, ...] | None = None
    link: str = ""

    @property
    def visible(self) -> str:
        """The value of the setting for spaces."""
        return "*" if self.spaces is None else json.dumps([escaped(each) for each in self.spaces])

    @property
    def settings(self) -> str:
        """The statements that set the scope for one transaction."""
        return "; ".join(
            f"SET LOCAL {name} = {_quoted(value)}" for name, value in ((SPACES, self.visible), (LINK, self.link))
        )


EVERYTHING = Scope()
"""The scope of people who open the database itself, and of operations without an actor: sign-in, checks, copies."""


def of_spaces(spaces: Sequence[str] | None) -> Scope:
    """Return the scope of an actor who may see `spaces`."""
    return EVERYTHING if spaces is None else Scope(tuple(spaces))


def _quoted(text: str) -> str:
    return sql.Literal(text).as_string(None)
