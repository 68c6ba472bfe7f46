"""Open pages of links over several web processes: their memory, and how long after an append they know of it."""

import asyncio
import resource
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from statistics import quantiles

from benchmarks.postgres.pair import Pair, seconds
from benchmarks.postgres.team import at, serving
from benchmarks.topics.servers import resident
from benchmarks.topics.streams import delays, opened
from rflow.core.session.commands import AddNote, Start
from rflow.core.sharing import ShareWish
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres.store import PostgresStore

PORTS = range(15400, 15404)
LINKS, ROUNDS = 100, 10


def streams(pair: Pair, count: int) -> None:
    """Open `count` streams over several web processes: all on one session, then spread over a hundred."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with closing(PostgresStore(pair.url)) as store:
        workspace = at(store)
        sessions = [workspace.start(Start(title=f"Till {number}")).session for number in range(LINKS)]
        tokens = [workspace.create_share(ShareWish(session=session)).token for session in sessions]
        for what, number in (("one session", 1), (f"{LINKS} sessions, one of which changes", LINKS)):
            paths = [f"127.0.0.1:{PORTS[each % len(PORTS)]}/share/{tokens[each % number]}" for each in range(count)]
            with ExitStack() as servers:
                processes = [servers.enter_context(serving(pair.url, port)) for port in PORTS]
                _measure(workspace, sessions[0], [f"http://{path}" for path in paths], processes, what)


def _measure(workspace: LocalWorkspace, session: str, urls: Sequence[str], processes: Sequence[int], what: str) -> None:
    def append(number: int) -> None:
        workspace.send(session, AddNote(text=f"The lamp is green, {number}"))

    before = sum(map(resident, processes))
    rounds, memory, cpu = asyncio.run(_followed(urls, append, processes))
    delayed = sorted(each for some in rounds for each in some)
    cuts = quantiles(delayed, n=100)
    size = (memory - before) / len(urls) / 1024
    print(
        f"{len(urls):,} streams over {len(processes)} web processes, on {what}: {size:.1f} KiB each; from an append's"
        f" return p50 {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s, last {delayed[-1]:.3f} s; {cpu:.2f} s CPU an update",
        flush=True,
    )


async def _followed(
    urls: Sequence[str], append: Callable[[int], None], processes: Sequence[int]
) -> tuple[list[list[float]], int, float]:
    """Return the delays of all readers of the session that changes, and what the servers use.

    That is their memory, and the CPU time that an update takes them and these readers.
    """
    readers = await opened(urls)
    link = urls[0].rpartition("/")[2]
    following = [reader for reader, url in zip(readers, urls, strict=True) if url.endswith(link)]
    await delays(following, append, 2)
    cpu = time.process_time() + sum(sum(seconds(each)) for each in processes)
    measured = await delays(following, append, ROUNDS)
    cpu = time.process_time() + sum(sum(seconds(each)) for each in processes) - cpu
    memory = sum(map(resident, processes))
    for reader in readers:
        reader.transport.close()
    await asyncio.sleep(1)
    return measured, memory, cpu / ROUNDS
