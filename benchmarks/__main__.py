"""`python -m benchmarks [NAME…] [--quick] [--json FILE] [--write]`."""

import argparse
import compileall
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from platformdirs import user_cache_dir

import rflow
from benchmarks.measure import figures, machine
from benchmarks.measure.figures import Section
from benchmarks.measure.measuring import Failed, measurer
from benchmarks.measure.run import Run
from benchmarks.topics.appends import appends
from benchmarks.topics.commands import commands
from benchmarks.topics.memory import memory
from benchmarks.topics.peers import peers
from benchmarks.topics.remote import remote
from benchmarks.topics.scaling import scaling
from benchmarks.topics.searching import searching
from benchmarks.topics.serving import serving
from benchmarks.topics.startup import startup

TOPICS: Mapping[str, Callable[[Run], Section]] = {
    "startup": startup,
    "peers": peers,
    "scaling": scaling,
    "searching": searching,
    "appends": appends,
    "commands": commands,
    "memory": memory,
    "serving": serving,
    "remote": remote,
}
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- last full run: begin -->\n", "<!-- last full run: end -->"


def main(words: Sequence[str] | None = None) -> None:
    """Run the benchmarks named on the command line, or all."""
    options = _options(words)
    compile_all()
    cache = Path(options.cache).expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    about = f"{datetime.now(UTC):%Y-%m-%d}: {machine.described(cache)}{' A quick trial run.' if options.quick else ''}"
    print(about, flush=True)
    with TemporaryDirectory(dir=cache, prefix="run-") as work, measurer(Path(work)) as measure:
        run = Run(measure, Path(work), cache, options.quick)
        sections = [measured(name, run) for name in options.name or TOPICS]
    if options.json:
        report = msgspec.json.encode({"about": about, "sections": sections})
        Path(options.json).write_bytes(msgspec.json.format(report) + b"\n")
    if options.write:
        write(about, sections)


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure rflow, as ratios of one run.")
    parser.add_argument("name", nargs="*", help=f"what to measure (default: everything): {', '.join(TOPICS)}")
    parser.add_argument("--quick", action="store_true", help="only a few rounds, to see that everything works")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to a file")
    parser.add_argument("--write", action="store_true", help="write the table of a full run into benchmarks/README.md")
    cache = Path(user_cache_dir("rflow-benchmarks", appauthor=False))
    parser.add_argument("--cache", metavar="DIR", default=cache, help=f"the folder that is kept between runs ({cache})")
    options = parser.parse_args(words)
    if unknown := [name for name in options.name if name not in TOPICS]:
        parser.error(f"there is no {unknown[0]!r}; there are: {', '.join(TOPICS)}")
    if options.write and (options.quick or options.name):
        parser.error("--write needs a full run: no names, and no --quick")
    return options


def compile_all() -> None:
    """Compile rflow and all that it imports: without bytecode, imports take four times as long."""
    for folder in (*rflow.__path__, sysconfig.get_path("purelib")):
        compileall.compile_dir(folder, quiet=2, workers=0)


def measured(name: str, run: Run) -> Section:
    """Measure a topic, print its figures and return them; a topic that fails does not stop the others."""
    try:
        section = TOPICS[name](run)
    except Failed as failure:
        section = Section(name=name, remark=f"Not measured: {failure}")
    print(figures.screen(section), flush=True)
    return section


def write(about: str, sections: Sequence[Section]) -> None:
    """Write the tables into the README, between its two comments."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{about}\n\n{figures.markdown(sections)}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
