"""A PostgreSQL server for the tests, one for each test process, on a socket in a temporary folder.

It starts when a test first asks for a URL, and ends with the process.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from support.needs import skip_without

_SETTINGS = (
    "listen_addresses=",
    "autovacuum=off",
    "max_connections=60",
    "shared_buffers=16MB",
    "log_min_messages=error",
)
_MEMORY = Path("/dev/shm")
"""A disk in memory, where the flushes that the store asks for cost nothing."""


class Server:
    """A cluster with a role and a database named rflow; the role is not a superuser."""

    def __init__(self) -> None:
        self.bin = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="rflow-pg-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
        self.folder.chmod(0o755)
        self.data, self.log = self.folder / "data", self.folder / "log"
        atexit.register(self.remove)
        self.data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(self.data, "postgres")
        self.run("initdb", "--no-sync", "--auth=trust", "--locale=C.UTF-8", "--username=postgres", str(self.data))
        self.start()
        self.sql("CREATE ROLE rflow LOGIN", "CREATE DATABASE rflow OWNER rflow")

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL, as another user if this one is root, which it refuses."""
        output = self.folder / "output"
        with output.open("ab") as file:
            subprocess.run(self.words(program, *arguments), check=True, stdout=file, stderr=file, cwd=self.folder)

    def words(self, program: str, *arguments: str) -> Sequence[str]:
        """Return the command line for a program of PostgreSQL."""
        user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        return (*user, str(self.bin / program), *arguments)

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        settings = " ".join(f"-c {each}" for each in (*_SETTINGS, f"unix_socket_directories={self.folder}"))
        self.run("pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={self.log}", f"--options={settings}")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: "immediate" is like a crash, "fast" ends all connections first."""
        self.run("pg_ctl", "stop", "--wait", f"--pgdata={self.data}", f"--mode={mode}")

    def kill(self) -> None:
        """Kill all processes of the server at once, like a power failure."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children")
        for pid in [postmaster, *map(int, children.read_text().split())]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while Path(f"/proc/{postmaster}").exists() and time.monotonic() < end:
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def restart(self, mode: str = "immediate") -> None:
        """Restart the server."""
        self.stop(mode)
        self.start()

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Execute statements as a superuser, and return the rows of the last."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as db:
            cursor = db.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def remove(self) -> None:
        """Stop the server and delete its files."""
        pid = self.data / "postmaster.pid"
        if pid.exists():
            os.kill(int(pid.read_text().split()[0]), signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def server() -> Server:
    """Return the server of this process; skip the test if PostgreSQL is not installed."""
    return Server()


def url(folder: Path, name: str) -> str:
    """Return the URL of the store of this name in `folder`, which has a schema of its own."""
    schema = f"t_{sha256(f'{folder}/{name}'.encode()).hexdigest()[:20]}"
    return f"postgresql://rflow@/rflow?host={server().folder}&schema={schema}"


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Execute statements in the schema of a store, as its own role, and return the rows of the last."""
    import psycopg

    conninfo, _, schema = url.partition("&schema=")
    with psycopg.connect(conninfo, autocommit=True) as db:
        cursor = db.execute(f"SET search_path = {schema}; SET rflow.spaces = '*'".encode())
        for statement in statements:
            cursor.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, which Debian does not put on the path."""
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else skip_without("initdb")
