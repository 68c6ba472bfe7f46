"""Tools of the fault tests: workers to race and kill, small and read-only disks, searching files."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

TESTS = Path(__file__).parents[2]
NOBODY = 65534


class Worker:
    """A running `worker.py`; `acknowledged` are the lines it printed."""

    def __init__(self, task: str, url: str, *arguments: object) -> None:
        command = [sys.executable, "-m", "support.stores.worker", task, url, *map(str, arguments)]
        self._process = subprocess.Popen(command, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.acknowledged: list[str] = []

    def wait_until_ready(self) -> None:
        """Wait until it has opened the store."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def go(self) -> None:
        """Let it start."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """Kill it at once."""
        self._process.send_signal(signal.SIGKILL)

    def finish(self) -> int:
        """Wait for its end, keep what it printed, and return its exit code."""
        said, _ = self._process.communicate()
        self.acknowledged += said.decode().splitlines()
        return self._process.returncode


def run_all(workers: list[Worker]) -> list[int]:
    """Let workers start together, and wait for them."""
    for worker in workers:
        worker.wait_until_ready()
    for worker in workers:
        worker.go()
    return [worker.finish() for worker in workers]


def quick_folder(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder in memory, or on disk if there is no /dev/shm."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield factory.mktemp("store")
        return
    with TemporaryDirectory(prefix="rflow-test-", dir=memory) as folder:
        yield Path(folder)


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of `size` at a new folder; skip the test if this user can't."""
    folder.mkdir()
    if sys.platform != "linux" or not _mount("-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)):
        pytest.skip("needs the right to mount a tmpfs (root on Linux): a full disk can't be made here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    """Remount a small disk so that nothing can be written."""
    assert _mount("-o", "remount,ro", str(folder))


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill a disk except for `leave` bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        free = os.statvfs(folder)
        file.write(b"x" * max(0, free.f_bavail * free.f_frsize - leave))
    return filler


def as_unprivileged_user(act: Callable[[], str]) -> str:
    """Return the result of `act` as a user without privileges, since root is exempt from permissions."""
    if os.geteuid() != 0:
        return act()
    for name in ("mmap", "pwd", "shlex", "rflow.stores.disks"):  # Nobody can't enter root's home, where Python may be.
        import_module(name)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            os.write(into, act().encode())
        except BaseException as error:  # noqa: BLE001 (the parent shows it)
            os.write(into, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        returned = pipe.read().decode()
    os.waitpid(child, 0)
    return returned


def give_to_unprivileged_user(folder: Path, mode: int) -> None:
    """Make that user the owner of a folder and its content, with `mode` for the folders."""
    for path in [*folder.rglob("*"), folder]:
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        if path.is_dir():
            path.chmod(mode)


def files_with(folder: Path, secret: bytes) -> list[str]:
    """Return the files below `folder` that contain `secret`."""
    return sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and secret in file.read_bytes()
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return the content of all files of a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
