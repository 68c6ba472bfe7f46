"""Overdue handoffs: a reminder after some time, and after some more the session returns to its last owner."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from rflow.core.actors import Actor
from rflow.core.notices import KEPT, reminder
from rflow.core.people import RFLOW
from rflow.core.session.commands import ExpireHandoff
from rflow.core.session.head import Head, Query
from rflow.core.session.state import Pending
from rflow.core.session.times import utc
from rflow.core.space_policy import Policy
from rflow.errors import NotFound, RflowError, SessionMoved
from rflow.ports.stores import Store
from rflow.ports.values import Clock
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.notices.sending import NoticeSettings
from rflow.service.sessions import all_heads
from rflow.service.team.team_service import policy_of

_log = logging.getLogger("rflow")
_EXPIRED_ONLY = "a handoff expired, but its session could not be passed on"
_NOT_GIVEN_BACK = "a handoff that nobody accepted could not be given back, and will be tried again"


class OverdueHandoffs:
    """Reminds of and expires the pending handoffs of a store. Several servers may do so at the same time."""

    def __init__(self, store: Store, settings: NoticeSettings, *, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._pending: dict[tuple[str, int], Pending] = {}
        self._reminded: set[str] = set()
        self._failed: set[tuple[str, str, str]] = set()

    def process(self) -> tuple[int, int]:
        """Write due reminders and expire overdue handoffs; return how many of each."""
        reminded = expired = 0
        for head, pending in self._waiting():
            remind_after, life = self._spans(policy_of(self._store, head.space))
            waited = self._now() - pending.at
            if life is not None and waited >= life:
                expired += self._expire(head, pending)
            elif remind_after is not None and remind_after <= waited < KEPT:
                reminded += self._remind(head, pending)
        return reminded, expired

    def _remind(self, head: Head, pending: Pending) -> int:
        """Write a reminder, unless it has been written already; return how many were written."""
        notice = reminder(head, pending, self._now())
        if notice.id in self._reminded:
            return 0
        self._reminded.add(notice.id)
        return self._store.outbox.put([notice])

    def _now(self) -> datetime:
        return utc(self._clock())

    def _waiting(self) -> Iterator[tuple[Head, Pending]]:
        """Yield pending handoffs; sessions that have not changed since the last time are not read again."""
        workspace = LocalWorkspace(self._store, Actor(person=RFLOW), clock=self._clock)
        known, self._pending = self._pending, {}
        for head in list(all_heads(workspace, Query(status=("handed_off",)))):
            key = head.id, head.version
            pending = known.get(key) or self._read(head)
            if pending is not None:
                self._pending[key] = pending
                yield head, pending

    def _read(self, head: Head) -> Pending | None:
        try:
            session = self._store.load(head.id).session
        except RflowError:  # deleted meanwhile, or damaged
            return None
        return None if session.unreadable else session.pending

    def _spans(self, policy: Policy) -> tuple[timedelta | None, timedelta | None]:
        """Return the time until a reminder and the time until expiry; None means never."""
        return (
            _span(policy.remind_after, self._settings.remind_after),
            _span(policy.handoff_life, self._settings.handoff_life),
        )

    def _expire(self, head: Head, pending: Pending) -> bool:
        """Return a session to its last owner, unless somebody has accepted or expired it first.

        A failure is logged once. Either the handoff is still pending, and the next call tries again; or it has expired,
        but its session could not be passed on from somebody who has left: `leaving.pass_on_all` does that later.
        """
        workspace = LocalWorkspace(self._store, Actor(person=RFLOW), clock=self._clock)
        command = ExpireHandoff(seen=head.version, command_id=f"expire-{pending.seq}")
        facts = {"session": head.id, "code": head.code}
        try:
            done = bool(workspace.send(head.id, command).events)
        except (NotFound, SessionMoved):
            return False
        except RflowError as error:
            message = _EXPIRED_ONLY if self._is_over(head, pending) else _NOT_GIVEN_BACK
            if (head.id, message, error.what) not in self._failed:
                self._failed.add((head.id, message, error.what))
                _log.warning(message, extra={"facts": facts | {"why": error.what}})
            return False
        if done:
            _log.info("a handoff expired", extra={"facts": facts})
        return done

    def _is_over(self, head: Head, pending: Pending) -> bool:
        """Whether a handoff is certainly no longer pending."""
        try:
            now = self._store.load(head.id).session.pending
        except RflowError:
            return False
        return now is None or now.seq != pending.seq


def _span(seconds: int | None, usual: timedelta | None) -> timedelta | None:
    """Return the space's setting, or else the server's; None for 0, which means never."""
    span = usual if seconds is None else timedelta(seconds=seconds)
    return span or None
