"""The log of views of links. Previews that chat programs fetch are not views."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from rflow.core.sharing import ShareView, ViewForm
from rflow.core.text import shorten
from rflow.errors import RflowError
from rflow.service.local.shared import SharedSessions
from rflow.web.workers import WorkerPool

# User-Agents of programs that fetch link previews: Slack (Slackbot-LinkExpanding), Teams and Skype (SkypeUriPreview),
# Facebook, WhatsApp, and everything that calls itself a bot, a crawler or a spider.
_PREVIEW_BOT = re.compile(
    rb"bot\b|bot[-/ ]|preview|crawl|spider|facebookexternalhit|whatsapp|embedly|iframely", re.IGNORECASE
)
# A phone's model is in the first comment, and one brand is CUBOT; a bot that poses as a phone says so further on.
_DEVICE = re.compile(rb"^[^(]*\([^()]*\bAndroid\b[^()]*\)")
_STORED_AGENT = 120
"""Characters of a `User-Agent` that are stored."""
MAX_AGENT = 400
"""Bytes of a `User-Agent` that are kept in memory; clients may send any length."""
MAX_PENDING = 100_000
"""Maximum number of views (about 20 MB) to hold while the store can't be written: a full disk must not fill memory."""
LIVE = b"x-rflow-live"
"""The header of requests with which an open page updates itself; these are not new views."""
_NO_VIEW = frozenset({LIVE, b"range", b"sec-purpose", b"purpose", b"x-purpose"})
"""Headers of requests that are not views: updates of an open page, ranges, and prefetching."""

View = tuple[datetime, ViewForm, bytes]
_log = logging.getLogger("rflow")


@lru_cache(maxsize=1024)
def is_preview_bot(agent: bytes) -> bool:
    """Whether a `User-Agent` fetches previews of links; it gets no content."""
    return bool(_PREVIEW_BOT.search(_DEVICE.sub(b"", agent)))


def is_view(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request counts as a view.

    HEAD, ranges, prefetching and requests by an open page (updates, switching between the forms) don't count.
    """
    from_page = headers.get(b"sec-fetch-site") == b"same-origin"
    return method == "GET" and not from_page and _NO_VIEW.isdisjoint(headers)


class ViewLog:
    """Collects views by share id, to be written in batches: no reader has to wait for the disk."""

    def __init__(self) -> None:
        self._pending: dict[str, list[View]] = {}
        self.count = self.added = self.lost = 0

    def add(self, share_id: str, at: datetime, form: ViewForm, agent: bytes) -> None:
        """Add a view; if too many are pending, count it as lost."""
        self.added += 1
        if self.count >= MAX_PENDING:
            self.lost += 1
            return
        self.count += 1
        self._pending.setdefault(share_id, []).append((at, form, agent))

    def take(self) -> dict[str, list[View]]:
        """Remove and return all pending views."""
        pending, self._pending, self.count = self._pending, {}, 0
        return pending

    def put_back(self, views: Mapping[str, list[View]]) -> None:
        """Put views that could not be written before the pending ones."""
        for share_id, each in views.items():
            self._pending[share_id] = [*each, *self._pending.get(share_id, [])]
            self.count += len(each)


class ViewWriter:
    """Writes pending views to the store, and keeps them if that fails."""

    def __init__(self, log: ViewLog, workers: WorkerPool[SharedSessions]) -> None:
        self._log = log
        self._workers = workers
        self._failing = False

    async def write(self) -> None:
        """Write all pending views."""
        views = self._log.take()
        if not views:
            return
        try:
            await self._workers.run(lambda store: store.record(share_views(views)))
        except Exception as error:  # noqa: BLE001 (logged; otherwise no view would be written any more)
            self._log.put_back(views)
            self._report(error)
        else:
            self._failing = False

    def _report(self, error: Exception) -> None:
        """Log the first of several failures in a row."""
        why = error.what if isinstance(error, RflowError) else repr(error)
        if not self._failing:
            _log.warning("views can't be recorded", extra={"facts": {"why": why, "waiting": self._log.count}})
        self._failing = True


def share_views(views: Mapping[str, list[View]]) -> dict[str, list[ShareView]]:
    """Convert views to the form that stores record. There may be thousands, so it is called in a worker."""
    return {
        share_id: [ShareView(at=at, form=form, agent=_short(agent)) for at, form, agent in each]
        for share_id, each in views.items()
    }


@lru_cache(maxsize=1024)
def _short(agent: bytes) -> str:
    return shorten(agent.decode("latin-1"), _STORED_AGENT)
