"""`python -m bench.submission`, with few jobs."""

from __future__ import annotations

from bench import submission


def test_submissions_are_timed_beside_jobs_that_wait() -> None:
    waiting, engine, *times = submission.measure(20, busy=False, submitted=3)
    assert (waiting, engine) == ("20", "stands still")
    median, most, longest = (float(each) for each in times)
    assert 0 < median <= most <= longest
