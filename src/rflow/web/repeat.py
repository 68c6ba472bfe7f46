"""Periodic background work."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from rflow.web.logging import LogRateLimit

_log = logging.getLogger("rflow")


@asynccontextmanager
async def repeating(work: Callable[[], Awaitable[object]], seconds: float) -> AsyncIterator[None]:
    """Call `work` every `seconds` seconds until the block ends; errors are logged, and do not stop the repetition."""
    stopping, rate = asyncio.Event(), LogRateLimit()

    async def repeat() -> None:
        while not stopping.is_set():
            try:
                await work()
            except Exception as error:  # noqa: BLE001 (logged, whatever it was)
                if rate.allows(repr(error)):
                    _log.exception("unexpected")
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await stopping.wait()

    task = asyncio.get_running_loop().create_task(repeat())
    try:
        yield
    finally:
        stopping.set()
        await task
