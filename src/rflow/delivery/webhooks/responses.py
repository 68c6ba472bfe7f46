"""What an outcome means: posted, refused, or not to be known; and what to tell the person about it."""

import re
import time

import msgspec

from rflow.core.text import one_line, shorten
from rflow.delivery.webhooks.outcomes import Answer, Broken, Posted, Refusal
from rflow.delivery.webhooks.targets import Target, address, kinds_at

_LOOK = "Look there before you send it again with --again."
_LATER = "Try again later."
_LESS = "Post less of it: --brief, or --since last."
_CHANNEL = "Choose another channel for the webhook, or ask who runs the workspace."
_CHECK = "See what would be sent with --dry-run; does the target's kind fit its URL?"
_RENEW = "Make a new webhook there and set targets.{name}.url."
_RENEW_TEAMS = "Old connectors are retired: make a webhook with Workflows in Teams and set targets.{name}.url."

_REFUSED: dict[int, tuple[str, str]] = {
    400: ("does not accept the message", _CHECK),
    401: ("does not let this webhook post", _RENEW),
    403: ("does not let this webhook post", _RENEW),
    404: ("does not know this webhook", _RENEW),
    410: ("has given this webhook up", _RENEW),
    413: ("finds the message too large", _LESS),
}
_SLACK: dict[str, tuple[str, str]] = {
    "no_service": ("the webhook was removed or switched off", _RENEW),
    "no_active_hooks": ("the webhook was removed or switched off", _RENEW),
    "invalid_token": ("the webhook's URL is not valid any more", _RENEW),
    "no_team": ("the workspace does not exist any more", _RENEW),
    "team_disabled": ("the workspace is switched off", _RENEW),
    "channel_not_found": ("its channel does not exist any more", _RENEW),
    "channel_is_archived": ("its channel is archived", _CHANNEL),
    "action_prohibited": ("the workspace does not allow it", _CHANNEL),
    "posting_to_general_channel_denied": ("few may post in this channel", _CHANNEL),
    "invalid_payload": ("Slack can't read it", _CHECK),
    "invalid_blocks": ("Slack can't read its blocks", _CHECK),
    "no_text": ("there is no text in it", _CHECK),
}
"""What Slack's incoming webhooks answer in place of a sentence, as its documentation lists it."""


def judge(target: Target, outcome: Answer | Broken, attempt: int) -> Posted | Refusal:
    """Say what the outcome of a try means."""
    if isinstance(outcome, Broken):
        try_ = _LOOK if outcome.sent else outcome.try_
        return Refusal(what=outcome.what, try_=try_, unknown=outcome.sent, again=outcome.again)
    match outcome.status // 100:
        case 2:
            return _accepted(target, outcome, attempt)
        case 3:
            return Refusal(what=_redirected(target, outcome), try_=f"Mend targets.{target.name}.url.")
        case 4:
            return _refused(target, outcome)
        case _:
            return _failed(target, outcome)


def _accepted(target: Target, answer: Answer, attempt: int) -> Posted | Refusal:
    text = _text(answer)
    if target.kind == "teams" and "delivery failed" in text:  # a connector of the old kind answers 200 all the same
        return Refusal(what=f"did not deliver the message{_reason(target, answer)}", try_=_renew(target))
    return Posted(status=answer.status, attempts=attempt, said=_word(target, answer.status, text))


def _word(target: Target, status: int, text: str) -> str:
    """What an acceptance is worth."""
    if target.kind == "teams":
        return f"sent to {target.name}: accepted by the workflow; Teams does not confirm delivery"
    if target.kind == "slack" and text == "ok":
        who = "Slack answered ok" if kinds_at(address(target).host) else 'it answered "ok", as Slack does'
        return f"posted to {target.name} ({who})"
    return f"sent to {target.name}: accepted (HTTP {status})"


