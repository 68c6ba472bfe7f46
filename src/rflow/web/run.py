"""Running the server: uvicorn, a heartbeat that links take their address from, a stop that keeps nobody waiting."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rflow.errors import UsageProblem
from rflow.service import heartbeat
from rflow.service.shared import SharedSessions
from rflow.web.app import Server
from rflow.web.logging import log_to

_STOP = 3
"""Seconds that open requests get to end."""


_PATIENCE = 60
"""Seconds that a reader may leave what was sent to them in the way, before their connection is closed."""
_HEAD = 64 * 1024
"""Bytes of an address with its headers; the parser has no limit of its own, and would keep all that comes."""
_AHEAD = 16
"""Requests that somebody may send before the first one is answered; browsers send one."""


class _Protocol(HttpToolsProtocol):
    """Hangs up on who sends a request without end, or requests without waiting for answers: each is kept in memory."""

    _heading, _headed = True, 0

    def data_received(self, data: bytes) -> None:
        """Read on, while an end of the headers is in sight."""
        if self._heading:
            self._headed += len(data)
        super().data_received(data)
        if self._heading and self._headed > _HEAD and not self.transport.is_closing():
            self.send_400_response("The request is too large.")

    def on_headers_complete(self) -> None:
        """Begin with what comes behind the headers, which the application limits."""
        if len(self.pipeline) >= _AHEAD:
            raise ValueError("Too many requests at once.")  # the parser stops, and the connection is closed
        super().on_headers_complete()
        self._heading = False

    def on_message_complete(self) -> None:
        """Begin with the next request."""
        super().on_message_complete()
        self._heading, self._headed = True, 0

    def _unsupported_upgrade_warning(self) -> None:
        """Answer who asks for a web socket as if they had not, and without a word in the log."""


class _Uvicorn(uvicorn.Server):
    """Ends the live updates as soon as the server is told to stop: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, server: Server, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._server, self._told = server, told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        if self.started:
            self._told()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; a signal that was answered need not be raised again, so that the exit code is 0."""
        await super().shutdown(sockets)
        self._captured_signals.clear()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop."""
        super().handle_exit(sig, frame)
        if self._server.hub is not None:
            self._server.hub.close()


def serve(
    open_shared: Callable[[], SharedSessions],
    *,
    host: str,
    port: int,
    url: str,
    store: str,
    state: Path,
    templates: Path | None,
    requests: bool,
    told: Callable[[], None],
) -> None:
    """Serve until a signal comes; raise `UsageProblem` where the address can't be taken. `told` says that it serves."""
    listening = _listen(host, port)
    log_to(sys.stderr, requests=requests)
    server = Server(open_shared, templates)
    app = server.app()
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP,
        lifespan="on",
        proxy_headers=False,  # nothing here depends on who asks
    )

    async def main() -> None:
        async with _beating(state, store, url):
            await _Uvicorn(config, server, told).serve([listening])

    _allow_many_streams()
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:  # uvloop, where there is one
        runner.run(main())


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named, event loops switch off Nagle's algorithm, which would hold answers back for 40 ms.
        listening = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # where it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: ends connections whose other side takes nothing any more
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _PATIENCE * 1000)
        listening.bind(address)
        listening.listen(1024)
        return listening
    except UnicodeError as error:  # From the encoding of names that are not ASCII, also of those that are too long.
        raise UsageProblem(f'"{host}" is not the name of a host.', try_="Use an address: --host 127.0.0.1") from error
    except OSError as error:
        raise UsageProblem(
            f"Can't listen at port {port} of {host}: {error.strerror or error}.", try_="Take another one: --port 8766"
        ) from error


def _allow_many_streams() -> None:
    """Let the process have as many open files as it may: each stream is one, and many systems begin with 1,024."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):  # macOS says "no limit" and means another one
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextlib.asynccontextmanager
async def _beating(state: Path, store: str, url: str) -> AsyncIterator[None]:
    async def beats() -> None:
        while True:
            with contextlib.suppress(OSError):  # a full disk must not stop the server
                heartbeat.beat(state, store, url)
            await asyncio.sleep(heartbeat.BEAT)

    task = asyncio.create_task(beats())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(OSError):
            heartbeat.gone(state, store)
