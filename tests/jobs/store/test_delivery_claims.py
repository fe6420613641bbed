"""Which webhooks are sent next: owners take turns, and a host gets no more than a few places."""

from __future__ import annotations

from collections import Counter

import pytest

from jobs.job import JobError
from jobs.store.delivery_claims import PER_HOST, PER_OWNER
from jobs.store.store import JobStore, open_store
from jobs.webhooks.webhook import Delivery
from tests.jobs.store.samples import HOUR, LEASE, new_job

pytestmark = pytest.mark.anyio

ERROR = JobError("A sentence.", "decode", "broken_image")
PLACES = 16


async def ended(store: JobStore, owner: str, *urls: str) -> None:
    for url in urls:
        await store.add(new_job(owner), keep_s=HOUR, error=ERROR, webhook_url=url)


def hosts(number: int) -> list[str]:
    return [f"https://{each}.example.org/hook" for each in range(number)]


def owners_of(deliveries: list[Delivery]) -> Counter[str]:
    return Counter(delivery.owner for delivery in deliveries)


async def test_a_flood_of_one_owner_leaves_places_to_others(store: JobStore) -> None:
    await ended(store, "eve", *hosts(40))
    await ended(store, "ada", *hosts(2))
    first = await store.outbox.claim(LEASE, limit=PLACES)
    assert owners_of(first) == {"eve": PER_OWNER, "ada": 2}
    assert await store.outbox.claim(LEASE, limit=PLACES, sending=first) == []


async def test_a_place_that_becomes_free_goes_to_who_has_the_fewest(store: JobStore) -> None:
    for owner in ("eve", "mallory"):
        await ended(store, owner, *hosts(20))
    busy = await store.outbox.claim(LEASE, limit=PLACES)
    assert owners_of(busy) == {"eve": PLACES // 2, "mallory": PLACES // 2}
    await ended(store, "ada", *hosts(3))
    for has in range(3):
        free = busy.pop()
        assert free.owner in ("eve", "mallory")
        (claimed,) = await store.outbox.claim(LEASE, limit=1, sending=busy)
        assert claimed.owner == "ada"
        busy.insert(0, claimed)
        assert owners_of(busy)["ada"] == has + 1


async def test_the_owner_who_waits_longest_is_first_among_equals(store: JobStore) -> None:
    for owner in ("zoe", "ada", "eve"):
        await ended(store, owner, *hosts(2))
    order = [delivery.owner for _ in range(6) for delivery in await store.outbox.claim(LEASE, limit=1)]
    assert order == ["zoe", "zoe", "ada", "ada", "eve", "eve"]


async def test_a_host_gets_few_places_of_all_owners_together(store: JobStore) -> None:
    for owner in ("ada", "eve", "mallory"):
        await ended(store, owner, *hosts(1) * PER_HOST)
    first = await store.outbox.claim(LEASE, limit=PLACES)
    assert len(first) == PER_HOST
    assert set(owners_of(first)) == {"ada", "eve", "mallory"}
    assert await store.outbox.claim(LEASE, limit=PLACES, sending=first) == []
    await ended(store, "ada", "https://other.example.org/")
    (other,) = await store.outbox.claim(LEASE, limit=PLACES, sending=first)
    assert other.host == "other.example.org"
    assert len(await store.outbox.claim(LEASE, limit=PLACES, sending=first[1:])) == 1


async def test_a_host_that_is_left_alone_is_passed_over(store: JobStore) -> None:
    await ended(store, "ada", *["https://AWAY.example.org./hook"] * 30, "https://here.example.org/")
    (found,) = await store.outbox.claim(LEASE, limit=PLACES, resting=["away.example.org"])
    assert found.host == "here.example.org"
    assert len(await store.outbox.claim(LEASE, limit=PLACES)) == PER_HOST


async def test_owners_who_can_send_nothing_keep_no_place(store: JobStore) -> None:
    for number in range(PLACES + 1):
        await ended(store, f"owner-{number}", "https://away.example.org/hook")
    await ended(store, "zoe", "https://here.example.org/")
    (found,) = await store.outbox.claim(LEASE, limit=1, resting=["away.example.org"])
    assert found.owner == "zoe"


async def test_several_processes_get_all_of_it_once(store: JobStore, database: str) -> None:
    other = await open_store(database)
    for owner in ("ada", "eve", ""):
        await ended(store, owner, *hosts(10))
    found: list[Delivery] = []
    while claimed := [*await store.outbox.claim(LEASE, limit=5), *await other.outbox.claim(LEASE, limit=5)]:
        found += claimed
    assert len(found) == len({delivery.id for delivery in found}) == 30
    await other.close()
