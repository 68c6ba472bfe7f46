"""Paired measuring: commands run in rounds, and a figure is the median of the ratios within the rounds.

Whatever else the machine does in a round affects both sides of its ratio.
"""

from collections.abc import Callable, Iterable, Mapping
from statistics import quantiles

import msgspec

from benchmarks.measure.measuring import Command, Measurer, Sample

Round = dict[str, Sample]


class Spread(msgspec.Struct, frozen=True):
    """The median of values, and their quartiles."""

    low: float
    median: float
    high: float


def spread(values: Iterable[float]) -> Spread:
    """Return the median and the quartiles."""
    listed = list(values)
    return Spread(*quantiles(listed, n=4, method="inclusive")) if len(listed) > 1 else Spread(*listed * 3)


def rounds(measure: Measurer, commands: Mapping[str, Command], count: int) -> list[Round]:
    """Run all commands once to warm up, then in `count` rounds, each in another order."""
    for command in commands.values():
        measure.run(command)
    names = list(commands)
    return [_round(measure, commands, names, number) for number in range(count)]


def _round(measure: Measurer, commands: Mapping[str, Command], names: list[str], number: int) -> Round:
    start = number // 2 % len(names)
    order = names[start:] + names[:start]
    return {name: measure.run(commands[name]) for name in (reversed(order) if number % 2 else order)}


def wall(sample: Sample) -> float:
    """Return the elapsed seconds."""
    return sample.wall


def cpu(sample: Sample) -> float:
    """Return the CPU seconds."""
    return sample.cpu


def rss(sample: Sample) -> float:
    """Return the peak memory."""
    return sample.rss


def ratios(results: Iterable[Round], of: Callable[[Sample], float], name: str, base: str) -> Spread:
    """Return `name` ÷ `base`."""
    return spread(of(each[name]) / of(each[base]) for each in results)


def added(results: Iterable[Round], of: Callable[[Sample], float], name: str, base: str, per: float = 1.0) -> Spread:
    """Return how much more `name` takes than `base`, divided by `per`."""
    return spread((of(each[name]) - of(each[base])) / per for each in results)
