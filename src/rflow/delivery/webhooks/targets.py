"""Targets: the webhooks that a person has configured, with their URLs checked and kept secret."""

import re
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from rflow.delivery.url import HttpUrl, parse_safe_url, parse_url
from rflow.errors import UsageProblem

Kind = Literal["slack", "teams", "json"]
KINDS: tuple[Kind, ...] = get_args(Kind)

HOSTS: dict[str, tuple[Kind, ...]] = {
    "hooks.slack.com": ("slack",),
    "hooks.slack-gov.com": ("slack",),
    "webhook.office.com": ("teams",),
    "logic.azure.com": ("teams", "json"),
    "powerplatform.com": ("teams", "json"),
}
"""The kinds that known hosts and their subdomains accept, the likeliest first. Own workflows may take any JSON."""


_WORKFLOW = re.compile(r"/(?:triggers|workflows)/")
"""The paths of Slack's URLs that start a workflow: they take the variables that it declares, not blocks."""


class WebhookTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A named webhook. Anyone with the URL can post there, so it is never shown."""

    name: str
    kind: Kind
    url: str

    def __repr__(self) -> str:
        return f"WebhookTarget(name={self.name!r}, kind={self.kind!r}, url={redact_url(self.url)!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("name", self.name), ("kind", self.kind), ("url", redact_url(self.url))]

    def parsed_url(self) -> HttpUrl:
        """Return the URL, parsed and checked; raises UsageProblem, which does not quote it."""
        parsed = parse_safe_url(self.url)
        if isinstance(parsed, str):
            raise UsageProblem(
                f'The URL of the target "{self.name}" {parsed}.', try_=f"Set it again: {url_command(self.name)}"
            )
        if kinds_accepted_by(parsed.host) == ("slack",) and _WORKFLOW.match(urlsplit(self.url).path):
            raise UsageProblem(
                f'The URL of the target "{self.name}" starts a Slack workflow, which takes no message.',
                try_="Use the URL of an incoming webhook, https://hooks.slack.com/services/…: "
                "api.slack.com/messaging/webhooks",
            )
        return parsed


def webhook_target(name: str, kind: str, url: str) -> WebhookTarget:
    """Return a target as it is configured; raises UsageProblem. Without a `kind`, a known host decides."""
    host = checked_host(name, url)
    accepted = kinds_accepted_by(host)
    kind = kind or (accepted[0] if accepted else "")
    if kind not in KINDS:
        problem = f'has the unknown kind "{kind}"' if kind else f"has no kind, and {host} does not imply one"
        raise UsageProblem(f'The target "{name}" {problem}.', try_=f"Set targets.{name}.kind: {', '.join(KINDS)}.")
    if accepted and kind not in accepted:
        raise UsageProblem(
            f'The target "{name}" is of kind {kind}, but {host} accepts {" or ".join(accepted)}.',
            try_=f"Set targets.{name}.kind to {accepted[0]}, or change its URL.",
        )
    return WebhookTarget(name=name, kind=kind, url=url.strip())


def checked_host(name: str, url: str) -> str:
    """Return the host of the URL of the target `name`, after checking both; raises UsageProblem."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise UsageProblem("This is not a valid name for a target.", try_='Use lowercase letters, digits and "-".')
    return WebhookTarget(name=name, kind="json", url=url.strip()).parsed_url().host


def kinds_accepted_by(host: str) -> tuple[Kind, ...]:
    """Return the kinds of message that a known host accepts; nothing for other hosts."""
    return next((kinds for known, kinds in HOSTS.items() if f".{host}".endswith(f".{known}")), ())


def redact_url(url: str) -> str:
    """Return a webhook's URL without its secret part: `https://hooks.slack.com/…`."""
    parsed = parse_url(url.strip())
    return "…" if isinstance(parsed, str) else parsed.shown


def url_command(name: str) -> str:
    """Return the command that sets the URL of the target `name`."""
    return f"rflow config set targets.{name}.url"
