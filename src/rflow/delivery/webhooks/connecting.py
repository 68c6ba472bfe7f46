"""Connecting to a host and having it prove who it is, through a proxy where the environment names one."""

import base64
import socket
import ssl
from http.client import HTTPException, HTTPResponse
from urllib.parse import unquote, urlsplit

import msgspec

from rflow.delivery.webhooks.outcomes import Broken
from rflow.delivery.webhooks.targets import Address, loopback
from rflow.delivery.webhooks.wire import Deadline, Wire

_INSPECTED = "Where a company's proxy opens TLS, name its certificate authority in SSL_CERT_FILE."


class _Proxy(msgspec.Struct, frozen=True):
    host: str
    port: int
    authorization: str


class _ProxyRefused(OSError):
    """The proxy does not connect us; `strerror` says why."""


def connected(address: Address, timeout: float) -> socket.socket | Broken:
    """Connect within `timeout` seconds. (Looking the name up has the resolver's own time-outs.)"""
    proxy = _proxy(address)
    if isinstance(proxy, Broken):
        return proxy
    try:
        return _opened(address, proxy, Deadline(timeout))
    except OSError as error:
        return _unreached(error, f" through the proxy {proxy.host}:{proxy.port}" if proxy else "", timeout)


def _unreached(error: OSError, through: str, timeout: float) -> Broken:
    """Say why there is no connection. A time-out is not worth another try: TCP has been trying all the while."""
    unreached = f"can't be reached{through}: "
    match error:
        case TimeoutError():
            return Broken(what=f"{unreached}no answer within {timeout:g} s")
        case ssl.SSLCertVerificationError():
            return Broken(what=f"does not prove who it is ({error.verify_message})", try_=_INSPECTED)
        case ssl.SSLEOFError():
            return Broken(what=f"{unreached}the connection broke off", again=True)
        case ssl.SSLError():
            return Broken(what=f"{unreached}no TLS ({(error.reason or 'unknown').replace('_', ' ').lower()})")
        case socket.gaierror():
            return Broken(what=f"{unreached}its name is not known here", again=error.errno == socket.EAI_AGAIN)
        case _:
            reason = (error.strerror or "the connection broke off").rstrip(".")
            return Broken(what=unreached + reason[:1].lower() + reason[1:], again=not isinstance(error, _ProxyRefused))


def _opened(address: Address, proxy: _Proxy | None, deadline: Deadline) -> socket.socket:
    sock = _dialled(proxy.host, proxy.port, deadline) if proxy else _dialled(address.host, address.port, deadline)
    try:
        if proxy:
            _tunnel(Wire(sock, deadline), address, proxy)
        if not address.secure:
            return sock
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        sock.settimeout(deadline.left())
        return context.wrap_socket(sock, server_hostname=address.host)
    except BaseException:
        sock.close()
        raise


def _dialled(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time, or a dead IPv6 would eat it all."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure = OSError("no address")
    for remaining, (family, kind, protocol, _, place) in zip(range(len(found), 0, -1), found, strict=True):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left() / remaining)
            sock.connect(place)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _proxy(address: Address) -> _Proxy | Broken | None:
    """Find the proxy as urllib does (https_proxy, no_proxy, the system's own); none leads to this machine."""
    from urllib.request import getproxies, proxy_bypass

    named = "" if loopback(address.host) else getproxies().get("https", "")
    if not named or proxy_bypass(f"{address.host}:{address.port}"):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        return Broken(what="can't be reached: the address of the proxy (https_proxy) can't be read")
    if parts.scheme != "http" or not host:
        return Broken(what="can't be reached: the proxy (https_proxy) is not an http:// one")
    return _Proxy(host, port, _basic(parts.username, parts.password))


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()


def _tunnel(wire: Wire, address: Address, proxy: _Proxy) -> None:
    """Have the proxy connect us: it learns the host, while the URL and the message pass it inside TLS."""
    place = f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"
    authorization = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    wire.connection(proxy.host, proxy.port).request("CONNECT", place, headers={"Host": place, **authorization})
    response = HTTPResponse(wire, method="CONNECT")  # type: ignore[arg-type]
    try:
        response.begin()
    except ConnectionError:
        raise
    except HTTPException:
        raise _ProxyRefused(0, "it does not speak HTTP") from None
    if not 200 <= response.status < 300:
        raise _ProxyRefused(0, f"it answered HTTP {response.status}")
