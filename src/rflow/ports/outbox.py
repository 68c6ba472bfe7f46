"""The port of the outbox: notices that wait until a server has sent them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rflow.core.notices import Notice


class Outbox(Protocol):
    """Where notices are stored, in the same place as the sessions that they are about.

    `SessionStore.append` writes notices in one step with the events that bring them.
    """

    def put(self, notices: Sequence[Notice]) -> int:
        """Store notices; one whose id is there already stays as it is. Return how many are new."""

    def claim(self, at: datetime, until: datetime, limit: int) -> list[Notice]:
        """Return notices that are due at `at`, as due at `until` and tried once more; nobody else gets them before."""

    def replace(self, notice: Notice, claimed: Notice, added: Sequence[Notice] = ()) -> bool:
        """Store a claimed notice as it is now, and `added` ones; False if somebody else claimed it in the meantime."""

    def notices(self) -> list[Notice]:
        """Return all notices, the oldest first; those of a newer rflow are left out."""

    def forget(self, person_id: str) -> None:
        """Remove the notices that name a person."""

    def sweep(self, before: datetime) -> None:
        """Remove the notices that were settled before then."""
