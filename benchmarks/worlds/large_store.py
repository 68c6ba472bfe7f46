"""A store of very many sessions, created once and kept in the cache."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from benchmarks.worlds import stories
from benchmarks.worlds.world import CODE
from rflow.core.people import person
from rflow.core.session.events import Brief, Event, Fact, HandedOff, NoteAdded, SessionClosed, SessionStarted, StepAdded
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import canonical
from rflow.identity import ALPHABET
from rflow.stores import codec
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.file import SqliteFile
from rflow.stores.sqlite.schema import SCHEMA

_BATCH = 1000
_PEOPLE = [person(f"Engineer {number}") for number in range(40)]


def large_store(cache: Path, count: int) -> Path:
    """Return a SQLite store with `count` sessions, the last of which is the usual one; create it if necessary."""
    path = cache / f"{count}-sessions-{_key()}.db"
    if not path.exists():
        draft = path.with_suffix(".draft.db")
        for part in draft.parent.glob(f"{draft.name}*"):
            part.unlink()
        fill(draft, count)
        draft.rename(path)
    return path


def _key() -> str:
    """Return a key for the content of such a store, which changes with its format and the made-up sessions."""
    parts = [str(codec.RECORD), *SCHEMA, *(Path(file).read_text("utf-8") for file in (__file__, stories.__file__))]
    return sha256("\n".join(parts).encode()).hexdigest()[:8]


def fill(path: Path, count: int) -> None:
    """Write the sessions as rows, many in a transaction (a transaction for each would take minutes)."""
    file = SqliteFile(path)
    for start in range(0, count - 1, _BATCH):
        with file.writing() as db:
            for number in range(start, min(start + _BATCH, count - 1)):
                events = _story(number)
                rows.insert(db, stories.session(_id(number), _code(number), events), events, {})
    tree = stories.tree(60)
    events = stories.events(stories.facts(tree, 60))
    with file.writing() as db:
        rows.put_tree(db, canonical(tree), DEFAULT_SPACE)
        rows.insert(db, stories.session(f"id-{CODE}", CODE, events), events, stories.blobs(events))
    file.close()


def _id(number: int) -> str:
    return f"019a{number:08x}-7000-8000-{number * 7919 % 2**48:012x}"


def _code(number: int) -> str:
    letters = "".join(ALPHABET[number * 48_271 % 2**30 >> shift & 31] for shift in range(0, 30, 5))
    return f"{letters[:4]}-{letters[4:]}"


def _story(number: int) -> list[Event]:
    """Return a small session: one in twenty is open, some of these handed off; 40 engineers, 1,000 customers."""
    start = stories.NIGHT - timedelta(minutes=number * 3)
    return stories.events(_facts(number), by=_PEOPLE[number // 20 % len(_PEOPLE)], start=start)


def _facts(number: int) -> Iterator[Fact]:
    brief = Brief(customer=f"Customer {number % 1000}", ticket=f"INC-{number}", severity=str(number % 4 + 1))
    yield SessionStarted(title=f"Label printer {number} prints nothing", brief=brief)
    yield StepAdded(text="Printed a test page", result="blank label")
    yield NoteAdded(text="The night shift changed the label roll at 01:30")
    if number % 20:
        yield SessionClosed(outcome="resolved", summary="The label roll was the wrong type")
    elif number % 1000 == 0:
        yield HandedOff(to=_PEOPLE[number // 1000 % len(_PEOPLE)])
