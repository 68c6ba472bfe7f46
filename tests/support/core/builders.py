"""Test data of the core: a printer in Leeds, its trees, and the people around it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import msgspec
import pytest
from msgspec.inspect import (
    BoolType,
    DateTimeType,
    DictType,
    FloatType,
    IntType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from rflow.core.actors import Actor
from rflow.core.people import Person, person
from rflow.core.session.commands import Choose, Command, Done, Enter, Start
from rflow.core.session.decide import decide
from rflow.core.session.events import Event, EvidenceAdded, Fact
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import Extent, View
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, digest
from rflow.errors import RflowError

ANN, BEN, CLEO, DEV = (person(name) for name in ("Ann", "Ben", "Cleo", "Dev"))
TIER2 = person("@tier2")
NIGHT = datetime(2026, 3, 2, 2, 14, tzinfo=UTC)
LEEDS_TIME = timezone(timedelta(hours=1), "BST")

FACTS: tuple[type[Fact], ...] = get_args(Fact)
COMMANDS: tuple[type[Command], ...] = get_args(Command)


def decision(text: str, **choices: str) -> Decision:
    """Return a question; each keyword is a label (underscores stand for blanks) with the node it leads to."""
    ways = (Choice(label=label.replace("_", " "), to=to) for label, to in choices.items())
    return Decision(text=text, choices=tuple(ways))


def tree_of(nodes: Mapping[str, Node], *, start: str = "", name: str = "printer") -> Tree:
    """Return a tree, which by default starts at its first node."""
    return Tree(id=name, title=f"The {name} in Leeds", start=start or next(iter(nodes)), nodes=dict(nodes))


PRINTER = tree_of(
    {
        "power": decision("Is the printer in Leeds on?", Yes="paper", No="switch-on"),
        "switch-on": Action(text="Switch it on", to="power"),
        "paper": decision("Does it show a paper jam?", Yes="clear-jam", No="ping"),
        "clear-jam": Action(text="Clear the jam", run="lpstat -p leeds-2", to="prints"),
        "ping": decision("Does it answer to ping?", Yes="queue", No="cable", Now_and_then="wifi"),
        "queue": Action(text="Restart the print queue", to="prints"),
        "cable": decision("Is the cable in?", Yes_now_it_is="prints"),
        "prints": decision("Does it print now?", Yes="solved", No="vendor"),
        "wifi": End(text="Call the network team", outcome="escalate"),
        "solved": End(text="It prints", outcome="resolved"),
        "vendor": End(text="Call the vendor", outcome="escalate"),
    }
)
SCANNER = tree_of(
    {
        "lamp": decision("Is the lamp on?", Yes="fine", No="dark"),
        "fine": End(text="It scans", outcome="resolved"),
        "dark": End(text="Replace the lamp", outcome="escalate"),
    },
    name="scanner",
)


class Scene:
    """A session to which commands are sent one minute apart; it keeps their events."""

    def __init__(self, *, code: str = "K7QM-2F") -> None:
        self.session = Session(id="019a2b3c-7d8e-7f00-8123-456789abcdef", code=code)
        self.events: list[Event] = []
        self.trees: dict[str, Tree] = {digest(tree): tree for tree in (PRINTER, SCANNER)}
        self.now = NIGHT

    @property
    def tree(self) -> Tree | None:
        """The current tree of the session."""
        return self.trees.get(self.session.tree.digest) if self.session.tree else None

    def into(self, tree: Tree) -> Enter:
        """Return the command that enters `tree`, which is in the store."""
        self.trees[digest(tree)] = tree
        return Enter(tree=digest(tree))

    def decide(self, who: Person, command: Command) -> list[Event]:
        """Return the events that `command` would cause now, without applying them."""
        return decide(self.session, self.trees.get, command, Actor(person=who), self.now)

    def do(self, who: Person, *commands: Command) -> list[Event]:
        """Execute `commands` of `who`; return the events of the last one."""
        events: list[Event] = []
        for command in commands:
            events = self.decide(who, command)
            self.session = replay(events, self.session)
            self.events += events
            self.now += timedelta(minutes=1)
        return events


def printing(*answers: str, by: Person = ANN, tree: Tree = PRINTER) -> Scene:
    """Start a session of `by` about the printer and give `answers`; "done" and "done: RESULT" complete an action."""
    scene = Scene()
    scene.do(by, Start(title="The printer in Leeds is silent"), scene.into(tree))
    for answer in answers:
        word, _, result = answer.partition(": ")
        scene.do(by, Done(result=result) if word == "done" else Choose(choice=answer))
    return scene


def free(by: Person = ANN) -> Scene:
    """Start a session of `by` without a tree."""
    scene = Scene()
    scene.do(by, Start(title="The printer in Leeds is silent"))
    return scene


def fact_of(scene: Scene, who: Person, command: Command) -> Fact:
    """Return the only fact that `command` would cause now."""
    (event,) = scene.decide(who, command)
    return event.fact


def refusal(scene: Scene, who: Person, command: Command) -> RflowError:
    """Return the error with which `command` is refused."""
    with pytest.raises(RflowError) as caught:
        scene.decide(who, command)
    return caught.value


def output(text: str, *, label: str = "lpstat", command: str = "lpstat -p leeds-2") -> EvidenceAdded:
    """Return the evidence of a command's output."""
    size = len(text.encode(errors="replace"))
    return EvidenceAdded(
        kind="command", label=label, command=command, excerpt=text, bytes_total=size, bytes_kept=size, digest="d" * 64
    )


def looking(*, entries: int | None = None, outline: bool = False, **more: Any) -> View:
    """Return a view at five in the morning, in the time zone of Leeds in summer."""
    as_of, extent = NIGHT.replace(hour=5, minute=0), Extent(entries=entries, outline=outline)
    return View(as_of=as_of, zone=lambda at: at.astimezone(LEEDS_TIME), extent=extent, **more)


def filled(kind: type[msgspec.Struct], text: Callable[[str], str], /, **given: Any) -> Any:
    """Return a `kind` with every field set, including optional ones; `text` returns the text for a dotted path."""
    struct = type_info(kind)
    assert isinstance(struct, StructType)
    return _filled(struct, text, (), given)


def _filled(field_type: Type, text: Callable[[str], str], path: tuple[str, ...], given: Mapping[str, Any]) -> Any:
    match field_type:
        case StrType():
            return text(".".join(path))
        case BoolType():
            return True
        case IntType():
            return 1
        case FloatType():
            return 1.5
        case DateTimeType():
            return NIGHT
        case LiteralType():
            return field_type.values[0]
        case DictType():
            return {"text": text(".".join((*path, "text")))}
        case VarTupleType(item_type=item):
            return (_filled(item, text, (*path, "*"), {}),)
        case UnionType(types=types):
            return _filled(next(each for each in types if not isinstance(each, NoneType)), text, path, {})
        case StructType(cls=cls, fields=fields):
            made = {
                field.name: given[field.name]
                if field.name in given
                else _filled(field.type, text, (*path, field.name), {})
                for field in fields
            }
            return cls(**made)
    raise TypeError(f"`filled` does not know {field_type} yet.")


def texts_in(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield all texts in a struct, at any depth: (dotted path, text)."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts_in(getattr(value, name), f"{path}.{name}".strip("."))
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from texts_in(item, f"{path}.{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(key, f"{path}.key")
            yield from texts_in(item, f"{path}.{key}")
