"""Workers with fake models as processes of their own, forked from one that has imported all they need."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import kombu.transport.redis
import pytest

from app.settings import Settings
from app.work import loaded_models
from app.work.selection import select
from jobs.broker import celery_app, worker
from jobs.broker.process import run_worker
from jobs.broker.queues import QUEUES
from jobs.job import Job
from jobs.run import attempt, claiming, heartbeat
from pipeline.types import Image
from tests.app.fakes import FakeModels, FakeUpscaler

PATIENCE_S = 30.0
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Nature:
    """How a worker is. `tile_s`: seconds that each tile takes it. `gate`: a file without which no tile is done.
    `visibility_s`: after which it takes messages that others do not acknowledge. `skew_s`: how far its clock is ahead.
    `is_deadly`: each photo kills it.
    """

    tile_s: float = 0.0
    gate: Path | None = None
    lease_s: float = heartbeat.LEASE_S
    visibility_s: float | None = None
    skew_s: float = 0.0
    is_deadly: bool = False
    queues: Sequence[str] = QUEUES


@contextmanager
def working(settings: Settings, **nature: Any) -> Iterator[ForkServerProcess]:
    """A worker that runs. It is killed at the end, if it has not ended before."""
    given = {name: getattr(settings, name) for name in ("data_dir", "database_url", "objects_url", "broker_url")}
    process = _CONTEXT.Process(target=_work, args=(given, Nature(**nature)), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(PATIENCE_S)


def _work(given: dict[str, Any], nature: Nature) -> None:
    settings = Settings(models="embedded", device="cpu", grace_s=5, **given)
    fakes = FakeModels()
    fakes.upscaler.seconds = nature.tile_s
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded_models, "load", lambda *_: fakes())
        for module in (attempt, claiming, heartbeat):
            patch.setattr(module, "LEASE_S", nature.lease_s)
        if nature.gate is not None:
            _hold(patch, fakes.upscaler, nature.gate)
        if nature.is_deadly:
            patch.setattr(worker, "run_job", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        if nature.visibility_s is not None:
            _be_impatient(patch, nature.visibility_s)
        if nature.skew_s:
            _be_ahead(patch, nature.skew_s)
        sys.exit(0 if run_worker(settings, select(settings), nature.queues) else 1)


def _hold(patch: pytest.MonkeyPatch, upscaler: FakeUpscaler, gate: Path) -> None:
    """The tiles of jobs, not those of the warm-up."""
    upscale, run_job, has_job = upscaler.upscale, worker.run_job, threading.Event()

    def held(tiles: Sequence[Image]) -> list[Image]:
        while has_job.is_set() and not gate.exists():
            time.sleep(0.01)
        return upscale(tiles)

    async def noticed(*arguments: Any) -> Job:
        has_job.set()
        return await run_job(*arguments)

    patch.setattr(upscaler, "upscale", held)
    patch.setattr(worker, "run_job", noticed)


def _be_impatient(patch: pytest.MonkeyPatch, visibility_s: float) -> None:
    transport = celery_app._transport
    often = {"visibility_timeout": visibility_s, "unacked_restore_interval": 0.1, "unacked_restore_throttle": 1}
    patch.setattr(celery_app, "_transport", lambda *arguments: transport(*arguments) | often)


def _be_ahead(patch: pytest.MonkeyPatch, skew_s: float) -> None:
    right = time.time
    for module in (time, kombu.transport.redis):
        patch.setattr(module, "time", lambda: right() + skew_s)
