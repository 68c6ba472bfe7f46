"""The number of Hypothesis examples: few in `make check`, more in `make test`, many new ones in `make nightly`."""

import os

from hypothesis import settings

NIGHTLY = os.environ.get("RFLOW_TEST_HEAVY") == "1"
QUICK = os.environ.get("RFLOW_TEST_QUICK") == "1"
EXAMPLES = 100
"""The default number of examples of a test in `make test`."""
_TIMES = 10
_SHARE = 5


def examples(count: int = EXAMPLES, nightly: int = 0) -> settings:
    """Return Hypothesis settings with `count` examples.

    `make check` tries the first fifth of them, `make nightly` the number `nightly`, or ten times as many.
    """
    return settings(max_examples=example_count(count, nightly))


def example_count(count: int, nightly: int = 0) -> int:
    """Return how many examples to try where `make test` tries `count`."""
    if NIGHTLY:
        return nightly or count * _TIMES
    return -(-count // _SHARE) if QUICK else count
