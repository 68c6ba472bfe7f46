"""A program that works on a store, for races and kills: `python -m support.stores.worker TASK URL ARGUMENT…`.

It says "ready", waits for a line, and writes a line for everything that the store acknowledged.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from random import Random
from threading import Thread
from typing import Any

from rflow.core.accounts import Account, AuditEntry
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.ports.stores import Store
from rflow.ports.values import Stale
from rflow.stores import open_store
from rflow.stores.folder.safe_files import SafeFiles
from support.stores.stories import ANA, MORNING, evidence, more, session, short_story

Told = dict[str, list[Event]]
"""The expected content of a store: the events of each session by its id."""
Step = tuple[str, str, str]


def say(line: str) -> None:
    """Write and flush a line, so that it is not lost when the process is killed."""
    os.write(1, line.encode() + b"\n")


def note(store: Store, state: Session, text: str) -> Session:
    """Add a note, retrying while others write first."""
    while True:
        state = replay(store.load(state.id, state.version).events, state)
        added = Event(seq=state.version + 1, at=MORNING, by=ANA, fact=NoteAdded(text=text))
        with suppress(Stale):
            store.append(replay([added], state), [added], state.version, {})
            return replay([added], state)


def race(store: Store, session_id: str, name: str, count: int) -> None:
    """Add notes to a session that others also write to."""
    state = Session(id=session_id, code=store.load(session_id).code)
    for number in range(count):
        state = note(store, state, f"{name} {number}")
        say(f"{name} {number}")


def race_together(url: str, session_ids: Sequence[str], count: int) -> None:
    """Add notes in one thread per session, so that notes that wait at the same time are saved together."""

    def work(session_id: str) -> None:
        with closing(open_store(url, patience=60)) as store:
            state = Session(id=session_id, code=store.load(session_id).code)
            for number in range(count):
                state = note(store, state, f"note {number}")
                say(f"{session_id} note {number}")

    threads = [Thread(target=work, args=[each]) for each in session_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def create(store: Store, name: str) -> None:
    """Create a session that others also create."""
    store.create(session(f"id-{name}", f"CODE-{name}", short_story(name)), short_story(name), {})
    say(name)


def plan(seed: int) -> Iterator[Step]:
    """Yield random steps, which are the same for the same seed."""
    random, known = Random(seed), list[str]()
    for number in range(100_000):
        kind = random.choice(["note"] * 8 + ["evidence", "evidence", "redact", "delete", "create", "create"])
        if not known or (kind == "create" and len(known) < 5):
            known.append(f"s{number}")
            yield "create", known[-1], f"Label printer {number}"
        elif kind == "delete":
            yield kind, known.pop(random.randrange(len(known))), ""
        elif kind != "create":
            yield kind, random.choice(known), f"{kind} {number} " + "x" * random.choice([0, 100, 20_000])


def act(store: Store | None, expected: Told, step: Step) -> None:
    """Execute a step in the store and in `expected`, the expected content of the store."""
    kind, session_id, text = step
    story = expected.get(session_id, [])
    added: list[Event] = []
    if kind == "create":
        added = short_story(text)
    elif kind == "evidence":
        added = more(story, evidence(text.encode()))
    elif kind == "note":
        added = more(story, NoteAdded(text=text))
    after = story[:1] if kind == "redact" else story + added
    if store is not None:
        _write(store, step, story, added, after)
    if kind == "delete":
        del expected[session_id]
    else:
        expected[session_id] = after


def _write(store: Store, step: Step, story: list[Event], added: list[Event], after: list[Event]) -> None:
    kind, session_id, text = step
    state = session(session_id, session_id.upper(), after) if after else Session(id=session_id)
    match kind:
        case "create":
            store.create(state, added, {})
        case "delete":
            store.delete(session_id)
        case "redact":
            store.rewrite(state, after, len(story))
        case _:
            blobs = {sha256(text.encode()).hexdigest(): text.encode()} if kind == "evidence" else {}
            store.append(state, added, len(story), blobs)


def work(store: Store, seed: int) -> None:
    """Execute the steps of `plan`, until killed."""
    expected: Told = {}
    for step in plan(seed):
        act(store, expected, step)
        say(step[0])


def be_killed_after(steps: int) -> None:
    """Kill this process after so many statements or replaced files."""
    left = [steps]

    def count(_: object = None) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    connect, replace = sqlite3.connect, SafeFiles.replace

    def connect_counting(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_trace_callback(count)
        return db

    def replace_counting(*args: Any, **options: Any) -> None:
        count()
        replace(*args, **options)
        count()

    sqlite3.connect = connect_counting  # type: ignore[assignment]
    SafeFiles.replace = replace_counting  # type: ignore[method-assign]


def upgrade(store: Store, steps: int) -> None:
    """Open a store of an older format, and be killed after so many steps of the upgrade."""
    be_killed_after(steps)
    store.people()
    say("upgraded")


def add_accounts(store: Store, steps: int) -> None:
    """Add accounts, and be killed after so many steps."""
    be_killed_after(steps)
    for number in range(10_000):
        account = Account(id=f"user {number}", name=f"User {number}", created_at=MORNING)
        store.accounts.add(account, AuditEntry(at=MORNING, action="account_added", subject=account.id))
        say(account.id)


def take_checkpoints(store: Store, session_id: str, steps: int) -> None:
    """Add notes with a checkpoint every few notes, and be killed after so many steps."""
    from rflow.stores.sqlite import checkpoints
    from rflow.stores.sqlite import store as sqlite_store

    for module in (checkpoints, sqlite_store):
        vars(module)["LONG"] = 2
    state = store.latest(session_id).session
    be_killed_after(steps)
    store.close()  # the connection that it opens next counts
    for number in range(1000):
        state = note(store, state, f"note {number}")
        say(f"note {number}")


def main(task: str, url: str, *arguments: str) -> None:
    """Do a task."""
    store = open_store(url, patience=60)
    say("ready")
    sys.stdin.readline()
    match task:
        case "race":
            race(store, arguments[0], arguments[1], int(arguments[2]))
        case "together":
            race_together(url, arguments[:-1], int(arguments[-1]))
        case "create":
            create(store, arguments[0])
        case "work":
            work(store, int(arguments[0]))
        case "upgrade":
            upgrade(store, int(arguments[0]))
        case "checkpoints":
            take_checkpoints(store, arguments[0], int(arguments[1]))
        case "accounts":
            add_accounts(store, int(arguments[0]))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
