"""The answer to an order: that the client has it already, one that is kept, or a new one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.http import etag
from app.http.answer_memory import AnswerMemory
from app.http.answer_type import ANY_PICTURE, DOCUMENT, EVENTS, PICTURES
from app.http.content_coding import ContentCoding, content_coding
from app.http.document import json_document
from app.http.event_stream import EventStream
from app.http.fetched_photos import FetchedPhotos
from app.http.large_response import LargeResponse
from app.http.routes.dependencies import disconnected
from app.observe.request_record import RequestRecord, record_of
from app.work.admission import Arrival
from app.work.answer_cache import AnswerCache, CacheKey
from app.work.dry_report import DryRun
from app.work.fingerprint import fingerprint
from app.work.order import Order
from app.work.photo import Finished
from app.work.progress import Progress
from app.work.report import Report
from app.work.service import Answer, Service
from pipeline.run import Run

Complete: TypeAlias = Callable[[Run], Awaitable[Order]]  # the order with its photo, which may have to be fetched


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers are made with."""

    service: Service
    photos: FetchedPhotos
    answers: AnswerMemory
    cache: AnswerCache


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer, None where the client has it already, and its entity tag; that of a dry run has none."""

    answer: Answer | None
    tag: str | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one request asks for."""

    media_type: str
    coding: ContentCoding | None
    if_none_match: str
    arrival: Arrival
    record: RequestRecord

    @property
    def is_picture(self) -> bool:
        """Whether the answer is the picture itself."""
        return self.media_type == ANY_PICTURE or self.media_type in PICTURES

    @property
    def shape(self) -> str:
        """The type of what is answered: events end with the document."""
        return DOCUMENT if self.media_type == EVENTS else self.media_type

    def write(self, done: Finished | DryRun, run: Run) -> bytes:
        """The body of the answer."""
        if isinstance(done, Finished) and self.is_picture:
            return done.picture.data
        return json_document(done, run, self.coding)


async def answer_to(complete: Complete, media_type: str, request: Request, parts: Answering) -> Response:
    """The response of this media type, which `answer_type` gives. Raises what `complete` and `Service.process` raise.

    Its ETag is the fingerprint of the order. A request whose `If-None-Match` names it gets 304, as curl's
    `--etag-compare` expects; RFC 9110 has that status for GET, but this POST changes nothing on the server either. A
    stream of events has no ETag, because it begins before the photo is there, and a dry run has none and is not kept,
    because estimates follow what the machine has measured since.
    """
    record, service = record_of(request.scope), parts.service
    progress = Progress() if media_type == EVENTS else None
    run = record.run = service.new_run(progress.reached if progress else None)
    is_document = media_type == DOCUMENT
    asked = _Asked(
        media_type,
        content_coding(request.headers) if is_document else None,
        request.headers.get("if-none-match", "") if progress is None else "",
        request.scope["arrival"],  # set by the gate
        record,
    )
    work = service.cancellation.until_unwanted(
        _found(complete, asked, run, parts, progress), run, disconnected(request)
    )
    if progress is not None:

        async def answer() -> Answer:
            found = (await work).answer
            if found is None:
                raise RuntimeError("Only an If-None-Match leaves the answer out.")
            return found

        return EventStream(answer(), progress, answers=parts.answers)
    found = await work
    headers = {"Vary": "Accept, Accept-Encoding"} | ({"ETag": found.tag} if found.tag else {})
    if found.answer is None:
        return Response(status_code=304, headers=headers)
    report = record.report = found.answer.report
    record.photo_pixels = found.answer.photo_pixels
    headers |= {"X-Likeness-Cache": "hit"} if record.from_cache else {}
    headers |= {"X-Likeness-Facts": _facts(report)} if isinstance(report, Report) and asked.is_picture else {}
    headers |= {"Content-Encoding": asked.coding} if asked.coding else {}
    shown = report.media_type if asked.is_picture else media_type
    return LargeResponse(found.answer.body, media_type=shown, headers=headers, answers=parts.answers)


async def _found(complete: Complete, asked: _Asked, run: Run, parts: Answering, progress: Progress | None) -> _Found:
    """The answer that the client has, or that is kept, or else a new one, which is kept for the next time."""
    order = await parts.service.settled(await complete(run))
    if order.output.dry_run:
        return _Found(await parts.service.process(order, asked.arrival, run, asked.write, progress), tag=None)
    name = await asyncio.to_thread(fingerprint, order, asked.shape, parts.service.loaded_models.maker)
    # Weak for a document: its timings differ each time, and it may be compressed.
    tag = f'"{name}"' if asked.is_picture else f'W/"{name}"'
    if etag.names(asked.if_none_match, tag):
        return _Found(None, tag)
    key = CacheKey(asked.record.owner, name, asked.coding)
    kept = parts.cache.get(key)
    if kept is not None:
        asked.record.from_cache = True
        if progress is not None:
            progress.moved(0, 0.0)  # a stream begins with an event
        return _Found(kept, tag)
    answer = await parts.service.process(order, asked.arrival, run, asked.write, progress)
    parts.cache.put(key, answer)
    return _Found(answer, tag)


def _facts(report: Report) -> str:
    """What is known about a picture, without the faces, for a header."""
    facts = {
        "metrics": None if report.metrics is None else asdict(report.metrics),
        "processing_time_ms": report.processing_time_ms,
        "models": report.models,
        "warnings": [warning.code for warning in report.warnings],
    }
    return orjson.dumps(facts).decode("ascii")
