"""The time of each stage of `progress` on a long session, in one process: `-m benchmarks.topics.inside STORE N`."""

import gc
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from time import process_time

import msgspec

from benchmarks.measure.figures import CPU, Aim, Figure
from benchmarks.measure.measuring import Command
from benchmarks.measure.pairing import spread
from benchmarks.measure.run import Run
from benchmarks.worlds import stories
from benchmarks.worlds.world import CODE, World
from rflow.cli.entry import OBJECTS
from rflow.core.actors import Actor
from rflow.core.summary.budget.view import View
from rflow.formats import FORMATS, render
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.summaries import session_progress
from rflow.stores import open_store

FEW, MANY = 10, 10_000
Stages = dict[str, float]


def inside(run: Run) -> list[Figure]:
    """Measure the stages of `progress`, in a process that alternates between a short and a long session."""
    world = World(run.folder("inside"))
    for size in (FEW, MANY):
        tree = stories.tree(60)
        world.add(f"{CODE}-{size}", stories.events(stories.facts(tree, size)), tree)
    words = ("-m", "benchmarks.topics.inside", world.store, str(run.turns(15)))
    printed = run.measure.printed(Command((sys.executable, *words), {**world.env, "PYTHONPATH": ":".join(sys.path)}))
    rounds = msgspec.json.decode(printed, type=list[tuple[Stages, Stages]])
    return [_figure(rounds, stage) for stage in rounds[0][0]]


def _figure(rounds: list[tuple[Stages, Stages]], stage: str) -> Figure:
    thousands = (MANY - FEW) / 1000
    values = {CPU: spread((many[stage] - few[stage]) * 1000 / thousands for few, many in rounds)}
    what = f"in the process, {stage}: added by each 1,000 of {MANY:,} events"
    aim = Aim(3, on=CPU) if stage == "all of `progress`" else None
    return Figure(what=what, base=f"the same on {FEW} events", values=values, unit="ms", aim=aim)


def stages(store: str, size: int) -> Stages:
    """Do what `progress` does, and return the CPU seconds of each stage."""
    workspace = LocalWorkspace(open_store(store), Actor(person=stories.MAYA), clock=lambda: datetime.now(UTC))
    times = [("", process_time()), *((name, process_time()) for name in _progress(workspace, f"id-{CODE}-{size}"))]
    workspace.close()
    taken = {name: after - times[number][1] for number, (name, after) in enumerate(times[1:])}
    return {**taken, "all of `progress`": sum(taken.values())}


def _progress(workspace: LocalWorkspace, session_id: str) -> Iterator[str]:
    log = workspace.latest(session_id)
    yield "reading events"
    session = log.session
    yield "replaying them"
    view = View(as_of=workspace.now(), zone=lambda at: at, extent=FORMATS["markdown"].extent)
    progress = session_progress(workspace, session, view)
    yield "computing the progress"
    render("markdown", progress)
    yield "rendering it"


def main(store: str, turns: int) -> None:
    """Measure in rounds, after a first to warm up."""
    gc.set_threshold(OBJECTS)  # As in the program.
    rounds = [(stages(store, FEW), stages(store, MANY)) for _ in range(turns + 1)]
    print(msgspec.json.encode(rounds[1:]).decode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
