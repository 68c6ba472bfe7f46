"""Threads of a process that send at the same time send together: those that come while one is in flight wait for it.

A thread that finds nothing in flight sends at once, and alone. Once that is answered, the first of those that wait
sends for all of them, and they share one call, one transaction and one wait for the disk. No thread waits for more to
come.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

MOST = 32
"""How many are sent together."""
WAIT = 0.1
"""Seconds after which waiting threads go on without the one in flight, which may be waiting for a lock."""
ALONE, LOST = "alone", "lost"
"""Outcomes: nothing was done, and the item has to be sent alone; or it is not known whether it was done."""

_Item = TypeVar("_Item")
Send = Callable[[Sequence[_Item]], Sequence[str]]
"""Sends items together and returns the outcome of each; if it raises, the outcomes are not known."""


class _Waiting(Generic[_Item]):
    """An item that waits until it is its turn to send (`leads`), or until there is an outcome."""

    __slots__ = ("item", "leads", "outcome", "ready", "taken")

    def __init__(self, item: _Item) -> None:
        self.item = item
        self.ready = threading.Lock()
        self.ready.acquire()
        self.leads = self.taken = False
        self.outcome = LOST


class Group(Generic[_Item]):
    """The threads that send to one place. `usable` is False where nothing can be sent together there."""

    def __init__(self) -> None:
        self.usable = True
        self._lock = threading.Lock()
        self._queue: deque[_Waiting[_Item]] = deque()
        self._leader: _Waiting[_Item] | None = None
        self._last = 1

    def run(self, item: _Item, send: Send[_Item]) -> str:
        """Send an item, alone or with others, in this thread or another; return its outcome.

        Raises what `send` raises in this thread. Not for the main thread, which Ctrl-C may interrupt anywhere.
        """
        waiting = _Waiting(item)
        with self._lock:
            if self._leader is None:
                self._lead(waiting)
            else:
                self._queue.append(waiting)
        if not waiting.leads:
            self._wait(waiting)
        return self._send(waiting, send) if waiting.leads else waiting.outcome

    def _lead(self, waiting: _Waiting[_Item]) -> None:
        self._leader = waiting
        waiting.leads = True

    def _wait(self, waiting: _Waiting[_Item]) -> None:
        """Wait for an outcome, or to lead; where the leader takes too long, lead in its place."""
        while not waiting.ready.acquire(timeout=-1 if waiting.taken else WAIT):
            with self._lock:
                if not waiting.taken and not waiting.leads:
                    self._queue.remove(waiting)
                    self._lead(waiting)
                    return

    def _send(self, leader: _Waiting[_Item], send: Send[_Item]) -> str:
        """Send what waits, and return the outcome of the leader's item."""
        together = self._take(leader)
        try:
            for each, outcome in zip(together, send([each.item for each in together]), strict=True):
                each.outcome = outcome
        finally:
            self._pass_on(leader)
            for each in together[1:]:
                each.ready.release()
        return leader.outcome

    def _take(self, leader: _Waiting[_Item]) -> list[_Waiting[_Item]]:
        """Return the leader with those that wait.

        Threads that were answered together come back with more at nearly the same time. So after several went together,
        the others get the processor first, as long as that brings any: else the first would go alone, and all the
        others wait for it.
        """
        seen = -1 if self._last > 1 else len(self._queue)
        while len(self._queue) > seen:
            seen = len(self._queue)
            time.sleep(0)
        with self._lock:
            together = [leader, *(self._queue.popleft() for _ in range(min(len(self._queue), MOST - 1)))]
            self._last = len(together)
            for each in together:
                each.taken = True
        return together

    def _pass_on(self, leader: _Waiting[_Item]) -> None:
        """Let the first that waits lead, unless another one does so already."""
        with self._lock:
            if self._leader is leader:
                self._leader = None
                if self._queue:
                    following = self._queue.popleft()
                    self._lead(following)
                    following.ready.release()
