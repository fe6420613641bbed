"""`/api/v1/status`, `/config` and `/models`: what the server is doing, what it accepts, what it works with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import get_args

import psutil
from fastapi import APIRouter, Request

from app.http.answers import ANYWHERE, ON_THE_DEVICE
from app.http.policy import Policy
from app.http.routes.dependencies import EngineDep, ServiceDep, SettingsDep, disconnected
from app.http.routes.photos import PICTURES
from app.http.schemas import (
    FACTOR_BOUNDS,
    QUALITY_BOUNDS,
    STRENGTH_BOUNDS,
    THRESHOLD_BOUNDS,
    Config,
    EnhanceForm,
    Limits,
    Memory,
    ModelOut,
    Status,
    WarmupResponse,
)
from app.version import VERSION
from app.work.memory import free_bytes, resident_bytes
from pipeline.models.catalogue.weights import installed
from pipeline.options import Background, ColorCorrection, FaceChoice, IdentityPolicy, OutputFormat
from pipeline.warmup import warm_up

router = APIRouter(prefix="/api/v1", tags=["server"], responses=ANYWHERE)


@router.get("/status", operation_id="status")
@Policy()
async def status(service: ServiceDep, settings: SettingsDep) -> Status:
    """Slots, queue, memory and device at this moment."""
    return Status(
        version=VERSION,
        uptime_s=round(time.monotonic() - service.started, 1),
        ready=service.readiness == "ready",
        slots=settings.slots,
        slots_in_use=service.admission.on_device,
        queue_size=settings.queue_size,
        queue_length=service.admission.waiting,
        memory=Memory(resident=resident_bytes(), available=free_bytes(), total=psutil.virtual_memory().total),
        device=service.engine.runtime.describe(),
    )


@router.get("/config", operation_id="config")
@Policy(public=True)
async def config(settings: SettingsDep, engine: EngineDep) -> Config:
    """Limits, defaults, choices and models, for a client to build its form from."""
    fields = EnhanceForm.model_fields
    defaults = {name: field.default for name, field in fields.items() if name not in ("file", "reference")}
    defaults["restorer"] = engine.selection.offered_names("restorer")[0]
    recogniser = engine.selection.recogniser
    threshold = None if recogniser is None else settings.threshold_for(own=recogniser.threshold)
    defaults["identity_threshold"] = threshold
    return Config(
        version=VERSION,
        limits=Limits(
            max_upload_mb=settings.max_upload_mb,
            max_input_megapixels=settings.max_input_megapixels,
            max_output_megapixels=settings.max_output_megapixels,
            deadline_s=settings.deadline_s,
            media_types=list(PICTURES),
            upscale_factor=FACTOR_BOUNDS,
            strength=STRENGTH_BOUNDS,
            quality=QUALITY_BOUNDS,
            identity_threshold=THRESHOLD_BOUNDS,
            denoise_strength=STRENGTH_BOUNDS,
        ),
        defaults=defaults,
        choices={
            "faces": list(get_args(FaceChoice)),
            "color_correction": list(get_args(ColorCorrection)),
            "background": list(get_args(Background)),
            "identity_policy": list(get_args(IdentityPolicy)),
            "output_format": list(get_args(OutputFormat)),
            "restorer": engine.selection.offered_names("restorer"),
            "upscaler": engine.selection.offered_names("upscaler"),
        },
        identity_threshold=threshold,
        identity_recogniser=None if recogniser is None else recogniser.name,
        models=engine.names(),
    )


@router.get("/models", operation_id="models")
@Policy()
async def models(settings: SettingsDep, engine: EngineDep) -> list[ModelOut]:
    """Every model in the registry, whether its file is here, and whether it is in use."""
    selection = engine.selection
    defaults = {model.name for models in selection.defaults.values() for model in models}
    in_use = set(engine.names().values()) or defaults
    scales = engine.upscaler_scales()
    return [
        ModelOut(
            name=model.name,
            role=model.role,
            origin=model.origin,
            file=Path(model.file).name,
            bytes=model.bytes,
            licence=model.licence,
            commercial_use=model.commercial_use,
            scale=model.scale or scales.get(model.name),
            threshold=model.threshold,
            installed=installed(model, settings.weights_dir),
            in_use=model.name in in_use,
            offered=model in selection.offered[model.role],
        )
        for model in selection.known
    ]


@router.post("/models/warmup", operation_id="warmup", responses=ON_THE_DEVICE)
@Policy(counted=True)
async def warmup(request: Request, service: ServiceDep) -> WarmupResponse:
    """Run every model once, in its turn on the device."""
    service.check()
    await request.body()  # whatever it is: a client is heard going away only behind it
    run = request.scope.setdefault("facts", {})["run"] = service.new_run()
    work = service.warm_up(warm_up, run)
    return WarmupResponse(timings_ms=await service.while_wanted(work, run, disconnected(request)))
