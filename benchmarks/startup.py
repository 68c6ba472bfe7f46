"""What starting costs: commands on a session of 60 events against importing what they are built on."""

from collections.abc import Mapping

from benchmarks.figures import Aim, Figure, Section, ratio
from benchmarks.measuring import Job
from benchmarks.pairing import Round, rounds
from benchmarks.run import Run
from benchmarks.world import CLIPBOARD, World, usual

FLOOR = "import typer, jinja2, sqlite3"
AIM = Aim(1.25)
COMMANDS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "progress --copy": (("progress", "--copy"), True),
    "progress": (("progress",), False),
    "rflow": ((), False),
    "choose": (("choose", "1"), True),
    "back": (("back",), True),
    "note": (("note", "The night shift changed the label roll."), True),
    "list": (("list",), False),
}
"""The commands measured: their words, and whether they write. The store is put back before each one that does."""


def startup(run: Run) -> Section:
    """Measure the commands."""
    world = usual(run.measure, run.folder("startup"))
    found = rounds(run.measure, _jobs(world), run.turns(40))
    remark = f"The clipboard command is `{CLIPBOARD}`. `--copy` also records that the summary was shared, on the disk."
    return Section(name="Start-up", figures=_figures(found), remark=remark)


def _jobs(world: World) -> dict[str, Job]:
    jobs = {name: world.rflow(*words, writes=writes) for name, (words, writes) in COMMANDS.items()}
    clipboard = Job(("/bin/sh", "-c", CLIPBOARD), world.env)
    return jobs | {"floor": world.python(FLOOR), "pass": world.python("pass"), "clipboard": clipboard}


def _figures(found: list[Round]) -> list[Figure]:
    floor, nothing = f'`python -c "{FLOOR}"`', "`python -c pass`"
    told = {name: f"`rflow {name}`" if name != "rflow" else "`rflow`" for name in COMMANDS}
    copy = told["progress --copy"]
    return [
        *(ratio(found, name, "floor", AIM, of=told[name], to=floor) for name in COMMANDS),
        *(ratio(found, name, "pass", of=told[name], to=nothing) for name in COMMANDS),
        ratio(found, "floor", "pass", of=floor, to=nothing),
        ratio(found, "progress --copy", "progress", of=copy, to=told["progress"]),
        ratio(found, "clipboard", "progress --copy", of="the clipboard command alone", to=copy),
    ]
