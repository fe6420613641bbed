"""Turns whatever is raised inside, also by other middleware, into an answer."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from app.http.client import left
from app.http.errors import response_to
from app.http.middleware.base import HTTPMiddleware
from app.observe.request_record import record_of
from app.work.errors import ShuttingDown
from pipeline.errors import PipelineError


class FaultsMiddleware(HTTPMiddleware):
    """Answers errors for which FastAPI has no handler: those of other middleware, and unexpected ones.

    A task that is cancelled answers that the server stops: uvicorn cancels what is left when the grace period ends, for
    example an upload that still arrives.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises an unexpected error again if the answer has begun."""
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        except (Exception, asyncio.CancelledError) as error:
            if begun:
                if not await _is_cut(scope, receive, error):
                    raise
                return
            response = response_to(scope, ShuttingDown() if isinstance(error, asyncio.CancelledError) else error)
            # The rest of an unread body must not be parsed as the next request.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)


async def _is_cut(scope: Scope, receive: Receive, error: BaseException) -> bool:
    """Whether the connection was cut, so that the client sees that its answer is not whole.

    It is so where a known error ends an answer that has begun, such as a result that is deleted while it is sent. Other
    errors, and servers that cannot cut a connection, are left to the server, which logs them with their traceback.
    """
    known = error.__cause__ if type(error) is RuntimeError else error  # Starlette has put its own around it
    if not isinstance(known, PipelineError) or "cut" not in scope:
        return False
    record = record_of(scope)
    record.code, record.stage = known.code, known.stage or "answer"
    scope["cut"](known.code, f"its answer could not go on: {known.message}")
    await left(receive)
    return True
