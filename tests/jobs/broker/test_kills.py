"""Workers that the kernel kills at any moment: each job ends once all the same, with the right pixels."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.app import samples
from tests.app.redis_server import RedisServer, needs_redis
from tests.app.work.services import order, synchronous
from tests.jobs.broker.conftest import engine_of
from tests.jobs.broker.test_worker import LEASE_S, eventually, final, states, submitted
from tests.jobs.broker.worker_process import working
from tests.jobs.workplace import Workplace

JOBS, KILLS = 20, 5
TILE_S = 0.01
PAUSES_S = (0.3, 0.8)  # all of them together: a job cannot lose its lease three times meanwhile, which would end it


@needs_redis
@pytest.mark.usefixtures("quick")
def test_workers_are_killed_at_random_times(play: Callable[..., None], redis: RedisServer) -> None:
    chance = random.Random(18)

    async def scene(place: Workplace) -> None:
        expected = await synchronous(place.service, order(samples.no_face()))
        async with engine_of(place) as engine:
            jobs = await submitted(place, JOBS)
            engine.added(jobs)
            with ExitStack() as stack:
                nature = {"tile_s": TILE_S, "lease_s": LEASE_S}
                workers = [stack.enter_context(working(place.settings, **nature)) for _ in range(2)]

                async def have_begun() -> bool:
                    return any(job.attempt for job in await states(place, jobs))

                await eventually(have_begun)
                for _ in range(KILLS):
                    await asyncio.sleep(chance.uniform(*PAUSES_S))
                    killed = workers.pop(chance.randrange(len(workers)))
                    killed.kill()
                    await asyncio.to_thread(killed.join)
                    workers.append(stack.enter_context(working(place.settings, **nature)))
                done = await final(place, jobs)
        assert {(job.state, job.error) for job in done} == {("succeeded", None)}
        assert 1 <= sum(job.attempt - 1 for job in done) <= KILLS  # nothing else is done again
        for job in done:
            assert job.result is not None
            assert await place.bytes_of(job.result.picture_key) == expected

    play(scene, broker_url=redis.url)
