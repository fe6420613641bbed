"""`POST /api/v1/cleanup`: what has expired is removed now."""

from fastapi import APIRouter

from app.access.errors import NotAnOperator
from app.http.error_responses import ANYWHERE, error_responses
from app.http.jobs.route import JobRoute, JobsDep, OwnerDep
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep
from app.http.schemas.state import Cleanup
from jobs.errors import CleanupRunning

router = APIRouter(prefix="/api/v1", tags=["server"], route_class=JobRoute)


@router.post("/cleanup", operation_id="cleanup", responses={**ANYWHERE, **error_responses(403, 404, 409, 503)})
@Policy()
async def cleanup(service: ServiceDep, jobs: JobsDep, owner: OwnerDep) -> Cleanup:
    """Remove expired jobs and objects that belong to no job now, and not within minutes. For operators."""
    if owner not in service.settings.operators:
        raise NotAnOperator
    if jobs.sweeper.is_sweeping:
        raise CleanupRunning("A cleanup is running on this server already.")
    swept = await jobs.sweeper.sweep()
    return Cleanup(jobs=swept.jobs, objects=swept.orphans)
