"""The answer to an order: that the client has it already, one that is kept, or a new one."""

import asyncio
from dataclasses import asdict, dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.http import etag
from app.http.answer_memory import AnswerMemory
from app.http.answer_type import ANY_PICTURE, DOCUMENT, EVENTS, PICTURES
from app.http.content_coding import ContentCoding, content_coding
from app.http.document import json_document
from app.http.event_stream import EventStream
from app.http.large_response import LargeResponse
from app.http.routes.dependencies import disconnected
from app.observe.request_record import record_of
from app.work.admission import Arrival
from app.work.answer_cache import AnswerCache, CacheKey
from app.work.fingerprint import fingerprint
from app.work.order import Order
from app.work.photo import Finished
from app.work.progress import Progress
from app.work.report import Report
from app.work.service import Answer, Service
from pipeline.run import Run


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers are made with."""

    service: Service
    answers: AnswerMemory
    cache: AnswerCache


async def answer_to(order: Order, media_type: str, request: Request, parts: Answering) -> Response:
    """The response of this media type, one that `answer_type` gives. Raises what `Service.process` raises.

    Its ETag is the fingerprint of the order. A request whose `If-None-Match` names it gets 304, as curl's
    `--etag-compare` expects; RFC 9110 has that status for GET, but this POST changes nothing on the server either.
    """
    is_picture = media_type == ANY_PICTURE or media_type in PICTURES
    progress = Progress() if media_type == EVENTS else None
    name = await asyncio.to_thread(
        fingerprint, order, DOCUMENT if progress else media_type, parts.service.loaded_models.maker
    )
    # Weak for a document: its timings differ each time, and it may be compressed.
    headers = {"ETag": f'"{name}"' if is_picture else f'W/"{name}"', "Vary": "Accept, Accept-Encoding"}
    if etag.names(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    coding = None if is_picture or progress else content_coding(request.headers)
    record = record_of(request.scope)
    key = CacheKey(record.key, name, coding)
    kept = parts.cache.get(key)
    if progress is not None:
        work = _made(order, key, request, parts, progress=progress) if kept is None else _kept(kept, progress)
        return EventStream(work, progress, answers=parts.answers)
    answer = kept or await _made(order, key, request, parts, coding=coding, is_picture=is_picture)
    record.report, record.photo_pixels, record.from_cache = answer.report, answer.photo_pixels, kept is not None
    headers |= {"X-Likeness-Cache": "hit"} if kept else {}
    headers |= {"X-Likeness-Facts": _facts(answer.report)} if is_picture else {}
    headers |= {"Content-Encoding": coding} if coding else {}
    shown = answer.report.media_type if is_picture else media_type
    return LargeResponse(answer.body, media_type=shown, headers=headers, answers=parts.answers)


async def _made(
    order: Order,
    key: CacheKey,
    request: Request,
    parts: Answering,
    *,
    coding: ContentCoding | None = None,
    is_picture: bool = False,
    progress: Progress | None = None,
) -> Answer:
    """A new answer, which is kept for the next time."""
    service = parts.service
    run = record_of(request.scope).run = service.new_run(progress.reached if progress else None)
    arrival: Arrival = request.scope["arrival"]  # set by the gate

    def write(finished: Finished, run: Run) -> bytes:
        return finished.picture.data if is_picture else json_document(finished, run, coding)

    work = service.process(order, arrival, run, write, progress.moved if progress else None)
    answer = await service.cancellation.until_unwanted(work, run, disconnected(request))
    parts.cache.put(key, answer)
    return answer


async def _kept(answer: Answer, progress: Progress) -> Answer:
    progress.moved(0)  # a stream begins with an event
    return answer


def _facts(report: Report) -> str:
    """What is known about a picture, without the faces, for a header."""
    facts = {
        "metrics": None if report.metrics is None else asdict(report.metrics),
        "processing_time_ms": report.processing_time_ms,
        "models": report.models,
        "warnings": [warning.code for warning in report.warnings],
    }
    return orjson.dumps(facts).decode("ascii")
