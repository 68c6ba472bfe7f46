"""The identity in a verified ID token: issuer and subject. Never the e-mail address, which people can change."""

from collections.abc import Mapping
from typing import Any

import msgspec

from rflow.core.accounts import NAME_LIMIT, Identity
from rflow.core.actors import MemberRole
from rflow.core.text import clean, one_line
from rflow.errors import NotSignedIn
from rflow.web.oidc.config import Oidc
from rflow.web.oidc.provider import Claims, refused

_NAMELESS = "Somebody"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A person who signed in at the provider: identity, name, and what their groups allow here."""

    identity: Identity
    name: str
    admin: bool | None = None
    roles: Mapping[str, MemberRole | None] = {}


def verified(claims: Claims, config: Oidc) -> Verified:
    """Return the identity in these claims; raise `NotSignedIn` for another tenant."""
    issuer, subject = claims["iss"], claims["sub"]
    if not isinstance(subject, str) or not subject or len(subject) > 255:
        raise refused("the subject is not a text")
    if config.tenant and claims.get("tid") != config.tenant:
        raise refused("it is another tenant's account")
    identity, name = Identity(issuer=str(issuer), subject=subject), _name(claims)
    if not config.groups:
        return Verified(identity=identity, name=name)
    groups = _groups(claims, config.groups_claim)
    return Verified(
        identity=identity, name=name, admin=config.groups.is_admin(groups), roles=config.groups.roles_of(groups)
    )


def _groups(claims: Claims, name: str) -> frozenset[str]:
    """Return a person's groups; raise `NotSignedIn` if there are too many for the provider to list in the token."""
    elsewhere = claims.get("_claim_names")
    if name not in claims and isinstance(elsewhere, dict) and name in elsewhere:
        raise NotSignedIn(
            "You are in so many groups that the identity provider does not list them.",
            try_="Ask the people who run this server to have it send only the groups of this application.",
        )
    value: Any = claims.get(name, [])
    return frozenset(each for each in ([value] if isinstance(value, str) else value) if isinstance(each, str))


def _name(claims: Claims) -> str:
    """Return a name for a new account."""
    for key in ("name", "preferred_username", "nickname"):
        value = claims.get(key)
        name = one_line(clean(value)).lstrip("@# ")[: NAME_LIMIT - 20].strip() if isinstance(value, str) else ""
        if name:
            return name
    return _NAMELESS
