"""What Prometheus reads of the HTTP end. Labels are operations and codes, never ids."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class HttpMetrics:
    """`monotonic` tells seconds."""

    def __init__(self, registry: CollectorRegistry, monotonic: Callable[[], float]) -> None:
        self.now = monotonic
        self._registry = registry
        self._seconds = Histogram(
            "lumenpay_http_seconds",
            "Time from the first byte read to the reply handed over",
            ["operation"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._seconds_of: dict[str, Histogram] = {}
        self._refused = Counter(
            "lumenpay_http_problems",
            "Replies that refuse, by code",
            ["code"],
            registry=registry,
        )

    def answered(self, operation: str, started: float) -> None:
        seconds = self._seconds_of.get(operation)
        if seconds is None:
            seconds = self._seconds_of[operation] = self._seconds.labels(operation)
        seconds.observe(self.now() - started)

    def refused(self, code: str) -> None:
        self._refused.labels(code).inc()

    def page(self) -> tuple[bytes, str]:
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
