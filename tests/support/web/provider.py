"""OpenID Connect providers for tests: a certified one from npm, and one that forges its ID tokens."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from judges.node_tools import MODULES, node_file
from support.needs import need
from support.web.server import free_port

CLIENT, SECRET = "rflow", "provider-secret-of-rflow"
"""Who rflow is at either provider."""
BACK = "/sign-in/oidc/callback"


@contextmanager
def npm_provider(rflow: str) -> Iterator[str]:
    """Run tests/node/provider.mjs for the server at the URL `rflow`; yield its issuer."""
    node_file("oidc-provider/package.json")
    need("node")
    port = free_port()
    words = ["node", str(MODULES.parent / "provider.mjs"), str(port), rflow + BACK]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "listening"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


class Forger:
    """A provider that does not ask anybody: `id_token` makes the answer of the token endpoint from the nonce."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.id_token: Callable[[str], str] = lambda nonce: ""
        self.nonce = ""
        self.issuer = ""
        self.claims: dict[str, Any] = {}

    def answer(self, path: str) -> Any:
        """Return what is at an address."""
        match path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": self.issuer,
                    **{
                        name: f"{self.issuer}/{name}"
                        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                    },
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256", "ES256", "none", "HS256"],
                }
            case "/jwks_uri":
                return {"keys": self.keys}
            case "/token_endpoint":
                return {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(self.nonce)}
        return {}


@contextmanager
def forging_provider() -> Iterator[Forger]:
    """Run a forger until the block ends."""
    forger = Forger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.dumps(forger.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 (as http.server names it)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
