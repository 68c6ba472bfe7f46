"""Requests and responses about read-only links."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from rflow.core.people import Person
from rflow.core.sharing import Audience, Minted, Share, ShareCount, ShareWish
from rflow.ports.wire.basics import PageQuery, StrictInput


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A read-only link; `ending` are the last characters of its token, which is shown only once."""

    id: str
    session: str
    space: str
    ending: str
    by: Person
    created_at: datetime
    expires_at: datetime | None
    label: str
    brief: bool
    until_seq: int | None
    patterns: Sequence[str]
    protected: bool
    max_views: int | None
    audience: Audience
    revoked_at: datetime | None
    revoked_by: Person | None
    views: int = 0
    last_view: datetime | None = None


class CreateLink(StrictInput, frozen=True, kw_only=True):
    """The properties of a new link."""

    session: str
    expires_at: datetime | None = None
    label: str = ""
    brief: bool = False
    snapshot: bool = False
    patterns: tuple[str, ...] = ()
    password: str = ""
    max_views: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    audience: Audience = "public"


class CreatedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A new link with its token, which is shown only here."""

    link: Link
    token: str


class LinkQuery(PageQuery, frozen=True, kw_only=True):
    """Which links: those of a session, or your own; `everybody` lists all that you may see."""

    session: str | None = None
    everybody: bool = False


class LinkReference(StrictInput, frozen=True, kw_only=True):
    """A unique prefix of a link's id, or its token. In the body, because URLs are logged and a token is a secret."""

    link: str


class LinkPassword(StrictInput, frozen=True, kw_only=True):
    """The new password of a link; an empty one removes it."""

    password: str


def to_link(share: Share, count: ShareCount | None = None) -> Link:
    """Convert a link for a response, without its hashes; `count` are its views."""
    return Link(
        id=share.id,
        session=share.session,
        space=share.space,
        ending=share.ending,
        by=share.by,
        created_at=share.created_at,
        expires_at=share.expires_at,
        label=share.label,
        brief=share.brief,
        until_seq=share.until_seq,
        patterns=share.patterns,
        protected=bool(share.password),
        max_views=share.max_views,
        audience=share.audience,
        revoked_at=share.revoked_at,
        revoked_by=share.revoked_by,
        views=count.views if count else 0,
        last_view=count.last_view if count else None,
    )


def to_created_link(minted: Minted) -> CreatedLink:
    """Convert a new link for a response, with its token."""
    return CreatedLink(link=to_link(minted.share), token=minted.token)


def to_share_wish(request: CreateLink) -> ShareWish:
    """Convert a request for a new link."""
    return ShareWish(**{name: getattr(request, name) for name in CreateLink.__struct_fields__})
