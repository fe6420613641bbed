"""A worker with its metrics, logs and traces, and its port where one is set."""

from collections.abc import Sequence

from app.observe.job_observer import JobObserver
from app.observe.registry import process_registry
from app.observe.tracing import Tracing
from app.observe.worker_http import start_worker_http
from app.settings import Settings
from jobs.broker.process import run_worker
from jobs.broker.worker import Worker
from pipeline.models.catalogue.selection import Selection
from pipeline.models.runtime.runtime import choose_runtime


def run_observed(settings: Settings, selection: Selection, queues: Sequence[str]) -> bool:
    """Work until told to stop; False if the worker could not go on.

    Raises OSError where `LIKENESS_WORKER_PORT` cannot be listened on, and `PlaceUnusable`.
    """
    registry = process_registry(choose_runtime(settings.device, settings.precision).describe()["name"])
    tracing, started = Tracing(), list[Worker]()

    def is_healthy() -> bool:
        return any(worker.is_healthy for worker in started)

    stop_http = start_worker_http(settings, registry, is_healthy)
    try:
        return run_worker(settings, selection, queues, JobObserver(registry, tracing), started.append)
    finally:
        stop_http()
        tracing.flush()
