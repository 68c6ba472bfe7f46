"""Starts programs one after the other and measures them, in a small separate process: `python -I -S spawner.py`.

It reads requests and writes responses as lines of JSON. It must stay small and without threads: until a started
program is loaded, the system counts this process's memory as that program's (`ru_maxrss`).
"""

import json
import os
import sys
import time
from typing import Any


def run(argv: list[str], env: dict[str, str], stdout: str, stderr: str) -> dict[str, Any]:
    """Run a program to its end; return elapsed seconds, CPU seconds (children included), peak memory, exit code."""
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    opened = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, write, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, stderr, write, 0o600),
    ]
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, env, file_actions=opened)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "rss": usage.ru_maxrss, "code": os.waitstatus_to_exitcode(status)}


def main() -> None:
    """Respond to requests until the input ends."""
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
