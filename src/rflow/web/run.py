"""Running the server: uvicorn, the heartbeat that gives `share create` its URL, and a quick shutdown."""

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from rflow.errors import UsageProblem
from rflow.service import heartbeat
from rflow.service.local.shared import SharedSessions
from rflow.service.team.team import Team
from rflow.service.upkeep import Counts, Upkeep
from rflow.web.app import LinkServer
from rflow.web.broadcaster import MAX_STREAMS
from rflow.web.connections import MAX_UNFINISHED, LimitedProtocol
from rflow.web.logging import log_to
from rflow.web.oidc.config import Oidc
from rflow.web.repeat import repeating

_STOP_TIMEOUT = 3
"""Seconds that open requests have to finish when the server stops."""
_UPKEEP_STOP = 1.0
"""Seconds that the upkeep has to finish its current work."""
_SEND_TIMEOUT = 60
"""Seconds without acknowledgement from a client after which its connection is closed (TCP_USER_TIMEOUT)."""
_GC_THRESHOLD = 30_000
"""Allocations between two garbage collections, each of which takes 7 ms; this costs some megabytes of memory."""


class _Uvicorn(uvicorn.Server):
    """A server that ends live updates when it stops: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, server: LinkServer, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._server, self._on_started = server, on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and call `on_started`."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; the signal is not raised again, so that the exit code is 0."""
        await super().shutdown(sockets)
        self._captured_signals.clear()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal to stop."""
        super().handle_exit(sig, frame)
        self._server.close_streams()


def serve(
    open_store: Callable[[], SharedSessions],
    open_team: Callable[[], Team],
    *,
    host: str,
    port: int,
    url: str,
    store: str,
    oidc: Oidc | None = None,
    state: Path,
    trusted: Sequence[str] = (),
    log_requests: bool,
    json_log: bool,
    on_started: Callable[[], None],
    open_upkeep: Callable[[Callable[[Counts], object]], Upkeep] | None = None,
) -> None:
    """Serve `store` until a signal arrives; raise `UsageProblem` if the server can't listen on `host` and `port`.

    `url` is the public URL of links; the heartbeat in the folder `state` passes it to `share create`. `open_upkeep`
    returns the background work of the server, given a callback for the metrics of notices. `trusted` are the networks
    of proxies whose X-Forwarded-For is believed.
    """
    listening = _listen(host, port)
    log_to(sys.stderr, json_lines=json_log)
    files = _raise_file_limit()
    LimitedProtocol.max_unfinished = min(MAX_UNFINISHED, files // 4)
    server = LinkServer(
        open_store,
        open_team=open_team,
        url=url,
        oidc=oidc,
        log_requests=log_requests,
        max_streams=min(MAX_STREAMS, files // 2),
        proxies=trusted,
    )
    upkeep = open_upkeep(lambda counts: server.count_notices(*counts)) if open_upkeep is not None else None
    serving = _Uvicorn(uvicorn_config(server.app, trusted), server, on_started)
    _run(serving, listening, _heartbeat(state, store, url), _upkeep(upkeep))


def _run(serving: _Uvicorn, listening: socket.socket, *meanwhile: AbstractAsyncContextManager[None]) -> None:
    """Serve on a socket until a signal arrives, within the contexts `meanwhile`."""
    gc.freeze()  # Objects made at startup live until the end, so no collection needs to visit them.
    gc.set_threshold(_GC_THRESHOLD)

    async def main() -> None:
        async with contextlib.AsyncExitStack() as contexts:
            for context in meanwhile:
                await contexts.enter_async_context(context)
            await serving.serve([listening])

    with asyncio.Runner(loop_factory=serving.config.get_loop_factory()) as runner:  # uvloop, where it is installed
        runner.run(main())


def uvicorn_config(app: ASGIApp, trusted: Sequence[str] = ()) -> uvicorn.Config:
    """Return the uvicorn configuration of rflow's applications, behind proxies in the networks `trusted`."""
    return uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_TIMEOUT,
        lifespan="on",
        proxy_headers=bool(trusted),
        forwarded_allow_ips=list(trusted),
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named, event loops switch off Nagle's algorithm, which would delay responses by 40 ms.
        listening = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # where it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: closes connections whose client no longer acknowledges data
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SEND_TIMEOUT * 1000)
        listening.bind(address)
        listening.listen(1024)
        return listening
    except UnicodeError as error:  # From the encoding of names that are not ASCII, also of those that are too long.
        raise UsageProblem(f'"{host}" is not the name of a host.', try_="Use an address: --host 127.0.0.1") from error
    except socket.gaierror as error:
        raise UsageProblem(
            f'"{host}" is not the name of a host here: {error.strerror}.', try_="Use an address: --host 127.0.0.1"
        ) from error
    except OSError as error:
        raise UsageProblem(
            f"Can't listen on port {port} of {host}: {error.strerror or error}.", try_="Use another port: --port 8766"
        ) from error


def _raise_file_limit() -> int:
    """Raise the limit of open files as far as allowed, and return it: each connection needs one."""
    if sys.platform == "win32":
        return 2 * MAX_STREAMS
    import resource

    current, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS reports "unlimited" but allows fewer
        resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))
        current = maximum
    return 2 * MAX_STREAMS if current == resource.RLIM_INFINITY else current


@contextlib.asynccontextmanager
async def _upkeep(upkeep: Upkeep | None) -> AsyncIterator[None]:
    if upkeep is not None:
        upkeep.start()
    try:
        yield
    finally:
        if upkeep is not None:
            await asyncio.to_thread(upkeep.stop, _UPKEEP_STOP)


@contextlib.asynccontextmanager
async def _heartbeat(state: Path, store: str, url: str) -> AsyncIterator[None]:
    async def beat() -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the server
            await asyncio.to_thread(heartbeat.beat, state, store, url)

    try:
        async with repeating(beat, heartbeat.BEAT):
            yield
    finally:
        with contextlib.suppress(OSError):
            heartbeat.gone(state, store)
