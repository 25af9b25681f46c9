"""What Prometheus is told of a service."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from serving.release import Release
from serving.waiting_line import WaitingLine

MEDIA_TYPE = "text/plain; version=0.0.4"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Upper ends in seconds of the histogram's classes; what took longer is in the last one."""
_LABELS = ("method", "path", "status")


class Metrics(Collector):
    """Counts of requests, in plain numbers that take their form when they are asked for.

    BentoML's own metrics would label each raw path, and keep every number in a file.
    """

    def __init__(self, release: Release, line: WaitingLine) -> None:
        self.release, self.line = release, line
        self.in_flight = 0
        self._classes: dict[tuple[str, str, str], list[int]] = {}
        self._seconds: dict[tuple[str, str, str], float] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def seen(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = method, path, str(status)
        if key not in self._classes:
            self._classes[key], self._seconds[key] = [0] * (len(BUCKETS) + 1), 0.0
        self._classes[key][bisect_left(BUCKETS, seconds)] += 1
        self._seconds[key] += seconds

    def collect(self) -> Iterator[Metric]:
        """The families, as prometheus_client asks for them."""
        release = self.release
        yield InfoMetricFamily(
            "talentflow_model",
            "What is served.",
            {
                "run": release.run,
                "track": release.track,
                "version": str(release.version),
                "bento": release.tag,
            },
        )
        requests = CounterMetricFamily("talentflow_requests", "Requests that ended.", labels=_LABELS)
        seconds = HistogramMetricFamily(
            "talentflow_request_seconds", "From head to end of the answer.", labels=_LABELS
        )
        for key, classes in self._classes.items():
            *upto, every = accumulate(classes)
            ends = [(str(end), float(count)) for end, count in zip(BUCKETS, upto, strict=True)]
            requests.add_metric(key, every)
            seconds.add_metric(key, [*ends, ("+Inf", every)], self._seconds[key])
        yield requests
        yield seconds
        yield GaugeMetricFamily(
            "talentflow_requests_in_flight", "Requests that have not ended.", self.in_flight
        )
        yield GaugeMetricFamily(
            "talentflow_queue_length", "Requests that wait for a long answer before.", len(self.line)
        )
        yield GaugeMetricFamily("talentflow_queue_room", "How many may wait.", self.line.room)

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
