"""Figures for Prometheus: of the server, never of a session or a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The figures of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "rflow_requests", "Answers, by kind of address and status.", ["route", "status"], registry=self._registry
        )
        self.views = Counter("rflow_share_views", "Looks at links that were counted.", registry=self._registry)
        self.rendered = Histogram(
            "rflow_render_seconds", "Time to load and render a form of a link.", registry=self._registry
        )
        self.lost = Gauge("rflow_share_views_lost", "Looks that could not be recorded.", registry=self._registry)
        self.streams = Gauge("rflow_live_streams", "Open live updates.", registry=self._registry)

        self._answered: dict[tuple[str, int], Counter] = {}

    def answered(self, route: str, status: int) -> None:
        """Count an answer."""
        counter = self._answered.get((route, status))
        if counter is None:  # finding the counter of two labels takes longer than counting
            counter = self._answered[route, status] = self.requests.labels(route, status)
        counter.inc()

    def text(self, streams: int, lost: int) -> bytes:
        """Give all figures as Prometheus reads them."""
        self.streams.set(streams)
        self.lost.set(lost)
        return generate_latest(self._registry)
