"""Clients that were refused, or whose uploads are slow: for how long and for how many of them a place is kept."""

from __future__ import annotations

from app.connection.protocol import LINGER_S
from app.work.shares import Shares
from tests.app.clock import Clock
from tests.app.work.asking import asks, before, gives_back


def test_a_client_that_reads_its_refusal_after_its_body_finds_its_place_kept(shares: Shares, clock: Clock) -> None:
    """The body takes almost as long as a refused connection stays open."""
    asks(shares, "flood", 9)
    asks(shares, "polite", retry_after=2)
    gives_back(shares, "flood")
    clock.now += LINGER_S + 2
    assert asks(shares, "flood") == 0
    assert asks(shares, "polite") == 1


def test_a_client_waits_for_as_long_as_its_upload_lasts(shares: Shares, clock: Clock) -> None:
    asks(shares, "flood", 9)
    asks(shares, "slow")
    asks(shares, "later")
    gives_back(shares, "flood")
    shares.take("slow")
    shares.lapse("slow")
    clock.now += 55
    assert asks(shares, "flood") == asks(shares, "another") == 0
    assert before(shares, "slow") == 0
    shares.end_upload("slow")
    asks(shares, "flood")
    assert "slow" not in shares
    assert asks(shares, "another") == 1


def test_a_served_client_waits_while_its_next_upload_lasts(shares: Shares, clock: Clock) -> None:
    asks(shares, "flood", 9)
    asks(shares, "polite")
    gives_back(shares, "flood", 5)
    assert asks(shares, "polite") == 1
    asks(shares, "flood", 9)
    gives_back(shares, "polite")
    shares.take("polite")
    shares.lapse("polite")
    clock.now += 30
    assert asks(shares, "flood", 9) == 0
    assert asks(shares, "polite") == 1


def test_a_slow_upload_to_a_server_that_refuses_nobody_is_not_remembered(shares: Shares) -> None:
    shares.take("slow")
    shares.lapse("slow")
    assert "slow" not in shares
    shares.end_upload("slow")
    assert asks(shares, "other", 9) == 9


def test_at_most_half_of_the_queue_is_kept_for_stalled_uploads(shares: Shares, clock: Clock) -> None:
    asks(shares, "flood", 9)
    for number in range(9):
        asks(shares, f"stalls {number}")
        shares.take(f"stalls {number}")
        shares.lapse(f"stalls {number}")
    gives_back(shares, "flood", 8)
    clock.now += 50
    assert [asks(shares, f"honest {number}") for number in range(5)] == [1, 1, 1, 1, 0]


def test_no_place_is_kept_for_a_client_whose_photo_is_inside(shares: Shares) -> None:
    """It got what it waited for, so the next one must not find the place empty when that photo is done."""
    asks(shares, "flood", 9)
    asks(shares, "served")
    gives_back(shares, "flood")
    asks(shares, "served")
    gives_back(shares, "served")
    assert asks(shares, "another") == 1


def test_a_client_whose_upload_ended_without_a_photo_is_not_remembered(shares: Shares) -> None:
    asks(shares, "flood", 8)
    shares.take("stalls")
    asks(shares, "flood")
    shares.give_back("stalls")
    assert "stalls" not in shares
    assert asks(shares, "flood") == 1
