"""The public address of the pages, and what it means for cookies and signing in."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import msgspec

from rflow.core.summary.budget.view import Zone


def _as_it_is(at: datetime) -> datetime:
    return at


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The address that readers see (`url`, "" if it is not known), the server's time zone, its patterns of secrets."""

    url: str = ""
    zone: Zone = _as_it_is
    patterns: Sequence[str] = ()
    oidc: str = ""
    """What the button for signing in by OpenID Connect says; "" where it is not configured."""
    passwords: bool = True
    """Whether everybody may sign in with a password; else only the account with the id `break_glass`."""
    break_glass: str = ""

    proxies: Sequence[str] = ()
    """The networks of the proxies that say where a request comes from."""

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def base(self) -> str:
        """The path that all addresses begin with, where a proxy serves rflow below one; else ""."""
        return self._parts.path.rstrip("/")

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers send them in `Origin`."""
        return f"{self._parts.scheme}://{self._parts.netloc}".lower()

    @property
    def host(self) -> str:
        """Host and port, for people."""
        return self._parts.netloc

    @property
    def port(self) -> int:
        """The port, 0 if the address has none."""
        return self._parts.port or 0

    @property
    def is_secure(self) -> bool:
        """Whether readers come over HTTPS."""
        return self._parts.scheme == "https"

    def takes_password_of(self, account: str) -> bool:
        """Whether the account with this id may sign in with a password."""
        return self.passwords or account == self.break_glass

    @property
    def may_sign_in(self) -> bool:
        """Whether a password may be sent: over HTTPS, or within this machine."""
        return self.is_secure or self.is_here

    @property
    def is_here(self) -> bool:
        """Whether readers are probably on this machine."""
        return not self.url or _is_here(self._parts.hostname or "")


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def local_path(wanted: str) -> str:
    """Return an address to go on at after signing in, if it is one of ours; else that of the first page.

    Browsers read `//evil.example` and `/\\evil.example` as other hosts, and drop tabs and line ends.
    """
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return "/"
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else "/"
