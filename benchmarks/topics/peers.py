"""`rflow progress` compared with other programs that show a journal, from the package index."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import msgspec

from benchmarks.measure.figures import Section, ratio
from benchmarks.measure.measuring import Command, Failed
from benchmarks.measure.pairing import rounds
from benchmarks.measure.run import Run
from benchmarks.worlds import stories
from benchmarks.worlds.world import World, usual

PACKAGES = ("jrnl", "td-watson", "todoman", "llm")
ENTRIES = 40


def peers(run: Run) -> Section:
    """Measure `progress` against each peer, each with some forty entries."""
    try:
        programs = installed(run.cache / "peers")
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or b"").decode(errors="replace").strip().splitlines()[-1:]
        return Section(name="Peers", remark=f"Skipped: {', '.join(PACKAGES)} can't be installed ({' '.join(reason)}).")
    world = usual(run.measure, run.folder("peers"))
    commands = {name: prepare(world, programs) for name, prepare in PEERS.items()}
    for name, command in commands.items():
        _check(name, run.measure.printed(command))
    ours = {"progress": world.rflow("progress"), "rflow": world.rflow()}
    results = rounds(run.measure, commands | ours | _gh(world), run.turns(20))
    figures = [ratio(results, "progress", name, of="`rflow progress`, 60 events", to=f"`{name}`") for name in commands]
    figures += [ratio(results, "rflow", name, of="`rflow`, 60 events", to=f"`{name}`") for name in _gh(world)]
    return Section(name="Peers", figures=figures, remark=_versions(programs))


def _gh(world: World) -> dict[str, Command]:
    """Return a command of GitHub's program, which is compiled, if it is installed (Debian's package gh)."""
    program = shutil.which("gh")
    return {"gh config list": Command((program, "config", "list"), world.env)} if program else {}


def installed(folder: Path) -> Path:
    """Return the folder of the peers' programs; install them into a virtual environment if necessary."""
    programs = folder / "bin"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
        install = ("-m", "pip", "--quiet", "install", "--compile", *PACKAGES)
        subprocess.run([programs / "python", *install], check=True, capture_output=True)
        (folder / "complete").touch()
    return programs


def _versions(programs: Path) -> str:
    code = f"from importlib.metadata import version; print(*(f'{{n}} {{version(n)}}' for n in {PACKAGES}), sep=', ')"
    listed = subprocess.run(
        [programs / "python", "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
    return f"{listed}; {ENTRIES} entries each."


def _check(name: str, printed: str) -> None:
    if "label roll" not in printed:
        raise Failed(f"{name} does not show its entries: {printed!r}")


def _jrnl(world: World, programs: Path) -> Command:
    """Return the command that shows ten of forty entries of a journal."""
    journal, config = world.home / "journal.txt", world.home / "jrnl.yaml"
    moments = (stories.NIGHT + timedelta(minutes=number) for number in range(ENTRIES))
    journal.write_text("".join(f"[{at:%Y-%m-%d %H:%M}] {_entry(n)}\n\n" for n, at in enumerate(moments)), "utf-8")
    config.write_text(_JRNL.format(journal=journal), "utf-8")
    return Command((str(programs / "jrnl"), "--config-file", str(config), "-n", "10"), world.env)


_JRNL = """
colors: {{body: none, date: none, tags: none, title: none}}
default_hour: 9
default_minute: 0
editor: ''
encrypt: false
highlight: false
indent_character: '|'
journals: {{default: {{journal: {journal}}}}}
linewrap: 79
tagsymbols: '@'
template: false
timeformat: '%Y-%m-%d %H:%M'
version: v4.2
"""


def _entry(number: int) -> str:
    return f"Entry {number}. The night shift changed the label roll."


def _watson(world: World, programs: Path) -> Command:
    """Return the command that shows all forty frames of a time sheet."""
    folder = world.home / "watson"
    folder.mkdir()
    begin = int(stories.NIGHT.timestamp())
    frames = [[begin + 600 * n, begin + 600 * n + 300, "label roll", f"{n:032x}", [], begin] for n in range(ENTRIES)]
    (folder / "frames").write_bytes(msgspec.json.encode(frames))
    env = {**world.env, "WATSON_DIR": str(folder)}
    return Command((str(programs / "watson"), "log", "--all", "--no-pager"), env)


def _todo(world: World, programs: Path) -> Command:
    """Return the command that lists forty tasks."""
    folder, config = world.home / "tasks" / "night", world.home / "todoman.py"
    folder.mkdir(parents=True)
    config.write_text(f'path = "{folder.parent}/*"\ncache_path = "{world.home / "todoman.sqlite3"}"\n', "utf-8")
    for number in range(ENTRIES):
        (folder / f"{number}.ics").write_text(_ICS.format(number=number, entry=_entry(number)), "utf-8", newline="\r\n")
    return Command((str(programs / "todo"), "--config", str(config), "list"), world.env)


_ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//rflow//benchmarks//EN
BEGIN:VTODO
UID:{number}@rflow
DTSTAMP:20261103T020000Z
SUMMARY:{entry}
END:VTODO
END:VCALENDAR
"""


def _llm(world: World, programs: Path) -> Command:
    """Return the command that shows the last three of forty answers."""
    env = {**world.env, "LLM_USER_PATH": str(world.home / "llm")}
    subprocess.run([programs / "python", "-c", _LLM, str(ENTRIES)], env=env, check=True, capture_output=True)
    return Command((str(programs / "llm"), "logs", "-n", "3"), env)


_LLM = """
import sys
import llm
import sqlite_utils
from llm.migrations import migrate

class Echo(llm.Model):
    model_id = "echo"

    def execute(self, prompt, stream, response, conversation):
        yield "The night shift changed the label roll."

path = llm.user_dir() / "logs.db"
path.parent.mkdir(parents=True, exist_ok=True)
db = sqlite_utils.Database(path)
migrate(db)
for number in range(int(sys.argv[1])):
    response = Echo().prompt(f"Entry {number}: what happened to the printer?")
    response.text()
    response.log_to_db(db)
"""

PEERS: Mapping[str, Callable[[World, Path], Command]] = {
    "jrnl -n 10": _jrnl,
    "watson log": _watson,
    "todo list": _todo,
    "llm logs -n 3": _llm,
}
