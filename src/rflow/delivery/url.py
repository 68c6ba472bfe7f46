"""URLs of servers: parsed, checked, and shown without their path, which may be a secret."""

import re
from urllib.parse import urlsplit

import msgspec

_LABEL = r"(?!-)[a-z0-9_-]{1,63}"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


class HttpUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed URL. `path` includes the query and may be a secret; `host` has no brackets."""

    secure: bool
    host: str
    port: int
    path: str

    def __repr__(self) -> str:
        return f"HttpUrl({self.shown!r})"

    @property
    def netloc(self) -> str:
        """The host as it is written in a URL, with its port unless that is the default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL as it may be shown to anybody: `https://hooks.slack.com/…`."""
        return f"{'https' if self.secure else 'http'}://{self.netloc}/…"


def parse_url(url: str) -> HttpUrl | str:
    """Parse a URL, or return what is wrong with it, as a phrase that follows "The URL".

    That is no exception, because those of `urlsplit` quote parts of the URL.
    """
    if not re.fullmatch(r"[!-~]+", url):
        return "is empty" if not url else "contains blanks or characters outside ASCII: percent-encode them"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "can't be read"
    if parts.scheme not in ("https", "http"):
        return "must begin with https://"
    if "@" in parts.netloc:
        return "contains a user name, which rflow does not send"
    if not (_HOST.fullmatch(host) or ":" in host):
        return "has no valid host"
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HttpUrl(secure=secure, host=host, port=(443 if secure else 80) if port is None else port, path=path)


def parse_safe_url(url: str) -> HttpUrl | str:
    """Parse a URL to send something to: https, or http to this machine only. See `parse_url` for the rest."""
    parsed = parse_url(url)
    if isinstance(parsed, HttpUrl) and not parsed.secure and not is_loopback(parsed.host):
        return "must begin with https:// (http:// is for loopback addresses only, such as 127.0.0.1)"
    return parsed


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
