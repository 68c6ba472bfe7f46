"""Spaces and their policies."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from rflow.core.people import person
from rflow.core.session.times import Moment
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.text import clean
from rflow.errors import NotAllowed, UsageProblem

LinkPolicy = Literal["off", "signed_in", "public"]
"""Who may open the links to the sessions of a space."""
NAME_LIMIT = 60


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The rules of a space: who may open links, the longest life of a link (in seconds), and how many days closed
    sessions are kept. None is no limit.

    `notice_texts` allows notices to show the title and the note of a handoff, or the question. A pending handoff is
    reminded of after `remind_after` seconds, and returned after `handoff_life` seconds; 0 is never, None the server's
    default.
    """

    links: LinkPolicy = "public"
    longest_link: int | None = None
    retention_days: int | None = None
    notice_texts: bool = False
    remind_after: int | None = None
    handoff_life: int | None = None


class Space(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A space; sessions, trees and links are stored with its id."""

    id: str
    name: str
    created_at: Moment | None = None
    policy: Policy = Policy()


DEFAULT = Space(id=DEFAULT_SPACE, name=DEFAULT_SPACE)
"""The default space, until it has a policy of its own."""


def space_id(name: str) -> str:
    """Return the id of the space of that name; capitals and extra blanks make no difference."""
    return person(clean(name)).id


def new_space(name: str, at: datetime) -> Space:
    """Return a new space; raise `UsageProblem` for a name that is empty, too long or looks like a queue."""
    who = person(clean(name))
    if not who.id or who.is_queue or len(who.name) > NAME_LIMIT:
        raise UsageProblem(
            "That can't be the name of a space.",
            try_=f"Name it after a team or a customer, in at most {NAME_LIMIT} characters.",
        )
    return Space(id=who.id, name=who.name, created_at=at)


def check_link(policy: Policy, expires_at: datetime | None, at: datetime) -> None:
    """Raise `NotAllowed` if the policy of a space does not allow a new link, `UsageProblem` if it would be expired."""
    if expires_at is not None and expires_at <= at:
        raise UsageProblem("The link would expire at once.", try_="Use a span such as --expires 24h.")
    if policy.links == "off":
        raise NotAllowed(
            "Links are switched off in this space.", try_="Send a summary: rflow progress (or ask a lead)."
        )
    if policy.longest_link is None:
        return
    longest = timedelta(seconds=policy.longest_link)
    if expires_at is None or expires_at > at + longest:
        raise NotAllowed(
            f"Links in this space work for {shown(longest)} at most.", try_=f"Use --expires {shown(longest)}"
        )


def shown(span: timedelta) -> str:
    """Return a span as people type it: 7d, 12h, 30m, 1d12h."""
    minutes = int(span.total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes % 1440 // 60, "h"), (minutes % 60, "m"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


def expired_before(policy: Policy, at: datetime) -> datetime | None:
    """Return the time before which closed sessions are deleted; None if all are kept."""
    return None if policy.retention_days is None else at - timedelta(days=policy.retention_days)
