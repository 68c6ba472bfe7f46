"""An environment to run rflow in: its own home folder, a store that is restored before each run, no user settings."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure.measuring import Command, Measurer
from benchmarks.worlds import stories
from rflow.core.session.events import Event
from rflow.core.tree.model import Tree, canonical
from rflow.stores import open_store

BIN = Path(sys.executable).parent
CODE = "K7QM-2F"
CLIPBOARD = "cat >/dev/null"


class World:
    """A computer with a store (by default a SQLite file in its home folder) and a terminal."""

    def __init__(self, home: Path, store: str = "") -> None:
        self.home = home
        self.store = store or str(home / "data" / "rflow.db")
        self._kept = home / "kept"
        for name in ("data", "state", "config", "cache"):
            (home / name).mkdir(parents=True, exist_ok=True)

    @property
    def env(self) -> Mapping[str, str]:
        """The environment variables: bytecode is used and written, and output is buffered, as usual."""
        folders = {f"XDG_{name.upper()}_HOME": str(self.home / name) for name in ("data", "state", "config", "cache")}
        return folders | {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "RFLOW_STORE": self.store,
            "RFLOW_USER": stories.MAYA.name,
            "RFLOW_TERMINAL": "benchmark",
            "RFLOW_CLIPBOARD_CMD": CLIPBOARD,
        }

    def rflow(self, *words: str, writes: bool = False) -> Command:
        """Return a command of rflow; before a command that `writes`, the store is restored."""
        return Command((str(BIN / "rflow"), *words), self.env, self.restore if writes else lambda: None)

    def python(self, code: str) -> Command:
        """Return a command that runs Python code."""
        return Command((str(BIN / "python"), "-c", code), self.env)

    def add(self, code: str, events: list[Event], tree: Tree | None = None, size: int = 0) -> None:
        """Add a session to the store, with its tree and its evidence."""
        store = open_store(self.store)
        if tree is not None:
            store.add_tree(canonical(tree), stories.NIGHT)
        store.create(stories.session(f"id-{code}", code, events), events, stories.blobs(events, size))
        store.close()

    def keep(self) -> None:
        """Keep a copy of the store and of the terminal's state."""
        for name in ("data", "state"):
            shutil.copytree(self.home / name, self._kept / name, dirs_exist_ok=True)

    def restore(self) -> None:
        """Restore the copy and sync it to the disk, else the next command would wait for that."""
        for name in ("data", "state"):
            shutil.rmtree(self.home / name)
            shutil.copytree(self._kept / name, self.home / name)
        for file in self.home.glob("data/*"):
            _sync(file)


def _sync(file: Path) -> None:
    fd = os.open(file, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def usual(measure: Measurer, home: Path, events: int = 60, nodes: int = 60, size: int = 0) -> World:
    """Create the usual environment: a session of 60 events in a tree of 60 nodes, current in its terminal."""
    world, tree = World(home), stories.tree(nodes)
    world.add(CODE, stories.events(stories.facts(tree, events, size)), tree, size)
    measure.run(world.rflow("resume", CODE))
    world.keep()
    return world
