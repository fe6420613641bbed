"""When a message is sent again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.webhooks import schedule
from jobs.webhooks.schedule import DELAYS, JITTER, LONGEST_ASKED, MINUTE, delay_s, pause_s


@pytest.mark.parametrize(
    ("attempts", "planned"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 1800), (6, 7200), (7, 21600), (50, 21600)]
)
def test_pauses_grow(attempts: int, planned: float) -> None:
    delays = {delay_s(attempts, None) for _ in range(50)}
    assert all(planned <= delay <= planned * (1 + JITTER) for delay in delays)
    assert len(delays) > 1


@pytest.mark.parametrize(("asked", "least"), [("60", 60), (" 7 ", 7), ("99999999", LONGEST_ASKED), ("1", 5), ("0", 5)])
def test_a_receiver_may_ask_for_more_time(asked: str, least: float) -> None:
    assert least <= delay_s(1, asked) <= least * (1 + JITTER)


def test_a_receiver_may_name_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule.time, "time", lambda: 1_000_000.0)
    date = format_datetime(datetime.fromtimestamp(1_000_600, UTC), usegmt=True)
    assert 600 <= delay_s(1, date) <= 600 * (1 + JITTER)
    past = format_datetime(datetime.fromtimestamp(time.time() - 10**6, UTC), usegmt=True)
    assert delay_s(1, past) <= 5 * (1 + JITTER)


@given(st.text() | st.integers().map(str) | st.floats().map(str), st.integers(1, 1000))
def test_no_text_hinders_the_next_attempt(text: str, attempts: int) -> None:
    assert DELAYS[0] <= delay_s(attempts, text) <= DELAYS[-1] * (1 + JITTER)


def test_messages_to_a_host_that_is_away_are_spread() -> None:
    pauses = [pause_s(30.0) for _ in range(100)]
    assert all(30 <= pause <= 30 + MINUTE for pause in pauses)
    assert max(pauses) - min(pauses) > 10
