"""Hiding a webhook's secret in text that its server wrote."""

import re
from urllib.parse import quote, unquote

from rflow.delivery.webhooks.targets import WebhookTarget

_PUBLIC = frozenset(
    "api api-version automations direct hooks https incomingwebhook invoke manual paths powerautomate services"
    " triggers webhook webhookb2 webhooks workflows".split()
)
"""Words in the paths of Slack's and Microsoft's webhooks that are not secret."""


def without_secrets(text: str, target: WebhookTarget) -> str:
    """Return `text` without anything that is in the secret part of the URL, however quoted, whole or in part."""
    words = {word for word in re.split(r"[/?&=;,+]", target.parsed_url().path) if len(word) > 3}
    secrets = {word for word in words if word.lower() not in _PUBLIC}
    spellings = {spelling for word in secrets for spelling in (word, unquote(word), quote(unquote(word), safe=""))}
    if not spellings:
        return text
    pattern = "|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))
    text = re.sub(pattern, "…", text, flags=re.IGNORECASE)
    known = "\n".join(spellings).lower()
    return re.sub(r"[\w%+.~-]{6,}", lambda match: "…" if match[0].lower() in known else match[0], text)
