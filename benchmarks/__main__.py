"""`python -m benchmarks [NAME…] [--quick] [--json FILE] [--write]`."""

import argparse
import compileall
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

import rflow
from benchmarks import figures, machine
from benchmarks.figures import Section
from benchmarks.measuring import measurer
from benchmarks.memory import memory
from benchmarks.run import Run
from benchmarks.startup import startup

TOPICS: Mapping[str, Callable[[Run], Section]] = {
    "startup": startup,
    "memory": memory,
}
README = Path(__file__).with_name("README.md")
MARKS = ("<!-- the last full run, written by `python -m benchmarks --write` -->\n", "\n<!-- end of the last full run -->")


def main(words: Sequence[str] | None = None) -> None:
    """Run the benchmarks that are asked for, all by default."""
    asked = _parser().parse_args(words)
    compile_all()
    cache = Path(asked.cache).expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    about = f"{datetime.now(UTC):%Y-%m-%d}. {machine.described(cache)}"
    print(about, flush=True)
    with TemporaryDirectory(dir=cache, prefix="run-") as work, measurer(Path(work)) as measure:
        run = Run(measure, Path(work), cache, asked.quick)
        sections = [_told(TOPICS[name](run)) for name in asked.name or TOPICS]
    if asked.json:
        Path(asked.json).write_bytes(msgspec.json.format(msgspec.json.encode({"about": about, "sections": sections})))
    if asked.write:
        write(about, sections)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure rflow, as ratios of one run.")
    parser.add_argument("name", nargs="*", choices=[*TOPICS, []], help=f"what to measure: {', '.join(TOPICS)}")
    return parser


if __name__ == "__main__":
    main()
