"""Serving links: views per second, live updates to a thousand readers, the page of a very long session."""

import asyncio
import resource
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from statistics import quantiles

from benchmarks.measure.figures import Aim, Figure, Section
from benchmarks.measure.measuring import Failed
from benchmarks.measure.pairing import Spread, spread
from benchmarks.measure.run import Run
from benchmarks.topics.appender import stored
from benchmarks.topics.servers import (
    PASTEBIN,
    WRK,
    bare_server,
    fetched,
    link,
    pastebin,
    rate,
    resident,
    rflow_server,
    signed_in,
)
from benchmarks.topics.streams import Reader, delays, opened
from benchmarks.worlds import stories
from benchmarks.worlds.world import CODE, World, usual
from rflow.stores import open_store

RATE, DELAY, COST = "views a second", "from the append's return", "measured"
STREAMS, LINKS, LONG, SESSIONS = 1_000, 50, 10_000, 100


def serving(run: Run) -> Section:
    """Measure all four; the remark says what could not be measured here."""
    world = usual(run.measure, run.folder("serving"))
    figures, remarks = views(run, world)
    figures += signed_in_views(run)
    delays_, memory = streams(run, world)
    return Section(name="Serving", figures=[*figures, *delays_, *long_page(run)], remark=" ".join([*remarks, memory]))


def views(run: Run, world: World) -> tuple[list[Figure], list[str]]:
    """Measure views of an unchanged page, against a bare response of as many bytes and a pastebin."""
    if WRK is None:
        return [], ["Views: skipped, wrk is not installed (Debian's package wrk)."]
    remarks = []
    with ExitStack() as servers:
        server, _ = servers.enter_context(rflow_server(world))
        url = link(world, server)
        page = fetched(url)
        others = {"Starlette, the same bytes without any work": servers.enter_context(bare_server(world, page))}
        try:
            text = fetched(f"{url}.txt").decode()
            paste = servers.enter_context(pastebin(world, run.cache / PASTEBIN, text))
            others[f"{PASTEBIN}, a paste of the same text"] = paste
            remarks.append(f"A page of {len(page):,} bytes; the paste's has {len(fetched(paste)):,}.")
        except subprocess.CalledProcessError as error:
            reason = (error.stderr or b"").decode(errors="replace").strip().splitlines()[-1:]
            remarks.append(f"{PASTEBIN}: skipped, it can't be installed ({' '.join(reason)}).")
        rates = _rates({"rflow": url, **others}, run.turns(9), 1 if run.quick else 4)
    aims = dict(zip(others, (Aim(0.6, "≥", RATE), Aim(8, "≥", RATE)), strict=False))
    return [_rate_figure(rates, name, aims[name]) for name in others], remarks


def signed_in_views(run: Run) -> list[Figure]:
    """Measure views of who is signed in, of a list and of a session, against the link's page and a bare response."""
    if WRK is None:
        return []
    world = usual(run.measure, run.folder("serving-signed-in"))
    for number in range(SESSIONS):
        world.add(f"S{number:03}-2F", stories.events(stories.facts(None, 3)))
    with ExitStack() as servers:
        server, _ = servers.enter_context(rflow_server(world))
        cookie, seconds = signed_in(world, server), 1 if run.quick else 4
        pages = {f"My work, {SESSIONS} sessions": f"{server}/?list=mine", "a session": f"{server}/sessions/{CODE}"}
        bodies = {name: fetched(url, cookie) for name, url in pages.items()}
        _check(bodies)
        bare = servers.enter_context(bare_server(world, bodies["a session"]))
        bases = {"the page of a link to a session": link(world, server), "Starlette, the bytes of the session": bare}
        asked: dict[str, Callable[[], float]] = {
            name: partial(rate, url, seconds, cookie if name in pages else "")
            for name, url in {**pages, **bases}.items()
        }
        turns = [{name: ask() for name, ask in asked.items()} for _ in range(run.turns(5))]
    figures = []
    for name in pages:
        what = f"{name}, signed in, 32 connections"
        alone = {RATE: spread(turn[name] for turn in turns)}
        figures.append(Figure(what=what, base="one server process, made anew for each view", values=alone, unit="/s"))
        shares = {base: {RATE: spread(turn[name] / turn[base] for turn in turns)} for base in bases}
        figures += [Figure(what=what, base=base, values=values) for base, values in shares.items()]
    return figures


