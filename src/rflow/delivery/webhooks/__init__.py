"""Webhooks: a summary posted once to Slack, Teams or any address that takes JSON, and an honest word about it.

Sent again only where it is certain not to have arrived; where that can't be known, the person is told to look. The
URL is a secret: errors name the target and its host. Reasons: docs/decisions/0007.
"""

import time
from collections.abc import Callable

from rflow.delivery.webhooks.outcomes import Posted, Refusal
from rflow.delivery.webhooks.targets import KINDS, Kind, Target, address, host_of, kinds_at, redact_url, target
from rflow.errors import NotDelivered

__all__ = [
    "KINDS",
    "Kind",
    "MayBePosted",
    "Posted",
    "Target",
    "host_of",
    "kinds_at",
    "post",
    "redact_url",
    "target",
]

TIMEOUT = 10.0
"""Seconds to connect, and again to send and be answered."""
ATTEMPTS = 4
LONGEST_WAIT = 30.0
"""Seconds that a server may ask us to wait between two tries; asked for more, we give up."""
LONGEST_WAITS = 60.0
"""Seconds that all waits together may take."""


class MayBePosted(NotDelivered):
    """Whether it arrived can't be known: the whole message had left when the connection or the server failed."""


def post(
    target: Target,
    body: bytes,
    *,
    idempotency_key: str,
    timeout: float = TIMEOUT,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], object] = time.sleep,
) -> Posted:
    """Post JSON in UTF-8 to `target`; raises NotDelivered, or MayBePosted where that can't be known.

    A key tells servers that know the header that a message is the same one, as long as it is sent with the same key.
    """
    from rflow.delivery.webhooks.responses import judge
    from rflow.delivery.webhooks.sending import send

    place = address(target)
    attempt, waited = 1, 0.0
    while True:
        verdict = judge(target, send(place, body, _headers(idempotency_key), timeout), attempt)
        if isinstance(verdict, Posted):
            return verdict
        pause = max(_backoff(attempt), verdict.asked or 0.0)
        if not verdict.again or attempt >= attempts or pause > LONGEST_WAIT or waited + pause > LONGEST_WAITS:
            raise _error(f'"{target.name}" ({place.shown})', verdict, attempt)
        sleep(pause)
        attempt, waited = attempt + 1, waited + pause


def _headers(idempotency_key: str) -> dict[str, str]:
    from rflow import __version__

    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"rflow/{__version__}",
        "Idempotency-Key": idempotency_key,
    }


def _backoff(attempt: int) -> float:
    """Half a second, doubled with every try, of which chance takes up to a half off: many clients must not march."""
    from random import random

    return 2.0 ** (attempt - 2) * (1 - random() / 2)  # noqa: S311


def _error(who: str, refusal: Refusal, attempts: int) -> NotDelivered:
    if refusal.unknown:
        return MayBePosted(f"{who} {refusal.what}. The summary may have been posted.", try_=refusal.try_)
    tries = f" in {attempts} tries" if attempts > 1 else ""
    return NotDelivered(f"{who} {refusal.what}. Nothing was posted{tries}.", try_=refusal.try_)
