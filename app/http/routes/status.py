"""`GET /api/v1/status`: what the server is doing."""

import time

import psutil
from fastapi import APIRouter, Request

from app.http.error_responses import ANYWHERE, error_responses
from app.http.jobs.route import Jobs
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep
from app.http.schemas.state import Memory, Status
from app.version import VERSION
from app.work.memory import free_bytes, resident_bytes

router = APIRouter(prefix="/api/v1", tags=["server"], responses=ANYWHERE)


@router.get("/status", operation_id="status", responses=error_responses(503))
@Policy()
async def status(request: Request, service: ServiceDep) -> Status:
    """Slots, queue, memory and device at this moment."""
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
        jobs=None if jobs is None else await jobs.store.counts(),
    )
