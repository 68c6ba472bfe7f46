"""What size costs: events in a session, sessions in a store, nodes in a tree, evidence in a store."""

from itertools import product

from benchmarks import stories
from benchmarks.figures import CPU, WALL, Aim, Figure, Section, ratio
from benchmarks.inside import inside
from benchmarks.large_store import large_store
from benchmarks.pairing import Round, added, cpu, rounds, spread, wall
from benchmarks.run import Run
from benchmarks.startup import FLOOR
from benchmarks.world import CODE, World, usual
from rflow.core.session.events import EvidenceAdded

SIZES = (10, 100, 1_000, 10_000)
FEW = 100
"""Sessions enough to fill a page of `list`, as any large store does."""


def scaling(run: Run) -> Section:
    """Measure all four."""
    figures = [*events(run), *inside(run), *sessions(run), *trees(run), *evidence(run)]
    return Section(name="Scaling", figures=figures)


def events(run: Run) -> list[Figure]:
    """Measure what a thousand events more cost a command."""
    worlds = {size: usual(run.measure, run.folder(f"events-{size}"), events=size) for size in SIZES}
    jobs = {f"progress {size}": world.rflow("progress") for size, world in worlds.items()}
    for size in (SIZES[0], SIZES[-1]):
        jobs[f"progress --brief {size}"] = worlds[size].rflow("progress", "--brief")
        jobs[f"rflow {size}"] = worlds[size].rflow()
        jobs[f"note {size}"] = worlds[size].rflow("note", "The label roll was changed.", writes=True)
    jobs["floor"] = worlds[SIZES[0]].python(FLOOR)
    found = rounds(run.measure, jobs, run.turns(15))
    figures = [_added(found, "progress", size, Aim(3, on=CPU)) for size in SIZES[1:]]
    figures += [_added(found, name, SIZES[-1], Aim(3, on=CPU)) for name in ("progress --brief", "rflow", "note")]
    return [*figures, _against_floor(found)]


def _added(found: list[Round], name: str, size: int, aim: Aim) -> Figure:
    thousands = (size - SIZES[0]) / 1000
    few, many = f"{name} {SIZES[0]}", f"{name} {size}"
    values = {of: added(found, take, many, few, thousands / 1000) for of, take in ((WALL, wall), (CPU, cpu))}
    told = f"`{name if name == 'rflow' else f'rflow {name}'}` on {size:,} events, added by each 1,000"
    return Figure(what=told, base=f"the same on {SIZES[0]} events", values=values, unit="ms", aim=aim)


def _against_floor(found: list[Round]) -> Figure:
    """Give the same as a ratio, which other machines can be compared by."""
    thousands = (SIZES[-1] - SIZES[0]) / 1000
    few, many = f"progress {SIZES[0]}", f"progress {SIZES[-1]}"
    values = {
        of: spread((take(one[many]) - take(one[few])) / thousands / take(one["floor"]) for one in found)
        for of, take in ((WALL, wall), (CPU, cpu))
    }
    told = f"`rflow progress` on {SIZES[-1]:,} events, added by each 1,000"
    return Figure(what=told, base=f'`python -c "{FLOOR}"`', values=values)


def sessions(run: Run) -> list[Figure]:
    """Measure commands in a store of very many sessions against the same in a small one."""
    many = 5_000 if run.quick else 100_000
    worlds = {"one": usual(run.measure, run.folder("sessions-1"))}
    for name, count in (("few", FEW), ("many", many)):
        worlds[name] = World(run.folder(f"sessions-{count}"), str(large_store(run.cache, count)))
        run.measure.run(worlds[name].rflow("resume", CODE))
    commands = {"progress": ("progress",), "list": ("list",), "rflow": ()}
    jobs = {f"{name} {store}": worlds[store].rflow(*words) for name, words in commands.items() for store in worlds}
    found = rounds(run.measure, jobs, run.turns(15))
    aim = Aim(1.1)
    return [
        _sessions(found, "progress", "one", "1 session", many, aim),
        _sessions(found, "rflow", "one", "1 session", many, aim),
        _sessions(found, "list", "few", f"{FEW} sessions (a page is 50)", many, aim),
        _sessions(found, "list", "one", "1 session", many, None),
    ]


def _sessions(found: list[Round], name: str, base: str, to: str, many: int, aim: Aim | None) -> Figure:
    told = f"`{name if name == 'rflow' else f'rflow {name}'}` in a store of {many:,} sessions"
    return ratio(found, f"{name} many", f"{name} {base}", aim, of=told, to=f"the same in one of {to}")


def trees(run: Run) -> list[Figure]:
    """Measure commands in a large tree against the same in a small one, on the same path."""
    worlds = {size: _in_tree(run, size) for size in (10, 200, 2_000)}
    commands = {"progress": ("progress",), "rflow": ()}
    jobs = {f"{name} {size}": worlds[size].rflow(*words) for (name, words), size in product(commands.items(), worlds)}
    found = rounds(run.measure, jobs, run.turns(15))
    return [_trees(found, name, size) for name, size in product(commands, (200, 2_000))]


def _trees(found: list[Round], name: str, size: int) -> Figure:
    told = f"`{name if name == 'rflow' else f'rflow {name}'}` in a tree of {size:,} nodes"
    return ratio(found, f"{name} {size}", f"{name} 10", of=told, to="the same in one of 10 nodes")


def _in_tree(run: Run, size: int) -> World:
    """Make a world where a few steps have been made in a tree of `size` nodes, before notes only."""
    world, tree = World(run.folder(f"tree-{size}")), stories.tree(size)
    told = [*stories.facts(tree, 9), *list(stories.facts(None, 52))[1:]]
    world.add(CODE, stories.events(told), tree)
    run.measure.run(world.rflow("resume", CODE))
    world.keep()
    return world


def evidence(run: Run) -> list[Figure]:
    """Measure a summary whose evidence is large against one whose evidence is small."""
    pieces = sum(isinstance(fact, EvidenceAdded) for fact in stories.facts(stories.tree(60), 60))
    total = 10_000_000 if run.quick else 100_000_000
    small = usual(run.measure, run.folder("evidence-small"))
    large = usual(run.measure, run.folder("evidence-large"), size=total // pieces)
    found = rounds(run.measure, {"large": large.rflow("progress"), "small": small.rflow("progress")}, run.turns(15))
    told = f"`rflow progress` with {total // 1_000_000} MB of evidence in {pieces} pieces"
    return [ratio(found, "large", "small", Aim(1.1), of=told, to=f"the same with {pieces} small pieces")]
