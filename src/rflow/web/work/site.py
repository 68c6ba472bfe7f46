"""The public URL of the pages, and what it means for cookies and signing in."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import msgspec

from rflow.core.summary.budget.view import Zone
from rflow.errors import UsageProblem


def _unchanged(at: datetime) -> datetime:
    return at


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The public URL ("" if it is unknown), the server's time zone, its patterns of secrets, and how people sign in."""

    url: str = ""
    zone: Zone = _unchanged
    patterns: Sequence[str] = ()
    oidc: str = ""
    """The label of the button for signing in with OpenID Connect; "" if that is not configured."""
    passwords: bool = True
    """Whether everybody may sign in with a password; otherwise only the account with the id `break_glass`."""
    break_glass: str = ""

    proxies: Sequence[str] = ()
    """The networks of trusted proxies."""

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def base(self) -> str:
        """The path below which a proxy serves rflow, without a slash at its end; "" for the root."""
        return self._parts.path.rstrip("/")

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers send them in `Origin`."""
        return f"{self._parts.scheme}://{self._parts.netloc}".lower()

    @property
    def host(self) -> str:
        """Host and port, as people write them."""
        return self._parts.netloc

    @property
    def port(self) -> int:
        """The port; 0 if the URL has none."""
        return self._parts.port or 0

    @property
    def is_secure(self) -> bool:
        """Whether the public URL is HTTPS."""
        return self._parts.scheme == "https"

    def accepts_password_of(self, account: str) -> bool:
        """Whether the account with this id may sign in with a password."""
        return self.passwords or account == self.break_glass

    @property
    def may_sign_in(self) -> bool:
        """Whether signing in is safe: over HTTPS, or on the local machine."""
        return self.is_secure or self.is_local

    def require_safe_sign_in(self) -> None:
        """Raise `UsageProblem` unless `may_sign_in`."""
        if not self.may_sign_in:
            raise UsageProblem("Signing in needs HTTPS.", try_="Ask the people who run this server.")

    @property
    def is_local(self) -> bool:
        """Whether readers are probably on this machine: the URL is unknown or has a loopback host."""
        return not self.url or _is_loopback(self._parts.hostname or "")


def _is_loopback(host: str) -> bool:
    """Whether a host name or address is a loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def local_path(target: str) -> str:
    """Return `target` if it is a path on this server, else "/", to prevent open redirects after signing in.

    Browsers read `//evil.example` and `/\\evil.example` as other hosts, and drop tabs and line ends.
    """
    if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"
