"""A store as a server uses it: many actors on one connection, each with their own workspace."""

from datetime import timedelta

from rflow.core.actors import Actor
from rflow.core.fingerprint import fingerprint
from rflow.core.session.times import utc
from rflow.core.sharing import Share
from rflow.ports.stores import Store
from rflow.ports.values import Clock
from rflow.service.local.administration import LocalAdministration
from rflow.service.local.shared import SharedSessions
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.devices import DeviceSignIn
from rflow.service.team.identities import Identities
from rflow.service.team.sign_in import SignIn
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team_service import accounts_of
from rflow.service.team.tokens import LocalTokens


class Team:
    """Opens what an actor can do at a store; an actor comes from signing in."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self.now = clock
        self.sign_in = SignIn(store, clock=clock)
        self.devices = DeviceSignIn(store, clock=clock)

    def accounts_exist(self) -> bool | None:
        """Whether anybody can sign in here; None where the store can't hold accounts."""
        accounts = accounts_of(self._store)
        return None if accounts is None else accounts.exist()

    def shared_by(self, token: str) -> Share | None:
        """Return the link of a token, if it works now."""
        shared = SharedSessions(self._store, clock=self.now, zone=lambda at: at)
        found = shared.working(token)
        return found[0] if found is not None else None

    def is_first(self, actor: Actor, command_id: str) -> bool:
        """Whether an actor sends this id for the first time within a day, over all processes of a server."""
        name = "form " + fingerprint(f"{actor.person.id} {command_id}".encode("utf-8", "replace"))[:32]
        return self._store.accounts.increment(name, 0, 1, utc(self.now()) + timedelta(days=1))

    @property
    def identities(self) -> Identities:
        """The accounts of those who sign in by OpenID Connect."""
        return Identities(self._store, clock=self.now)

    def workspace(self, actor: Actor) -> LocalWorkspace:
        """Return what `actor` can do with sessions, trees and links."""
        return LocalWorkspace(self._store, actor, clock=self.now)

    def accounts(self, actor: Actor) -> LocalAccounts:
        """Return what `actor` can do with accounts."""
        return LocalAccounts(self._store, actor, clock=self.now)

    def spaces(self, actor: Actor) -> LocalSpaces:
        """Return what `actor` can do with spaces."""
        return LocalSpaces(self._store, actor, clock=self.now)

    def tokens(self, actor: Actor) -> LocalTokens:
        """Return what `actor` can do with API tokens."""
        return LocalTokens(self._store, actor, clock=self.now)

    def administration(self, actor: Actor) -> LocalAdministration:
        """Return what `actor` can do with the store itself."""
        return LocalAdministration(self._store, actor, clock=self.now)

    def stamp(self) -> int | None:
        """Return a number that changes whenever somebody else has written to the store."""
        return self._store.stamp()

    def close(self) -> None:
        """Close the store."""
        self._store.close()
