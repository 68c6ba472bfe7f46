"""Cross-site requests: a form of another site must not act here as somebody who is signed in."""

from starlette.requests import Request

from rflow.errors import NotAllowed
from rflow.web.work.site import Site

SAFE = frozenset({"GET", "HEAD"})


def check_same_origin(request: Request, site: Site) -> None:
    """Raise `NotAllowed` for an unsafe request that does not come from a page of ours.

    Browsers say where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`; programs, which send neither,
    have the API.
    """
    if request.method in SAFE:
        return
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        allowed = fetch_site == "same-origin"
    else:
        origin = request.headers.get("origin", "").lower()
        allowed = bool(origin) and origin in (site.origin, f"{request.url.scheme}://{request.headers.get('host')}")
    if not allowed:
        raise NotAllowed(
            "This form was not sent from a page of this server, so nothing was done.",
            try_="Open the page here and send it again.",
        )
