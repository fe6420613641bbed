"""Quotas as numbers: what fits, and the sentence and the time for what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import QuotaExceeded
from jobs.quota import DAY_HOURS, HOUR, UNLIMITED, Load, Quota, Usage

NOON = 1_800_000_000 // HOUR * HOUR  # the beginning of an hour
FIRST = NOON // HOUR


def refusal(quota: Quota, usage: Usage, load: Load) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as caught:
        quota.check(usage, load)
    return caught.value


@pytest.mark.parametrize(
    ("quota", "usage", "load", "sentence"),
    [
        (Quota(waiting=20), Usage(waiting=20), Load(), "You have 20 jobs waiting, which is the most."),
        (Quota(waiting=1), Usage(waiting=1), Load(), "You have 1 job waiting, which is the most."),
        (
            Quota(waiting=20),
            Usage(waiting=18),
            Load(3, 3),
            "You have 18 jobs waiting, and 20 are the most: 3 more do not fit.",
        ),
        (Quota(waiting=1), Usage(), Load(2, 2), "You have 0 jobs waiting, and 1 is the most: 2 more do not fit."),
        (
            Quota(jobs_a_day=5),
            Usage(),
            Load(6, 6),
            "You have sent 0 jobs in the last 24 hours, and 5 are the most: 6 more do not fit.",
        ),
        (
            Quota(kept_bytes=3 * 2**20),
            Usage(kept_bytes=2**21),
            Load(kept_bytes=2**20 + 1),
            "Your jobs keep 2.0 MB, and 3.0 MB are the most: 1.0 MB more do not fit. Delete jobs, or wait until they"
            " expire.",
        ),
    ],
)
def test_what_does_not_fit_has_a_sentence(quota: Quota, usage: Usage, load: Load, sentence: str) -> None:
    error = refusal(quota, usage, load)
    assert (error.message, error.code, error.stage) == (sentence, "quota_exceeded", "quota")
    assert error.retry_after is None


def test_what_just_fits_is_let_in() -> None:
    Quota(waiting=20).check(Usage(waiting=18), Load(2, 2))
    Quota(waiting=20).check(Usage(waiting=25), Load(3, 0))  # jobs that are over at once do not wait
    Quota(jobs_a_day=5).check(Usage(hours={FIRST: 3}), Load(2))
    Quota(kept_bytes=10).check(Usage(kept_bytes=9), Load(kept_bytes=1))
    UNLIMITED.check(Usage(10**6, {FIRST: 10**6}, 10**15), Load(1000, 1000, 10**12))


def test_a_day_says_when_there_is_room_again() -> None:
    usage = Usage(hours={FIRST: 2, FIRST + 5: 3}, now=NOON + 6 * HOUR)
    first = refusal(Quota(jobs_a_day=5), usage, Load())
    assert first.retry_after == 18 * HOUR
    assert first.message.endswith("which is the most. They fit from 08:00 UTC on.")
    assert refusal(Quota(jobs_a_day=5), usage, Load(3, 3)).retry_after == 23 * HOUR
    assert refusal(Quota(jobs_a_day=5), usage, Load(6, 6)).retry_after is None


@given(
    st.dictionaries(st.integers(FIRST - DAY_HOURS + 1, FIRST), st.integers(1, 20), max_size=6),
    st.integers(1, 60),
    st.integers(1, 20),
    st.sampled_from([0.0, 0.25, 0.75]),
)
def test_after_the_time_that_is_said_it_fits_and_not_before(
    hours: dict[int, int], most: int, jobs: int, second: float
) -> None:
    quota, load = Quota(jobs_a_day=most), Load(jobs, jobs)
    if sum(hours.values()) + jobs <= most:
        quota.check(Usage(hours=hours), load)
        return
    now = NOON + 1234 + second
    error = refusal(quota, Usage(hours=hours, now=now), load)
    if error.retry_after is None:
        assert jobs > most
        return
    assert 0 < error.retry_after <= DAY_HOURS * HOUR
    then = (now + error.retry_after) // HOUR
    counted = [{hour: n for hour, n in hours.items() if hour > last - DAY_HOURS} for last in (then - 1, then)]
    assert refusal(quota, Usage(hours=counted[0]), load)
    quota.check(Usage(hours=counted[1]), load)


def test_a_server_without_quotas_has_none() -> None:
    assert not UNLIMITED
    assert all((Quota(waiting=1), Quota(jobs_a_day=1), Quota(kept_bytes=1)))
