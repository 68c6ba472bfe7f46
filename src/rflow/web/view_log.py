"""Who looked at a link: counted for people and programs that read it, not for the robots of chat programs."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from rflow.core.sharing import ShareView, ViewForm
from rflow.core.text import shorten

# What fetches a link to show a preview of it, by what it says of itself: Slack (Slackbot-LinkExpanding), Teams and
# Skype (SkypeUriPreview), Facebook, WhatsApp, and everything that calls itself a bot, a crawler or a spider.
_ROBOT = re.compile(
    rb"bot\b|bot[-/ ]|preview|crawl|spider|facebookexternalhit|whatsapp|embedly|iframely", re.IGNORECASE
)
_AGENT = 120
_AGENT_READ = 400
"""Bytes of a `User-Agent` that are looked at: it is remembered, and may be as long as its sender likes."""
MOST = 100_000
"""Views that wait at the most, some 20 MB, while the store can't take them: a full disk must not fill the memory."""
LIVE = b"x-rflow-live"
"""The header with which the page fetches itself again: that is no new view."""
_AHEAD = (b"sec-purpose", b"purpose", b"x-purpose")

Seen = tuple[datetime, ViewForm, bytes]


def agent_of(headers: Mapping[bytes, bytes]) -> bytes:
    """Give what a reader's program calls itself."""
    return headers.get(b"user-agent", b"")[:_AGENT_READ]


@lru_cache(maxsize=1024)
def is_robot(agent: bytes) -> bool:
    """Whether a request comes from what shows previews: it gets no content."""
    return bool(_ROBOT.search(agent))


def is_view(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request is somebody's look: not a question about the page, a part of it, or a guess by a browser."""
    ahead = any(headers.get(name) for name in _AHEAD)
    return method == "GET" and not ahead and b"range" not in headers and LIVE not in headers


class Visits:
    """Views that are still to be written: together, so that no reader waits for the disk."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Seen]] = {}
        self.count = 0
        self.lost = 0

    def add(self, share_id: str, at: datetime, form: ViewForm, agent: bytes) -> None:
        """Note a view; where too many wait, count it as lost."""
        if self.count >= MOST:
            self.lost += 1
            return
        self.count += 1
        self._waiting.setdefault(share_id, []).append((at, form, agent))

    def take(self) -> dict[str, list[Seen]]:
        """Give what is to be written, and forget it here."""
        waiting, self._waiting, self.count = self._waiting, {}, 0
        return waiting

    def put_back(self, views: Mapping[str, list[Seen]]) -> None:
        """Take back what could not be written."""
        for share_id, seen in views.items():
            self._waiting[share_id] = [*seen, *self._waiting.get(share_id, [])]
            self.count += len(seen)


def views_of(seen: Mapping[str, list[Seen]]) -> dict[str, list[ShareView]]:
    """Make of what was noted what a store keeps; beside the event loop, since there may be thousands."""
    return {
        share_id: [ShareView(at=at, form=form, agent=_short(agent)) for at, form, agent in each]
        for share_id, each in seen.items()
    }


@lru_cache(maxsize=1024)
def _short(agent: bytes) -> str:
    return shorten(agent.decode("latin-1"), _AGENT)
