"""Signing a terminal in from a browser: the device authorization grant (RFC 8628).

The terminal asks for two codes. Its owner signs in in a browser, types the short one, sees which machine asks, and
approves; the terminal, which polls with the long one, then gets an API token. Both codes are stored as hashes.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from rflow.core.accounts import (
    ATTEMPTS_BY_ADDRESS,
    DEVICE_INTERVAL,
    DEVICE_LIFE,
    LOGIN_LIFE,
    UNKNOWN_ADDRESSES,
    AuditEntry,
    Credential,
    from_address,
)
from rflow.core.actors import Actor, Scope, no_scope
from rflow.core.session.times import Moment, utc
from rflow.core.text import clean, one_line, shorten
from rflow.core.tokens import is_token, read_user_code, token_hash, token_of, user_code
from rflow.errors import NotFound
from rflow.ports.accounts import AccountStore
from rflow.ports.stores import Store
from rflow.ports.team import NewToken
from rflow.ports.values import Clock, Stale
from rflow.service.team import attempts
from rflow.service.team.team_service import TeamService
from rflow.service.team.tokens import checked_scopes, token_view

Refusal = Literal["authorization_pending", "slow_down", "access_denied", "expired_token", "invalid_grant"]
"""Why a terminal that polls gets no token, in the words of RFC 8628 and RFC 6749."""
_EARLY = timedelta(milliseconds=500)
"""How much sooner than `DEVICE_INTERVAL` a poll may arrive: requests take different times on their way."""
_KEPT = timedelta(hours=1)
"""How long a request is kept after it has expired, so that the terminal learns why it gets no token."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The two codes of a terminal's request, shown only here, and when it expires."""

    device_code: str
    user_code: str
    expires_at: Moment


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal that asks to be signed in, as the person sees it who may approve that."""

    user_code: str
    machine: str
    address: str
    asked_at: Moment
    scopes: tuple[Scope, ...]


class DeviceSignIn:
    """The terminals that ask to be signed in at a store."""

    def __init__(self, store: Store, *, clock: Clock, random: Callable[[int], bytes] = os.urandom) -> None:
        self._store = store
        self._clock = clock
        self._random = random

    @property
    def _accounts(self) -> AccountStore:
        return self._store.accounts

    # For the terminal

    def ask(self, machine: str, scopes: tuple[Scope, ...], address: str = "") -> Asked:
        """Store a terminal's request to be signed in; nobody is signed in yet. Counted by the client's address."""
        now = utc(self._clock())
        limit = ATTEMPTS_BY_ADDRESS if address else UNKNOWN_ADDRESSES
        message = "There were too many requests to sign in."
        attempts.check(self._accounts, f"device {attempts.network(address)}", now, limit, message)
        self._forget_old()
        device, typed = token_of(self._random(32), "device"), user_code(self._random(16))
        request = Credential(
            id=token_hash(typed),
            kind="device",
            account="",
            hash=token_hash(device),
            ending=device[-4:],
            created_at=now,
            expires_at=now + DEVICE_LIFE,
            scopes=checked_scopes(scopes),
            label=shorten(one_line(clean(machine)), 60) or "a machine without a name",
            address=address,
        )
        self._accounts.add_credential(request)
        return Asked(device_code=device, user_code=typed, expires_at=now + DEVICE_LIFE)

    def poll(self, device_code: str) -> NewToken | Refusal:
        """Return the token of a terminal whose request was approved, once; else why there is none (yet)."""
        digest, now = token_hash(device_code), utc(self._clock())
        request = self._accounts.credential(digest) if is_token(device_code, "device") else None
        if request is None or request.kind != "device":
            return "invalid_grant"
        if request.expires_at is not None and now >= request.expires_at:
            return "expired_token"
        too_early = request.used_at is not None and now < request.used_at + DEVICE_INTERVAL - _EARLY
        self._accounts.mark_used(digest, now)
        if too_early:
            return "slow_down"
        if request.by is None:
            return "authorization_pending"
        return self._token(request) if request.account else "access_denied"

    def _token(self, request: Credential) -> NewToken | Refusal:
        """Create the token of an approved request; of several polls at once, only one gets it."""
        account = self._accounts.account(request.account)
        if account is None or not account.active or not self._accounts.end([request.id]):
            return "invalid_grant"
        service = TeamService(self._store, Actor(person=account.person), clock=self._clock, random=self._random)
        label, until = f"rflow login on {request.label}", service.now() + LOGIN_LIFE
        secret, made = service.credential("token", account.id, until, scopes=request.scopes, label=label)
        entry = service.entry("token_created", account.id, id=made.id, scopes=",".join(request.scopes))
        self._accounts.add_credential(made, entry)
        return NewToken(token=token_view(made), secret=secret)

    def _forget_old(self) -> None:
        """Remove requests that expired a while ago."""
        before = utc(self._clock()) - _KEPT
        old = [each.id for each in self._accounts.credentials(kind="device") if (each.expires_at or before) < before]
        if old:
            self._accounts.end(old)

    # For the person in the browser

    def asking(self, actor: Actor, code: str) -> Device:
        """Return the terminal that was shown this code; raise `NotFound`, or `TooManyAttempts` for guesses."""
        request = self._undecided(actor, code)
        return Device(
            user_code=read_user_code(code),
            machine=request.label,
            address=request.address,
            asked_at=request.created_at,
            scopes=request.scopes,
        )

    def decide(self, actor: Actor, code: str, *, approve: bool) -> None:
        """Approve a terminal's request, so that it gets a token of the actor's, or deny it."""
        request = self._undecided(actor, code)
        while True:
            account = actor.person.id if approve else ""
            decided = replace(request, account=account, by=actor.person)
            entry = AuditEntry(
                at=utc(self._clock()),
                action="device_approved" if approve else "device_denied",
                by=actor.person,
                subject=actor.person.id,
                details={"scopes": ",".join(request.scopes), **from_address(request.address)},
            )
            try:
                return self._accounts.replace_credential(decided, request, entry)
            except Stale:  # the terminal polled meanwhile, or somebody else decided
                request = self._undecided(actor, code)

    def _undecided(self, actor: Actor, code: str) -> Credential:
        """Return the request with this code; only a person who signed in may see it, and can't try many codes."""
        if actor.scopes is not None:
            raise no_scope()
        now, wanted = utc(self._clock()), read_user_code(code)
        asking = f"device code {actor.person.id}"
        attempts.check(self._accounts, asking, now)
        digest = token_hash(wanted) if wanted else ""
        for request in self._accounts.credentials("", "device"):
            if request.id == digest and request.by is None and now < (request.expires_at or now):
                attempts.clear(self._accounts, asking)
                return request
        raise NotFound(
            "No terminal is waiting with this code.", try_="Check the code, or get a new one: rflow login URL"
        )
