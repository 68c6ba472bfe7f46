"""`python -m benchmarks.postgres [TOPIC…] [--events N] [--seconds S] [--streams N]`: PostgreSQL with a standby.

A primary and a synchronous standby of their own, on this machine's disk. `writers` compares 32 writers with plain
inserts by the same driver, and commands over HTTP; `sizes` compares a store of a tenth of N events with one of N, finds
words in it, and drops a month; `streams` opens pages of links over several web processes.
"""

import argparse
import signal

from benchmarks.postgres.pair import Pair
from benchmarks.postgres.sizes import sizes
from benchmarks.postgres.streams import streams
from benchmarks.postgres.writers import writers


def main() -> None:
    """Run the topics named, or all."""
    parser = argparse.ArgumentParser("python -m benchmarks.postgres", description="Measure the store in PostgreSQL.")
    parser.add_argument("topic", nargs="*", help="writers, streams, sizes (default: all)")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--streams", type=int, default=10_000)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    pair = Pair()
    try:
        if "writers" in (options.topic or ["writers"]):
            writers(pair, options.seconds)
        if "streams" in (options.topic or ["streams"]):
            streams(pair, options.streams)
        if "sizes" in (options.topic or ["sizes"]):
            sizes(pair, options.events)
    finally:
        pair.stop()


if __name__ == "__main__":
    main()
