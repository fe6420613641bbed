"""The metrics of one application, in a registry of its own."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import get_args

from prometheus_client import Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.access.quota import Quota
from app.observe.registry import process_registry
from app.observe.request_record import RequestRecord
from app.work.answer_cache import AnswerCache
from app.work.report import Report
from app.work.service import Service
from pipeline.batches import MEMORY_LOW
from pipeline.errors import DeadlineExceeded, DeviceOutOfMemory
from pipeline.types import FaceAction

REQUEST_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180)
WAIT_BUCKETS = (0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180)
STAGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

LAG_INTERVAL_S = 0.1


class Telemetry:
    """Counts and measures requests. Gauges read the state of the service whenever Prometheus asks."""

    def __init__(self, service: Service, cache: AnswerCache, quota: Quota | None = None) -> None:
        self.registry = registry = process_registry(service.loaded_models.runtime.describe()["name"])
        registry.register(_Live(service, cache, quota))
        counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
        self._requests = counter(
            "likeness_requests", "Requests; 499: the client went away", ["route", "method", "status"]
        )
        self._seconds = histogram(
            "likeness_request_seconds",
            "Time from a request's head to the end of its answer",
            ["route"],
            buckets=REQUEST_BUCKETS,
        )
        self._refusals = counter("likeness_refusals", "Answers that are errors, by code", ["code"])
        self._waits = histogram(
            "likeness_queue_wait_seconds", "Time that a photo waited for its turns", buckets=WAIT_BUCKETS
        )
        self._stages = histogram(
            "likeness_stage_seconds", "Time that a photo spent in a stage", ["stage"], buckets=STAGE_BUCKETS
        )
        self._faces = counter("likeness_faces", "Faces found, by what was done", ["action"])
        self._pixels = counter("likeness_pixels", "Pixels of photos that were done", ["direction"])
        self._out_of_memory = counter(
            "likeness_out_of_memory", "Photos for which memory ran out: done in smaller parts, or refused", ["outcome"]
        )
        self._lag = histogram(
            "likeness_event_loop_lag_seconds", "How late the event loop woke a task", buckets=LAG_BUCKETS
        )
        # Created at zero: an alert notices a counter's rise only if Prometheus has seen it before.
        for code in ("overloaded", DeadlineExceeded.code, DeviceOutOfMemory.code):
            self._refusals.labels(code)
        for outcome in ("recovered", "refused"):
            self._out_of_memory.labels(outcome)
        for action in get_args(FaceAction):
            self._faces.labels(action)

    def observe(self, record: RequestRecord) -> None:
        """Count and measure a request that has ended."""
        self._requests.labels(record.route, record.method, str(record.status)).inc()
        self._seconds.labels(record.route).observe(record.seconds)
        if record.code is not None:
            self._refusals.labels(record.code).inc()
        if record.code == DeviceOutOfMemory.code:
            self._out_of_memory.labels("refused").inc()
        if MEMORY_LOW.code in record.warnings:
            self._out_of_memory.labels("recovered").inc()
        if record.queue_seconds is not None:
            self._waits.observe(record.queue_seconds)
        for stage, seconds in record.stage_seconds.items():
            self._stages.labels(stage).observe(seconds)
        if isinstance(record.report, Report) and not record.from_cache:
            for face in record.report.faces:
                self._faces.labels(face.action).inc()
            self._pixels.labels("in").inc(record.photo_pixels)
            self._pixels.labels("out").inc(record.report.width * record.report.height)

    def refuse(self, code: str) -> None:
        """Count a refusal by the protocol, before there is a request."""
        self._refusals.labels(code).inc()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    async def watch_event_loop(self) -> None:
        """Measure the event loop's lag until cancelled."""
        while True:
            start = time.perf_counter()
            await asyncio.sleep(LAG_INTERVAL_S)
            self._lag.observe(max(0.0, time.perf_counter() - start - LAG_INTERVAL_S))


@dataclass(frozen=True)
class _Live(Collector):
    """Gauges of the service at this moment."""

    service: Service
    cache: AnswerCache
    quota: Quota | None

    def collect(self) -> Iterator[Metric]:
        """Figures as they are when Prometheus asks."""
        service, admission = self.service, self.service.admission
        figures = {
            "likeness_ready": ("Whether photos are accepted", service.readiness == "ready"),
            "likeness_queue_length": ("Photos that wait", admission.waiting),
            "likeness_queue_size": ("Photos that may wait", admission.queue_size),
            "likeness_slots": ("Photos that may be on the device at the same time", admission.slots),
            "likeness_slots_in_use": ("Photos on the device", admission.on_device),
            "likeness_cache_bytes": ("Memory of the answers that are kept", self.cache.bytes),
        }
        for name, (meaning, value) in figures.items():
            yield GaugeMetricFamily(name, meaning, value=value)
        models = GaugeMetricFamily("likeness_model_info", "The models in use", labels=["role", "name"])
        for role, name in service.loaded_models.names().items():
            models.add_metric([role, name], 1)
        yield models
        looked_up = CounterMetricFamily("likeness_cache_lookups", "Answers looked up in the cache", labels=["outcome"])
        looked_up.add_metric(["hit"], self.cache.hits)
        looked_up.add_metric(["miss"], self.cache.misses)
        yield looked_up
        if self.quota is not None:
            meaning = "Photos let in because the storage of the rate limit could not be reached"
            yield CounterMetricFamily("likeness_rate_limit_uncounted", meaning, value=self.quota.uncounted)
