"""A service without HTTP, and photos that somebody waits for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.settings import Settings
from app.work import loaded_models
from app.work.dry_report import DryRun
from app.work.loaded_models import LoadedModels
from app.work.order import Order, Task
from app.work.photo import Finished
from app.work.service import Service
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run


def service_with(models: Models, **settings: Any) -> Service:
    """A service with these models, ready for work."""
    chosen = Settings(**{"models": "embedded", "device": "cpu", **settings})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded_models, "load", lambda *_: models)
        service = Service(chosen, LoadedModels(chosen))
        service.loaded_models.threads.submit(lambda: service.loaded_models.load(measure_pace=False)).result()
    service.memory.settle()
    return service


@asynccontextmanager
async def serving(models: Models, **settings: Any) -> AsyncIterator[Service]:
    """A service with these models for the length of the block."""
    service = service_with(models, **settings)
    try:
        yield service
    finally:
        service.close()


def order(file: bytes, task: Task = "upscale", **options: Any) -> Order:
    return Order(task, file, None, EnhanceOptions(**options))


async def synchronous(service: Service, wanted: Order, client: str = "somebody") -> bytes:
    """The picture of a photo that somebody waits for."""

    def picture(done: Finished | DryRun, run: Run) -> bytes:
        assert isinstance(done, Finished)
        return done.picture.data

    with service.arriving(client) as arrival:
        return (await service.process(wanted, arrival, service.new_run(), picture)).body


async def until(condition: Callable[[], object], within: float = 30.0) -> None:
    """Wait until the condition holds; fail if it never does."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "the condition never held"
        await asyncio.sleep(0.005)
