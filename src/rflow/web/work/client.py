"""The client's IP address, for rate limits and the audit."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, ip_address, ip_network

from starlette.requests import Request

from rflow.errors import UsageProblem
from rflow.web.work.site import Site

_MAPPED_BITS = 96
"""The bits before the IPv4 address in an IPv6 address such as ::ffff:127.0.0.1."""


def client_address(request: Request, site: Site) -> str:
    """Return the client's IP address; "" if a proxy hides it.

    Behind a trusted proxy, uvicorn takes the address from X-Forwarded-For, if the proxy sends that. With HTTPS there is
    always a proxy, since the server itself has no TLS.
    """
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    unknown_proxy = not site.proxies and (site.is_secure or (address.is_loopback and not site.is_local))
    proxy_itself = any(address in ip_network(proxy) for proxy in site.proxies)
    return "" if unknown_proxy or proxy_itself else str(address).partition("%")[0]


def trusted_proxies(text: str) -> Sequence[str]:
    """Parse a comma-separated list of addresses and networks; raise `UsageProblem` for an invalid one."""
    return [network for part in text.split(",") if part.strip() for network in _networks(part.strip())]


def _networks(text: str) -> Iterator[str]:
    """Yield a network in the forms that uvicorn compares: IPv4 also as IPv4-mapped IPv6, for dual-stack sockets."""
    try:
        network = ip_network(text)
    except ValueError as error:
        raise UsageProblem(
            f'"{text}" is not the address of a proxy: {error}.', try_="Use --trusted-proxy 127.0.0.1 or 10.0.0.0/8"
        ) from error
    if network.prefixlen == 0:
        raise UsageProblem(
            f"{text} would let every client choose the address that it seems to have.",
            try_="Name the addresses of your proxies.",
        )
    yield str(network)
    if isinstance(network, IPv4Network):
        yield f"::ffff:{network.network_address}/{_MAPPED_BITS + network.prefixlen}"
