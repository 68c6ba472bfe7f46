"""Signing in by OpenID Connect: turns an identity that a provider has verified into an `Actor`."""

from collections.abc import Mapping
from itertools import count

from msgspec.structs import replace

from rflow.core.accounts import Account, AuditEntry, Identity, account_name, actor_of
from rflow.core.actors import Actor, MemberRole
from rflow.core.session.times import utc
from rflow.errors import NotAllowed, NotSignedIn
from rflow.ports.accounts import AccountStore, Membership, NameTaken
from rflow.ports.stores import Store
from rflow.ports.values import Clock, Stale


class Identities:
    """The accounts of people who sign in with an OpenID Connect provider."""

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
        """Return the actor with a verified identity at a provider, and create an account for a new identity.

        An identity is never matched to an account by name. `admin` and `roles` come from the provider's groups; a role
        of None removes the role.
        """
        account = self._accounts.find_by_identity(identity) or self._add_identified(identity, name)
        if not account.active:
            raise NotSignedIn("This account is disabled.", try_="Ask an admin of this server.")
        if admin is not None and admin != account.admin:
            account = self._set_admin(account, admin=admin)
        self._set_roles(account, roles or {})
        actor = actor_of(account, self._accounts.roles(account.id))
        assert actor is not None
        return actor

    def _set_admin(self, account: Account, *, admin: bool) -> Account:
        """Grant or withdraw admin rights. The last admin keeps them, and can still sign in."""
        changed = replace(account, admin=admin)
        try:
            self._accounts.replace(
                changed, account, self._entry("admin_granted" if admin else "admin_withdrawn", account)
            )
        except (NotAllowed, Stale):
            return self._accounts.account(account.id) or account
        return changed

    def _add_identified(self, identity: Identity, name: str) -> Account:
        """Create an account for an identity, under a free name.

        A name that appears in sessions is not free: at many providers people choose their names, and nobody must get
        the sessions of another person that way. An admin can create an account of that name.
        """
        for number in count(1):
            who = account_name(name if number == 1 else f"{name[:60]} ({number})")
            if self._store.has_person(who.id):
                continue
            account = Account(id=who.id, name=who.name, created_at=utc(self._clock()), identities=(identity,))
            try:
                self._accounts.add(account, self._entry("account_added", account))
            except NameTaken:
                known = self._accounts.find_by_identity(identity)  # by another request at the same time
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
