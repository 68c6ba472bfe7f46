"""How much is tried: the same few examples in every run of `make test`, new and many more in `make nightly`."""

import os

from hypothesis import settings

NIGHTLY = os.environ.get("RFLOW_TEST_HEAVY") == "1"
_TIMES = 10


def examples(count: int) -> settings:
    """Return Hypothesis settings with `count` examples, ten times as many in `make nightly`."""
    return settings(max_examples=count * _TIMES if NIGHTLY else count)
