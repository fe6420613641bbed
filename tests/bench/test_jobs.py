"""The figures of `python -m bench.jobs`."""

from __future__ import annotations

from typing import Any

import pytest

from bench import job_workers
from bench.job_workers import threads_each
from bench.jobs import overhead_ms


def job(second: float, **stages: float) -> dict[str, Any]:
    times = {"started_at": f"2026-01-01T00:00:0{second:.1f}Z", "finished_at": f"2026-01-01T00:00:0{second + 1:.1f}Z"}
    return {**times, "timings_ms": stages}


def test_the_overhead_is_the_time_without_work() -> None:
    """Two jobs, one after the other, in two seconds of which 1.6 are work; what they waited for is neither."""
    jobs = [job(0, decode=100, upscaling=700, queue=5000), job(1, decode=100, upscaling=700)]
    assert overhead_ms(jobs) == pytest.approx(200)


def test_each_worker_counts_from_its_first_job_to_its_last() -> None:
    """Two workers, of which one begins half a second later and does one job less."""
    jobs = [job(second, upscaling=900) for second in (0, 0.5, 1, 1.5, 2)]
    assert overhead_ms(jobs, workers=2) == pytest.approx(100)


@pytest.mark.parametrize(("cores", "workers", "threads"), [(2, 1, 2), (2, 2, 1), (8, 3, 2), (2, 4, 1)])
def test_workers_divide_the_cores(monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, threads: int) -> None:
    monkeypatch.setattr(job_workers, "usable_cores", lambda: cores)
    assert threads_each(workers) == threads
