"""The command that serves read-only links: serve."""

from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.declare import Group, Option
from rflow.errors import UsageProblem

app = Group()
PORT = 8765


@app.command()
def serve(
    run: App,
    host: Annotated[str, Option(metavar="ADDRESS", help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, Option(min=1, max=65535, help="The port to listen on.")] = PORT,
    public_url: Annotated[str | None, Option(metavar="URL", help="What links begin with, if behind a proxy.")] = None,
    requests: Annotated[bool, Option("--log-requests", help="Log each request, without the client's address.")] = False,
) -> None:
    """Serve the read-only links to this store; Ctrl-C stops it.

    It logs to stderr: plain lines on a terminal, otherwise JSON lines. /healthz and /metrics report its state.
    """
    host = host.removeprefix("[").removesuffix("]")  # as it stands in an address: [::1]
    url = _public(public_url) or f"http://{_shown(host)}:{port}"
    store = run.local.about
    if store.url.startswith("memory:"):
        raise UsageProblem("A store in memory can't be served.", try_="Serve a file: rflow --store work.db serve")
    run.local.version("")  # an unreadable store is reported now, not to the first reader
    try:
        from rflow.web.run import serve as serve_links
    except ImportError as missing:
        from rflow.cli.extras import how_to_install

        raise UsageProblem(
            f"rflow was installed without its server ({missing.name} is missing).",
            try_=f"To install it:\n       {how_to_install('server')}",
        ) from missing
    started = f"Serving {url} (Ctrl-C stops)\nThe store: {store.url}\nTo create a link: rflow share create --copy"
    serve_links(
        run.open_shared,
        run.open_team,
        host=host,
        port=port,
        url=url,
        store=store.url,
        state=run.settings.folders.state,
        log_requests=requests,
        on_started=lambda: run.say(started),
    )


def _public(url: str | None) -> str | None:
    if url is None:
        return None
    from rflow.cli.parsing.web_address import base_url

    return base_url(url, "--public-url")


def _shown(host: str) -> str:
    """Return a host as it is written in a URL."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        import socket

        return socket.getfqdn()
    return f"[{host}]" if ":" in host else host
