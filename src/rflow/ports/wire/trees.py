"""Requests and responses about trees: their versions, proposals and statistics."""

from datetime import datetime

import msgspec

from rflow.core.spaces import DEFAULT_SPACE
from rflow.ports.values import Verdict
from rflow.ports.wire.basics import PageQuery, StrictInput


class SpaceQuery(StrictInput, frozen=True, kw_only=True):
    """Which space."""

    space: str = DEFAULT_SPACE


class SpaceListQuery(PageQuery, frozen=True, kw_only=True):
    """Which space, and which page of the list."""

    space: str = DEFAULT_SPACE


class TreeUploadQuery(SpaceQuery, frozen=True, kw_only=True):
    """Which space, and the digest of the version that was edited: "" for a new tree, null for any version."""

    edited: str | None = None


class StatsQuery(SpaceQuery, frozen=True, kw_only=True):
    """Which space; `since` leaves out sessions not updated since then."""

    since: datetime | None = None


class TreeDigest(StrictInput, frozen=True, kw_only=True):
    """The digest of a version of a tree."""

    digest: str


class ProposalDecision(StrictInput, frozen=True, kw_only=True):
    """Whether to accept or decline a proposal."""

    verdict: Verdict


class TreeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a tree as canonical JSON, in base64; null if there is none."""

    data: bytes | None


class TreeAdded(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the tree is a new version."""

    new: bool
