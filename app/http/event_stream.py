"""An answer as server-sent events: how far the photo is, and then the result or an error."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack
from typing import Any, TypeAlias

import orjson
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.http.answer_memory import AnswerMemory, HeldAnswer
from app.http.errors import response_to
from app.http.large_response import send_pieces
from app.http.schemas.answers import ErrorEvent, PlanEvent, QueuedEvent, SendingEvent, StageEvent
from app.observe.request_record import RequestRecord, record_of
from app.work.errors import ShuttingDown
from app.work.progress import News, Planned, Progress, Queued, StageReached
from app.work.service import Answer

SILENCE_S = 10.0  # without news, after which a comment is sent: proxies cut idle connections
PAUSE_S = 0.05  # between two batches of events

_Held: TypeAlias = tuple[bytes, HeldAnswer]  # a finished document

NAMES: dict[type[BaseModel], str] = {
    QueuedEvent: "queued",
    PlanEvent: "plan",
    StageEvent: "stage",
    SendingEvent: "sending",
    ErrorEvent: "error",
}
_SHAPES: dict[type[News], type[BaseModel]] = {Queued: QueuedEvent, Planned: PlanEvent, StageReached: StageEvent}


class EventStream(Response):
    """The answer to a photo that is still in work: `work` makes it, and `progress` has the news about it.

    An error before the first event is raised, so that it is answered with a status of its own. A later one is the last
    event. The document is held in `answers` until the client has taken it.
    """

    media_type = "text/event-stream"

    def __init__(self, work: Coroutine[Any, Any, Answer], progress: Progress, *, answers: AnswerMemory) -> None:
        self.status_code, self.background = 200, None
        # X-Accel-Buffering: nginx would else collect small events until they fill a buffer.
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._work, self._progress, self._answers = work, progress, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the work and send its events (ASGI). If this task is cancelled, the work stops."""
        record = record_of(scope)
        with ExitStack() as holding:
            working = asyncio.ensure_future(self._answer(record, scope, holding))
            working.add_done_callback(self._progress.end)
            try:
                if await self._send_news(working, send):
                    await _end(working, scope, send)
                else:
                    await working  # which raises
            except asyncio.CancelledError:
                if record.report is None and record.stream_status is None:  # the server's grace period is over
                    record.stream_status, record.code = 503, ShuttingDown.code
                raise
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

    async def _send_news(self, working: asyncio.Future[_Held], send: Send) -> bool:
        """Send events until the work is over. False: it ended without any, and nothing was sent."""
        news = await self._progress.news(within=None)
        if not news:
            return False
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while news or not working.done():
            await _send(b"".join(_event(_shown(one)) for one in news) or KEEPALIVE_COMMENT, send)
            await asyncio.wait({working}, timeout=PAUSE_S)
            news = await self._progress.news(within=SILENCE_S)
        return True

    async def _answer(self, record: RequestRecord, scope: Scope, holding: ExitStack) -> _Held:
        answer = await self._work
        held = holding.enter_context(self._answers.held(len(answer.body), scope))
        record.report, record.photo_pixels = answer.report, answer.photo_pixels
        return answer.body, held


def schema() -> dict[str, Any]:
    """The events as the OpenAPI document shows them, each with its name and the JSON of its data."""
    data = {name: model.model_json_schema() for model, name in NAMES.items()}
    data["result"] = {
        "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("EnhanceResponse", "DryRunResponse")]
    }
    return schema_of(data)


def schema_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Events in the OpenAPI document: the name of each, and the schema of its data."""
    properties = [{"event": {"type": "string", "const": name}, "data": shape} for name, shape in data.items()]
    return {"oneOf": [{"type": "object", "required": ["event", "data"], "properties": each} for each in properties]}


async def _end(working: asyncio.Future[_Held], scope: Scope, send: Send) -> None:
    """Send the last event: the result or the error."""
    error = working.exception()
    if isinstance(error, Exception):
        answer = response_to(scope, error)
        retry_after = answer.headers.get("Retry-After")  # pydantic makes it a number
        event = ErrorEvent(**orjson.loads(answer.body), status=answer.status_code, retry_after=retry_after)
        record_of(scope).stream_status = event.status
        await _send(_event(event), send)
    else:
        body, held = working.result()
        await _send(_event(SendingEvent(bytes=len(body))) + b"event: result\ndata: ", send)
        await send_pieces(body, send, held)
        await _send(b"\n\n", send)
    await _send(b"", send, more_body=False)


def _shown(news: News) -> BaseModel:
    return _SHAPES[type(news)].model_validate(news, from_attributes=True)


def _event(data: BaseModel) -> bytes:
    return format_sse_event(event=NAMES[type(data)], data_str=data.model_dump_json())


async def _send(body: bytes, send: Send, *, more_body: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more_body})
