"""The form of a job → an order that can be kept: checked as far as is possible before it is done."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from app.http.order_form import Asked, asked_by, order_of, with_photo
from app.http.photo_answer import Answering
from app.http.routes.dependencies import disconnected
from app.http.schemas.forms import UpscaleForm
from app.observe.request_record import record_of
from app.work.errors import BadParameter
from app.work.file_check import check_files
from app.work.order import Order
from app.work.selection import check_offered
from app.work.service import Service
from pipeline.errors import PipelineError

OF_THE_JOB = ("kind", "webhook_url")  # fields of the form that are no options of the photo


async def job_order(request: Request, form: Any, answering: Answering) -> Order:
    """The order of a job, with its photo. Raises what `/enhance` would answer at once."""
    service = answering.service
    asked = await asked_by(request, form, job_values(form), answering)
    check_kept(asked, form, service)
    order = await order_of(form, form.kind, asked, threshold(form, service))
    if form.url:
        run = record_of(request.scope).run = service.new_run()
        fetching = with_photo(order, form.url, run, answering)
        order = await service.cancellation.until_unwanted(fetching, run, disconnected(request))
    try:
        await asyncio.to_thread(check_files, order, service.settings.photo_limits)
    except PipelineError as error:
        error.stage = error.stage or "decode"
        raise
    return order


def job_values(form: Any) -> Mapping[str, Any]:
    """Name → value of the form's options that belong to its `kind`. Raises `BadParameter` where others are given."""
    values = {name: value for name, value in dict(form).items() if name not in OF_THE_JOB}
    if form.kind == "enhance":
        return values
    foreign = [name for name in form.model_fields_set if name in values and name not in UpscaleForm.model_fields]
    if foreign:
        raise BadParameter(f"{' and '.join(sorted(foreign))} has no effect with kind=upscale.")
    return {name: value for name, value in values.items() if name in UpscaleForm.model_fields}


def check_kept(asked: Asked, form: Any, service: Service) -> None:
    """Raises `BadParameter` for a restorer that is not offered, and for a dry run, which makes nothing to be kept."""
    if form.kind == "enhance":
        check_offered("restorer", form.restorer, service.loaded_models.selection)
    if asked.output.dry_run:
        raise BadParameter("dry_run is for /api/v1/enhance and /api/v1/upscale: a job makes a picture.")


def threshold(form: Any, service: Service) -> float | None:
    """The threshold of identity, where faces are restored."""
    return service.settings.threshold_for(form.identity_threshold) if form.kind == "enhance" else None
