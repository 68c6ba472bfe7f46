"""What a response or a failure means: posted, accepted, refused or unknown; and what to tell the person about it."""

import re
import time

import msgspec

from rflow.core.text import one_line, shorten
from rflow.delivery.http import Failure, Response
from rflow.delivery.webhooks.hide import without_secrets
from rflow.delivery.webhooks.outcomes import NotPosted, Posted
from rflow.delivery.webhooks.targets import WebhookTarget, kinds_accepted_by, url_command

_LOOK = "Look there before you post it again with --again."
_LATER = "Try again later."
_SHORTEN = "Post less of it: --brief, or --since last."
_CHANNEL = "Choose another channel for the webhook, or ask an administrator of the workspace."
_CHECK = "See what would be sent with --dry-run, and check that the target's kind fits its URL."
_RENEW = "Create a new webhook there, then: {set_url}"
_RENEW_TEAMS = "Old connectors are retired: create a webhook with Workflows in Teams, then: {set_url}"

_REFUSED: dict[int, tuple[str, str]] = {
    400: ("does not accept the message", _CHECK),
    401: ("does not allow this webhook to post", _RENEW),
    403: ("does not allow this webhook to post", _RENEW),
    404: ("does not know this webhook", _RENEW),
    410: ("has removed this webhook", _RENEW),
    413: ("says the message is too large", _SHORTEN),
}
_SLACK: dict[str, tuple[str, str]] = {
    "no_service": ("the webhook was removed or disabled", _RENEW),
    "no_active_hooks": ("the webhook was removed or disabled", _RENEW),
    "invalid_token": ("the webhook's URL is no longer valid", _RENEW),
    "no_team": ("the workspace no longer exists", _RENEW),
    "team_disabled": ("the workspace is disabled", _RENEW),
    "channel_not_found": ("its channel no longer exists", _RENEW),
    "channel_is_archived": ("its channel is archived", _CHANNEL),
    "action_prohibited": ("the workspace does not allow it", _CHANNEL),
    "posting_to_general_channel_denied": ("only some people may post in this channel", _CHANNEL),
    "invalid_payload": ("Slack can't read it", _CHECK),
    "invalid_blocks": ("Slack can't read its blocks", _CHECK),
    "no_text": ("it contains no text", _CHECK),
}
"""The codes that Slack's incoming webhooks answer with, as its documentation lists them."""


def interpret(target: WebhookTarget, outcome: Response | Failure, attempt: int) -> Posted | NotPosted:
    """Return what the outcome of an attempt means."""
    if isinstance(outcome, Failure):
        try_ = _LOOK if outcome.sent else outcome.try_
        return NotPosted(what=outcome.what, try_=try_, maybe_posted=outcome.sent, retry=outcome.retry)
    match outcome.status // 100:
        case 2:
            return _accepted(target, outcome, attempt)
        case 3:
            return NotPosted(what=_redirected(target, outcome), try_=f"Correct the URL: {url_command(target.name)}")
        case 4:
            return _refused(target, outcome)
        case _:
            return _failed(target, outcome)


def _accepted(target: WebhookTarget, response: Response, attempt: int) -> Posted | NotPosted:
    text = _text(response)
    if target.kind == "teams" and "delivery failed" in text:  # old connectors answer 200 even so
        return NotPosted(what=f"did not deliver the message{_quoted(target, response)}", try_=_advice(target, _RENEW))
    return Posted(status=response.status, attempts=attempt, message=_acceptance(target, response.status, text))


def _acceptance(target: WebhookTarget, status: int, text: str) -> str:
    """Return a message that claims no more than the response does."""
    if target.kind == "teams":
        return f"sent to {target.name}: accepted by the workflow; Teams does not confirm delivery"
    if target.kind == "slack" and text == "ok":
        known = kinds_accepted_by(target.parsed_url().host)
        return f"posted to {target.name} ({'Slack' if known else 'the server'} answered ok)"
    return f"sent to {target.name}: accepted (HTTP {status})"


def _redirected(target: WebhookTarget, response: Response) -> str:
    from urllib.parse import urljoin, urlsplit

    location = response.headers.get("location", "")
    try:
        host = urlsplit(urljoin(target.url, location)).hostname or ""
    except ValueError:
        host = ""
    if not location or not host:
        return f"redirects without a valid address (HTTP {response.status})"
    place = "itself" if host == target.parsed_url().host else shorten(without_secrets(host, target), 80)
    return f"redirects to {place} (HTTP {response.status}), and rflow does not follow redirects"


def _refused(target: WebhookTarget, response: Response) -> NotPosted:
    if response.status == 429:
        return _busy(target, response, "accepts no more messages at the moment")
    what, advice = _REFUSED.get(response.status, ("refuses the message", _CHECK))
    code = _text(response)
    if target.kind == "slack" and code in _SLACK:
        meaning, advice = _SLACK[code]
        return NotPosted(what=f"{what} (HTTP {response.status}, {code}: {meaning})", try_=_advice(target, advice))
    return NotPosted(what=f"{what} (HTTP {response.status}){_quoted(target, response)}", try_=_advice(target, advice))


def _failed(target: WebhookTarget, response: Response) -> NotPosted:
    """Interpret a server's failure. Only a 503 that names a time for the next attempt says that nothing was done."""
    if response.status == 503 and _retry_after(response) is not None:
        return _busy(target, response, "is unavailable at the moment")
    what = f"failed (HTTP {response.status}){_quoted(target, response)}"
    return NotPosted(what=what, try_=_LOOK, maybe_posted=True)


def _busy(target: WebhookTarget, response: Response, what: str) -> NotPosted:
    seconds = _retry_after(response)
    wait = "" if seconds is None else f" and asked to wait {seconds:.0f} s"
    what = f"{what} (HTTP {response.status}){wait}{_quoted(target, response)}"
    return NotPosted(what=what, try_=_LATER, retry=True, retry_after=seconds)


def _advice(target: WebhookTarget, advice: str) -> str:
    if advice == _RENEW and target.kind == "teams":
        advice = _RENEW_TEAMS
    return advice.format(set_url=url_command(target.name))


def _retry_after(response: Response) -> float | None:
    """Return the seconds of Retry-After. A date is compared with the server's clock if the response has it."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,18}(\.\d{1,9})?", text):
        return float(text)
    until = _timestamp(text)
    if until is None:
        return None
    now = _timestamp(response.headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _timestamp(date: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _text(response: Response) -> str:
    return one_line(response.body.decode(errors="replace"))


def _quoted(target: WebhookTarget, response: Response) -> str:
    """Return the server's own explanation, if it has one for people: short, on one line, without the URL."""
    reason = shorten(without_secrets(one_line(_explanation(response.body)), target), 120)
    return f': "{reason}"' if reason else ""


def _explanation(body: bytes) -> str:
    text = body.decode(errors="replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):  # HTML
        return ""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text
    while isinstance(document, dict):
        document = next((document[key] for key in ("message", "error", "detail") if document.get(key)), "")
    return document if isinstance(document, str) else ""
