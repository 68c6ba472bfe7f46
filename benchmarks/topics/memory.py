"""The peak memory of a summary."""

from benchmarks.measure.figures import Aim, Figure, Section
from benchmarks.measure.pairing import Round, ratios, rounds, rss
from benchmarks.measure.run import Run
from benchmarks.topics.startup import FLOOR
from benchmarks.worlds.world import usual

PEAK = "peak memory"
AIM = Aim(1.2, on=PEAK)


def memory(run: Run) -> Section:
    """Measure `progress`, and the same with 10,000 events."""
    world = usual(run.measure, run.folder("memory"))
    large = usual(run.measure, run.folder("memory-large"), events=10_000)
    commands = {"60": world.rflow("progress"), "10,000": large.rflow("progress"), "floor": world.python(FLOOR)}
    results = rounds(run.measure, commands, run.turns(10))
    return Section(
        name="Peak memory",
        figures=[_figure(results, "60", AIM), _figure(results, "10,000", None)],
        remark="The largest resident set (`ru_maxrss`).",
    )


def _figure(results: list[Round], events: str, aim: Aim | None) -> Figure:
    what = f"`rflow progress`, {events} events"
    values = {PEAK: ratios(results, rss, events, "floor")}
    return Figure(what=what, base=f'`python -c "{FLOOR}"`', values=values, aim=aim)
