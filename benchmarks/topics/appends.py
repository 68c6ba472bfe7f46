"""How fast events are appended, compared with the disk itself, and whether any append fails or is lost."""

import os
import sys
from collections.abc import Iterator, Mapping
from math import sqrt
from pathlib import Path
from subprocess import PIPE, Popen

from benchmarks.measure.figures import Aim, Figure, Section
from benchmarks.measure.measuring import Failed
from benchmarks.measure.pairing import spread
from benchmarks.measure.run import Run
from benchmarks.worlds import stories
from rflow.core.session.events import Event, NoteAdded, SessionStarted
from rflow.stores import open_store

RATE = "appends a second"
BARE = "SQLite itself, 1 writer, one `INSERT` and `COMMIT`"
CASES = {
    "1 writer": (1, 1, Aim(0.75, "≥", RATE)),
    "8 writers, a session each": (8, 8, Aim(0.5, "≥", RATE)),
    "8 writers on one session": (8, 1, None),
}
"""The number of writers and of sessions, and the target rate as a ratio of the raw rate."""
KINDS = {"SQLite": "sqlite:{}/a.db", "JSON": "json:{}/a"}


def appends(run: Run) -> Section:
    """Measure both stores."""
    count = 200 if run.quick else 2_000
    rounds = [_round(run.folder(f"appends-{number}"), count) for number in range(run.turns(9))]
    figures = [_figure(rounds, f"{name}, {case}", aim) for name in KINDS for case, (_, _, aim) in CASES.items()]
    figures.insert(0, _figure(rounds, BARE, None))
    events = len(rounds) * count * len(CASES) * 2
    remark = f"{events:,} appends of one event each: none failed, none was lost, none was stored twice."
    return Section(name="Appends", figures=figures, remark=remark)


def _round(folder: Path, count: int) -> Mapping[str, float]:
    """Return the rate of each case as a ratio of the raw rate just before and just after it: disks vary."""
    raws = (writers_rate([("raw", str(folder / f"raw-{number}"), count // 2)]) for number in range(len(CASES) * 2 + 2))
    before, rates = next(raws), {}
    for name, rate in _rates(folder, count):
        after = next(raws)
        rates[name] = rate / sqrt(before * after)
        before = after
    return rates


def _rates(folder: Path, count: int) -> Iterator[tuple[str, float]]:
    yield BARE, writers_rate([("bare", str(folder / "bare.db"), count)])
    for kind, url in KINDS.items():
        for case in CASES:
            yield f"{kind}, {case}", appended(url.format(folder), case, count)


def appended(url: str, case: str, count: int) -> float:
    """Return the rate of a case; verifies that all `count` appends of its writers were stored."""
    writers, sessions, _ = CASES[case]
    ids = [f"{count}-{writers}-{sessions}-{number % sessions}" for number in range(writers)]
    _create(url, set(ids))
    rate = writers_rate([(url, session_id, count // writers) for session_id in ids])
    _verify(url, set(ids), count)
    return rate


def writers_rate(writers: list[tuple[str, str, int]], **environ: str) -> float:
    """Start writers together, and return their total appends per second."""
    running = [_started(*words, environ) for words in writers]
    for writer in running:
        _read(writer)
    for writer in running:
        _write(writer)
    results = [[float(word) for word in _read(writer).split()] for writer in running]
    for writer in running:
        writer.communicate()
    if failed := sum(failed for _, _, failed in results):
        raise Failed(f"{failed:.0f} appends failed at {writers[0][0]}")
    return sum(count for *_, count in writers) / (
        max(end for _, end, _ in results) - min(start for start, *_ in results)
    )


def _started(where: str, session_id: str, count: int, environ: Mapping[str, str]) -> Popen[str]:
    words = [sys.executable, "-m", "benchmarks.topics.appender", where, session_id, str(count)]
    return Popen(words, env={**os.environ, **environ}, stdin=PIPE, stdout=PIPE, text=True)


def _read(writer: Popen[str]) -> str:
    assert writer.stdout is not None
    return writer.stdout.readline()


def _write(writer: Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("\n")
    writer.stdin.flush()


def _create(url: str, ids: set[str]) -> None:
    store = open_store(url)
    for session_id in ids:
        events = stories.events([SessionStarted(title="Label printer prints nothing")])
        store.create(stories.session(session_id, session_id.upper(), events), events, {})
    store.close()


def _verify(url: str, ids: set[str], count: int) -> None:
    """Check that every note was stored exactly once, and nothing else."""
    store = open_store(url)
    events = [event for session_id in ids for event in store.load(session_id).events]
    facts = [event.fact for event in events if isinstance(event, Event)]
    texts = [fact.text for fact in facts if isinstance(fact, NoteAdded)]
    store.close()
    if len(texts) != count or len(set(texts)) != count or len(events) != count + len(ids):
        raise Failed(f"of {count} appends at {url} {len(set(texts))} are there, in {len(events)} events")


def _figure(rounds: list[Mapping[str, float]], case: str, aim: Aim | None) -> Figure:
    values = {RATE: spread(rates[case] for rates in rounds)}
    return Figure(what=case, base="1 writer, a file, `fdatasync` after each record", values=values, aim=aim)
