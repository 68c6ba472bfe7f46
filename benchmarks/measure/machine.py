"""A description of the machine that a run was made on."""

import os
import platform
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path


def described(folder: Path) -> str:
    """Return a description of the machine; `folder` is where the stores were."""
    parts = [
        f"{_processor()}, {os.cpu_count()} cores, load {_load()} at the start",
        f"{platform.system()} {platform.release()}, {_file_system(folder)}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"rflow {version('rflow')}, typer {version('typer')}, jinja2 {version('jinja2')}, msgspec {version('msgspec')}",
    ]
    return "; ".join(parts) + "."


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"


def _file_system(folder: Path) -> str:
    """Return the kind of file system that holds `folder` (proc(5), mounts)."""
    if sys.platform != "linux":
        return "file system not known"
    here = folder.resolve()
    mounts = (line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines())
    holding = [(len(point), kind) for point, kind in mounts if here.is_relative_to(point)]
    return max(holding)[1] if holding else "file system not known"
