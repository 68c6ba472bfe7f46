"""Metrics for Prometheus: about the server, never about a session or a person."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counts = _Counts()
        self._registry.register(self._counts)
        self.rendered = Histogram(
            "rflow_render_seconds", "Time to load and render a form of a link.", registry=self._registry
        )
        self.lost = Gauge("rflow_share_views_lost", "Views that could not be recorded.", registry=self._registry)
        self.streams = Gauge("rflow_live_streams", "Open live updates.", registry=self._registry)

        self.notices_waiting = Gauge("rflow_notices_waiting", "Notices that wait to be sent.", registry=self._registry)
        self.notices_given_up = Gauge(
            "rflow_notices_given_up", "Notices that were given up in the last 30 days.", registry=self._registry
        )

    def count_response(self, route: str, status: int) -> None:
        """Count a response."""
        self._counts.responses[route, status] += 1

    def text(self, streams: int, views: int, lost: int) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        self._counts.views = views
        self.streams.set(streams)
        self.lost.set(lost)
        return generate_latest(self._registry)


class _Counts(Collector):
    """Counters that every request increments, as plain numbers: the library's counters take a lock each time."""

    def __init__(self) -> None:
        self.responses: Counter[tuple[str, int]] = Counter()
        self.views = 0

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counters as they are now."""
        responses = CounterMetricFamily(
            "rflow_requests", "Responses, by kind of address and status.", labels=["route", "status"]
        )
        for (route, status), count in self.responses.items():
            responses.add_metric([route, str(status)], count)
        yield responses
        yield CounterMetricFamily("rflow_share_views", "Counted views of links.", value=self.views)
