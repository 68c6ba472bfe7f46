"""The base of the services for a team: the store, the actor and their permissions, entries for the audit."""

import os
from collections.abc import Callable
from datetime import datetime

from rflow.core.accounts import Account, AuditEntry, Credential, CredentialKind, account_name
from rflow.core.actors import Actor, Scope, no_scope
from rflow.core.session.times import utc
from rflow.core.space_policy import DEFAULT, Policy, Space, space_id
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tokens import token_hash, token_of
from rflow.errors import NotAllowed, NotFound, UsageProblem
from rflow.identity import share_id
from rflow.ports.accounts import AccountStore
from rflow.ports.stores import Store
from rflow.ports.values import Clock


def accounts_of(store: Store) -> AccountStore | None:
    """Return the accounts of a store; None if it can't hold any."""
    try:
        return store.accounts
    except UsageProblem:
        return None


def policy_of(store: Store, space: str) -> Policy:
    """Return the policy of a space; the default one allows everything."""
    accounts = accounts_of(store)
    known = accounts.space(space) if accounts is not None else None
    return known.policy if known is not None else Policy()


def check_space(store: Store, actor: Actor, space: str) -> None:
    """Raise `NotFound` if a space does not exist, for actors who may see all spaces: roles refuse it for others."""
    if space != DEFAULT_SPACE and actor.spaces is None and store.accounts.space(space) is None:
        raise no_space(space)


def no_space(name: str) -> NotFound:
    """Return the error for a space that does not exist or is hidden from the actor."""
    return NotFound(f'There is no space "{name}".', try_="See what there is: rflow space list")


class TeamService:
    """A service for a team: what one actor can do at a store."""

    def __init__(
        self, store: Store, actor: Actor, *, clock: Clock, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self.store: Store = store.scoped(actor.spaces)
        self.actor = actor
        self.random = random
        self._clock = clock

    @property
    def account_store(self) -> AccountStore:
        """The accounts of the store."""
        return self.store.accounts

    def now(self) -> datetime:
        """Return the current time in UTC, to the millisecond."""
        return utc(self._clock())

    def entry(self, action: str, subject: str = "", space: str = "", **details: str) -> AuditEntry:
        """Return an audit entry for an action of the actor, at the current time."""
        return AuditEntry(
            at=self.now(), action=action, by=self.actor.person, subject=subject, space=space, details=details
        )

    # What the actor may do

    @property
    def runs_store(self) -> bool:
        """Whether the actor is an admin or can open the store directly, and is not using a token."""
        return self.actor.scopes is None and (self.actor.admin or self.actor.roles is None)

    def check_admin(self) -> None:
        """Raise unless the actor may manage all accounts and spaces."""
        if self.actor.scopes is not None:
            raise no_scope()
        if not self.runs_store:
            raise NotAllowed("Only an admin may do that.", try_="Ask an admin of this server.")

    # Finding

    def account(self, name: str) -> Account:
        """Return the account of that name. Only actors who may see all accounts get a suggestion for a misspelt one."""
        wanted = account_name(name)
        account = self.account_store.account(wanted.id)
        if account is None:
            close = self._closest(wanted.id)
            hint = f'Did you mean "{close}"?' if close else "See which there are: rflow user list"
            raise NotFound(f'There is no account "{wanted.name}".', try_=hint, suggests=bool(close))
        return account

    def _closest(self, wanted: str) -> str:
        """Return the name of the account that is the most like `wanted`, if the actor may see all; else ""."""
        from difflib import get_close_matches

        names = {account.id: account.name for account in self.account_store.accounts()} if self.runs_store else {}
        return next((names[close] for close in get_close_matches(wanted, names, n=1)), "")

    def space(self, name: str) -> Space:
        """Return the space of that name, if the actor may see it."""
        wanted = space_id(name)
        space = self.account_store.space(wanted) or (DEFAULT if wanted == DEFAULT_SPACE else None)
        if space is None or self.actor.role_in(space.id) is None:
            raise no_space(name)
        return space

    # Credentials

    def credential(
        self,
        kind: CredentialKind,
        account: str,
        expires_at: datetime | None,
        *,
        scopes: tuple[Scope, ...] = (),
        label: str = "",
    ) -> tuple[str, Credential]:
        """Return a new token, and the credential to store for it."""
        token = token_of(self.random(32), kind)
        made = Credential(
            id=share_id(self.random(7)),
            kind=kind,
            account=account,
            hash=token_hash(token),
            ending=token[-4:],
            created_at=self.now(),
            expires_at=expires_at,
            scopes=scopes,
            label=label,
            by=self.actor.person,
        )
        return token, made
