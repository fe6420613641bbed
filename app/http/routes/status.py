"""`GET /api/v1/status`: what the server is doing."""

import time
from typing import Any

import psutil
from fastapi import APIRouter, Request

from app.http.error_responses import ANYWHERE, error_responses
from app.http.jobs.route import Jobs
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep
from app.http.schemas.state import Memory, Status, Sweeps, WorkerOut
from app.version import VERSION
from app.work.memory import free_bytes, resident_bytes

router = APIRouter(prefix="/api/v1", tags=["server"], responses=ANYWHERE)


@router.get("/status", operation_id="status", responses=error_responses(503))
@Policy()
async def status(request: Request, service: ServiceDep) -> Status:
    """Slots, queue, memory, device and jobs at this moment."""
    jobs: Jobs | None = request.app.state.jobs
    return Status(
        version=VERSION,
        uptime_s=round(time.monotonic() - service.started, 1),
        ready=service.readiness == "ready",
        slots=service.settings.slots,
        slots_in_use=service.admission.on_device,
        queue_size=service.settings.queue_size,
        queue_length=service.admission.waiting,
        memory=Memory(resident=resident_bytes(), available=free_bytes(), total=psutil.virtual_memory().total),
        device=service.loaded_models.runtime.describe(),
        **({"jobs": None, "queues": None, "workers": None, "sweeps": None} if jobs is None else await _of_jobs(jobs)),
    )


async def _of_jobs(jobs: Jobs) -> dict[str, Any]:
    census, sweeper = await jobs.counting.census(), jobs.sweeper
    queues, latest = census.engine.queues, sweeper.latest
    workers = [
        WorkerOut(name=worker.name, queues=list(worker.queues), busy=worker.job is not None)
        for worker in census.engine.workers
    ]
    sweeps = Sweeps(
        count=sweeper.sweeps,
        last_s=None if sweeper.swept_at is None else round(time.monotonic() - sweeper.swept_at, 1),
        last_jobs=0 if latest is None else latest.jobs,
        last_orphans=0 if latest is None else latest.orphans,
    )
    return {
        "jobs": dict(census.states),
        "queues": None if queues is None else dict(queues),
        "workers": None if queues is None else workers,
        "sweeps": sweeps,
    }
