"""Looking after a store: for those who may open the store itself."""

from pathlib import Path

from rflow.core.actors import Actor, no_scope
from rflow.errors import NotAllowed
from rflow.ports.stores import Fault, Info, Merged, Report, Store, unreported


class LocalAdministration:
    """What `actor` can do with `store` itself; `rflow.ports.workspace.Administration` says what each method does.

    Long work calls `report` with how much is done.
    """

    def __init__(self, store: Store, actor: Actor, report: Report = unreported) -> None:
        self._store = store
        self._report = report
        self.actor = actor

    def info(self) -> Info:
        """Return what the store is and how much it holds."""
        return self._allowed().info()

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong."""
        return self._allowed().check()

    def merge(self) -> list[Merged]:
        """Merge sessions of which there are several versions."""
        return self._allowed().merge()

    def backup(self, path: Path) -> None:
        """Copy the whole store, as it is at one moment, to a path that must not exist."""
        self._allowed().backup(path, self._report)

    def _allowed(self) -> Store:
        """Return the store; raise unless this is an admin, or anybody who can open a local store. Tokens never may."""
        if self.actor.scopes is not None:
            raise no_scope()
        if self.actor.roles is not None and not self.actor.admin:
            raise NotAllowed("Only an admin may look after the store.", try_="Ask an admin of this server.")
        return self._store
