"""How much is tried: few examples in `make check`, more in `make test`, new and many more in `make nightly`."""

import os

from hypothesis import settings

NIGHTLY = os.environ.get("RFLOW_TEST_HEAVY") == "1"
QUICK = os.environ.get("RFLOW_TEST_QUICK") == "1"
EXAMPLES = 100
"""How many examples a test tries in `make test` that names no other number."""
_TIMES = 10
_SHARE = 5


def examples(count: int = EXAMPLES, nightly: int = 0) -> settings:
    """Return Hypothesis settings with `count` examples.

    `make check` tries the first fifth of them, `make nightly` the number for it, or ten times as many.
    """
    return settings(max_examples=example_count(count, nightly))


def example_count(count: int, nightly: int = 0) -> int:
    """Return how many examples to try where `make test` tries `count`."""
    if NIGHTLY:
        return nightly or count * _TIMES
    return -(-count // _SHARE) if QUICK else count
