"""pytest hooks for the end of a run: which tests were skipped and why, and how to repeat failures of `make nightly`."""

import os
import re
from collections import Counter
from collections.abc import Iterable

import pytest

from support.needs import COMMANDS, PACKAGES
from support.nightly import NIGHTLY

_MISSING = re.compile(r"(.+) (?:is|are) not installed")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):  # type: ignore[no-untyped-def]
    """Turn a skip into a failure if RFLOW_NO_SKIPS is set, as it is in CI."""
    report = (yield).get_result()
    if report.skipped and os.environ.get("RFLOW_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.longrepr = f"Skipped where nothing may be skipped: {_reason(report)}"
        report.outcome = "failed"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the lines about skipped tests and, at night, about failures."""
    stats = terminalreporter.stats
    seed = terminalreporter.config.getoption("hypothesis_seed", None)
    if NIGHTLY and seed and stats.get("failed"):
        terminalreporter.write_sep("!", "TO REPEAT A FAILURE", red=True)
        for report in stats["failed"]:
            terminalreporter.write_line(f"make nightly SEED={seed} ARGS='{report.nodeid}'")
    if skipped := stats.get("skipped"):
        run = sum(len(stats.get(outcome, [])) for outcome in ("passed", "failed", "xfailed"))
        terminalreporter.write_sep("!", "NOT TESTED HERE", yellow=True)
        for line in skip_summary([_reason(report) for report in skipped], run + len(skipped)):
            terminalreporter.write_line(line)


def skip_summary(reasons: list[str], total: int) -> list[str]:
    """Return three lines about tests that were skipped for these reasons: how many, why, and what to install."""
    by_reason = Counter(reasons).most_common()
    return [
        f"{len(reasons)} of {total} tests were skipped (ARGS=-rs names them).",
        "Why: " + "; ".join(f"{reason} ({count})" for reason, count in by_reason) + ".",
        _how_to_install(reason for reason, _ in by_reason),
    ]


def _how_to_install(reasons: Iterable[str]) -> str:
    missing = [match[1] for reason in reasons if (match := _MISSING.match(reason))]
    packages = sorted({PACKAGES[thing] for thing in missing if thing in PACKAGES})
    commands = [f"sudo apt-get install --no-install-recommends {' '.join(packages)}"] if packages else []
    commands += sorted({COMMANDS[thing] for thing in missing if thing in COMMANDS})
    if not commands:
        return "Nothing to install: they need another system or other rights."
    return f"To install what is missing: {' && '.join(commands)}"


def _reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple | list) else str(longrepr)
    return text.removeprefix("Skipped: ")
