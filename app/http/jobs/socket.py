"""What happens to a job as messages of a WebSocket."""

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from websockets.frames import CloseCode

from app.http.client import client_name
from app.http.handshake import accepted
from app.http.jobs.events import happenings
from app.http.jobs.route import Jobs
from app.http.refusals import MalformedHandshake
from app.http.stream_places import StreamPlaces
from app.http.websocket import TellingSocket
from app.observe.request_record import record_of
from app.work.errors import ShuttingDown
from jobs.job import Job


class JobSocket(Response):
    """The answer 101 to a handshake, and then the messages `{"event": …, "data": …}`, one for each event of the job.

    After the last one the socket is closed with 1000; with 1001 where the server stops, 1011 where it failed.
    """

    def __init__(self, job: Job, request: Request, jobs: Jobs, places: StreamPlaces) -> None:
        """Raises `UpgradeRequired` and `MalformedHandshake`."""
        self.status_code, self.background = 101, None
        self.raw_headers = accepted(request.scope)
        self._job, self._request, self._jobs, self._places = job, request, jobs, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the client until the job is over (ASGI). Raises `TooManyStreams`, and `MalformedHandshake`."""
        with self._places.held(client_name(scope)):
            socket = TellingSocket(send, scope["cut"])
            end = scope["switch"](socket.take)
            if end is None:
                raise MalformedHandshake("the client did not wait for the answer")
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await socket.tell(self._texts(), receive, lambda: _close_code(scope))
            finally:
                end()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _texts(self) -> AsyncGenerator[str, None]:
        async for seen in happenings(self._job, self._request, self._jobs):
            if seen is not None:  # the socket has pings of its own
                yield f'{{"event":"{seen.event}","data":{seen.data}}}'


def _close_code(scope: Scope) -> int:
    record = record_of(scope)
    if record.code == ShuttingDown.code:
        return CloseCode.GOING_AWAY
    failed = record.stream_status is not None and record.stream_status >= 500
    return CloseCode.INTERNAL_ERROR if failed else CloseCode.NORMAL_CLOSURE
