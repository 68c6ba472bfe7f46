"""A reverse proxy that keeps connections, records the requests on each, and can lose answers on their way back."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """A request: the number of its connection, its method and its address."""

    connection: int
    method: str
    path: str


class Recorder:
    """What came through the proxy; the next `losing` answers don't."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.connections = 0
        self.losing = 0

    def take(self) -> list[Request]:
        """Return the requests since the last call."""
        taken, self.requests = self.requests, []
        return taken


@contextmanager
def recording(port: int) -> Iterator[Recorder]:
    """Pass requests on to what listens at `port` until the block ends."""
    recorder, lock = Recorder(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with lock:
                recorder.connections += 1
                self.number = recorder.connections

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            recorder.requests.append(Request(self.number, self.command, self.path.partition("?")[0]))
            upstream = http.client.HTTPConnection("127.0.0.1", port)
            upstream.request(self.command, self.path, body, dict(self.headers))
            response = upstream.getresponse()
            data = response.read()
            upstream.close()
            with lock:
                if recorder.losing:
                    recorder.losing -= 1
                    self.close_connection = True
                    return
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on  # noqa: N815 (the names of http.server)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
