"""A store in memory, for tests and temporary sessions."""

from rflow.stores.mapped.store import MappedStore, Mappings
from rflow.stores.memory.accounts import MemoryAccounts
from rflow.stores.outbox.memory import MemoryOutbox


class MemoryStore(MappedStore):
    """A store that lasts as long as the process."""

    kind = "memory"

    def __init__(self, name: str = "") -> None:
        super().__init__(Mappings(sessions={}, trees={}, names={}, links={}))
        self.url = f"memory:{name}"
        self._accounts, self._outbox = MemoryAccounts(), MemoryOutbox()

    @property
    def accounts(self) -> MemoryAccounts:
        """The accounts of the people who may sign in at a server."""
        return self._accounts

    @property
    def outbox(self) -> MemoryOutbox:
        """The notices to be sent."""
        return self._outbox

    def delete(self, session_id: str) -> None:
        """Remove a session with everything that belongs to it."""
        super().delete(session_id)
        self.outbox.clear(session_id)
