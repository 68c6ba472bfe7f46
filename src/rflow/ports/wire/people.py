"""The signed-in person."""

from collections.abc import Mapping, Sequence

import msgspec

from rflow.core.actors import Actor, MemberRole, Scope
from rflow.core.people import Person
from rflow.ports.wire.basics import StrictInput


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and their role in each space; `scopes` are those of the token, null if it has no limit."""

    person: Person
    admin: bool
    roles: Mapping[str, MemberRole]
    scopes: Sequence[Scope] | None = None


class ChangePassword(StrictInput, frozen=True, kw_only=True):
    """The old and the new password."""

    old: str
    new: str


def to_me(actor: Actor) -> Me:
    """Convert an actor for a response."""
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    return Me(person=actor.person, admin=actor.admin, roles=dict(actor.roles or {}), scopes=scopes)