def _check(bodies: Mapping[str, bytes]) -> None:
    """Raise `Failed` unless each page has what it should: a page of signing in would be fast."""
    listed, session = (body.decode() for body in bodies.values())
    if listed.count('<a href="/sessions/') < SESSIONS or "Sign out" not in session:
        raise Failed("the pages of who is signed in have nothing on them")


def _rates(urls: dict[str, str], count: int, seconds: float) -> list[dict[str, float]]:
    """Measure each server in turn, after a warm-up; each turn begins with another one."""
    for url in urls.values():
        rate(url, 1)
    names = list(urls)
    orders = (names[number % len(names) :] + names[: number % len(names)] for number in range(count))
    return [{name: rate(urls[name], seconds) for name in order} for order in orders]


def _rate_figure(rates: list[dict[str, float]], name: str, aim: Aim) -> Figure:
    values = {RATE: spread(turn["rflow"] / turn[name] for turn in rates)}
    return Figure(what="a view of an unchanged page, 32 connections", base=name, values=values, aim=aim)


def streams(run: Run, world: World) -> tuple[list[Figure], str]:
    """Measure how long after an append its readers are notified, and the memory that each stream uses."""
    count = 100 if run.quick else STREAMS
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with rflow_server(world, "streams") as (server, process):
        links = [link(world, server) for _ in range(LINKS)]
        before = resident(process)
        one_link, memory = asyncio.run(_followed(world, [links[0]] * count, run.turns(20), lambda: resident(process)))
        many_links, _ = asyncio.run(
            _followed(world, [links[number % LINKS] for number in range(count)], run.turns(20), int)
        )
    figures = [
        *_delay_figures(one_link, f"{count:,} open streams on one link"),
        *_delay_figures(many_links, f"{count:,} open streams on {LINKS} links"),
    ]
    return figures, f"Each of {count:,} open streams takes {(memory - before) / count / 1024:.1f} KiB of the server."


async def _followed(
    world: World, urls: list[str], turns: int, memory: Callable[[], int]
) -> tuple[list[list[float]], int]:
    readers = await opened(urls)
    append = _append(world)
    await delays(readers, append, 2)
    measured = await delays(readers, append, turns)
    used = memory()
    _close(readers)
    await asyncio.sleep(0.5)
    return measured, used


def _append(world: World) -> Callable[[int], None]:
    store = open_store(world.store)
    return stored(store, f"id-{CODE}")


def _close(readers: list[Reader]) -> None:
    for reader in readers:
        reader.transport.close()


def _delay_figures(delays_: list[list[float]], base: str) -> list[Figure]:
    """Return the median and the 99th percentile over the readers, each with its quartiles over the appends."""
    cuts = [quantiles(each, n=100, method="inclusive") for each in delays_]
    parts: list[tuple[str, int, Aim | None]] = [("p50", 49, None), ("p99", 98, Aim(100, "≤", DELAY))]
    values = [{DELAY: spread(cut[at] * 1000 for cut in cuts)} for _, at, _ in parts]
    return [
        Figure(what=f"an update, {name}", base=base, values=value, unit="ms", aim=aim)
        for (name, _, aim), value in zip(parts, values, strict=True)
    ]


def long_page(run: Run) -> list[Figure]:
    """Measure the page of a long session: its size, its first view against later ones, how often it is rendered."""
    count = 1_000 if run.quick else LONG
    world = usual(run.measure, run.folder("serving-long"), events=count)
    append = _append(world)
    firsts, ratios = [], []
    with rflow_server(world) as (server, _):
        url = link(world, server)
        fetched(url)
        for number in range(run.turns(9)):
            append(number)
            first = _timed(partial(fetched, url))
            later = spread(_timed(partial(fetched, url)) for _ in range(20)).median
            firsts.append(first * 1000)
            ratios.append(first / later)
        size = len(fetched(url))
        if (rendered := _rendered(server)) != run.turns(9) + 1:
            raise Failed(f"{run.turns(9) + 1} versions of a page were rendered {rendered} times")
    base = f"{count:,} events"
    fixed = Spread(*[size / 1000] * 3)
    return [
        Figure(what="the page", base=base, values={COST: fixed}, unit="KB", aim=Aim(300, "≤", COST)),
        Figure(what="the first view of a version", base=base, values={COST: spread(firsts)}, unit="ms"),
        Figure(what="the first view of a version", base=f"a later view, {base}", values={COST: spread(ratios)}),
    ]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _rendered(server: str) -> int:
    """Return how often the server has rendered a page, from its metrics."""
    lines = fetched(f"{server}/metrics").decode().splitlines()
    return int(float(next(line for line in lines if line.startswith("rflow_render_seconds_count")).split()[1]))
