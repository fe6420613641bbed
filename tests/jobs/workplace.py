"""A table of jobs and an object store in a folder of the test, and a service of fakes that works for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app.settings import Settings
from app.work.order import Order
from app.work.service import Service
from jobs.engine.in_process import InProcessEngine
from jobs.job import Job, NewJob
from jobs.keys import photo_key, reference_key
from jobs.objects import ObjectStore
from jobs.places import open_places
from jobs.run import payload
from jobs.run.attempt import MAX_ATTEMPTS, run_job
from jobs.run.heartbeat import LEASE_S
from jobs.store.store import JobStore
from tests.app.fakes import FakeModels
from tests.app.work.services import serving

OWNER = "somebody"


@dataclass(frozen=True)
class Workplace:
    settings: Settings
    store: JobStore
    objects: ObjectStore
    service: Service

    async def submit(
        self, order: Order, *, owner: str = OWNER, keep_s: float = 3600.0, asked: dict[str, Any] | None = None
    ) -> Job:
        """A queued job, whose photo lies in the store."""
        job_id = uuid7()
        reference = None if order.reference is None else reference_key(job_id)
        await self.objects.put(photo_key(job_id), order.file)
        if reference is not None and order.reference is not None:
            await self.objects.put(reference, order.reference)
        new = NewJob(
            id=job_id,
            owner=owner,
            kind=order.task,
            file_name="photo.jpg",
            asked=payload.dump(order) if asked is None else asked,
            input_key=photo_key(job_id),
            reference_key=reference,
        )
        job, is_new = await self.store.add(new, keep_s=keep_s)
        assert is_new
        return job

    async def claim(self, lease_s: float = LEASE_S) -> Job:
        """The next job, begun."""
        job = await self.store.claim(lease_s, max_attempts=MAX_ATTEMPTS)
        assert job is not None
        return job

    async def run(self, job: Job, objects: ObjectStore | None = None, store: JobStore | None = None) -> Job:
        """The job after an attempt at it."""
        await run_job(job, store or self.store, objects or self.objects, self.service, lambda _: None)
        return await self.get(job.id)

    async def done(self, order: Order) -> Job:
        """A new job after its first attempt."""
        await self.submit(order)
        return await self.run(await self.claim())

    async def get(self, job_id: UUID) -> Job:
        return await self.store.get(job_id, OWNER)

    async def keys(self) -> set[str]:
        """All objects in the store."""
        return {entry.key async for entry in self.objects.list()}

    async def bytes_of(self, key: str) -> bytes:
        return await self.objects.read(key, max_bytes=2**30)

    def engine(self) -> InProcessEngine:
        return InProcessEngine(self.store, self.objects, self.service, self.settings)


@asynccontextmanager
async def workplace(folder: Path, fakes: FakeModels, **settings: Any) -> AsyncIterator[Workplace]:
    """All of it, with a service that has just begun."""
    async with serving(fakes(), data_dir=folder, **settings) as service:
        fakes.upscaler.tiles = 0
        store, objects = await open_places(service.settings)
        try:
            yield Workplace(service.settings, store, objects, service)
        finally:
            await store.close()
