"""How much memory a summary takes at its peak."""

from benchmarks.figures import Aim, Figure, Section
from benchmarks.pairing import Round, ratios, rounds, rss
from benchmarks.run import Run
from benchmarks.startup import FLOOR
from benchmarks.world import usual

PEAK = "peak memory"
AIM = Aim(1.2, on=PEAK)


def memory(run: Run) -> Section:
    """Measure `progress`, and the same with 10,000 events."""
    world = usual(run.measure, run.folder("memory"))
    large = usual(run.measure, run.folder("memory-large"), events=10_000)
    jobs = {"60": world.rflow("progress"), "10,000": large.rflow("progress"), "floor": world.python(FLOOR)}
    found = rounds(run.measure, jobs, run.turns(10))
    return Section(
        name="Peak memory",
        figures=[_figure(found, "60", AIM), _figure(found, "10,000", None)],
        remark="The largest resident set (`ru_maxrss`).",
    )


def _figure(found: list[Round], events: str, aim: Aim | None) -> Figure:
    told = f"`rflow progress`, {events} events"
    values = {PEAK: ratios(found, rss, events, "floor")}
    return Figure(what=told, base=f'`python -c "{FLOOR}"`', values=values, aim=aim)
