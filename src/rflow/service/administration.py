"""Looking after a store: what somebody may do who may open the store itself."""

from pathlib import Path

from rflow.core.actors import Actor
from rflow.errors import NotAllowed
from rflow.ports.stores import Fault, Info, Store


class LocalAdministration:
    """What `actor` can do with `store` itself; `rflow.ports.workspace.Administration` says what each method does."""

    def __init__(self, store: Store, actor: Actor) -> None:
        self._store = store
        self.actor = actor

    def info(self) -> Info:
        """Return what the store is and how much it holds."""
        return self._allowed().info()

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong."""
        return self._allowed().check()

    def backup(self, path: Path) -> None:
        """Copy the whole store, as it is at one moment, to a path that must not exist."""
        self._allowed().backup(path)

    def _allowed(self) -> Store:
        """Return the store, for an admin, and for everybody who can open a local store."""
        if not self.actor.admin and (self.actor.roles is not None or self.actor.scopes is not None):
            raise NotAllowed("Only an admin may look after the store.", try_="Ask an admin of this server.")
        return self._store
