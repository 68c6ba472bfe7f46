"""The command that runs the server: serve."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from rflow.cli.app import App
from rflow.cli.parsing.declare import Group, Option
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.web.oidc.config import Oidc

app = Group()
PORT = 8765


@app.command()
def serve(
    run: App,
    host: Annotated[str, Option(metavar="ADDRESS", help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, Option(metavar="PORT", min=1, max=65535, help="The port to listen on.")] = PORT,
    public_url: Annotated[
        str | None, Option(metavar="URL", help="The address that links begin with, behind a proxy.")
    ] = None,
    trusted_proxy: Annotated[
        str, Option(metavar="ADDRESS,...", help="Proxies whose X-Forwarded-For is believed: 127.0.0.1 or 10.0.0.0/8.")
    ] = "",
    requests: Annotated[bool, Option("--log-requests", help="Log each request, without the client's address.")] = False,
    json_log: Annotated[bool, Option("--log-json", help="Log JSON lines, at a terminal too.")] = False,
) -> None:
    """Serve this store's links, API and pages; Ctrl-C stops it.

    It logs to stderr: plain lines on a terminal, otherwise JSON lines. /healthz and /metrics report its state.
    """
    host = host.removeprefix("[").removesuffix("]")  # as written in an address: [::1]
    url = _public(public_url) or f"http://{_shown(host)}:{port}"
    store = _store_served(run)
    serve_links, oidc = _installed(run)
    from rflow.cli.delivering.notice_settings import notice_settings
    from rflow.web.work.client import trusted_proxies

    settings = notice_settings(run, url)
    json_lines = json_log or not sys.stderr.isatty()
    serve_links(
        run.open_shared,
        run.open_team,
        host=host,
        port=port,
        url=url,
        store=store,
        oidc=oidc,
        state=run.settings.folders.state,
        trusted=trusted_proxies(trusted_proxy),
        log_requests=requests,
        json_log=json_lines,
        on_started=lambda: _say_started(run, url, store, json_lines=json_lines),
        open_upkeep=lambda report: run.open_upkeep(settings, report),
    )


def _store_served(run: App) -> str:
    """Return the URL of the store; raise an error now if it can't be served or read."""
    store = run.local.about
    if store.url.startswith("memory:"):
        raise UsageProblem("A store in memory can't be served.", try_="Serve a file: rflow --store work.db serve")
    run.local.version("")
    return store.url


def _installed(run: App) -> "tuple[Callable[..., None], Oidc | None]":
    """Return the server, and OpenID Connect if configured; an error says how to install what is missing."""
    try:
        from rflow.web.oidc.config import oidc_of
        from rflow.web.run import serve as serve_links

        oidc = oidc_of(run.settings)
        if oidc is not None:
            import rflow.web.oidc.provider  # noqa: F401 (a library that is missing is reported now)
    except ImportError as missing:
        from rflow.cli.extras import how_to_install

        extra = "oidc" if (missing.name or "").partition(".")[0] in ("authlib", "joserfc") else "server"
        what = "its server" if extra == "server" else "what oidc.issuer needs"
        raise UsageProblem(
            f"rflow was installed without {what} ({missing.name} is missing).",
            try_=f"To install it:\n       {how_to_install(extra)}",
        ) from missing
    return serve_links, oidc


def _say_started(run: App, url: str, store: str, *, json_lines: bool) -> None:
    if not json_lines:
        run.say(f"Serving {url} (Ctrl-C stops)\nThe store: {store}\nTo create a link: rflow share create --copy")
        return
    import logging

    logging.getLogger("rflow").info("serving", extra={"facts": {"url": url, "store": store}})


def _public(url: str | None) -> str | None:
    if url is None:
        return None
    from rflow.cli.parsing.web_address import base_url

    return base_url(url, "--public-url")


def _shown(host: str) -> str:
    """Return a host for a URL."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        import socket

        return socket.getfqdn()
    return f"[{host}]" if ":" in host else host
