"""Prometheus metrics of jobs: what this process has done, and what was counted in the table and at the broker."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.work.order import Task
from jobs.census import Census

STAGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
JOB_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 43_200)

PLACES = ("database", "objects", "broker")


class JobMetrics:
    """The metrics, in the registry of the process. `census` is what was counted last."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
        self.ends = counter("likeness_job_ends", "Jobs whose end was written here", ["kind", "state", "code"])
        self.leases_lost = counter(
            "likeness_job_leases_lost", "Attempts at jobs whose worker gave no sign of life for so long that they ended"
        )
        self.seconds = histogram(
            "likeness_job_seconds",
            "Time of a job to its end, from its submission or from the begin of its last attempt",
            ["kind", "since"],
            buckets=JOB_BUCKETS,
        )
        self.stage_seconds = histogram(
            "likeness_job_stage_seconds", "Time that a job spent in a stage", ["stage"], buckets=STAGE_BUCKETS
        )
        self.sweeps = counter("likeness_sweeps", "Sweeps that have come to their end")
        self.swept = counter("likeness_swept", "What sweeps have removed", ["what"])
        self.store_errors = counter(
            "likeness_store_errors", "Calls that the database, the object store or the broker did not answer", ["store"]
        )
        # Created at zero: an alert notices a counter's rise only if Prometheus has seen it before.
        for what in ("jobs", "orphans"):
            self.swept.labels(what)
        for place in PLACES:
            self.store_errors.labels(place)
        self.census: Census | None = None
        registry.register(_Counted(self))


class _Counted(Collector):
    """Gauges of the last census. There are none in a process that does not count, such as a worker."""

    def __init__(self, metrics: JobMetrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Figures as they were counted last."""
        census = self._metrics.census
        if census is None:
            return
        # An expired job has no row.
        states: dict[str, float] = {state: number for state, number in census.states.items() if state != "expired"}
        yield _gauge("likeness_jobs", "Jobs in the table", "state", states)
        # 0 where none waits, so that the metric is there before the first one does.
        waits = {kind: census.waiting_s.get(kind, 0.0) for kind in get_args(Task)}
        yield _gauge("likeness_jobs_oldest_waiting_seconds", "How long the oldest queued job waits", "kind", waits)
        engine = census.engine
        if engine.queues is None:  # without a broker, or one that does not answer: nobody knows the workers
            return
        yield _gauge("likeness_broker_queue_length", "Messages that wait at the broker", "queue", engine.queues)
        yield GaugeMetricFamily("likeness_workers", "Workers that give signs of life", value=len(engine.workers))
        busy = {worker.name: worker.job is not None for worker in engine.workers}
        yield _gauge("likeness_worker_busy", "Whether a worker does a job", "worker", busy)


def _gauge(name: str, meaning: str, label: str, figures: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, figure in figures.items():
        family.add_metric([value], figure)
    return family
