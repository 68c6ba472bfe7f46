"""Metrics for Prometheus: about the server, never about a session or a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "rflow_requests", "Responses, by kind of address and status.", ["route", "status"], registry=self._registry
        )
        self.views = Counter("rflow_share_views", "Counted views of links.", registry=self._registry)
        self.rendered = Histogram(
            "rflow_render_seconds", "Time to load and render a form of a link.", registry=self._registry
        )
        self.lost = Gauge("rflow_share_views_lost", "Views that could not be recorded.", registry=self._registry)
        self.streams = Gauge("rflow_live_streams", "Open live updates.", registry=self._registry)
        self._by_route: dict[tuple[str, int], Counter] = {}

    def count_response(self, route: str, status: int) -> None:
        """Count a response."""
        counter = self._by_route.get((route, status))
        if counter is None:  # looking a counter up by its labels takes longer than counting
            counter = self._by_route[route, status] = self.requests.labels(route, status)
        counter.inc()

    def text(self, streams: int, lost: int) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        self.streams.set(streams)
        self.lost.set(lost)
        return generate_latest(self._registry)
