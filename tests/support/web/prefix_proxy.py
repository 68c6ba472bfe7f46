"""A reverse proxy that serves a server below a path, and strips that path from the requests it passes on."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def below(path: str, port: int) -> Iterator[str]:
    """Serve what listens at `port` below `path` until the block ends; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{path}/"):
                self.send_error(404)
                return
            upstream = http.client.HTTPConnection("127.0.0.1", port)
            upstream.request("GET", self.path.removeprefix(path), headers=dict(self.headers))
            response = upstream.getresponse()
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while part := response.read1(4096):
                    self.wfile.write(part)
            except OSError:  # the reader left
                self.close_connection = True
            upstream.close()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
