"""Actors: who does something, and what they are allowed to do."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from rflow.core.people import Person
from rflow.errors import NotAllowed

MemberRole = Literal["reader", "member", "lead"]
"""The role of a member in a space."""

Scope = Literal["read", "write", "move", "own", "share", "publish"]
"""The scopes of an agent's token: read; add entries; move in the tree; change the owner of a session or close it;
create links and record deliveries; publish trees, for a lead. Nearly every response shows something of a session, so a
token without "read" allows nothing."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person, an agent or rflow itself, with their role in each space that they may see.

    `roles` is None for a member of every space, such as anyone who can open a local store. An `admin` of a server may
    administer the store, and is a lead in every space. `scopes` limit an agent's token; None is no limit.
    """

    person: Person
    roles: Mapping[str, MemberRole] | None = None
    admin: bool = False
    scopes: frozenset[Scope] | None = None

    def role_in(self, space: str) -> MemberRole | None:
        """Return the actor's role in `space`; None if they may not see it."""
        if self.admin:
            return "lead"
        return "member" if self.roles is None else self.roles.get(space)

    @property
    def spaces(self) -> tuple[str, ...] | None:
        """The spaces that the actor may see; None is all."""
        return None if self.admin or self.roles is None else tuple(sorted(self.roles))

    def allows(self, *scopes: Scope) -> bool:
        """Whether the actor's token, if they have one, allows all of `scopes`."""
        return self.scopes is None or self.scopes.issuperset({"read", *scopes})


def check_scopes(actor: Actor, *scopes: Scope) -> None:
    """Raise `NotAllowed` unless the actor's token allows all of `scopes`."""
    if not actor.allows(*scopes):
        raise no_scope()


def no_scope() -> NotAllowed:
    """Return the error for an action that the scopes of a token don't allow."""
    return NotAllowed(
        "This token does not allow that.", try_="Ask for a token with more scopes, or let a person do it."
    )
