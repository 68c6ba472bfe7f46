"""Pairing: jobs take turns, and a figure is the median of the ratios within the turns.

Whatever else the machine does in a turn weighs on both sides of its ratio.
"""

from collections.abc import Callable, Iterable, Mapping
from statistics import quantiles

import msgspec

from benchmarks.measuring import Job, Measurer, Sample

Round = dict[str, Sample]


class Spread(msgspec.Struct, frozen=True):
    """The median of some values between their quartiles."""

    low: float
    median: float
    high: float


def spread(values: Iterable[float]) -> Spread:
    """Give the median and the quartiles."""
    found = list(values)
    return Spread(*quantiles(found, n=4, method="inclusive")) if len(found) > 1 else Spread(*found * 3)


def rounds(measure: Measurer, jobs: Mapping[str, Job], count: int) -> list[Round]:
    """Run all jobs once to warm up, then in `count` turns, each from another one on, there and back."""
    for job in jobs.values():
        measure.run(job)
    names = list(jobs)
    return [_round(measure, jobs, names, number) for number in range(count)]


def _round(measure: Measurer, jobs: Mapping[str, Job], names: list[str], number: int) -> Round:
    start = number // 2 % len(names)
    order = names[start:] + names[:start]
    return {name: measure.run(jobs[name]) for name in (reversed(order) if number % 2 else order)}


def wall(sample: Sample) -> float:
    """Seconds on the clock."""
    return sample.wall


def cpu(sample: Sample) -> float:
    """Seconds of CPU."""
    return sample.cpu


def rss(sample: Sample) -> float:
    """Peak memory."""
    return sample.rss


def ratios(found: Iterable[Round], of: Callable[[Sample], float], name: str, base: str) -> Spread:
    """Give `name` ÷ `base`."""
    return spread(of(one[name]) / of(one[base]) for one in found)


def added(found: Iterable[Round], of: Callable[[Sample], float], name: str, base: str, per: float = 1.0) -> Spread:
    """Give what `name` takes more than `base`, divided by `per`."""
    return spread((of(one[name]) - of(one[base])) / per for one in found)
