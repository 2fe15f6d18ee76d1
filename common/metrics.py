"""How often the functions of Gradio apps are called, how long they take and how they fail, for Prometheus."""

import contextlib
import functools
import time
from collections.abc import Iterator


class Metrics:
    """Counts and times of every call that reaches a function of an app, in a registry of its own."""

    def __init__(self):
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        where = ["app", "endpoint"]
        self.up = Gauge("app_up", "1 when the app was imported, 0 when it failed", ["app"], registry=self.registry)
        self.requests = Counter("app_requests", "Calls of a function", where, registry=self.registry)
        self.errors = Counter(
            "app_errors", "Calls that failed, by whose mistake", [*where, "kind"], registry=self.registry
        )
        self.latency = Histogram(
            "app_latency_seconds",
            "Time from the start of a call to its result, without waiting in the queue",
            where,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
            registry=self.registry,
        )

    def watch(self, app: str, demo) -> None:
        """Pass every call of the Gradio Blocks `demo` through `timed`."""
        process = demo.process_api

        @functools.wraps(process)
        async def process_api(block_fn, *args, **kwargs):
            fn = demo.fns[block_fn] if isinstance(block_fn, int) else block_fn
            # A generator comes here once for each value it yields: one request, several times.
            with self.timed(app, str(fn.api_name or fn.name), first=kwargs.get("iterator") is None):
                return await process(block_fn, *args, **kwargs)

        demo.process_api = process_api

    @contextlib.contextmanager
    def timed(self, app: str, endpoint: str, first: bool = True) -> Iterator[None]:
        """Count what happens inside; `first` is False for the later parts of a call that comes in parts."""
        if first:
            self.requests.labels(app, endpoint).inc()
        start = time.perf_counter()
        try:
            yield
        except Exception as error:
            from common import ui

            self.errors.labels(app, endpoint, ui.whose(error)).inc()
            raise
        finally:
            self.latency.labels(app, endpoint).observe(time.perf_counter() - start)

    def text(self) -> bytes:
        """The metrics in Prometheus' text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)
