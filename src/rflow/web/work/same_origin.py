"""Protection against cross-site request forgery."""

from starlette.requests import Request

from rflow.errors import NotAllowed
from rflow.web.work.site import Site

SAFE = frozenset({"GET", "HEAD"})


def check_same_origin(request: Request, site: Site) -> None:
    """Raise `NotAllowed` for an unsafe request that does not come from a page of this server.

    Browsers send `Sec-Fetch-Site`, older ones `Origin`. Programs that send neither should use the API.
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
