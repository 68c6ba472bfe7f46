"""What a server does besides answering requests: notices, reminders, and deleting what has expired."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Event, Thread
from typing import NamedTuple

from rflow.core.actors import Actor
from rflow.core.notices import KEPT
from rflow.core.people import RFLOW
from rflow.core.session.times import utc
from rflow.errors import RflowError
from rflow.ports.stores import Store
from rflow.ports.values import Clock
from rflow.service.notices.overdue import OverdueHandoffs
from rflow.service.notices.sending import NoticeSender, NoticeSettings
from rflow.service.opening import file_identity
from rflow.service.team.leaving import pass_on_all
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team_service import accounts_of

_PAUSE = 1.0
"""Seconds between two looks at the outbox."""
_OVERDUE = 10.0
"""Seconds between two looks at handoffs that nobody has accepted."""
_COUNT = 30.0
"""Seconds between two counts of the notices for the metrics, unless one was sent."""
_HOUR = 3600
_log = logging.getLogger("rflow")


class Counts(NamedTuple):
    """How many notices wait to be sent, and how many were given up."""

    waiting: int
    given_up: int


class Upkeep:
    """The upkeep of a store in a thread of its own; several servers may do it at once.

    `open_store` is called in the thread; `report` gets the numbers of notices now and then.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        settings: NoticeSettings,
        *,
        clock: Clock,
        report: Callable[[Counts], object] = lambda counts: None,
    ) -> None:
        self._open = open_store
        self._settings = settings
        self._clock = clock
        self._report = report
        self._stopping = Event()
        # A daemon: a mail server that does not answer must not keep the process from ending.
        self._thread = Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Stop after the notice that is being sent, or after so many seconds without waiting for it.

        Another server, or the next start, sends what was not finished.
        """
        self._stopping.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        reported = ""
        while not self._stopping.is_set():
            try:
                self._with_store()
                reported = ""
            except Exception as error:  # noqa: BLE001 (logged; the next try may work)
                if repr(error) != reported:
                    facts = {"why": error.what if isinstance(error, RflowError) else repr(error)}
                    _log.warning("upkeep failed", extra={"facts": facts})
                reported = repr(error)
            self._stopping.wait(_PAUSE)

    def _with_store(self) -> None:
        """Work on one connection, until the server stops or another file replaces the store's."""
        store = self._open()
        try:
            if accounts_of(store) is None:
                self._stopping.wait()
                return
            round_ = Round(store, self._settings, clock=self._clock, report=self._report)
            file = file_identity(store.url)
            while not self._stopping.is_set() and file_identity(store.url) == file:
                round_.work(self._stopping.is_set, time.monotonic())
                self._stopping.wait(_PAUSE)
        finally:
            with suppress(RflowError):
                store.close()


class Round:
    """One round of the upkeep after another, at a store."""

    def __init__(
        self, store: Store, settings: NoticeSettings, *, clock: Clock, report: Callable[[Counts], object]
    ) -> None:
        self._store = store
        self._clock = clock
        self._report = report
        self._sender = NoticeSender(store, settings, clock=clock)
        self._overdue = OverdueHandoffs(store, settings, clock=clock)
        self._looked: float | None = None
        self._counted: float | None = None
        self._hour: int | None = None

    def work(self, stopping: Callable[[], bool], at: float) -> None:
        """Do what is due; `at` counts seconds from any beginning."""
        if not self._store.accounts.exist():
            return
        sent = self._sender.send_due(stopping)
        if self._looked is None or at - self._looked >= _OVERDUE:
            self._looked = at
            self._overdue.process()
            self._clean_hourly()
        if sent or self._counted is None or at - self._counted >= _COUNT:
            self._counted = at
            self._report(counts(self._store))

    def _clean_hourly(self) -> None:
        """Delete what its space keeps no longer, and pass on what belongs to nobody any more.

        One of all servers does so in each hour.
        """
        now = utc(self._clock())
        hour = int(now.timestamp()) // _HOUR
        if hour == self._hour:
            return
        self._hour = hour
        until = datetime.fromtimestamp((hour + 2) * _HOUR, now.tzinfo)
        if not self._store.accounts.increment("clean", hour, 1, until):
            return
        pass_on_all(self._store, self._clock)
        codes = LocalSpaces(self._store, Actor(person=RFLOW), clock=self._clock).clean()
        self._store.outbox.sweep(now - KEPT)
        if codes:
            _log.info("expired sessions were deleted", extra={"facts": {"sessions": len(codes)}})


def counts(store: Store) -> Counts:
    """Return how many notices wait, and how many were given up, at a store with accounts."""
    notices = store.outbox.notices()
    return Counts(sum(notice.waiting for notice in notices), sum(notice.given_up for notice in notices))
