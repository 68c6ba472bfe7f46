"""Who looked at a link: counted for people and programs that read it, not for the robots of chat programs."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from rflow.core.sharing import ShareView, ViewForm
from rflow.core.text import shorten

# What fetches a link to show a preview of it, by what it says of itself: Slack (Slackbot-LinkExpanding), Teams and
# Skype (SkypeUriPreview), Facebook, WhatsApp, and everything that calls itself a bot, a crawler or a spider.
_ROBOT = re.compile(r"bot\b|bot[-/ ]|preview|crawl|spider|facebookexternalhit|whatsapp|embedly|iframely", re.IGNORECASE)
_AGENT = 120
LIVE = "x-rflow-live"
"""The header with which the page fetches itself again: that is no new view."""


@lru_cache(maxsize=1024)
def is_robot(agent: str) -> bool:
    """Whether a request comes from what shows previews: it gets no content."""
    return bool(_ROBOT.search(agent))


def is_view(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is somebody's look: not a question about the page, a part of it, or a guess by a browser."""
    ahead = headers.get("sec-purpose", "") or headers.get("purpose", "") or headers.get("x-purpose", "")
    return method == "GET" and not ahead and "range" not in headers and LIVE not in headers


@lru_cache(maxsize=1024)
def _short(agent: str) -> str:
    return shorten(agent, _AGENT)


class Visits:
    """Views that are still to be written: together, so that no reader waits for the disk."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[ShareView]] = {}

    def add(self, share_id: str, at: datetime, form: ViewForm, agent: str) -> None:
        """Note a view."""
        view = ShareView(at=at, form=form, agent=_short(agent))
        self._waiting.setdefault(share_id, []).append(view)

    def take(self) -> dict[str, list[ShareView]]:
        """Give what is to be written, and forget it here."""
        waiting, self._waiting = self._waiting, {}
        return waiting

    def put_back(self, views: Mapping[str, list[ShareView]]) -> None:
        """Take back what could not be written."""
        for share_id, seen in views.items():
            self._waiting[share_id] = [*seen, *self._waiting.get(share_id, [])]
