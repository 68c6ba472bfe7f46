"""PgBouncer in transaction mode, in front of the server of the tests."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.needs import need
from support.stores import postgres
from support.waiting import until


@contextmanager
def pgbouncer(folder: Path) -> Iterator[None]:
    """Run PgBouncer in transaction mode, with a pool of two connections, on a socket in `folder`."""
    need("pgbouncer")
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\nrflow = host={postgres.server().folder} user=rflow\n"
        f"[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 2\nunix_socket_dir = {folder}\nlisten_addr =\n"
        f"listen_port = 5432\nauth_type = any\nlogfile = {folder}/log\n"
    )
    program = Path("/usr/sbin/pgbouncer")
    user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    running = subprocess.Popen([*user, str(program), "-q", str(config)], stderr=subprocess.DEVNULL)
    try:
        assert until((folder / ".s.PGSQL.5432").exists)
        yield
    finally:
        running.terminate()
        running.wait()
