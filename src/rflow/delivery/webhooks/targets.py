"""Where summaries are posted: targets, the checks of their URLs, and keeping those URLs secret."""

import re
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

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
"""What the hosts we know take, the likeliest first; a subdomain counts. A workflow of one's own takes any JSON."""

_LABEL = r"(?!-)[a-z0-9_-]{1,63}"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A named place to post to. Whoever has the URL can post there, so it is not shown."""

    name: str
    kind: Kind
    url: str

    def __repr__(self) -> str:
        return f"Target(name={self.name!r}, kind={self.kind!r}, url={redact_url(self.url)!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("name", self.name), ("kind", self.kind), ("url", redact_url(self.url))]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A URL taken apart. `path` (with its query) is the secret part; `host` has no brackets."""

    secure: bool
    host: str
    port: int
    path: str

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    @property
    def shown(self) -> str:
        """The host, in the way it stands in a URL, with its port unless that is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def target(name: str, kind: str, url: str) -> Target:
    """Make a target of what is configured; raises UsageProblem. An empty `kind` is taken from a host we know."""
    host = host_of(name, url)
    kinds = kinds_at(host)
    kind = kind or (kinds[0] if kinds else "")
    if kind not in KINDS:
        told = f'has the unknown kind "{kind}"' if kind else f"has no kind, and {host} does not tell it"
        raise UsageProblem(f'The target "{name}" {told}.', try_=f"Set targets.{name}.kind: {', '.join(KINDS)}.")
    if kinds and kind not in kinds:
        raise UsageProblem(
            f'The target "{name}" is of kind {kind}, but {host} takes {" or ".join(kinds)}.',
            try_=f"Set targets.{name}.kind to {kinds[0]}, or mend its URL.",
        )
    return Target(name=name, kind=kind, url=url.strip())


def host_of(name: str, url: str) -> str:
    """Give the host of the URL of the target `name`, both checked; raises UsageProblem."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise UsageProblem("That is no name for a target.", try_='Use small letters, digits and "-".')
    return address(Target(name=name, kind="json", url=url.strip())).host


def kinds_at(host: str) -> tuple[Kind, ...]:
    """The kinds of message that a host takes, where it is one we know."""
    return next((kinds for known, kinds in HOSTS.items() if f".{host}".endswith(f".{known}")), ())


def redact_url(url: str) -> str:
    """Show a webhook's URL without what is secret in it: `https://hooks.slack.com/…`."""
    taken = _taken_apart(url.strip())
    if isinstance(taken, str):
        return "…"
    return f"{'https' if taken.secure else 'http'}://{taken.shown}/…"


def address(target: Target) -> Address:
    """Take the URL of a target apart and check it; raises UsageProblem, without the URL."""
    taken = _taken_apart(target.url)
    if isinstance(taken, Address) and not taken.secure and not loopback(taken.host):
        taken = "must begin with https:// (http:// is for loopback addresses only, such as 127.0.0.1)"
    if isinstance(taken, str):
        raise UsageProblem(f'The URL of the target "{target.name}" {taken}.', try_=f"Mend targets.{target.name}.url.")
    return taken


def _taken_apart(url: str) -> Address | str:
    """Take a URL apart; a text says what is wrong with it. (The errors of `urlsplit` quote parts of the URL.)"""
    if not re.fullmatch(r"[!-~]+", url):
        return "is empty" if not url else "has blanks or characters outside ASCII in it: percent-encode them"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "can't be read"
    if parts.scheme not in ("https", "http"):
        return "must begin with https://"
    if "@" in parts.netloc:
        return "has a user name in it, which rflow does not send"
    if not (_HOST.fullmatch(host) or ":" in host):
        return "has no valid host in it"
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(secure=secure, host=host, port=(443 if secure else 80) if port is None else port, path=path)


def loopback(host: str) -> bool:
    """Whether a host is this machine."""
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
