"""Signing in: a token, a password, a web session or a one-time link → an `Actor`.

Roles are read each time, so that what an admin changes holds from the next request on.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from msgspec.structs import replace

from rflow.core.accounts import (
    ATTEMPTS_BY_ADDRESS,
    SESSION_LIFE,
    Account,
    AuditEntry,
    Credential,
    CredentialKind,
    actor_of,
    check_password,
    from_address,
    is_live,
)
from rflow.core.actors import Actor
from rflow.core.session.times import utc
from rflow.core.tokens import is_token, token_hash
from rflow.errors import NotSignedIn
from rflow.ports.accounts import AccountStore, Bearer
from rflow.ports.stores import Store
from rflow.ports.values import Clock, Stale
from rflow.service.team import attempts, passwords
from rflow.service.team.team_service import TeamService

_NOTED = timedelta(minutes=5)
"""How old the time of the last use must be before it is stored again: not every request writes."""


class SignIn:
    """Signing in: turns credentials into an `Actor`."""

    def __init__(self, store: Store, *, clock: Clock, random: Callable[[int], bytes] = os.urandom) -> None:
        self._store = store
        self._clock = clock
        self._random = random

    @property
    def _accounts(self) -> AccountStore:
        return self._store.accounts

    # By a token, at each request

    def by_token(self, token: str) -> Actor | None:
        """Return the actor of an API token; None if it does not work."""
        return self._bearer(token, "token")

    def by_session(self, token: str) -> Actor | None:
        """Return whose web session it is; None if it has ended, or was idle for too long."""
        return self._bearer(token, "session")

    def watching(self, token: str) -> Actor | None:
        """Return whose API token or web session it is, for a page that waits for changes: that is no use of it."""
        bearer = self._live(token, "token") or self._live(token, "session")
        return actor_of(bearer.account, bearer.roles, bearer.credential) if bearer is not None else None

    def _bearer(self, token: str, kind: CredentialKind) -> Actor | None:
        bearer = self._live(token, kind)
        actor = actor_of(bearer.account, bearer.roles, bearer.credential) if bearer is not None else None
        if bearer is not None and actor is not None:
            self._note_use(bearer.credential)
        return actor

    def _live(self, token: str, kind: CredentialKind) -> Bearer | None:
        bearer = self._accounts.bearer(token_hash(token)) if is_token(token, kind) else None
        if bearer is None or bearer.credential.kind != kind or not is_live(bearer.credential, utc(self._clock())):
            return None
        return bearer

    def _note_use(self, credential: Credential) -> None:
        now = utc(self._clock())
        if now - (credential.used_at or credential.created_at) >= _NOTED:
            self._accounts.mark_used(credential.hash, now)

    # By a password

    def by_password(self, name: str, password: str, address: str = "") -> Actor:
        """Return the actor with this name and password.

        Raises `NotSignedIn`, the same for an unknown name and a wrong password, or `TooManyAttempts`: attempts are
        counted by name and by the address of the client, before the password is looked at. The right password takes its
        own attempt back, since a whole office may sign in from one address.
        """
        now = utc(self._clock())
        network = f"address {attempts.network(address)}"
        if address:
            attempts.check(self._accounts, network, now, ATTEMPTS_BY_ADDRESS)
        wanted = _id_of(name)
        attempts.check(self._accounts, f"account {wanted}", now)
        account = self._accounts.account(wanted)
        right = passwords.verifies(password, account.password if account is not None else "")
        actor = actor_of(account, self._accounts.roles(account.id)) if account is not None and right else None
        if account is None or actor is None:
            subject = account.id if account else ""
            entry = AuditEntry(at=now, action="sign_in_failed", subject=subject, details=from_address(address))
            self._accounts.record([entry])
            raise NotSignedIn(
                "The name or the password is wrong.", try_="Try again, or ask an admin for a link to set a new one."
            )
        attempts.clear(self._accounts, f"account {wanted}")
        if address:
            attempts.take_back(self._accounts, network, now)
        self._rehash(account, password)
        return actor

    def _rehash(self, account: Account, password: str) -> None:
        if not passwords.is_outdated(account.password):
            return
        entry = AuditEntry(at=utc(self._clock()), action="password_rehashed", subject=account.id)
        with suppress(Stale):  # the next sign-in does it
            self._accounts.replace(replace(account, password=passwords.hashed(password)), account, entry)

    # Web sessions

    def open_session(self, actor: Actor, address: str = "") -> str:
        """Open a web session for somebody who has just signed in from an address; return its token."""
        service = self._service(actor)
        token, credential = service.credential("session", actor.person.id, service.now() + SESSION_LIFE)
        self._accounts.add_credential(credential, service.entry("signed_in", actor.person.id, **from_address(address)))
        return token

    def close_session(self, token: str) -> None:
        """End a web session."""
        bearer = self._live(token, "session")
        if bearer is not None:
            entry = AuditEntry(
                at=utc(self._clock()), action="signed_out", by=bearer.account.person, subject=bearer.account.id
            )
            self._accounts.end([bearer.credential.id], [entry])

    def end_token(self, token: str) -> None:
        """End an API token, or a web session, because its owner signs out."""
        bearer = self._live(token, "token")
        if bearer is None:
            self.close_session(token)
            return
        account, made = bearer.account, bearer.credential
        entry = AuditEntry(
            at=utc(self._clock()),
            action="token_revoked",
            by=account.person,
            subject=account.id,
            details={"id": made.id},
        )
        self._accounts.end([made.id], [entry])

    def close_all_sessions(self, actor: Actor) -> int:
        """End all web sessions of somebody; return how many there were."""
        ids = [each.id for each in self._accounts.credentials(actor.person.id, "session")]
        return self._accounts.end(ids, [self._service(actor).entry("signed_out_everywhere", actor.person.id)])

    # One-time links

    def invited(self, token: str) -> str | None:
        """Return the name of the account whose password a one-time link sets; None if it does not work."""
        bearer = self._one_time(token)
        return bearer.account.name if bearer is not None else None

    def set_password(self, token: str, password: str) -> Actor:
        """Set a password by a one-time link, which works once; everything else that signed the account in ends."""
        bearer = self._one_time(token)
        if bearer is None:
            raise _no_link()
        account = bearer.account
        check_password(password, account)
        changed = replace(account, password=passwords.hashed(password))
        action = "invitation_accepted" if bearer.credential.kind == "invitation" else "password_reset"
        entry = AuditEntry(at=utc(self._clock()), action=action, by=account.person, subject=account.id)
        ends: tuple[CredentialKind, ...] = ("session", "invitation", "reset")
        try:
            self._accounts.replace(changed, account, entry, ends=ends, spends=bearer.credential.hash)
        except Stale:
            raise _no_link() from None
        actor = actor_of(changed, bearer.roles)
        assert actor is not None
        return actor

    def _one_time(self, token: str) -> Bearer | None:
        bearer = self._live(token, "invitation") or self._live(token, "reset")
        return bearer if bearer is not None and bearer.account.active else None

    def _service(self, actor: Actor) -> TeamService:
        return TeamService(self._store, actor, clock=self._clock, random=self._random)


def _id_of(name: str) -> str:
    from rflow.core.people import person
    from rflow.core.text import clean

    return person(clean(name)).id


def _no_link() -> NotSignedIn:
    return NotSignedIn("This link has been used, or has expired.", try_="Ask an admin for a new one.")
