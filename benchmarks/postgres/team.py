"""Who works at the store, and the server that they work through."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres.store import PostgresStore


def at(store: PostgresStore) -> LocalWorkspace:
    """Return what Ana can do at a store."""
    return LocalWorkspace(store, Actor(person=person("Ana Ruiz")), clock=lambda: datetime.now(UTC))


def account(url: str) -> str:
    """Create an account, and return a token of it."""
    for words in (("user", "add", "Root", "--admin"), ("user", "add", "Ben"), ("space", "add", "Leeds")):
        rflow(url, *words)
    rflow(url, "space", "members", "Leeds", "--add", "Ben", "--role", "member")
    return rflow(url, "token", "create", "--user", "Ben", "--scope", "read,write")


def rflow(url: str, *words: str) -> str:
    """Run a command at the store, and return what it prints."""
    command = [str(Path(sys.executable).with_name("rflow")), *words]
    environ = {**os.environ, "RFLOW_STORE": url, "RFLOW_USER": "shell"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def serving(url: str, port: int = 15399) -> Iterator[int]:
    """Serve the store at a port; yield the id of the process."""
    command = [str(Path(sys.executable).with_name("rflow")), "serve", "--port", str(port)]
    environ = {**os.environ, "RFLOW_STORE": url}
    running = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert running.stderr is not None
    while b'"serving"' not in running.stderr.readline():
        assert running.poll() is None
    Thread(target=running.stderr.read, daemon=True).start()
    try:
        yield running.pid
    finally:
        running.terminate()
        running.wait()
