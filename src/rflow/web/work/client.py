"""Where a request comes from: the client's address, for rate limits and the audit."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, ip_address, ip_network

from starlette.requests import Request

from rflow.errors import UsageProblem
from rflow.web.work.site import Site

_MAPPED_BITS = 96
"""The bits before the IPv4 address in an IPv6 address such as ::ffff:127.0.0.1."""


def client_address(request: Request, site: Site) -> str:
    """Return the client's address; "" if it is not known, because a proxy hides it.

    Behind a trusted proxy, uvicorn has taken it from X-Forwarded-For, unless the proxy left that out. Where readers
    come over HTTPS, there is a proxy: the server itself has no TLS.
    """
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    unknown_proxy = not site.proxies and (site.is_secure or (address.is_loopback and not site.is_here))
    proxy_itself = any(address in ip_network(proxy) for proxy in site.proxies)
    return "" if unknown_proxy or proxy_itself else str(address).partition("%")[0]


def trusted_proxies(text: str) -> Sequence[str]:
    """Return the addresses and networks in a list with commas; raise `UsageProblem` for what is none."""
    return [form for part in text.split(",") if part.strip() for form in _forms(part.strip())]


def _forms(text: str) -> Iterator[str]:
    """Yield a network as uvicorn compares it: an IPv4 address also as a socket for both protocols shows it."""
    try:
        network = ip_network(text)
    except ValueError as error:
        raise UsageProblem(
            f'"{text}" is not the address of a proxy: {error}.', try_="Use --trusted-proxy 127.0.0.1 or 10.0.0.0/8"
        ) from error
    if network.prefixlen == 0:
        raise UsageProblem(
            f"{text} trusts everybody to say which address they have.", try_="Name the addresses of your proxies."
        )
    yield str(network)
    if isinstance(network, IPv4Network):
        yield f"::ffff:{network.network_address}/{_MAPPED_BITS + network.prefixlen}"
