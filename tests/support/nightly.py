"""How much is tried: the same few examples in every run of `make test`, new and many more in `make nightly`."""

import os

from hypothesis import settings

NIGHTLY = os.environ.get("RFLOW_TEST_HEAVY") == "1"
_TIMES = 10


def examples(count: int, nightly: int = 0) -> settings:
    """Return Hypothesis settings with `count` examples, and `nightly` or ten times as many in `make nightly`."""
    return settings(max_examples=(nightly or count * _TIMES) if NIGHTLY else count)
