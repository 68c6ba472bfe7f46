"""Looking after a store: for those who may open the store itself."""

from pathlib import Path

from rflow.core.actors import Actor, no_scope
from rflow.core.notices import Notice, afresh
from rflow.core.session.times import utc
from rflow.errors import NotAllowed
from rflow.ports.stores import Store
from rflow.ports.values import Clock, Fault, Info, Merged, Report, unreported
from rflow.service.team.team_service import accounts_of


class LocalAdministration:
    """What `actor` can do with `store` itself; `rflow.ports.workspace.Administration` says what each method does.

    Long work calls `report` with how much is done.
    """

    def __init__(self, store: Store, actor: Actor, report: Report = unreported, *, clock: Clock) -> None:
        self._store = store
        self._report = report
        self._clock = clock
        self.actor = actor

    def info(self) -> Info:
        """Return facts about the store, and how much it holds."""
        return self._allowed().info()

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong."""
        return self._allowed().check()

    def merge(self) -> list[Merged]:
        """Merge sessions of which there are several versions."""
        return self._allowed().merge()

    def backup(self, path: Path) -> None:
        """Copy a consistent snapshot of the whole store to a path that must not exist."""
        self._allowed().backup(path, self._report)

    def notices(self) -> list[Notice]:
        """Return the notices that wait, were sent lately, or were given up; none where a store has no accounts."""
        store = self._allowed()
        return store.outbox.notices() if accounts_of(store) is not None else []

    def retry_notices(self) -> int:
        """Queue the notices that were given up again; return how many there are."""
        outbox, at = self._allowed().outbox, utc(self._clock())
        again = [notice for notice in outbox.notices() if notice.given_up]
        return sum(outbox.replace(afresh(notice, at), notice) for notice in again)

    def _allowed(self) -> Store:
        """Return the store; raise unless this is an admin, or anybody who can open a local store. Tokens never may."""
        if self.actor.scopes is not None:
            raise no_scope()
        if self.actor.roles is not None and not self.actor.admin:
            raise NotAllowed("Only an admin may look after the store.", try_="Ask an admin of this server.")
        return self._store
