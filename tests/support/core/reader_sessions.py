"""The sessions of the reader test: entered from their chats, in the words of the command line (docs/reader-test.md)."""

import argparse
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.session.events import Brief, Contingency
from rflow.core.summary.budget.view import View
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.data import data_dir
from rflow.trees.files import load_tree
from support.core.builders import Scene, output

READERS = Path(__file__).parents[2] / "readers"
SESSIONS = tuple(sorted(folder.name for folder in READERS.iterdir() if folder.is_dir()))


def entered(name: str) -> Scene:
    """Return a session with all that was entered."""
    first, *lines = (READERS / name / "entered.txt").read_text("utf-8").splitlines()
    day, code = first.removeprefix("# ").partition(":")[0].split(", ")
    scene = Scene(code=code)
    scene.now = datetime.fromisoformat(f"{day}T00:00+00:00")
    for line in lines:
        clock, who, word, *rest = shlex.split(line)
        _set_clock(scene, clock)
        _enter(scene, who, word, rest)
    return scene


def _set_clock(scene: Scene, clock: str) -> None:
    hour, minute = map(int, clock.split(":"))
    at = scene.now.replace(hour=hour, minute=minute)
    scene.now = at if at >= scene.now - timedelta(minutes=10) else at + timedelta(days=1)


def summary_of(name: str, *, brief: bool) -> Progress:
    """Return the summary of a session, a minute after its last entry."""
    scene = entered(name)
    view = View(as_of=scene.now.astimezone(UTC), zone=lambda at: at, brief=brief)
    return summarise(scene.session, scene.trees, view)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("text", nargs="?", default="")
    for name in ("result", "revert", "reason", "note", "for", "until", "output", "tree"):
        parser.add_argument(f"--{name}", default="")
    for name in ("ticket", "customer", "severity", "situation", "impact", "ask", "hypothesis"):
        parser.add_argument(f"--{name}")
    for name in ("if", "then"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--warn", action="append", default=[])
    for name in ("pin", "assume"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser


def _enter(scene: Scene, who: str, word: str, rest: list[str]) -> None:
    given = vars(_options().parse_args([part.replace("\\n", "\n") for part in rest]))
    text, pin = given["text"], given["pin"]
    brief = Brief(**{name: given[name] for name in Brief.__struct_fields__})
    plans = tuple(Contingency(condition=when, action=do) for when, do in zip(given["if"], given["then"], strict=True))
    commands: dict[str, c.Command] = {
        "choose": c.Choose(choice=text, assume=given["assume"], reason=given["reason"], pin=pin),
        "done": c.Done(result=text, pin=pin),
        "step": c.AddStep(text=text, result=given["result"], assume=given["assume"], pin=pin),
        "note": c.AddNote(text=text, pin=pin),
        "warn": c.AddNote(text=text, kind="warning"),
        "assume": c.AddNote(text=text, kind="assumption"),
        "change": c.MakeChange(text=text, revert=given["revert"]),
        "reverted": c.RevertChange(change=_change(scene, text)),
        "brief": c.SetBrief(brief=brief),
        "wait": c.SetWaiting(waiting_for=given["for"], until=_time(given["until"])),
        "run": c.AddEvidence(evidence=output(given["output"], label=text, command=text), pin=pin),
        "undo": c.Undo(),
        "back": c.Back(),
        "handoff": c.HandOff(
            to=person(text or "?"), note=given["note"], warnings=(*given["warn"],), contingencies=plans
        ),
        "accept": c.Accept(read_back=text),
        "take": c.TakeOver(reason=text),
        "start": c.Start(title=text, brief=brief),
    }
    scene.do(person(who), commands[word])
    scene.now -= timedelta(minutes=1)
    if given["tree"]:
        tree = load_tree(data_dir("examples") / "trees" / f"{given['tree']}.toml")
        scene.do(person(who), scene.into(tree))


def _change(scene: Scene, beginning: str) -> int:
    changes = scene.session.changes.values()
    return next((change.seq for change in changes if beginning and change.text.startswith(beginning)), 0)


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(f"{text}+00:00") if text else None
