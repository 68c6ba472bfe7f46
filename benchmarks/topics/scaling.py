"""What size costs: of a session, a store, a tree, and evidence."""

from itertools import product

from benchmarks.measure.figures import CPU, WALL, Aim, Figure, Section, ratio
from benchmarks.measure.pairing import Round, added, cpu, rounds, spread, wall
from benchmarks.measure.run import Run
from benchmarks.topics.inside import inside
from benchmarks.topics.startup import FLOOR
from benchmarks.worlds import stories
from benchmarks.worlds.large_store import large_store
from benchmarks.worlds.world import CODE, World, usual
from rflow.core.session.events import EvidenceAdded

SIZES = (10, 100, 1_000, 10_000)
FEW = 1_000
"""Enough sessions to fill a page of `list`, as in a large store: it shows 50 that are open, one in twenty."""


def scaling(run: Run) -> Section:
    """Measure sessions, stores, trees and evidence of several sizes."""
    figures = [*events(run), *inside(run), *sessions(run), *trees(run), *evidence(run)]
    return Section(name="Scaling", figures=figures)


def events(run: Run) -> list[Figure]:
    """Measure what a thousand more events cost a command."""
    worlds = {size: usual(run.measure, run.folder(f"events-{size}"), events=size) for size in SIZES}
    commands = {f"progress {size}": world.rflow("progress") for size, world in worlds.items()}
    for size in (SIZES[0], SIZES[-1]):
        commands[f"progress --brief {size}"] = worlds[size].rflow("progress", "--brief")
        commands[f"rflow {size}"] = worlds[size].rflow()
        commands[f"note {size}"] = worlds[size].rflow("note", "The label roll was changed.", writes=True)
    commands["floor"] = worlds[SIZES[0]].python(FLOOR)
    results = rounds(run.measure, commands, run.turns(15))
    figures = [_added(results, "progress", size, Aim(3, on=CPU)) for size in SIZES[1:]]
    figures += [_added(results, name, SIZES[-1], Aim(3, on=CPU)) for name in ("progress --brief", "rflow", "note")]
    return [*figures, _against_floor(results)]


def _added(results: list[Round], name: str, size: int, aim: Aim) -> Figure:
    thousands = (size - SIZES[0]) / 1000
    few, many = f"{name} {SIZES[0]}", f"{name} {size}"
    values = {of: added(results, take, many, few, thousands / 1000) for of, take in ((WALL, wall), (CPU, cpu))}
    what = f"`{name if name == 'rflow' else f'rflow {name}'}` on {size:,} events, added by each 1,000"
    return Figure(what=what, base=f"the same on {SIZES[0]} events", values=values, unit="ms", aim=aim)


def _against_floor(results: list[Round]) -> Figure:
    """Return the same as a ratio, which can be compared between machines."""
    thousands = (SIZES[-1] - SIZES[0]) / 1000
    few, many = f"progress {SIZES[0]}", f"progress {SIZES[-1]}"
    values = {
        of: spread((take(each[many]) - take(each[few])) / thousands / take(each["floor"]) for each in results)
        for of, take in ((WALL, wall), (CPU, cpu))
    }
    what = f"`rflow progress` on {SIZES[-1]:,} events, added by each 1,000"
    return Figure(what=what, base=f'`python -c "{FLOOR}"`', values=values)


def sessions(run: Run) -> list[Figure]:
    """Measure commands in a store of very many sessions against the same in a small one."""
    many = 5_000 if run.quick else 100_000
    worlds = {"one": usual(run.measure, run.folder("sessions-1"))}
    for name, count in (("few", FEW), ("many", many)):
        worlds[name] = World(run.folder(f"sessions-{count}"), str(large_store(run.cache, count)))
        run.measure.run(worlds[name].rflow("resume", CODE))
    arguments = {"progress": ("progress",), "list": ("list",), "rflow": ()}
    commands = {f"{name} {store}": worlds[store].rflow(*words) for name, words in arguments.items() for store in worlds}
    results = rounds(run.measure, commands, run.turns(15))
    aim = Aim(1.1, on=CPU)
    return [
        _sessions(results, "progress", "one", "1 session", many, aim),
        _sessions(results, "rflow", "one", "1 session", many, aim),
        _sessions(results, "list", "few", f"{FEW:,} sessions (a page is 50)", many, aim),
        _sessions(results, "list", "one", "1 session", many, None),
    ]


def _sessions(results: list[Round], name: str, base: str, to: str, many: int, aim: Aim | None) -> Figure:
    what = f"`{name if name == 'rflow' else f'rflow {name}'}` in a store of {many:,} sessions"
    return ratio(results, f"{name} many", f"{name} {base}", aim, of=what, to=f"the same in one of {to}")


def trees(run: Run) -> list[Figure]:
    """Measure commands in a large tree against the same in a small one, on the same path."""
    worlds = {size: _in_tree(run, size) for size in (10, 200, 2_000)}
    arguments = {"progress": ("progress",), "rflow": ()}
    commands = {
        f"{name} {size}": worlds[size].rflow(*words) for (name, words), size in product(arguments.items(), worlds)
    }
    results = rounds(run.measure, commands, run.turns(15))
    return [_trees(results, name, size) for name, size in product(arguments, (200, 2_000))]


def _trees(results: list[Round], name: str, size: int) -> Figure:
    what = f"`{name if name == 'rflow' else f'rflow {name}'}` in a tree of {size:,} nodes"
    return ratio(results, f"{name} {size}", f"{name} 10", of=what, to="the same in one of 10 nodes")


def _in_tree(run: Run, size: int) -> World:
    """Create a world with a few steps in a tree of `size` nodes, followed by notes."""
    world, tree = World(run.folder(f"tree-{size}")), stories.tree(size)
    what = [*stories.facts(tree, 9), *list(stories.facts(None, 52))[1:]]
    world.add(CODE, stories.events(what), tree)
    run.measure.run(world.rflow("resume", CODE))
    world.keep()
    return world


def evidence(run: Run) -> list[Figure]:
    """Measure a summary whose evidence is large against one whose evidence is small."""
    pieces = sum(isinstance(fact, EvidenceAdded) for fact in stories.facts(stories.tree(60), 60))
    total = 10_000_000 if run.quick else 100_000_000
    small = usual(run.measure, run.folder("evidence-small"))
    large = usual(run.measure, run.folder("evidence-large"), size=total // pieces)
    results = rounds(run.measure, {"large": large.rflow("progress"), "small": small.rflow("progress")}, run.turns(15))
    what = f"`rflow progress` with {total // 1_000_000} MB of evidence in {pieces} pieces"
    return [ratio(results, "large", "small", Aim(1.1, on=CPU), of=what, to=f"the same with {pieces} small pieces")]
