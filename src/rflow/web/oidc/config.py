"""The configuration of OpenID Connect, from the settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from rflow.core.actors import MemberRole
from rflow.core.people import person
from rflow.core.space_policy import space_id
from rflow.delivery.url import HttpUrl, parse_safe_url
from rflow.errors import BadInput, UsageProblem
from rflow.settings import Settings

_DEFAULT_SCOPES = "openid profile"


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """The mapping from a provider's groups to admins and roles in spaces."""

    admins: frozenset[str] = frozenset()
    roles: Mapping[str, Sequence[tuple[str, MemberRole]]] = {}

    def __bool__(self) -> bool:
        return bool(self.admins or self.roles)

    def is_admin(self, groups: frozenset[str]) -> bool | None:
        """Whether these groups make an admin; None if admins are not managed by groups."""
        return bool(self.admins & groups) if self.admins else None

    def roles_of(self, groups: frozenset[str]) -> dict[str, MemberRole | None]:
        """Return the highest role that these groups give in each mapped space; None if they give none."""
        ranks = get_args(MemberRole)
        found: dict[str, MemberRole | None] = {}
        for group, granted in self.roles.items():
            for space, role in granted:
                current = found.setdefault(space, None)
                if group in groups and (current is None or ranks.index(role) > ranks.index(current)):
                    found[space] = role
        return found


class Oidc(msgspec.Struct, frozen=True, kw_only=True):
    """The provider (`issuer`), this server's client id and secret there, and what its groups mean here.

    `tenant` must be the claim `tid` of everybody who signs in. With `passwords` off, only the account with the id
    `break_glass` signs in with a password.
    """

    issuer: HttpUrl
    issuer_url: str
    client_id: str
    secret: str = ""
    name: str = "single sign-on"
    tenant: str = ""
    scopes: str = _DEFAULT_SCOPES
    groups_claim: str = "groups"
    groups: Groups = Groups()
    passwords: bool = True
    break_glass: str = ""

    def __repr__(self) -> str:
        return f"Oidc({self.issuer_url!r}, {self.client_id!r})"


def oidc_of(settings: Settings) -> Oidc | None:
    """Return the configuration; None if OpenID Connect is not configured. Raises `UsageProblem` if it is not valid."""
    text = {name: settings[f"oidc.{name}"].text.strip() for name in _TEXTS}
    if not text["issuer"]:
        return None
    issuer = parse_safe_url(text["issuer"])
    if isinstance(issuer, str):
        raise UsageProblem(
            f"The setting oidc.issuer {issuer}.", try_="Set the issuer's URL: rflow config set oidc.issuer"
        )
    if not text["client_id"]:
        raise UsageProblem(
            "oidc.issuer is set, but oidc.client_id is not.", try_="rflow config set oidc.client_id CLIENT"
        )
    passwords = text["passwords"].casefold() != "off"
    if text["passwords"].casefold() not in ("", "on", "off"):
        raise UsageProblem("The setting oidc.passwords must be on or off.", try_="rflow config set oidc.passwords off")
    if not passwords and not text["break_glass"]:
        raise UsageProblem(
            "With oidc.passwords off, nobody could sign in while the provider fails.",
            try_="Name an admin who still may: rflow config set oidc.break_glass NAME",
        )
    return Oidc(
        issuer=issuer,
        issuer_url=text["issuer"],
        client_id=text["client_id"],
        secret=_secret(text["client_secret"], text["client_secret_file"]),
        name=text["name"] or "single sign-on",
        tenant=text["tenant"],
        scopes=text["scopes"] or _DEFAULT_SCOPES,
        groups_claim=text["groups_claim"] or "groups",
        groups=groups_of(settings["oidc.groups"].texts),
        passwords=passwords,
        break_glass=person(text["break_glass"]).id if text["break_glass"] else "",
    )


_TEXTS = (
    *("issuer", "client_id", "client_secret", "client_secret_file", "name", "tenant", "scopes", "groups_claim"),
    *("passwords", "break_glass"),
)


def _secret(secret: str, file: str) -> str:
    if secret or not file:
        return secret
    try:
        return Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"The file {file} (oidc.client_secret_file) can't be read.", try_="Check its path and permissions."
        ) from error


def groups_of(lines: Sequence[str]) -> Groups:
    """Parse the mapping of groups: lines `GROUP=admin` or `GROUP=SPACE:ROLE`. Raises `UsageProblem`."""
    admins, roles = set[str](), dict[str, list[tuple[str, MemberRole]]]()
    for line in filter(str.strip, lines):
        group, _, meaning = line.rpartition("=")
        space, _, role = meaning.strip().rpartition(":")
        if group.strip() and meaning.strip() == "admin":
            admins.add(group.strip())
        elif group.strip() and space.strip() and role in get_args(MemberRole):
            roles.setdefault(group.strip(), []).append((space_id(space), role))  # type: ignore[arg-type]
        else:
            raise UsageProblem(
                f'The setting oidc.groups has "{line}".',
                try_="Each of its lines is GROUP=admin, or GROUP=SPACE:ROLE with the role reader, member or lead.",
            )
    return Groups(admins=frozenset(admins), roles=roles)
