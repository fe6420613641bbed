"""Shares of the places: who may have one, for whom one is kept, and for how long clients are remembered."""

from __future__ import annotations

from app.work.shares import BODY_S, KEPT_S, MAX_CLIENTS, Shares
from tests.app.clock import Clock
from tests.app.work.asking import asks, before, gives_back


def test_one_client_alone_may_have_all_places(shares: Shares) -> None:
    assert asks(shares, "one", 20) == 9
    gives_back(shares, "one")
    assert asks(shares, "one", 5) == 1


def test_nobody_goes_beyond_a_share_while_another_is_refused(shares: Shares) -> None:
    assert asks(shares, "flood", 20) == 9
    assert asks(shares, "polite") == 0
    for _ in range(4):
        gives_back(shares, "flood")
        assert asks(shares, "flood", 20) == 0
    assert asks(shares, "polite", 5) == 4  # which free a share of 4.5
    gives_back(shares, "flood")
    assert asks(shares, "flood", 20) == 1
    gives_back(shares, "flood", 5)
    assert asks(shares, "polite") == 1
    assert asks(shares, "flood", 20) == 4


def test_two_clients_share_from_the_start_without_a_refusal(shares: Shares) -> None:
    assert asks(shares, "one", 4) == 4
    assert asks(shares, "other", 5) == 5


def test_a_refused_client_is_told_how_many_photos_are_before_it(shares: Shares) -> None:
    asks(shares, "flood", 9)
    assert before(shares, "flood") == 10  # all that are inside, and itself
    assert before(shares, "first") == 1
    shares.refuse("first", 3)
    assert before(shares, "second") == 2
    shares.refuse("second", 3)
    assert [before(shares, name) for name in ("first", "second", "third")] == [1, 2, 3]


def test_places_are_kept_in_the_order_of_the_refusals(shares: Shares) -> None:
    asks(shares, "flood", 9)
    for name in ("first", "second"):
        assert asks(shares, name) == 0
    gives_back(shares, "flood")
    assert asks(shares, "second") == asks(shares, "third") == 0
    assert asks(shares, "first") == 1
    gives_back(shares, "flood")
    assert asks(shares, "second") == 1


def test_a_client_that_was_let_in_stands_behind_those_that_were_refused_since(shares: Shares) -> None:
    asks(shares, "flood", 9)
    asks(shares, "first")
    asks(shares, "second")
    gives_back(shares, "flood")
    assert asks(shares, "first") == 1
    gives_back(shares, "first")
    assert asks(shares, "first") == 0
    assert asks(shares, "second") == 1


def test_a_place_is_kept_until_a_while_after_the_time_that_was_told(shares: Shares, clock: Clock) -> None:
    asks(shares, "flood", 9)
    asks(shares, "polite", retry_after=5)
    gives_back(shares, "flood")
    clock.now += 5 + BODY_S + KEPT_S - 0.1
    assert asks(shares, "flood") == 0
    clock.now += 0.2
    assert asks(shares, "flood") == 1
    assert "polite" not in shares


def test_a_client_that_was_served_keeps_the_others_to_their_share_for_its_next_photo(
    shares: Shares, clock: Clock
) -> None:
    asks(shares, "flood", 9)
    asks(shares, "polite", retry_after=1)
    gives_back(shares, "flood", 5)
    asks(shares, "polite")
    clock.now += 1 + BODY_S + KEPT_S  # the refusal is forgotten, the next is the flood's own
    asks(shares, "flood", 10)
    clock.now += 1
    gives_back(shares, "polite")
    assert asks(shares, "flood", 10) == 0
    assert "polite" in shares
    assert asks(shares, "polite") == 1


def test_a_client_that_was_served_is_forgotten_at_once_while_nobody_is_refused(shares: Shares) -> None:
    asks(shares, "one")
    gives_back(shares, "one")
    assert "one" not in shares


def test_no_place_is_kept_for_clients_that_were_served(shares: Shares) -> None:
    """Or many short visits to a busy server would keep its places empty."""
    asks(shares, "flood", 9)
    asks(shares, "flood")
    gives_back(shares, "flood", 5)
    for number in range(20):
        asks(shares, f"visitor {number}")
        gives_back(shares, f"visitor {number}")
    assert asks(shares, "another") == 1


def test_slots_are_not_kept(shares: Shares) -> None:
    asks(shares, "flood", 9)
    for number in range(20):
        asks(shares, f"gone {number}")
    gives_back(shares, "flood", 9)
    assert asks(shares, "flood") == 1
    assert asks(shares, "flood") == 0


def test_without_a_queue_each_client_takes_what_is_free() -> None:
    shares = Shares(slots=2, queue_size=0)
    for _ in range(2):
        shares.take("one")
    assert shares.photos_before("other", inside=2, is_complete=False) == 1
    shares.refuse("other", 3)
    shares.leave("one")
    assert shares.photos_before("one", inside=1, is_complete=False) == 0


def test_while_a_slot_is_free_a_client_without_a_place_and_a_complete_photo_may_have_one(shares: Shares) -> None:
    """The places are taken by uploads that may never be complete."""
    for number in range(9):
        shares.take(f"uploads {number}")
    for number in range(40):
        shares.refuse(f"waits {number}", 3)
    for client, is_complete in (("another", False), ("another", True), ("uploads 1", True)):
        assert shares.photos_before(client, inside=0, is_complete=is_complete) == 0
    # It may not read many bodies of one client for one slot. No more photos can be before it than are inside.
    assert shares.photos_before("uploads 1", inside=0, is_complete=False) == 1
    assert shares.photos_before("another", inside=1, is_complete=False) == 2


def test_a_flood_of_new_clients_does_not_fill_the_memory(shares: Shares) -> None:
    asks(shares, "flood", 9)
    for number in range(2 * MAX_CLIENTS):
        asks(shares, f"new {number}")
    assert sum(f"new {number}" in shares for number in range(2 * MAX_CLIENTS)) == MAX_CLIENTS


def test_all_clients_without_a_place_can_be_forgotten(shares: Shares) -> None:
    asks(shares, "flood", 9)
    asks(shares, "gone")
    gives_back(shares, "flood")
    shares.forget_all()
    assert "gone" not in shares
    assert "flood" in shares
    assert asks(shares, "flood") == 1
