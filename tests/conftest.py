"""Settings of all tests: Hypothesis profiles, default signals, markers, scheduling, and the report at the end."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

from support.nightly import EXAMPLES, NIGHTLY, example_count
from support.reporting import pytest_runtest_makereport, pytest_terminal_summary

__all__ = ["pytest_runtest_makereport", "pytest_terminal_summary"]

SHARED: dict[str, Any] = {
    "deadline": None,
    "max_examples": example_count(EXAMPLES),
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("same every time", derandomize=True, **SHARED)
settings.register_profile("exploring", derandomize=False, print_blob=True, **SHARED)
settings.load_profile("exploring" if NIGHTLY else "same every time")


@pytest.fixture(scope="session", autouse=True)
def default_signals() -> Iterator[None]:
    """Give processes that tests start the default signal handling, even if this process was started to ignore signals.

    `nohup` and a shell's `&` do that, and child processes inherit ignored signals, but not handlers.
    """
    names = ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of PostgreSQL stores as slow, because they start a server and each create a schema."""
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if "postgres" in parameters.values():
            item.add_marker(pytest.mark.slow)


class Groups(LoadGroupScheduling):  # type: ignore[misc] # xdist has no types
    """Schedules by group, and removes groups that are finished.

    xdist keeps them, and iterates over all of them after each test, which takes seconds for 11,000 tests.
    """

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Mark a test as completed, and remove its group if that was its last test."""
        super().mark_test_complete(node, item_index, duration)
        group = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][group].values()):
            del self.assigned_work[node][group]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups | None:
    """Schedule `--dist loadgroup` by `Groups`."""
    return Groups(config, log) if config.getoption("dist") == "loadgroup" else None
