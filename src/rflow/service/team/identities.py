"""Signing in by OpenID Connect: an identity that a provider vouches for → an `Actor`."""

from collections.abc import Mapping
from itertools import count

from msgspec.structs import replace

from rflow.core.accounts import Account, AuditEntry, Identity, account_name, actor_of
from rflow.core.actors import Actor, MemberRole
from rflow.core.session.times import utc
from rflow.errors import NotAllowed, NotSignedIn
from rflow.ports.accounts import AccountStore, Membership, Taken
from rflow.ports.stores import Store
from rflow.ports.values import Clock, Stale


class Identities:
    """The accounts of those who sign in at an OpenID Connect provider."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def _accounts(self) -> AccountStore:
        return self._store.accounts

    def sign_in(
        self,
        identity: Identity,
        name: str,
        *,
        admin: bool | None = None,
        roles: Mapping[str, MemberRole | None] | None = None,
    ) -> Actor:
        """Return who has an identity at a provider, which the caller has verified; a new one gets an account.

        It is never joined to an account by name. `admin` and `roles` are what the provider's groups say; a role of None
        is taken away.
        """
        account = self._accounts.identified(identity) or self._add_identified(identity, name)
        if not account.active:
            raise NotSignedIn("This account is disabled.", try_="Ask an admin of this server.")
        if admin is not None and admin != account.admin:
            account = self._set_admin(account, admin=admin)
        self._set_roles(account, roles or {})
        actor = actor_of(account, self._accounts.roles(account.id))
        assert actor is not None
        return actor

    def _set_admin(self, account: Account, *, admin: bool) -> Account:
        """Make somebody an admin, or no admin any longer; the last one stays an admin, and is not kept out."""
        changed = replace(account, admin=admin)
        try:
            self._accounts.replace(
                changed, account, self._entry("admin_granted" if admin else "admin_withdrawn", account)
            )
        except (NotAllowed, Stale):
            return self._accounts.account(account.id) or account
        return changed

    def _add_identified(self, identity: Identity, name: str) -> Account:
        """Create an account for an identity, under a name that is free.

        A name already used in sessions is not free: people choose their own at many providers, and sessions of
        somebody without an account must not become theirs. An admin may create that account.
        """
        for number in count(1):
            who = account_name(name if number == 1 else f"{name[:60]} ({number})")
            if self._store.appears(who.id):
                continue
            account = Account(id=who.id, name=who.name, created_at=utc(self._clock()), identities=(identity,))
            try:
                self._accounts.add(account, self._entry("account_added", account))
            except Taken:
                known = self._accounts.identified(identity)  # by another request at the same time
                if known is not None:
                    return known
                continue
            return account
        raise AssertionError

    def _set_roles(self, account: Account, roles: Mapping[str, MemberRole | None]) -> None:
        current = self._accounts.roles(account.id)
        for space, role in roles.items():
            if current.get(space) != role:
                entry = replace(self._entry("role_set", account), space=space, details={"role": role or "none"})
                self._accounts.set_role(
                    (space, account.id, None) if role is None else Membership(space, account.id, role), entry
                )

    def _entry(self, action: str, account: Account) -> AuditEntry:
        return AuditEntry(at=utc(self._clock()), action=action, by=account.person, subject=account.id)
