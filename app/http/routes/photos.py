"""`POST /api/v1/enhance` and `/upscale`: a photo in, as a form or bare, the picture and its figures out."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import Response

from app.http import event_stream
from app.http.answer_memory import AnswerMemory
from app.http.answer_type import ANY_PICTURE, EVENTS, PICTURES, answer_type
from app.http.document import json_document
from app.http.encoded_picture import encoding_of
from app.http.error_responses import Responses, error_responses
from app.http.errors import error_statuses
from app.http.fetched_photos import FetchedPhotos
from app.http.large_response import LargeResponse
from app.http.photo_request import PhotoRoute
from app.http.policy import Policy
from app.http.routes.dependencies import AnswersDep, FetchedPhotosDep, ServiceDep, disconnected, fields_in_query
from app.http.schemas.answers import EnhanceResponse
from app.http.schemas.forms import EnhanceForm, UpscaleForm
from app.observe.request_record import record_of
from app.options import enhance_options, output_options
from app.work.admission import Arrival
from app.work.errors import BadParameter
from app.work.order import Order, Task
from app.work.output_file import check_output
from app.work.progress import Progress
from app.work.report import Report
from app.work.service import Answer, Service, Write
from pipeline.codec.formats import INPUT_FORMATS
from pipeline.errors import UnsupportedMediaType

router = APIRouter(
    prefix="/api/v1",
    tags=["photos"],
    route_class=PhotoRoute,
    # Four files: photo and reference, each twice, so that a repeated one is refused by its field's name.
    form_limits={"max_files": 4, "max_fields": 64, "max_part_size": 4096},
)

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_ANSWERS: Responses = {
    200: {
        "model": EnhanceResponse,
        "description": "The picture in base64 and its figures. If `Accept` asks for an image, the picture itself; for "
        "text/event-stream, events of how far it is, and then the result or what went wrong.",
        "content": dict.fromkeys(PICTURES, _PICTURE) | {EVENTS: {"schema": event_stream.schema()}},
    },
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
    service: ServiceDep,
    photos: FetchedPhotosDep,
    answers: AnswersDep,
) -> Response:
    """Restore the faces of a photo, enlarge it, and measure the result."""
    _check_offered("restorer", form.restorer, service)
    threshold = service.settings.threshold_for(form.identity_threshold)
    return await _answer(request, form, threshold, "enhance", service, photos, answers)


@router.post("/upscale", operation_id="upscale", dependencies=[Depends(fields_in_query(UpscaleForm))], **_DESCRIBED)
@Policy(counted=True, guarded=True)
async def upscale(
    request: Request,
    form: Annotated[UpscaleForm, Form(media_type="multipart/form-data")],
    service: ServiceDep,
    photos: FetchedPhotosDep,
    answers: AnswersDep,
) -> Response:
    """Enlarge a photo without looking for faces."""
    return await _answer(request, form, None, "upscale", service, photos, answers)


async def _answer(
    request: Request,
    form: UpscaleForm,
    identity_threshold: float | None,
    task: Task,
    service: Service,
    photos: FetchedPhotos,
    answers: AnswerMemory,
) -> Response:
    counts = Counter(name for name, _ in (await request.form()).multi_items())
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise BadParameter(f"{' and '.join(repeated)} may be given only once.")
    photos.check_asked(has_file=form.file is not None, has_url=bool(form.url))
    _check_offered("upscaler", form.upscaler, service)
    asked = output_options(dict(form))
    media_type = answer_type(request.headers, request.scope["http_version"], asked.output_format)
    output = replace(asked, output_format=PICTURES.get(media_type, asked.output_format))
    check_output(output)
    is_picture = media_type == ANY_PICTURE or media_type in PICTURES
    order = Order(
        task=task,
        file=b"" if form.file is None else await _bytes(form.file, "file"),
        reference=None if form.reference is None else await _bytes(form.reference, "reference"),
        options=enhance_options(dict(form), identity_threshold),
        output=output,
    )
    record = record_of(request.scope)
    progress = Progress() if media_type == EVENTS else None
    run = record.run = service.new_run(progress.reached if progress else None)
    write: Write = (lambda finished, _: finished.picture.data) if is_picture else json_document
    arrival: Arrival = request.scope["arrival"]  # set by the gate

    async def work() -> Answer:
        whole = replace(order, file=_checked(await photos.fetch(form.url, run), "url")) if form.url else order
        return await service.process(whole, arrival, run, write, progress.moved if progress else None)

    wanted = service.cancellation.until_unwanted(work(), run, disconnected(request))
    if progress is not None:
        return event_stream.EventStream(wanted, progress, answers=answers)
    answer = await wanted
    record.report, record.photo_pixels = answer.report, answer.photo_pixels
    if is_picture:
        report = answer.report
        return LargeResponse(answer.body, media_type=report.media_type, headers=_summary(report), answers=answers)
    return LargeResponse(answer.body, media_type=media_type, headers=None, answers=answers)


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


def _summary(report: Report) -> dict[str, str]:
    """What is known about a picture, without the faces, as a header."""
    facts = {
        "metrics": None if report.metrics is None else asdict(report.metrics),
        "processing_time_ms": report.processing_time_ms,
        "models": report.models,
        "warnings": [warning.code for warning in report.warnings],
    }
    return {"X-Likeness-Facts": orjson.dumps(facts).decode("ascii")}
