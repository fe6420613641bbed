"""`/api/v1/models`: what the server works with, and a warm-up of it."""

from pathlib import Path

from fastapi import APIRouter, Request

from app.http.client import client_name
from app.http.error_responses import ANYWHERE, error_responses
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep, disconnected
from app.http.schemas.state import ModelOut, WarmupResponse
from app.observe.request_record import record_of
from pipeline.models.catalogue.weights import installed
from pipeline.warmup import warm_up

router = APIRouter(prefix="/api/v1/models", tags=["server"], responses=ANYWHERE)


@router.get("", operation_id="models")
@Policy()
async def models(service: ServiceDep) -> list[ModelOut]:
    """Every model in the registry, whether its file is here, and whether it is in use."""
    loaded_models, selection = service.loaded_models, service.loaded_models.selection
    defaults = {model.name for models in selection.defaults.values() for model in models}
    in_use = set(loaded_models.names().values()) or defaults
    scales = loaded_models.upscaler_scales()
    return [
        ModelOut(
            name=model.name,
            role=model.role,
            origin=model.origin,
            file=Path(model.file).name,
            bytes=model.bytes or 0,
            licence=model.licence,
            commercial_use=model.commercial_use,
            scale=(model.scale or scales.get(model.name)) if model.role == "upscaler" else 1,
            threshold=model.threshold,
            installed=installed(model, service.settings.weights_dir),
            in_use=model.name in in_use,
            offered=model in selection.offered[model.role],
        )
        for model in selection.known
    ]


@router.post("/warmup", operation_id="warmup", responses=error_responses(403, 429, 503, 504))
@Policy(counted=True)
async def warmup(request: Request, service: ServiceDep) -> WarmupResponse:
    """Run every model once, in its turn on the device."""
    with service.arriving(client_name(request.scope)) as arrival:
        await request.body()  # ASGI reports a client's leaving only after the whole body
        run = record_of(request.scope).run = service.new_run()
        work = service.warm_up(warm_up, arrival, run)
        timings_ms = await service.cancellation.until_unwanted(work, run, disconnected(request))
    return WarmupResponse(timings_ms=timings_ms)
