"""What happens to a job: queued, stage, and in the end result or error. Also as server-sent events."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple

import anyio
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.http.client import client_name
from app.http.errors import status_of
from app.http.event_stream import NAMES, SILENCE_S
from app.http.jobs.document import job_out
from app.http.jobs.refusals import no_result
from app.http.jobs.route import Jobs
from app.http.schemas.answers import QueuedEvent, StageEvent
from app.http.schemas.jobs import JobErrorEvent
from app.http.stream_places import StreamPlaces
from app.observe.request_record import record_of
from app.work.errors import ShuttingDown
from app.work.service import Service
from jobs.errors import UnknownJob
from jobs.job import Job
from pipeline.errors import PipelineError

EVENTS = "text/event-stream"
LOOK_S = 0.5  # between two looks whether the server stops


async def changes(
    job: Job, jobs: Jobs, service: Service, silence_s: float = SILENCE_S
) -> AsyncGenerator[Job | None, None]:
    """The job now and whenever it changes, until it is final; None after `silence_s` seconds without a change.

    Raises `ShuttingDown` when the server stops, `UnknownJob` when the job is deleted, and `StoreUnavailable`.
    """
    yield job
    if job.is_final:
        return
    async with contextlib.aclosing(jobs.engine.watch(job.id, job.owner)) as watching:
        next_one: asyncio.Future[Job | None] = asyncio.ensure_future(anext(watching, None))
        waited = 0.0
        try:
            while True:
                await asyncio.wait({next_one}, timeout=LOOK_S)
                if next_one.done():
                    seen, waited = next_one.result(), 0.0
                    if seen is None:
                        raise ShuttingDown if service.draining else UnknownJob(f"The job {job.id} was deleted.")
                    yield seen
                    if seen.is_final:
                        return
                    next_one = asyncio.ensure_future(anext(watching, None))
                    continue
                if service.draining:
                    raise ShuttingDown
                waited += LOOK_S
                if waited >= silence_s:
                    waited = 0.0
                    yield None
        finally:
            next_one.cancel()
            with anyio.CancelScope(shield=True):  # `watching` cannot be closed while it is asked for more
                await asyncio.gather(next_one, return_exceptions=True)


class JobEvents(StreamingResponse):
    """The events of a job as an event stream, until it is over."""

    def __init__(self, job: Job, request: Request, jobs: Jobs, places: StreamPlaces) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events(job, request, jobs), media_type=EVENTS, headers=headers)
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events (ASGI). Raises `TooManyStreams` before the first one."""
        with self._places.held(client_name(scope)):
            await super().__call__(scope, receive, send)


class Happening(NamedTuple):
    """One event of a job: its name, and its data as JSON."""

    event: str
    data: str


async def events(job: Job, request: Request, jobs: Jobs) -> AsyncIterator[bytes]:
    """The events of a job as bytes of an event stream; comments while nothing happens."""
    async with contextlib.aclosing(happenings(job, request, jobs)) as following:
        async for seen in following:
            yield KEEPALIVE_COMMENT if seen is None else format_sse_event(event=seen.event, data_str=seen.data)


async def happenings(job: Job, request: Request, jobs: Jobs) -> AsyncGenerator[Happening | None, None]:
    """The events of a job until it is over; None now and then, while nothing happens."""
    service: Service = request.app.state.service
    last: BaseModel | None = None
    try:
        async with contextlib.aclosing(changes(job, jobs, service)) as following:
            async for seen in following:
                if seen is None:
                    yield None
                    continue
                if seen.is_final:
                    yield _end(seen, request)
                    return
                now = await _shown(seen, jobs)
                if now != last:
                    last = now
                    yield Happening(NAMES[type(now)], now.model_dump_json())
    except PipelineError as error:
        yield _error(error, request)


async def _shown(job: Job, jobs: Jobs) -> QueuedEvent | StageEvent:
    if job.state == "queued":
        return QueuedEvent(position=await jobs.store.position(job))
    return StageEvent(stage=job.stage or "start", fraction=job.fraction)


def _end(job: Job, request: Request) -> Happening:
    if job.result is not None:
        return Happening("result", job_out(job).model_dump_json())
    error = no_result(job)  # of the job, not of this request
    return _error_event(error.message, error.stage or "pipeline", error.code, status_of(error), request)


def _error(error: PipelineError, request: Request) -> Happening:
    """The event for what went wrong with this request, which is logged with it."""
    record = record_of(request.scope)
    record.code, record.stage, record.stream_status = error.code, error.stage, status_of(error)
    return _error_event(error.message, error.stage or "pipeline", error.code, record.stream_status, request)


def _error_event(message: str, stage: str, code: str, status: int, request: Request) -> Happening:
    request_id = str(request.scope.get("request_id", "-"))
    event = JobErrorEvent(error=message, stage=stage, code=code, status=status, request_id=request_id)
    return Happening("error", event.model_dump_json())
