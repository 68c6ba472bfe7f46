"""A proxy in front of a PostgreSQL server that cuts connections: just before or after a COMMIT, or in silence."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

_PORT = ".s.PGSQL.5432"


class CuttingProxy:
    """Listens on a socket in `folder`, and forwards everything to the server whose socket is in `server`."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.cut: Literal["", "before", "after"] = ""
        self.cuts = 0
        self.messages = 0
        self._server = server / _PORT
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _PORT))
        self._listener.listen()
        self._open: list[socket.socket] = [self._listener]
        self._forgotten: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """Cut all connections silently, as a firewall does: clients notice only when they send something."""
        self._forgotten = list(self._open)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                self._open += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._return, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self.messages += 1
                if client in self._forgotten:
                    client.shutdown(socket.SHUT_RDWR)
                    break
                if self.cut and _ends_a_transaction(data):
                    self._cut(client, server, data)
                    return
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _cut(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        """Cut the connection at a COMMIT, before or after the server receives it, so that the client doesn't know."""
        how, self.cut = self.cut, ""
        self.cuts += 1
        client.shutdown(socket.SHUT_RDWR)
        if how == "after":
            server.sendall(data)
        else:
            server.shutdown(socket.SHUT_RDWR)

    def _return(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close everything."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _ends_a_transaction(data: bytes) -> bool:
    """Whether a message ends with a COMMIT, or is the call that is a whole transaction; a notice is neither."""
    committed = data.startswith(b"Q") and b"COMMIT\0" in data and b"pg_notify" not in data
    return committed or (data.startswith(b"P") and b"unless_rewritten" in data)
