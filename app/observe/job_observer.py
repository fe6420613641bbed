"""Metrics, log lines and spans of jobs, made from what `jobs` tells of them."""

import logging
from typing import Any

from prometheus_client import CollectorRegistry

from app.observe.job_metrics import JobMetrics
from app.observe.request_record import stage_seconds
from app.observe.tracing import Tracing, trace_id_of
from jobs.census import Census
from jobs.job import Job
from jobs.observer import Observer, Place
from jobs.run.payload import trace_of
from pipeline.run import Run

logger = logging.getLogger("likeness.jobs")


class JobObserver(Observer):
    """Observes the jobs of one process."""

    def __init__(self, registry: CollectorRegistry, tracing: Tracing) -> None:
        self._metrics, self._tracing = JobMetrics(registry), tracing

    def began(self, job: Job) -> None:
        """Log it at DEBUG."""
        logger.debug("job begun", extra={"job": str(job.id), "kind": job.kind, "attempt": job.attempt} | _trace(job))

    def lease_lost(self, job: Job) -> None:
        """Count and log it."""
        self._metrics.leases_lost.inc()
        logger.warning("job lost its worker", extra={"job": str(job.id), "kind": job.kind} | _trace(job))

    def attempted(self, job: Job, run: Run, began_ns: int, code: str | None) -> None:
        """Measure the stages, and make the spans."""
        for stage, seconds in stage_seconds(run).items():
            self._metrics.stage_seconds.labels(stage).observe(seconds)
        about = {"likeness.job_id": str(job.id), "likeness.job_kind": job.kind, "likeness.job_attempt": job.attempt}
        self._tracing.job(trace_of(job.asked), run, began_ns, code, about)

    def ended(self, job: Job) -> None:
        """Count, measure and log it."""
        metrics, code = self._metrics, "" if job.error is None else job.error.code
        metrics.ends.labels(job.kind, job.state, code).inc()
        if (whole_s := _between(job.created_at, job.finished_at)) is not None:
            metrics.seconds.labels(job.kind, "submitted").observe(whole_s)
        if (work_s := _between(job.started_at, job.finished_at)) is not None:
            metrics.seconds.labels(job.kind, "begun").observe(work_s)
        logger.info("job", extra=_line(job, code, whole_s, work_s))

    def swept(self, jobs: int, orphans: int) -> None:
        """Count it."""
        self._metrics.sweeps.inc()
        self._metrics.swept.labels("jobs").inc(jobs)
        self._metrics.swept.labels("orphans").inc(orphans)

    def counted(self, census: Census) -> None:
        """Keep it for the next scrape."""
        self._metrics.census = census

    def unavailable(self, place: Place) -> None:
        """Count it."""
        self._metrics.store_errors.labels(place).inc()


def _line(job: Job, code: str, whole_s: float | None, work_s: float | None) -> dict[str, Any]:
    """What is logged of a job's end: nothing that its client has chosen."""
    line = {
        "job": str(job.id),
        "kind": job.kind,
        "state": job.state,
        "code": code or None,
        "stage": None if job.error is None else job.error.stage,
        "attempt": job.attempt,
        "duration_ms": None if whole_s is None else round(whole_s * 1000, 1),
        "work_ms": None if work_s is None else round(work_s * 1000, 1),
        "faces": None if job.result is None else job.result.faces,
    }
    return {name: value for name, value in (line | _trace(job)).items() if value is not None}


def _trace(job: Job) -> dict[str, str]:
    trace_id = trace_id_of(trace_of(job.asked))
    return {} if trace_id is None else {"trace_id": trace_id}


def _between(start: float | None, end: float | None) -> float | None:
    """Seconds between two times of the table; None where one of them is not known."""
    return None if start is None or end is None else max(0.0, end - start)
