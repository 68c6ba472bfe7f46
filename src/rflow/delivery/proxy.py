"""The proxy that leads to a server, as the environment (https_proxy, no_proxy) or the system names it."""

import base64
import re
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from rflow.delivery.url import HttpUrl, is_loopback


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy; `headers` sign in to it."""

    host: str
    port: int
    headers: dict[str, str]


class ProxyProblem(OSError):
    """The proxy can't be used; the message says why."""


def proxy_for(url: HttpUrl) -> Proxy | None:
    """Return the proxy to use, if any; there is none for this machine itself. Raises ProxyProblem."""
    setting = "" if is_loopback(url.host) else getproxies().get("https", "")
    if not setting or proxy_bypass(f"{url.host}:{url.port}"):
        return None
    try:
        parts = urlsplit(setting if "://" in setting else f"http://{setting}")
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        raise ProxyProblem("the address of the proxy (https_proxy) can't be read") from None
    if parts.scheme != "http" or not host:
        raise ProxyProblem("the proxy (https_proxy) must be an http:// URL")
    return Proxy(host, port, _sign_in(parts.username, parts.password))


def _sign_in(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    credentials = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {credentials}"}


def tunnel_refusal(error: OSError) -> str:
    """Return how the proxy refused the tunnel; "" for other errors. http.client says it in a message only."""
    match = re.match(r"Tunnel connection failed: (\d{3})", str(error))
    return f"it answered HTTP {match[1]}" if match else ""
