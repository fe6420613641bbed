"""`GET /api/v1/config`: what the server accepts, for a client to build its form from."""

from dataclasses import asdict

from fastapi import APIRouter

from app.http.error_responses import ANYWHERE
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep
from app.http.schemas.forms import EnhanceForm
from app.http.schemas.state import Config, JobLimits, LackOut, Limits, PresetOut
from app.options import OPTIONS
from app.presets import PRESETS, fields_of
from app.settings import MEBIBYTE, Settings
from app.version import VERSION
from pipeline.codec.formats import INPUT_FORMATS
from pipeline.models.catalogue.lacking import lacks

router = APIRouter(prefix="/api/v1", tags=["server"], responses=ANYWHERE)


@router.get("/config", operation_id="config")
@Policy(public=True)
async def config(service: ServiceDep) -> Config:
    """Limits, defaults, choices and models, for a client to build its form from."""
    settings, selection = service.settings, service.loaded_models.selection
    recogniser = selection.recogniser
    offered = {"restorer": selection.offered_names("restorer"), "upscaler": selection.offered_names("upscaler")}
    threshold = None if recogniser is None else settings.threshold_for(own=recogniser.threshold)
    defaults = {name: field.default for name, field in EnhanceForm.model_fields.items()}
    for name in ("file", "url", "reference"):
        del defaults[name]
    bounds = {option.name: option.about.bounds for option in OPTIONS if option.about.bounds is not None}
    return Config(
        version=VERSION,
        limits=Limits(
            max_upload_mb=settings.max_upload_mb,
            max_input_megapixels=settings.max_input_megapixels,
            max_output_megapixels=settings.max_output_megapixels,
            deadline_s=settings.deadline_s,
            media_types=[row.media_type for row in INPUT_FORMATS],
            url_fetch=settings.url_fetch == "on",
            **bounds,
        ),
        defaults=defaults | {"restorer": offered["restorer"][0], "identity_threshold": threshold},
        choices={option.name: option.choices for option in OPTIONS if option.choices} | offered,
        identity_threshold=threshold,
        identity_recogniser=None if recogniser is None else recogniser.name,
        models=service.loaded_models.names(),
        lacking=[LackOut(**asdict(lack)) for lack in lacks(selection, settings.model_preferences)],
        jobs=_job_limits(settings),
        denoisers=[name for name in offered["upscaler"] if name in selection.denoise_with],
        presets={
            name: PresetOut(
                fields=fields_of(name, selection),
                models=[model for model in preset.models if model in {*offered["restorer"], *offered["upscaler"]}],
            )
            for name, preset in PRESETS.items()
        },
    )


def _job_limits(settings: Settings) -> JobLimits | None:
    if not settings.has_jobs:
        return None
    return JobLimits(
        batch_size=settings.batch_size,
        batch_mb=settings.max_batch_bytes / MEBIBYTE,
        archive_mb=settings.max_archive_bytes / MEBIBYTE,
        retention_hours=settings.retention_hours,
        timeout_s=settings.job_timeout_s,
        webhooks=bool(settings.webhook_secret),
        quota_waiting=settings.quota_waiting or None,
        quota_jobs_a_day=settings.quota_jobs_a_day or None,
        quota_mb=settings.quota_mb or None,
    )
