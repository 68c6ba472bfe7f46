"""The accounts of a shared store: who may sign in, with which credentials, and the audit log."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from rflow.core.actors import Actor, MemberRole, Scope
from rflow.core.people import Person, is_named, person
from rflow.core.session.times import Moment
from rflow.core.text import clean
from rflow.errors import NotAllowed, UsageProblem

AccountKind = Literal["person", "agent"]
CredentialKind = Literal["token", "session", "invitation", "reset", "opened", "device"]
ENDED: tuple[CredentialKind, ...] = ("token", "session", "invitation", "reset", "device")
"""The credentials that are revoked when an account is disabled or erased."""

NAME_LIMIT = 80
EMAIL_LIMIT = 254
PASSWORD_LENGTHS = (10, 200)
"""The minimum and maximum length of a password; hashing a longer one would keep a server busy."""
INVITATION_LIFE = timedelta(hours=72)
SESSION_LIFE, SESSION_IDLE = timedelta(days=7), timedelta(hours=12)
OPENED_LIFE = timedelta(hours=1)
"""How long a protected link stays open for somebody who has opened it."""
DEVICE_LIFE, DEVICE_INTERVAL = timedelta(minutes=10), timedelta(seconds=5)
"""How long a terminal's request to be signed in can be approved, and how often the terminal may ask whether it was."""
LOGIN_LIFE = timedelta(days=90)
"""How long the token of a terminal is valid."""
ATTEMPTS, ATTEMPTS_WINDOW = 10, timedelta(minutes=15)
"""How many wrong passwords are allowed for an account or a link within a time window."""
ATTEMPTS_BY_ADDRESS = 50
"""How many wrong passwords, or sign-in requests of terminals, are allowed from one address within that window."""
UNKNOWN_ADDRESSES = 2_000
"""How many of those are allowed within that window from all clients of unknown address together."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's identity at an OpenID Connect provider; an e-mail address is not an identity."""

    issuer: str
    subject: str


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A person or a program that may sign in. `password` is a hash; "" if they sign in by other means.

    `email` is the address for notices, unless `notices` is off; it can't be used to sign in.
    """

    id: str
    name: str
    created_at: Moment
    kind: AccountKind = "person"
    admin: bool = False
    password: str = ""
    identities: tuple[Identity, ...] = ()
    disabled_at: Moment | None = None
    email: str = ""
    notices: bool = True

    @property
    def person(self) -> Person:
        """The account as author, owner and receiver."""
        return Person(id=self.id, name=self.name, kind=self.kind)

    @property
    def active(self) -> bool:
        """Whether the account may sign in."""
        return self.disabled_at is None


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A credential, without its token: only the token's hash and last characters (`ending`) are stored.

    `account` is the account's id; for "opened", the id of the link that was opened. `scopes` are those of an API token.
    A "device" is a terminal's request to be signed in: its `id` is the hash of the code that the user types, `label`
    the terminal's name, `address` its network address, `by` who approved or denied it, and `account` who approved it.
    """

    id: str
    kind: CredentialKind
    account: str
    hash: str
    ending: str
    created_at: Moment
    expires_at: Moment | None = None
    used_at: Moment | None = None
    scopes: tuple[Scope, ...] = ()
    label: str = ""
    by: Person | None = None
    address: str = ""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An entry of the audit log; `subject` is an id. It never contains a secret or a text of a session.

    `by` is None if nobody was signed in. The store assigns `seq`.
    """

    at: Moment
    action: str
    seq: int = 0
    by: Person | None = None
    subject: str = ""
    space: str = ""
    details: Mapping[str, str] = {}


def from_address(address: str) -> dict[str, str]:
    """Return the details of an audit entry about the address of a sign-in; empty if it is unknown."""
    return {"address": address} if address else {}


def account_name(name: str) -> Person:
    """Return the person for an account name; raise `UsageProblem` if it is empty, too long or the name of a queue."""
    who = person(clean(name))
    if not is_named(who) or who.is_queue or who.id.startswith("#") or len(who.name) > NAME_LIMIT:
        raise UsageProblem(
            f'"{who.name[:NAME_LIMIT]}" can\'t be the name of an account.',
            try_=f"Use the person's name, at most {NAME_LIMIT} characters, not beginning with @ or #.",
        )
    return who


def check_password(password: str, account: Account) -> None:
    """Raise `UsageProblem` for a password that is too short, too long, or the account's name."""
    fewest, most = PASSWORD_LENGTHS
    if account.kind == "agent":
        raise UsageProblem(
            f"{account.name} is an agent, and signs in with tokens only.",
            try_=f'Create one: rflow token create --user "{account.name}" --scope read,write',
        )
    if len(password) < fewest or len(password) > most:
        raise UsageProblem(
            f"A password has {fewest} to {most} characters.", try_="Use a few words that nobody would guess."
        )
    if password.strip().casefold() in (account.id, account.id * 2):
        raise UsageProblem("The password must not be the account's name.", try_="Use a few words nobody would guess.")


def email_address(text: str) -> str:
    """Return an e-mail address as it is stored; raise `UsageProblem` if it is invalid."""
    address = text.strip()
    name, at, host = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' \t<>()[],;:\\"')
    if not (name and at and plain) or "." not in host.strip(".") or len(address) > EMAIL_LIMIT:
        raise UsageProblem("That is not an e-mail address.", try_="Write it as ben.okafor@example.com")
    return address


def is_live(credential: Credential, at: datetime) -> bool:
    """Whether a credential is valid: not expired, and, for a web session, not idle for too long."""
    if credential.expires_at is not None and at >= credential.expires_at:
        return False
    return credential.kind != "session" or at < (credential.used_at or credential.created_at) + SESSION_IDLE


def actor_of(account: Account, roles: Mapping[str, MemberRole], credential: Credential | None = None) -> Actor | None:
    """Return the actor of an account; None if it is disabled. A token limits it to the token's scopes."""
    if not account.active:
        return None
    limited = account.kind == "agent" or (credential is not None and credential.kind == "token")
    scopes = frozenset(credential.scopes if credential is not None else ()) if limited else None
    return Actor(person=account.person, roles=dict(roles), admin=account.admin, scopes=scopes)


def last_admin() -> NotAllowed:
    """Return the error for a change that would leave no admin able to sign in."""
    return NotAllowed(
        "At least one admin must be able to sign in.",
        try_="Make another account an admin first: rflow user role NAME admin (or: rflow user add NAME --admin)",
    )
