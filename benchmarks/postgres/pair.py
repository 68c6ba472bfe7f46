"""A primary and its synchronous standby, on this machine's disk."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import mkdtemp

import psycopg

_SHARED = ("listen_addresses=", "shared_buffers=256MB", "max_connections=120", "max_wal_size=4GB")


class Pair:
    """A primary and its synchronous standby, on sockets in a folder."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="rflow-bench-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self._own(self.folder)
        self._run("initdb", "--auth=trust", "--locale=C.UTF-8", "--username=postgres", self._data("primary"))
        self._start("primary", "synchronous_standby_names=standby")
        self.sql("SET synchronous_commit = local", "CREATE ROLE rflow LOGIN")
        self.sql("SET synchronous_commit = local", "CREATE DATABASE rflow OWNER rflow")
        socket = self._socket("primary")
        copying = ("-h", socket, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
        self._run("pg_basebackup", *copying, "-D", self._data("standby"))
        with (Path(self._data("standby")) / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = 'host={socket} user=postgres application_name=standby'\n")
        self._start("standby")
        while self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != (1,):
            time.sleep(0.1)

    @property
    def url(self) -> str:
        """The URL of the store."""
        return f"postgresql://rflow@/rflow?host={self._socket('primary')}"

    def sql(self, *statements: str, database: str = "postgres") -> tuple[object, ...] | None:
        """Execute statements as the superuser, and return the first row of the last."""
        conninfo = f"host={self._socket('primary')} user=postgres dbname={database}"
        with psycopg.connect(conninfo, autocommit=True) as db:
            cursor = db.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchone() if cursor.description else None

    def cpu(self) -> float:
        """Return the seconds of CPU time that both have taken, with all their processes, also those that ended."""
        used = 0.0
        for name in ("primary", "standby"):
            first = (Path(self._data(name)) / "postmaster.pid").read_text().split()[0]
            used += sum(seconds(first))
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
            used += sum(sum(seconds(each)[:2]) for each in children)
        return used

    def stop(self) -> None:
        """Stop both and delete their files."""
        for name in ("standby", "primary"):
            self._run("pg_ctl", "stop", "-m", "immediate", "-D", self._data(name))
        shutil.rmtree(self.folder)

    def _start(self, name: str, *settings: str) -> None:
        Path(self._socket(name)).mkdir(exist_ok=True)
        self._own(Path(self._socket(name)))
        options = " ".join(
            f"-c {each}" for each in (*_SHARED, f"unix_socket_directories={self._socket(name)}", *settings)
        )
        self._run("pg_ctl", "start", "-w", "-D", self._data(name), "-l", f"{self.folder}/{name}.log", "-o", options)

    def _run(self, program: str, *arguments: str) -> None:
        path = max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, str(path), *arguments], check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def _data(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _socket(self, name: str) -> str:
        return f"{self.folder}/{name}-socket"

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, "postgres")


def seconds(pid: int | str) -> list[float]:
    """Return the CPU time of a process: its own in user mode and in the kernel, and those of children that ended."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    return [int(each) / os.sysconf("SC_CLK_TCK") for each in ticks]
