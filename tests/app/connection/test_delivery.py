"""How fast a client must take its answer, in seconds and bytes that the test chooses."""

from __future__ import annotations

import pytest

from app.connection.delivery import Delivery


def delivery() -> Delivery:
    """A client that had taken 1000 bytes when the server began to wait for it, at second 50."""
    return Delivery(1000, 50.0, patience_s=10, min_rate=100)


def test_a_client_that_takes_nothing_has_the_patience_once() -> None:
    client = delivery()
    assert client.fault(1000, 59.9) is None
    assert client.fault(1000, 60.0) == "answer_not_taken"


def test_a_client_that_was_fast_may_not_stop_for_longer_than_the_patience() -> None:
    client = delivery()
    assert client.fault(1_000_000, 51.0) is None
    assert client.fault(1_000_000, 60.9) is None
    assert client.fault(1_000_000, 61.0) == "answer_not_taken"


def test_a_client_below_the_rate_is_too_slow_after_the_patience() -> None:
    client = delivery()
    faults = [client.fault(1000 + 50 * second, 50.0 + second) for second in range(1, 22)]
    assert faults == [None] * 20 + ["answer_too_slow"]  # after 21 s it has 1050 bytes of 1100


def test_a_client_at_the_rate_is_never_too_slow() -> None:
    client = delivery()
    assert all(client.fault(1000 + 100 * second, 50.0 + second) is None for second in range(1, 2000))


def test_a_client_may_read_in_bursts() -> None:
    client = delivery()
    assert all(client.fault(1000 + 900 * (second // 9), 50.0 + second) is None for second in range(1, 900))


@pytest.mark.parametrize("size", [1000, 100_000])
def test_an_answer_has_a_time_by_its_size(size: int) -> None:
    """It reads no faster than it must, and lacks one byte of the answer at the end of this time."""
    client, latest = delivery(), 60 + size // 100
    for second in range(51, latest):
        assert client.fault(1000 + max(second - 50, 100 * (second - 60) + 1), float(second)) is None
    assert client.fault(1000 + size - 1, float(latest)) == "answer_too_slow"


def test_without_a_rate_it_must_only_take_something() -> None:
    client = Delivery(0, 0.0, patience_s=10, min_rate=0)
    assert all(client.fault(second, 9.0 * second) is None for second in range(1, 1000))
