"""Commands at a server of the same machine, compared with the same commands on a local store."""

import subprocess
from collections.abc import Mapping

import msgspec

from benchmarks.measure.figures import Figure, Section, ratio
from benchmarks.measure.measuring import Command
from benchmarks.measure.pairing import Round, rounds
from benchmarks.measure.run import Run
from benchmarks.topics.servers import rflow_server
from benchmarks.worlds.stories import MAYA
from benchmarks.worlds.world import BIN, CODE, World, usual

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "progress": ("progress",),
    "note": ("note", "The night shift changed the label roll."),
}
PASSWORD = "nine green bottles"


def remote(run: Run) -> Section:
    """Measure `progress` and `note` on a session of 60 events: at a server on this machine, and without one."""
    local = usual(run.measure, run.folder("remote-local"))
    served = usual(run.measure, run.folder("remote-served"))
    token = _signed_up(served)
    with rflow_server(served) as (url, _):
        away = World(run.folder("remote-client"), url)
        commands = {f"local {name}": local.rflow(*words) for name, words in COMMANDS.items()}
        commands |= {f"remote {name}": _with_token(away.rflow(*words), token) for name, words in COMMANDS.items()}
        run.measure.run(_with_token(away.rflow("resume", CODE), token))
        results = rounds(run.measure, commands, run.turns(30))
    remark = "CPU time is that of the command, without the server's. There is no network in between, and no TLS."
    return Section(name="At a server", figures=[_figure(results, name) for name in COMMANDS], remark=remark)


def _figure(results: list[Round], name: str) -> Figure:
    labels = {where: f"`rflow {name}`, {where}" for where in ("at a server", "on a local store")}
    return ratio(results, f"remote {name}", f"local {name}", of=labels["at a server"], to=labels["on a local store"])


def _signed_up(world: World) -> str:
    """Create an account for the owner of the session; return a token of hers."""
    name = MAYA.name
    _run(world, "user", "add", name, "--admin", "--password-stdin", typed=PASSWORD)
    made = _run(world, "token", "create", "--user", name, "--scope", "read,write,move,own,share", "--json")
    return str(msgspec.json.decode(made)["token"])


def _run(world: World, *words: str, typed: str = "") -> bytes:
    command = [str(BIN / "rflow"), *words]
    return subprocess.run(command, env=world.env, input=typed.encode(), capture_output=True, check=True).stdout


def _with_token(command: Command, token: str) -> Command:
    return command._replace(env={**command.env, "RFLOW_TOKEN": token})
