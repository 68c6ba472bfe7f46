"""An application behind the server's own HTTP protocol, in a thread of the test's process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from rflow.web.run import uvicorn_config
from support.web.server import free_port


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve an application until the block ends; yield its URL."""
    port = free_port()
    config = uvicorn_config(app)
    config.port = port
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        end = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive() and time.monotonic() < end
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()
