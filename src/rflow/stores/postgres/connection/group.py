"""Group commit: items that threads send at the same time are sent together.

A thread sends its item at once if no other thread is sending. Threads that arrive meanwhile wait; when the answer is
there, the first of them (the leader) sends the items of all. They share one call, one transaction and one flush to the
disk. A leader never waits for more threads to arrive.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

MOST = 32
"""Maximum number of items sent together."""
WAIT = 0.1
"""Seconds after which waiting threads stop waiting for the leader, which may itself be waiting for a lock."""
ALONE, LOST = "alone", "lost"
"""Outcomes: nothing was done, and the item must be sent alone; or it is unknown whether it was done."""

_Item = TypeVar("_Item")
Send = Callable[[Sequence[_Item]], Sequence[str]]
"""Sends items together and returns the outcome of each; if it raises, the outcomes are unknown."""


class _Waiting(Generic[_Item]):
    """An item whose thread waits until it becomes the leader (`leads`) or gets an outcome."""

    __slots__ = ("item", "leads", "outcome", "ready", "taken")

    def __init__(self, item: _Item) -> None:
        self.item = item
        self.ready = threading.Lock()
        self.ready.acquire()
        self.leads = self.taken = False
        self.outcome = LOST


class Group(Generic[_Item]):
    """The threads that send to one store. `usable` is False if the store can't take several items at once."""

    def __init__(self) -> None:
        self.usable = True
        self._lock = threading.Lock()
        self._queue: deque[_Waiting[_Item]] = deque()
        self._leader: _Waiting[_Item] | None = None
        self._last = 1

    def run(self, item: _Item, send: Send[_Item]) -> str:
        """Send an item, alone or together with others, and return its outcome.

        Raises what `send` raises if this thread is the leader. Don't call it from the main thread: Ctrl-C may interrupt
        that anywhere.
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
        """Wait for an outcome or to become the leader; if the leader takes too long, become one as well."""
        while not waiting.ready.acquire(timeout=-1 if waiting.taken else WAIT):
            with self._lock:
                if not waiting.taken and not waiting.leads:
                    self._queue.remove(waiting)
                    self._lead(waiting)
                    return

    def _send(self, leader: _Waiting[_Item], send: Send[_Item]) -> str:
        """Send the waiting items, and return the outcome of the leader's."""
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
        """Take the leader's item and the waiting ones from the queue.

        Threads that were answered together send their next items at nearly the same time. So after a group of several,
        the leader yields the processor as long as that brings more items. Otherwise it would send its own alone, and
        the rest would wait for that.
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
        """Make the first waiting thread the leader, unless there is another one already."""
        with self._lock:
            if self._leader is leader:
                self._leader = None
                if self._queue:
                    following = self._queue.popleft()
                    self._lead(following)
                    following.ready.release()
