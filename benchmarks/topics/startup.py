"""Start-up: commands on a session of 60 events, compared with importing what they are built on."""

from collections.abc import Mapping

from benchmarks.measure.figures import CPU, Aim, Figure, Section, ratio
from benchmarks.measure.measuring import Command
from benchmarks.measure.pairing import Round, rounds
from benchmarks.measure.run import Run
from benchmarks.worlds.world import CLIPBOARD, World, usual

FLOOR = "import typer, jinja2, sqlite3"
EVERYDAY, SUMMARY, PROMPT = Aim(0.65, on=CPU), Aim(0.9, on=CPU), Aim(3.0, on=CPU)
COMMANDS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "progress --copy": (("progress", "--copy"), True),
    "progress": (("progress",), False),
    "rflow": ((), False),
    "choose": (("choose", "1"), True),
    "done": (("done",), True),
    "back": (("back",), True),
    "note": (("note", "The night shift changed the label roll."), True),
    "step": (("step", "Changed the label roll"), True),
    "pin": (("pin",), True),
    "list": (("list",), False),
    "prompt": (("prompt",), False),
}
"""The commands measured: their words, and whether they write. The store is restored before those that do."""
AT_AN_ACTION = {"done"}
"""The commands that need the session to be at an action; the others find it at a question."""


def startup(run: Run) -> Section:
    """Measure the commands."""
    world = usual(run.measure, run.folder("startup"))
    action = usual(run.measure, run.folder("startup-action"))
    run.measure.run(action.rflow("choose", "1"))
    action.keep()
    results = rounds(run.measure, _commands(world, action), run.turns(40))
    remark = f"The clipboard command is `{CLIPBOARD}`. `--copy` also records that the summary was shared, on the disk."
    return Section(name="Start-up", figures=_figures(results), remark=remark)


def _commands(world: World, action: World) -> dict[str, Command]:
    commands = {
        name: (action if name in AT_AN_ACTION else world).rflow(*words, writes=writes)
        for name, (words, writes) in COMMANDS.items()
    }
    clipboard = Command(("/bin/sh", "-c", CLIPBOARD), world.env)
    return commands | {"floor": world.python(FLOOR), "pass": world.python("pass"), "clipboard": clipboard}


def _figures(results: list[Round]) -> list[Figure]:
    floor, nothing = f'`python -c "{FLOOR}"`', "`python -c pass`"
    labels = {name: f"`rflow {name}`" if name != "rflow" else "`rflow`" for name in COMMANDS}
    copy = labels["progress --copy"]
    aims = {"progress": SUMMARY, "progress --copy": SUMMARY, "prompt": None}
    return [
        *(ratio(results, name, "floor", aims.get(name, EVERYDAY), of=labels[name], to=floor) for name in COMMANDS),
        *(
            ratio(results, name, "pass", PROMPT if name == "prompt" else None, of=labels[name], to=nothing)
            for name in COMMANDS
        ),
        ratio(results, "floor", "pass", of=floor, to=nothing),
        ratio(results, "progress --copy", "progress", of=copy, to=labels["progress"]),
        ratio(results, "clipboard", "progress --copy", of="the clipboard command alone", to=copy),
    ]
