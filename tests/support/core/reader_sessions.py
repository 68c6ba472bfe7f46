"""The sessions of the reader test, entered from chats in a small command language (see docs/reader-test.md)."""

import argparse
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rflow.cli.delivering.short_lines import printed, written_in
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.session.events import Brief, Contingency, NoteKind
from rflow.core.session.rules.waits import named_wait
from rflow.core.summary.budget.view import View
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.data import data_dir
from rflow.trees.files import load_tree
from support.core.builders import Scene, output

READERS = Path(__file__).parents[2] / "readers"
SESSIONS = tuple(sorted(folder.name for folder in READERS.iterdir() if folder.is_dir()))


def entered(name: str) -> Scene:
    """Return a session with everything that was entered."""
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
    at = _clock(scene, clock)
    scene.now = at if at >= scene.now - timedelta(minutes=10) else at + timedelta(days=1)


def _clock(scene: Scene, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return scene.now.replace(hour=hour, minute=minute)


def summary_of(name: str, *, brief: bool, short: bool = False) -> Progress:
    """Return the summary of a session, a minute after its last entry; `short`: with its short forms."""
    scene = entered(name)
    if short:
        _shorten(scene, (READERS / name / "short.txt").read_text("utf-8"))
    view = View(as_of=scene.now.astimezone(UTC), zone=lambda at: at, brief=brief)
    return summarise(scene.session, scene.trees, view)


def _shorten(scene: Scene, lines: str) -> None:
    """Give entries their short forms, as the owner did who then asked for help or handed over."""
    written, last = written_in(scene.session, lines, printed(scene.session, scene.session.owner.id)), scene.now
    header = {name: text for name, text in written.header.items() if name != "title"}
    commands: list[c.Command] = [c.SetBrief(brief=Brief(**header)), c.Shorten(forms=written.forms)]
    for command in commands[not header :]:
        scene.do(scene.session.owner, command)
        scene.now = last


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("text", nargs="*", default=[])
    for name in ("result", "revert", "reason", "note", "for", "until", "output", "tree", "replaces"):
        parser.add_argument(f"--{name}", default="")
    for name in ("ticket", "customer", "severity", "situation", "impact", "ask", "hypothesis", "on", "at", "settled"):
        parser.add_argument(f"--{name}")
    for name in ("if", "then", "warn"):
        parser.add_argument(f"--{name}", action="append", default=[])
    for name in ("pin", "assume"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--over", nargs="?", const="")
    return parser


def _enter(scene: Scene, who: str, word: str, rest: list[str]) -> None:
    given = vars(_options().parse_args([part.replace("\\n", "\n") for part in rest]))
    words, texts = iter(given["text"]), dict(given)
    given["text"] = next(words, "")
    command = _COMMANDS[word](scene, given, list(words))
    scene.do(person(who), command)
    scene.now -= timedelta(minutes=1)
    if texts["tree"]:
        tree = load_tree(data_dir("examples") / "trees" / f"{texts['tree']}.toml")
        scene.do(person(who), scene.into(tree))


Given = dict[str, Any]
Entering = Callable[[Scene, Given, list[str]], c.Command]


def _brief(given: Given) -> Brief:
    return Brief(**{name: given[name] for name in Brief.__struct_fields__})


def _plans(given: Given) -> tuple[Contingency, ...]:
    pairs = zip(given["if"], given["then"], strict=True)
    return tuple(Contingency(condition=when, action=do) for when, do in pairs)


def _note(kind: NoteKind) -> Entering:
    def entering(scene: Scene, given: Given, rest: list[str]) -> c.Command:
        ended = given["over"] or given["settled"]
        if ended is not None:
            return c.SettleAssumption(target=_settled(scene, ended, given["text"]), text=given["text"])
        return c.AddNote(text=given["text"], kind=kind, on=_entry(scene, given["on"]), pin=given["pin"])

    return entering


def _step(scene: Scene, given: Given, rest: list[str]) -> c.Command:
    at = _clock(scene, given["at"]) if given["at"] else None
    return c.AddStep(
        text=given["text"], result=given["result"], assume=given["assume"], happened_at=at, pin=given["pin"]
    )


def _amend(scene: Scene, given: Given, rest: list[str]) -> c.Command:
    return c.AmendEntry(
        target=_entry(scene, given["text"]),
        text=rest[0] if rest else None,
        result=given["result"] or None,
        revert=given["revert"] or None,
    )


def _hand_off(scene: Scene, given: Given, rest: list[str]) -> c.Command:
    to = person(given["text"] or "?")
    return c.HandOff(to=to, note=given["note"], warnings=(*given["warn"],), contingencies=_plans(given))


def _run(scene: Scene, given: Given, rest: list[str]) -> c.Command:
    piece = output(given["output"], label=given["text"], command=given["text"])
    return c.AddEvidence(evidence=replace(piece, on=_entry(scene, given["on"])), pin=given["pin"])


def _wait(scene: Scene, given: Given, rest: list[str]) -> c.Command:
    waiting_for = given["for"] or given["text"]
    if given["over"] is not None:
        name = given["over"] or waiting_for
        return c.SetWaiting(replaces=_waiting(scene, name) if name else None)
    return c.SetWaiting(
        waiting_for=waiting_for,
        until=_time(given["until"]),
        contingencies=_plans(given),
        replaces=_waiting(scene, given["replaces"]) if given["replaces"] else None,
    )


def _waiting(scene: Scene, name: str) -> int:
    """Return the number of a wait that is named by its number or the start of its text."""
    return int(name) if name.isdigit() else named_wait(scene.session, name)


_COMMANDS: dict[str, Entering] = {
    "choose": lambda s, g, r: c.Choose(choice=g["text"], assume=g["assume"], reason=g["reason"], pin=g["pin"]),
    "done": lambda s, g, r: c.Done(result=g["text"], pin=g["pin"]),
    "skip": lambda s, g, r: c.Skip(reason=g["text"]),
    "step": _step,
    "note": _note("note"),
    "warn": _note("warning"),
    "assume": _note("assumption"),
    "change": lambda s, g, r: c.MakeChange(text=g["text"], revert=g["revert"]),
    "reverted": lambda s, g, r: c.RevertChange(change=_entry(s, g["text"], s.session.changes), note=g["note"]),
    "brief": lambda s, g, r: c.SetBrief(brief=_brief(g)),
    "wait": _wait,
    "run": _run,
    "pin": lambda s, g, r: c.Pin(targets=tuple(_entry(s, part) for part in (g["text"], *r) if part)),
    "unpin": lambda s, g, r: c.Unpin(targets=tuple(_entry(s, part) for part in (g["text"], *r) if part)),
    "amend": _amend,
    "question": lambda s, g, r: c.AskQuestion(to=person(g["text"]), text=r[0]),
    "reply": lambda s, g, r: c.ReplyQuestion(target=_entry(s, g["text"]), text=r[0]),
    "undo": lambda s, g, r: c.Undo(),
    "back": lambda s, g, r: c.Back(),
    "handoff": _hand_off,
    "accept": lambda s, g, r: c.Accept(read_back=g["text"]),
    "take": lambda s, g, r: c.TakeOver(reason=g["text"]),
    "close": lambda s, g, r: c.Close(outcome="resolved", summary=g["text"]),
    "start": lambda s, g, r: c.Start(title=g["text"], brief=_brief(g)),
}
"""The commands of the language (docs/reader-test.md)."""


def _entry(scene: Scene, name: str | None, *tables: dict[int, Any]) -> int:
    """Return the number of an entry that is named by its number or the start of its text; 0 for ""."""
    if not name or name.isdigit():
        return int(name or 0)
    entries = [entry for table in tables or scene.session.entries for entry in table.values()]
    for entry in sorted(entries, key=lambda entry: entry.seq, reverse=True):
        if not entry.undone and _text(entry).startswith(name):
            return int(entry.seq)
    raise ValueError(f"No entry begins with {name!r}.")


def _settled(scene: Scene, name: str, text: str) -> int:
    """Return the number of the entry to settle or end; fail if number and text were swapped."""
    try:
        return _entry(scene, name)
    except ValueError as error:
        try:
            _entry(scene, text)
        except ValueError:
            raise error from None
        raise ValueError(f"{error} Is it the other way round? {name!r} --settled {text!r}") from None


def _text(entry: Any) -> str:
    return str(entry.what.label if hasattr(entry, "what") else entry.text)


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(f"{text}+00:00") if text else None