def _redirected(target: Target, answer: Answer) -> str:
    from urllib.parse import urljoin, urlsplit

    try:
        host = urlsplit(urljoin(target.url, answer.location)).hostname or ""
    except ValueError:
        host = ""
    if not answer.location or not host:
        return f"redirects to nowhere (HTTP {answer.status})"
    place = "itself" if host == address(target).host else shorten(_without_secrets(host, target), 80)
    return f"redirects to {place} (HTTP {answer.status}), which rflow does not follow"


def _refused(target: Target, answer: Answer) -> Refusal:
    if answer.status == 429:
        return _busy(target, answer, "takes no more messages just now")
    what, try_ = _REFUSED.get(answer.status, ("refuses the message", _CHECK))
    code = _text(answer)
    if target.kind == "slack" and code in _SLACK:
        meaning, try_ = _SLACK[code]
        return Refusal(what=f"{what} (HTTP {answer.status}, {code}: {meaning})", try_=try_.format(name=target.name))
    advice = _renew(target) if try_ == _RENEW else try_
    return Refusal(what=f"{what} (HTTP {answer.status}){_reason(target, answer)}", try_=advice)


def _failed(target: Target, answer: Answer) -> Refusal:
    """Judge a failure of the server: only one that names a time for the next try says that it has done nothing."""
    if answer.status == 503 and _asked(answer) is not None:
        return _busy(target, answer, "is not available just now")
    return Refusal(what=f"failed (HTTP {answer.status}){_reason(target, answer)}", try_=_LOOK, unknown=True)


def _busy(target: Target, answer: Answer, what: str) -> Refusal:
    asked = _asked(answer)
    wait = "" if asked is None else f" and asked to wait {asked:.0f} s"
    told = f"{what} (HTTP {answer.status}){wait}{_reason(target, answer)}"
    return Refusal(what=told, try_=_LATER, again=True, asked=asked)


def _renew(target: Target) -> str:
    return (_RENEW_TEAMS if target.kind == "teams" else _RENEW).format(name=target.name)


def _asked(answer: Answer) -> float | None:
    """The seconds of Retry-After; a date is compared with the server's own clock, where it tells that."""
    text = answer.retry_after.strip()
    if re.fullmatch(r"\d{1,18}(\.\d{1,9})?", text):
        return float(text)
    until = _seconds(text)
    if until is None:
        return None
    now = _seconds(answer.date)
    return max(0.0, until - (time.time() if now is None else now))


def _seconds(date: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _text(answer: Answer) -> str:
    return one_line(answer.body.decode(errors="replace"))


def _reason(target: Target, answer: Answer) -> str:
    """The server's own words, if it has any for people: short, on one line, without the URL."""
    said = shorten(_without_secrets(one_line(_said(answer.body)), target), 120)
    return f': "{said}"' if said else ""


def _said(body: bytes) -> str:
    text = body.decode(errors="replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):  # a page
        return ""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text
    while isinstance(document, dict):
        document = next((document[key] for key in ("message", "error", "detail") if document.get(key)), "")
    return document if isinstance(document, str) else ""


_PUBLIC = frozenset(
    "api api-version automations direct hooks https incomingwebhook invoke manual paths powerautomate services"
    " triggers webhook webhookb2 webhooks workflows".split()
)
"""Words that stand in the paths of Slack's and Microsoft's webhooks, and are no secrets."""


def _without_secrets(text: str, target: Target) -> str:
    """Take out of `text` what it has in common with the secret part of the URL, however quoted, and also cut short."""
    from urllib.parse import quote, unquote

    words = {word for word in re.split(r"[/?&=;,+]", address(target).path) if len(word) > 3}
    secret = {word for word in words if word.lower() not in _PUBLIC}
    forms = {form for word in secret for form in (word, unquote(word), quote(unquote(word), safe=""))}
    if not forms:
        return text
    pattern = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    text = re.sub(pattern, "…", text, flags=re.IGNORECASE)
    known = "\n".join(forms).lower()
    return re.sub(r"[\w%+.~-]{6,}", lambda match: "…" if match[0].lower() in known else match[0], text)
