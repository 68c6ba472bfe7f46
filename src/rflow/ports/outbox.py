"""The port of the outbox: notices that wait to be sent by a server."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rflow.core.notices import Notice


class Outbox(Protocol):
    """Stores notices, together with the sessions that they are about.

    `SessionStore.append` writes notices atomically with the events that cause them.
    """

    def put(self, notices: Sequence[Notice]) -> int:
        """Store notices, ignoring those whose id exists already; return how many are new."""

    def claim(self, at: datetime, until: datetime, limit: int) -> list[Notice]:
        """Claim notices that are due at `at`: they become due again at `until`, with one more attempt counted."""

    def replace(self, notice: Notice, claimed: Notice, added: Sequence[Notice] = ()) -> bool:
        """Store the new state of a claimed notice, and `added` ones; False if another sender claimed it meanwhile."""

    def notices(self) -> list[Notice]:
        """Return all notices, oldest first, without those of a newer rflow."""

    def forget(self, person_id: str) -> None:
        """Remove the notices that name a person."""

    def sweep(self, before: datetime) -> None:
        """Remove the notices that were settled before a time."""
