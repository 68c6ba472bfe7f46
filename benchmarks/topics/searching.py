"""Searching a store of very many sessions: the first search, which builds the index, the later ones, and appends."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.measure.figures import CPU, WALL, Aim, Figure, Section, ratio
from benchmarks.measure.measuring import Command, Sample
from benchmarks.measure.pairing import cpu, rounds, spread, wall
from benchmarks.measure.run import Run
from benchmarks.topics.startup import FLOOR
from benchmarks.worlds.large_store import large_store
from benchmarks.worlds.world import CODE, World

_SEARCHES: Mapping[str, tuple[str, ...]] = {
    "matches one": ("search", "INC-4821"),
    "matches 100": ("search", "Customer 77"),
    "matches all": ("search", "label roll"),
    "matches all, filtered": ("search", "label", "--open", "--customer", "Customer 20"),
    "a phrase that matches all": ("search", "label roll was"),
    "matches none": ("search", "hologram"),
}
_NOTE = ("note", "The label roll was changed.")


def searching(run: Run) -> Section:
    """Measure searches, and whether a note costs more beside an index."""
    count = 5_000 if run.quick else 100_000
    searched, never = (_world(run, name, count) for name in ("searched", "never-searched"))
    first = [run.measure.run(_first(searched)) for _ in range(run.turns(3))]
    note = searched.rflow(*_NOTE)
    commands = {name: searched.rflow(*words) for name, words in _SEARCHES.items()}
    commands["after a note"] = _after(searched.rflow("search", "INC-4821"), lambda: run.measure.run(note))
    commands |= {"note": note, "note, never searched": never.rflow(*_NOTE), "floor": searched.python(FLOOR)}
    results = rounds(run.measure, commands, run.turns(15))
    what = f"`rflow search` in {count:,} sessions"
    figures = [_figure(f"{what}, {name}", [each[name] for each in results], Aim(200, on=CPU)) for name in _SEARCHES]
    figures += [
        _figure(f"{what}, after a note was added", [each["after a note"] for each in results], Aim(200, on=CPU)),
        _figure(f"{what}, the first, which builds the index", first),
        ratio(results, "note", "note, never searched", Aim(1.05), of="`rflow note` beside an index", to="without one"),
        ratio(results, "matches one", "floor", of=f"{what}, matches one", to=f'`python -c "{FLOOR}"`'),
    ]
    store = Path(searched.store)
    share = _index(searched).stat().st_size / store.stat().st_size
    return Section(name="Searching", figures=figures, remark=f"The index has {share:.2f} × the size of the store.")


def _world(run: Run, name: str, count: int) -> World:
    """Return a world with a large store of its own, and the usual session current in its terminal."""
    home = run.folder(name)
    store = shutil.copy(large_store(run.cache, count), home / "large.db")
    world = World(home, str(store))
    run.measure.run(world.rflow("resume", CODE))
    return world


def _index(world: World) -> Path:
    return Path(f"{world.store}-search")


def _first(world: World) -> Command:
    """Return a search before which there is no index."""
    return _after(world.rflow("search", "INC-4821"), lambda: _index(world).unlink(missing_ok=True))


def _after(command: Command, prepare: Callable[[], object]) -> Command:
    return command._replace(prepare=prepare)


def _figure(what: str, samples: Iterable[Sample], aim: Aim | None = None) -> Figure:
    """Return the time of whole commands, in milliseconds."""
    runs = list(samples)
    values = {of: spread(1000 * take(each) for each in runs) for of, take in ((WALL, wall), (CPU, cpu))}
    return Figure(what=what, base="the whole command", values=values, unit="ms", aim=aim)
