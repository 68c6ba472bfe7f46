"""Webhooks: post a summary once to Slack, Teams or any address that accepts JSON, and say what is known about it.

It is sent again only if it certainly did not arrive; where that can't be known, the person is asked to look. The URL
is a secret: errors name the target and its host only. Reasons: docs/decisions/0007.
"""

import time
from collections.abc import Callable

from rflow.delivery.webhooks.outcomes import NotPosted, Posted
from rflow.delivery.webhooks.targets import WebhookTarget
from rflow.errors import NotDelivered

TIMEOUT = 10.0
"""Seconds for an attempt as a whole, from looking up the host to the response."""
ATTEMPTS = 4
LONGEST_PAUSE = 30.0
"""Seconds that a server may ask us to wait before the next attempt; if it asks for more, rflow gives up."""
LONGEST_TOTAL = 60.0
"""Seconds for all pauses together."""


class MaybePosted(NotDelivered):
    """The summary may or may not have arrived: all of it had left when the connection or the server failed."""


def post(
    target: WebhookTarget,
    body: bytes,
    *,
    idempotency_key: str,
    timeout: float = TIMEOUT,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], object] = time.sleep,
) -> Posted:
    """Post JSON in UTF-8 to `target`; raises NotDelivered, or MaybePosted if the summary may have arrived.

    The key is the same in every attempt, for servers that recognise a repeated message by it.
    """
    attempt, paused = 1, 0.0
    while True:
        outcome = _attempt(target, body, _headers(idempotency_key), timeout, attempt)
        if isinstance(outcome, Posted):
            return outcome
        pause = max(_backoff(attempt), outcome.retry_after or 0.0)
        if not outcome.retry or attempt >= attempts or pause > LONGEST_PAUSE or paused + pause > LONGEST_TOTAL:
            raise _error(target, outcome, attempt)
        sleep(pause)
        attempt, paused = attempt + 1, paused + pause


def _attempt(
    target: WebhookTarget, body: bytes, headers: dict[str, str], timeout: float, attempt: int
) -> Posted | NotPosted:
    """Post once, on a new connection: if an old one is closing, it is unknown whether the server reads it."""
    from rflow.delivery.http import Client
    from rflow.delivery.webhooks.responses import interpret

    url = target.parsed_url()
    with Client(url, timeout=timeout) as client:
        return interpret(target, client.request("POST", url.path, body, headers), attempt)


def _headers(idempotency_key: str) -> dict[str, str]:
    from rflow import __version__

    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"rflow/{__version__}",
        "Idempotency-Key": idempotency_key,
        "Connection": "close",
    }


def _backoff(attempt: int) -> float:
    """Return 0.5 s, doubled with each attempt and shortened by up to half at random, so that clients spread out."""
    from random import random

    return 2.0 ** (attempt - 2) * (1 - random() / 2)  # noqa: S311


def _error(target: WebhookTarget, outcome: NotPosted, attempts: int) -> NotDelivered:
    what = f'"{target.name}" ({target.parsed_url().netloc}) {outcome.what}'
    if outcome.maybe_posted:
        return MaybePosted(f"{what}. The summary may have been posted.", try_=outcome.try_)
    after = f" after {attempts} attempts" if attempts > 1 else ""
    return NotDelivered(f"{what}. Nothing was posted{after}.", try_=outcome.try_)
