"""Who acts, with what they may do."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from rflow.core.people import Person

MemberRole = Literal["reader", "member", "lead"]
"""What a member is in a space."""

Scope = Literal["read", "write", "move", "own", "share"]
"""What an agent's token may allow: to read; to add entries; to move in the tree; to change who owns a session or close
it; to make links and record deliveries."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts: a person, an agent or rflow itself, with their role in each space that they may see.

    `roles` of None is a member of every space, as everybody is who can open a local store. An `admin` of a server may
    look after the store itself, and do what a lead may in every space. `scopes` limit an agent's token; None is no
    limit.
    """

    person: Person
    roles: Mapping[str, MemberRole] | None = None
    admin: bool = False
    scopes: frozenset[Scope] | None = None

    def role_in(self, space: str) -> MemberRole | None:
        """Return the actor's role in `space`; None where they may not even see it."""
        if self.admin:
            return "lead"
        return "member" if self.roles is None else self.roles.get(space)

    @property
    def spaces(self) -> tuple[str, ...] | None:
        """The spaces that the actor may see; None is all."""
        return None if self.admin or self.roles is None else tuple(sorted(self.roles))
