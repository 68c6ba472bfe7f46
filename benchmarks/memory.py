"""How much memory a summary takes at its peak."""

from benchmarks.figures import Aim, Figure, Section
from benchmarks.pairing import ratios, rounds, rss
from benchmarks.run import Run
from benchmarks.startup import FLOOR
from benchmarks.world import usual


def memory(run: Run) -> Section:
    """Measure `progress`, and the same with 10,000 events."""
    world = usual(run.measure, run.folder("memory"))
    large = usual(run.measure, run.folder("memory-large"), events=10_000)
    jobs = {"progress": world.rflow("progress"), "large": large.rflow("progress"), "floor": world.python(FLOOR)}
    found = rounds(run.measure, jobs, run.turns(10))
    floor = f'`python -c "{FLOOR}"`'
    return Section(
        name="Peak memory",
        figures=(
            Figure(what="`rflow progress`, 60 events", base=floor, wall=ratios(found, rss, "progress", "floor")),
            Figure(what="`rflow progress`, 10,000 events", base=floor, wall=ratios(found, rss, "large", "floor")),
        ),
        remark="The largest resident set (`ru_maxrss`).",
    )
