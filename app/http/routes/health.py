"""`/api/v1/health`: whether the process works, whether it takes photos, and with which models and device."""

import time
from typing import Literal

from fastapi import APIRouter, Response

from app.http.error_responses import ANYWHERE
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep
from app.http.schemas.state import Health, Liveness, Readiness
from app.version import VERSION

router = APIRouter(prefix="/api/v1/health", tags=["health"], responses=ANYWHERE)


@router.head("/live", include_in_schema=False)
@router.get("/live", operation_id="live", responses={503: {"model": Liveness}})
@Policy(public=True, quiet=True)
async def live(service: ServiceDep, response: Response) -> Liveness:
    """200 while the process is sound; 503 once it can never serve, so that it is replaced."""
    if service.readiness == "failed":
        response.status_code = 503
        return Liveness(status="failed")
    return Liveness(status="alive")


@router.head("/ready", include_in_schema=False)
@router.get("/ready", operation_id="ready", responses={503: {"model": Readiness}})
@Policy(public=True, quiet=True)
async def ready(service: ServiceDep, response: Response) -> Readiness:
    """200 once every model is loaded and has run; 503 before, and as soon as the server is told to stop."""
    if service.readiness != "ready":
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return Readiness(status=service.readiness, detail=service.loaded_models.failure)


@router.head("", include_in_schema=False)
@router.get("", operation_id="health", responses={503: {"model": Health}})
@Policy(public=True, quiet=True)
async def health(service: ServiceDep, response: Response) -> Health:
    """The whole picture; 503 unless photos are accepted."""
    loaded_models = service.loaded_models
    words: dict[str, Literal["healthy", "starting", "stopping", "unhealthy"]]
    words = {"ready": "healthy", "loading": "starting", "draining": "stopping", "failed": "unhealthy"}
    if service.readiness != "ready":
        response.status_code = 503
    return Health(
        status=words[service.readiness],
        version=VERSION,
        ready=Readiness(status=service.readiness, detail=loaded_models.failure),
        models=loaded_models.names(),
        device=loaded_models.runtime.describe(),
        uptime_s=round(time.monotonic() - service.started, 1),
    )
