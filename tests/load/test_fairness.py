"""A flood from one address and a polite client at another: the polite one gets its part."""

from __future__ import annotations

import asyncio
import time

from bench import crowd
from bench.crowd import FLOODERS, FLOODING, POLITE, Asked
from tests.app.fakes import FakeModels
from tests.app.server import serving

SECONDS = 6.0
PER_TILE_S = 0.002


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
