"""Commands a second through the API of a server, beside the store's own appends a second."""

from datetime import UTC, datetime
from math import sqrt
from pathlib import Path

from benchmarks.measure.figures import Figure, Section
from benchmarks.measure.measuring import Failed
from benchmarks.measure.pairing import spread
from benchmarks.measure.run import Run
from benchmarks.topics.appends import appended, writers_rate
from benchmarks.topics.servers import rflow_server
from benchmarks.worlds import stories
from benchmarks.worlds.world import World
from rflow.core.actors import Actor
from rflow.core.session.commands import Start
from rflow.core.session.events import Event, NoteAdded
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.tokens import LocalTokens
from rflow.stores import open_store

RATE = "commands a second"
CASES = {"1 client": (1, 1), "8 clients, a session each": (8, 8), "8 clients on one session": (8, 1)}
"""The number of clients and of sessions."""
BASE = "the SQLite store's own appends, 1 writer"


def commands(run: Run) -> Section:
    """Measure all cases, each between two measures of the store itself."""
    count = 80 if run.quick else 800
    rounds = [_round(run.folder(f"commands-{number}"), count) for number in range(run.turns(7))]
    figures = [
        Figure(what=f"the API, {case}", base=BASE, values={RATE: spread(each[case] for each in rounds)})
        for case in CASES
    ]
    sent = len(rounds) * len(CASES) * count
    return Section(
        name="Commands through the API",
        figures=figures,
        remark=f"{sent:,} commands, each a request of a client like the command line's: none failed, none was lost.",
    )


def _round(folder: Path, count: int) -> dict[str, float]:
    world, rates = World(folder / "world"), dict[str, float]()
    token, sessions = _team(world.store)
    with rflow_server(world) as (url, _):
        before = _own_rate(folder, "before", count)
        for number, (case, (clients, wanted)) in enumerate(CASES.items()):
            own = sessions[number * 8 : number * 8 + wanted]
            words = [(url, own[client % wanted], count // clients) for client in range(clients)]
            rate = writers_rate(words, RFLOW_TOKEN=token)
            after = _own_rate(folder, str(number), count)
            rates[case] = rate / sqrt(before * after)
            before = after
            _verify(world.store, own, count)
    return rates


def _own_rate(folder: Path, name: str, count: int) -> float:
    return appended(f"sqlite:{folder}/{name}.db", "1 writer", count)


def _team(url: str) -> tuple[str, list[str]]:
    """Make a store with a member; return their token, and the ids of their sessions: eight for each case."""
    shell = Actor(person=stories.MAYA)
    store = open_store(url)
    accounts, spaces = LocalAccounts(store, shell, clock=_now), LocalSpaces(store, shell, clock=_now)
    accounts.add("Root", admin=True)
    accounts.add(stories.MAYA.name)
    spaces.set_role("default", stories.MAYA.name, "member")
    token = LocalTokens(store, shell, clock=_now).create(stories.MAYA.name, ["write"]).secret
    workspace = LocalWorkspace(store, shell, clock=_now)
    started = [workspace.start(Start(title="Label printer prints nothing")).session for _ in range(8 * len(CASES))]
    store.close()
    return token, started


def _now() -> datetime:
    return datetime.now(UTC)


def _verify(url: str, sessions: list[str], count: int) -> None:
    """Check that every note was stored exactly once."""
    store = open_store(url)
    events = [event for session in sessions for event in store.load(session).events]
    store.close()
    texts = [event.fact.text for event in events if isinstance(event, Event) and isinstance(event.fact, NoteAdded)]
    if len(texts) != count or len(set(texts)) != count:
        raise Failed(f"of {count} commands {len(set(texts))} are there, in {len(texts)} notes")
