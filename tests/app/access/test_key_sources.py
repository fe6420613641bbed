"""Fetched keys: kept for a while, fetched again seldom, and used on while their URL does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from app.access import key_sources
from app.access.errors import TokensUnverifiable
from app.access.key_sources import FRESH_S, RETRY_S, STALE_S, UNKNOWN_S, FetchedKeys
from tests.app.access.issuer import Issuer, issuing, jwk, key_set

pytestmark = pytest.mark.anyio

OLD, NEW = jwk("p256", 0, key_id="old"), jwk("p256", 1, key_id="new")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(OLD) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[FetchedKeys]:
    source = FetchedKeys(issuer.url, clock)
    yield source
    await source.close()


async def settled(source: FetchedKeys) -> None:
    """Wait for the fetch that goes on in the background."""
    if source._fetching is not None:
        await source._fetching


async def test_keys_are_fetched_once_when_they_are_needed(keys: FetchedKeys, issuer: Issuer) -> None:
    assert issuer.asked == 0
    found = await asyncio.gather(*(keys.find("old") for _ in range(20)))
    assert {key.key_id for key in found if key is not None} == {"old"}
    assert issuer.asked == 1


async def test_a_token_without_an_id_needs_a_set_of_one_key(keys: FetchedKeys, issuer: Issuer, clock: Clock) -> None:
    found = await keys.find(None)
    assert found is not None
    issuer.body = key_set(OLD, NEW)
    clock.now += UNKNOWN_S
    assert await keys.find("new") is not None
    assert await keys.find(None) is None


async def test_a_flood_of_unknown_ids_is_no_flood_of_fetches(keys: FetchedKeys, issuer: Issuer, clock: Clock) -> None:
    await keys.find("old")
    for number in range(200):
        assert await keys.find(f"unknown {number}") is None
    assert issuer.asked == 1
    issuer.body = key_set(OLD, NEW)
    assert await keys.find("new") is None
    clock.now += UNKNOWN_S
    found = await asyncio.gather(*(keys.find("new") for _ in range(20)))
    assert all(found)
    assert issuer.asked == 2


async def test_old_keys_are_fetched_anew_in_the_background(keys: FetchedKeys, issuer: Issuer, clock: Clock) -> None:
    await keys.find("old")
    issuer.body, issuer.delay_s = key_set(NEW), 0.2
    clock.now += FRESH_S + 1
    assert await keys.find("old") is not None  # does not wait
    await settled(keys)
    assert issuer.asked == 2
    assert await keys.find("old") is None  # a key that was withdrawn
    assert await keys.find("new") is not None


async def test_keys_are_used_on_for_a_day_while_the_url_does_not_answer(
    keys: FetchedKeys, issuer: Issuer, clock: Clock
) -> None:
    await keys.find("old")
    issuer.status = 500
    fetched_at = clock.now
    while clock.now < fetched_at + STALE_S:
        clock.now += 3600.0
        assert await keys.find("old") is not None
        await settled(keys)
    clock.now = fetched_at + STALE_S + 1
    with pytest.raises(TokensUnverifiable):
        await keys.find("old")
    issuer.status = 200
    clock.now += UNKNOWN_S
    assert await keys.find("old") is not None


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, key_set(OLD), "it answers 500"),
        (302, key_set(OLD), "it answers 302"),
        (200, b"no keys", "it is no JSON"),
        (200, b"{}", "it is no JSON Web Key Set"),
        (200, b" " * 2**20 + key_set(OLD), "it has more than 1048576 bytes"),
    ],
)
async def test_without_keys_no_token_can_be_verified(
    keys: FetchedKeys,
    issuer: Issuer,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    reason: str,
) -> None:
    good = issuer.body
    issuer.status, issuer.body, issuer.headers = status, body, {"Location": "/elsewhere.json"}
    with caplog.at_level(logging.WARNING, "likeness"):
        for _ in range(5):
            with pytest.raises(TokensUnverifiable):
                await keys.find("old")
    assert issuer.asked == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"the keys of LIKENESS_JWKS_URL cannot be fetched: {reason}"
    ]
    issuer.status, issuer.body = 200, good
    clock.now += RETRY_S
    assert await keys.find("old") is not None


async def test_a_url_that_is_silent_is_given_up(
    keys: FetchedKeys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sources, "FETCH_S", 0.1)
    issuer.delay_s = 0.5
    with pytest.raises(TokensUnverifiable):
        await keys.find("old")


async def test_a_url_that_nobody_listens_on(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TokensUnverifiable):
        await FetchedKeys("http://127.0.0.1:1/canary").find("old")
    assert "ConnectError" in caplog.text
    assert "canary" not in caplog.text


async def test_a_client_that_leaves_ends_no_fetch(keys: FetchedKeys, issuer: Issuer) -> None:
    issuer.delay_s = 0.2
    leaving = asyncio.create_task(keys.find("old"))
    staying = asyncio.create_task(keys.find("old"))
    await asyncio.sleep(0.05)
    leaving.cancel()
    assert await staying is not None
    assert issuer.asked == 1
