"""What all tests share: the settings of Hypothesis, and what a run says at its end."""

from typing import Any

from hypothesis import HealthCheck, settings

from support.nightly import NIGHTLY
from support.reporting import pytest_runtest_makereport, pytest_terminal_summary

__all__ = ["pytest_runtest_makereport", "pytest_terminal_summary"]

SHARED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same every time", derandomize=True, **SHARED)
settings.register_profile("exploring", derandomize=False, max_examples=1000, print_blob=True, **SHARED)
settings.load_profile("exploring" if NIGHTLY else "same every time")
