"""`POST /api/v1/enhance` and `/upscale`: a photo in, as a form or bare, the picture and its figures out."""

from collections import Counter
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import Response

from app.http import event_stream
from app.http.answer_type import EVENTS, PICTURES, answer_type
from app.http.encoded_picture import encoding_of
from app.http.error_responses import Responses, error_responses
from app.http.errors import error_statuses
from app.http.photo_answer import Answering, answer_to
from app.http.photo_request import PhotoRoute
from app.http.policy import Policy
from app.http.routes.dependencies import fields_in_query
from app.http.schemas.answers import DryRunResponse, EnhanceResponse
from app.http.schemas.forms import EnhanceForm, UpscaleForm
from app.options import enhance_options, output_options
from app.presets import preset_fields
from app.work.errors import BadParameter
from app.work.order import Order, Task
from app.work.output_file import check_output
from app.work.service import Service
from pipeline.codec.formats import INPUT_FORMATS
from pipeline.errors import UnsupportedMediaType
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
    service = answering.service
    _check_offered("restorer", form.restorer, service)
    threshold = service.settings.threshold_for(form.identity_threshold)
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
    counts = Counter(name for name, _ in (await request.form()).multi_items())
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise BadParameter(f"{' and '.join(repeated)} may be given only once.")
    answering.photos.check_asked(has_file=form.file is not None, has_url=bool(form.url))
    _check_offered("upscaler", form.upscaler, answering.service)
    by_preset = preset_fields(dict(form), form.model_fields_set, answering.service.loaded_models.selection)
    values = {**dict(form), **by_preset}
    asked = output_options(values)
    version, has_picture = request.scope["http_version"], not asked.dry_run
    media_type = answer_type(request.headers, version, asked.output_format, has_picture=has_picture)
    output = replace(asked, output_format=PICTURES.get(media_type, asked.output_format))
    check_output(output)
    order = Order(
        task=task,
        file=b"" if form.file is None else await _bytes(form.file, "file"),
        reference=None if form.reference is None else await _bytes(form.reference, "reference"),
        options=enhance_options(values, identity_threshold),
        output=output,
        by_preset=frozenset(by_preset),
    )

    async def complete(run: Run) -> Order:
        if not form.url:
            return order
        return replace(order, file=_checked(await answering.photos.fetch(form.url, run), "url"))

    return await answer_to(complete, media_type, request, answering)


def _check_offered(role: Literal["restorer", "upscaler"], name: str | None, service: Service) -> None:
    offered = service.loaded_models.selection.offered_names(role)
    if name is not None and name not in offered:
        raise BadParameter(f"{role}: this server offers {', '.join(offered)}, not {name[:80]}.")


async def _bytes(upload: UploadFile, name: str) -> bytes:
    data = await upload.read()
    await upload.close()  # frees its memory; FastAPI would do so only after the whole answer is sent
    return _checked(data, name)


def _checked(data: bytes, name: str) -> bytes:
    """The bytes of a photo that came in this field. Raises `BadParameter` and `UnsupportedMediaType`."""
    if not data:
        raise BadParameter(f"{'The file at url' if name == 'url' else name} is empty.")
    encoding = encoding_of(data)
    if encoding is not None:
        stage = name if name == "reference" else "decode"
        seen = f"The file at url is {encoding}" if name == "url" else f"{name} is {encoding}"
        raise UnsupportedMediaType(f"{seen}: send the bytes of the picture instead.", stage=stage)
    return data
