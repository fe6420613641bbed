"""A flood from one address and a polite client at another: the polite one gets its part, also if its upload is slow."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.work import shares
from bench import crowd
from bench.crowd import FLOODERS, FLOODING, POLITE, Asked
from tests.app.fakes import FakeModels
from tests.app.server import serving

pytestmark = pytest.mark.alone

SECONDS = 6.0
PER_TILE_S = 0.002
UPLOAD_S, PARTS = 1.5, 10  # of a slow client
BODY_S, KEPT_S = 2.0, 0.3


def test_a_flood_does_not_starve_a_polite_client() -> None:
    fakes, asked = FakeModels(), list[Asked]()
    fakes.upscaler.seconds = PER_TILE_S

    async def ask(port: int) -> None:
        request, end = crowd.enhance_request(side=64), time.monotonic() + SECONDS
        flooders = (crowd.client(port, FLOODING, request, end, 0.0, asked) for _ in range(FLOODERS))
        await asyncio.gather(*flooders, crowd.client(port, POLITE, request, end, None, asked))

    with serving(fakes) as server:
        asyncio.run(ask(server.port))
    assert {one.status for one in asked} == {200, 503}
    assert crowd.report_shares(asked) == 0, asked


def test_a_flood_does_not_starve_a_client_whose_upload_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads a refusal only after its body, as most clients do. That takes longer than it may come back late."""
    monkeypatch.setattr(shares, "BODY_S", BODY_S)
    monkeypatch.setattr(shares, "KEPT_S", KEPT_S)
    fakes, asked, slow = FakeModels(), list[Asked](), list[int]()
    fakes.upscaler.seconds = PER_TILE_S

    async def ask(port: int) -> None:
        request, end = crowd.enhance_request(side=64), time.monotonic() + 2 * SECONDS
        flooders = (crowd.client(port, FLOODING, request, end, 0.0, asked) for _ in range(FLOODERS))
        await asyncio.gather(*flooders, send_slowly(port, request, end, slow))

    with serving(fakes) as server:
        asyncio.run(ask(server.port))
    assert slow.count(200) >= 2, slow


async def send_slowly(port: int, request: bytes, end: float, statuses: list[int]) -> None:
    """Send one photo after the other until `end`, in parts, and keep to Retry-After."""
    size = len(request) // PARTS + 1
    while time.monotonic() < end:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(POLITE, 0))
        for start in range(0, len(request), size):
            writer.write(request[start : start + size])
            await asyncio.sleep(UPLOAD_S / PARTS)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.read()
        writer.close()
        statuses.append(int(head.split()[1]))
        if statuses[-1] != 200:
            await asyncio.sleep(crowd.retry_after(head))
