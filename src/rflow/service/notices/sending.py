"""Sending notices: a server claims those that are due, sends them by mail or webhook, and retries failures later."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from rflow.core.accounts import Account
from rflow.core.notices import ATTEMPTS, LEASE, Notice, Way, deliveries, retried, sent, still_holds
from rflow.core.people import Person
from rflow.core.session.state import Session
from rflow.core.session.times import utc
from rflow.delivery import mail
from rflow.delivery.mail import MailServer, Refused
from rflow.delivery.webhooks import post
from rflow.delivery.webhooks.targets import WebhookTarget
from rflow.errors import NotDelivered, NotFound, RflowError
from rflow.ports.stores import Store
from rflow.ports.values import Clock
from rflow.service.notices.bodies import mail as mail_of
from rflow.service.notices.bodies import post_body
from rflow.service.notices.content import content
from rflow.service.team.team_service import policy_of

_BATCH = 10
_log = logging.getLogger("rflow")


class NoticeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a server sends notices, and what it does with handoffs that nobody accepts.

    `base` is the address that sessions are opened at. `target` is the webhook for everybody; the queue @tier2 has the
    target "tier2", if there is one.
    """

    base: str
    mail: MailServer | None = None
    targets: Mapping[str, WebhookTarget] = {}
    target: str = ""
    patterns: Sequence[str] = ()
    remind_after: timedelta | None = None
    handoff_life: timedelta | None = None


class NoticeSender:
    """Sends the notices of a store."""

    def __init__(self, store: Store, settings: NoticeSettings, *, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def send_due(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Send all notices that are due now, unless the server stops; return how many were sent."""
        count = 0
        while not stopping():
            claimed = self._store.outbox.claim(self._now(), self._now() + LEASE, _BATCH)
            if not claimed:
                break
            for number, notice in enumerate(claimed):
                if stopping():
                    self._release(claimed[number:])
                    break
                count += self._handle(notice)
        return count

    def _release(self, claimed: Sequence[Notice]) -> None:
        """Release claimed notices, for another server or the next start."""
        for notice in claimed:
            changed = msgspec.structs.replace(notice, due=self._now(), attempts=notice.attempts - 1)
            self._store.outbox.replace(changed, notice)

    def _now(self) -> datetime:
        return utc(self._clock())

    def _handle(self, notice: Notice) -> bool:
        try:
            session = self._store.load(notice.session).session
        except NotFound:
            return False  # the session was deleted together with its notices
        outbox = self._store.outbox
        if notice.attempts > ATTEMPTS:  # every attempt ended with the server
            outbox.replace(retried(notice, self._now(), "Sending it was interrupted.", final=True), notice)
            return False
        if not still_holds(notice, session):
            outbox.replace(sent(notice, self._now()), notice)
            return False
        if not notice.way:
            made = deliveries(notice, self._ways(notice), self._now())
            outbox.replace(sent(notice, self._now()), notice, made)
            return False
        return self._attempt(notice, session)

    def _attempt(self, notice: Notice, session: Session) -> bool:
        """Try to deliver a notice, and record the result; return whether it was delivered."""
        facts: dict[str, object] = {"id": notice.id, "way": notice.way, "attempt": notice.attempts}
        try:
            self._deliver(notice, session)
        except Exception as error:  # noqa: BLE001 (recorded; another attempt may work)
            why = error.what if isinstance(error, RflowError) else type(error).__name__
            after = retried(notice, self._now(), why, final=isinstance(error, Refused))
            self._store.outbox.replace(after, notice)
            what = "a notice was given up" if after.given_up else "a notice could not be sent"
            _log.warning(what, extra={"facts": facts | {"why": why}})
            return False
        self._store.outbox.replace(sent(notice, self._now()), notice)
        _log.info("a notice was sent", extra={"facts": facts})
        return True

    # Receivers and channels

    def _ways(self, notice: Notice) -> list[tuple[Way, str]]:
        """Return the ways to send a notice: to a queue by its channel or members, to a person by mail or channel."""
        if notice.to.is_queue:
            return self._ways_to_queue(notice)
        account = self._store.accounts.account(notice.to.id)
        if account is None or not self._may_be_notified(account, notice.space):
            return []
        if self._settings.mail is not None and account.email:
            return [("mail", account.id)]
        return self._channel(self._settings.target)

    def _ways_to_queue(self, notice: Notice) -> list[tuple[Way, str]]:
        channel = self._channel(channel_of(notice.to)) or self._channel(self._settings.target)
        if channel or self._settings.mail is None:
            return channel
        return [("mail", account.id) for account in self._members(notice)]

    def _members(self, notice: Notice) -> Iterator[Account]:
        """Yield the accounts that may claim from a queue in the session's space and want mail."""
        accounts = self._store.accounts
        for account_id, role in accounts.members(notice.space).items():
            account = accounts.account(account_id)
            if account is None or role == "reader" or account.id == notice.by.id or not account.email:
                continue
            if self._may_be_notified(account, notice.space):
                yield account

    def _may_be_notified(self, account: Account, space: str) -> bool:
        """Whether an account wants notices and may currently see the sessions of a space."""
        member = account.admin or space in self._store.accounts.roles(account.id)
        return account.active and account.notices and member

    def _channel(self, name: str) -> list[tuple[Way, str]]:
        return [("post", name)] if name in self._settings.targets else []

    def _deliver(self, notice: Notice, session: Session) -> None:
        settings = self._settings
        texts = policy_of(self._store, notice.space).notice_texts
        contents = content(notice, session, settings.base, settings.patterns, texts=texts)
        if notice.way == "post":
            target = settings.targets.get(notice.address)
            if target is None:
                raise NotDelivered(
                    f'This server has no target "{notice.address}".',
                    try_=f"Set targets.{notice.address}.url in its configuration.",
                )
            post(target, post_body(notice, contents, target.kind), idempotency_key=notice.id, attempts=1)
            return
        account = self._store.accounts.account(notice.address)
        if account is None or not account.email or not self._may_be_notified(account, notice.space):
            raise Refused("The account has no e-mail address any more, is no member, or wants no notices.")
        if settings.mail is None:
            raise NotDelivered("This server has no mail server.", try_="Set mail.host in its configuration.")
        mail.send(settings.mail, mail_of(notice, contents, account))


def channel_of(queue: Person) -> str:
    """Return the name of the target that a queue's notices are posted to: "tier2" for @tier2."""
    return "-".join(queue.id.removeprefix("@").split())
