"""`POST /api/v1/enhance` and `/upscale`: a photo in, as a form or bare, the picture and its figures out."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from app.http import event_stream
from app.http.answer_type import EVENTS, PICTURES, answer_type
from app.http.error_responses import Responses, error_responses
from app.http.errors import error_statuses
from app.http.order_form import asked_by, order_of, with_photo
from app.http.photo_answer import Answering, answer_to
from app.http.photo_request import PhotoRoute
from app.http.policy import Policy
from app.http.routes.dependencies import fields_in_query
from app.http.schemas.answers import DryRunResponse, EnhanceResponse
from app.http.schemas.forms import EnhanceForm, UpscaleForm
from app.work.order import Order, Task
from app.work.selection import check_offered
from pipeline.codec.formats import INPUT_FORMATS
from pipeline.run import Run


def photo_router(**options: Any) -> APIRouter:
    """A router for addresses that take photos."""
    return APIRouter(
        route_class=PhotoRoute,
        # Four files: photo and reference, each twice, so that a repeated one is refused by its field's name.
        form_limits={"max_files": 4, "max_fields": 64, "max_part_size": 4096},
        **options,
    )


router = photo_router(prefix="/api/v1", tags=["photos"])


async def _answering(request: Request) -> Answering:
    found: Answering = request.app.state.answering
    return found


AnsweringDep = Annotated[Answering, Depends(_answering)]

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_ANSWERS: Responses = {
    200: {
        "model": EnhanceResponse | DryRunResponse,
        "description": "The picture in base64 and its figures; of a dry run what they would be. If `Accept` asks for "
        "an image, the picture itself; for text/event-stream, events of how far it is, and then the result or what "
        "went wrong.",
        "content": dict.fromkeys(PICTURES, _PICTURE) | {EVENTS: {"schema": event_stream.schema()}},
    },
    304: {"description": "`If-None-Match` names the ETag of this answer: the client has it already"},
    **error_responses(*error_statuses()),
}
_ACCEPTED = ", ".join(row.media_type for row in INPUT_FORMATS)
_ENCODINGS = {name: {"contentType": _ACCEPTED} for name in ("file", "reference")}
_BODY = {
    "description": "A form. Or the photo itself, as image/* or application/octet-stream; the other fields of the form, "
    "but for `reference` and `url`, are then in the query: `?upscale_factor=2&output_format=jpeg`. A form takes no "
    "query.",
    "content": {"multipart/form-data": {"encoding": _ENCODINGS}}
    | {row.media_type: {"schema": _PICTURE["schema"]} for row in INPUT_FORMATS},
}
_DESCRIBED: dict[str, Any] = {
    "responses": _ANSWERS,
    "response_class": Response,
    "openapi_extra": {"requestBody": _BODY},
}


@router.post("/enhance", operation_id="enhance", dependencies=[Depends(fields_in_query(EnhanceForm))], **_DESCRIBED)
@Policy(counted=True, guarded=True)
async def enhance(
    request: Request,
    form: Annotated[EnhanceForm, Form(media_type="multipart/form-data")],
    answering: AnsweringDep,
) -> Response:
    """Restore the faces of a photo, enlarge it, and measure the result."""
    check_offered("restorer", form.restorer, answering.service.loaded_models.selection)
    threshold = answering.service.settings.threshold_for(form.identity_threshold)
    return await _answer(request, form, threshold, "enhance", answering)


@router.post("/upscale", operation_id="upscale", dependencies=[Depends(fields_in_query(UpscaleForm))], **_DESCRIBED)
@Policy(counted=True, guarded=True)
async def upscale(
    request: Request,
    form: Annotated[UpscaleForm, Form(media_type="multipart/form-data")],
    answering: AnsweringDep,
) -> Response:
    """Enlarge a photo without looking for faces."""
    return await _answer(request, form, None, "upscale", answering)


async def _answer(
    request: Request,
    form: UpscaleForm,
    identity_threshold: float | None,
    task: Task,
    answering: Answering,
) -> Response:
    asked = await asked_by(request, form, dict(form), answering)
    version, has_picture = request.scope["http_version"], not asked.output.dry_run
    media_type = answer_type(request.headers, version, asked.output.output_format, has_picture=has_picture)
    output = replace(asked.output, output_format=PICTURES.get(media_type, asked.output.output_format))
    order = await order_of(form, task, replace(asked, output=output), identity_threshold)

    async def complete(run: Run) -> Order:
        return await with_photo(order, form.url, run, answering)

    return await answer_to(complete, media_type, request, answering)
