"""An answer of many megabytes, sent in pieces at the speed of its client (backpressure)."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.http.answer_memory import AnswerMemory, HeldAnswer

PIECE = 256 * 1024  # bytes; asyncio copies what is written at once, which blocks the event loop


class LargeResponse(Response):
    """A body that is held in `answers` until the client has taken it."""

    def __init__(
        self, body: bytes, *, media_type: str, answers: AnswerMemory, headers: Mapping[str, str] | None
    ) -> None:
        super().__init__(body, media_type=media_type, headers=headers)
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response (ASGI)."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._answers.held(len(body), scope) as held:
            await send_pieces(body, send, held)
            # This waits until the connection has room again, so that what it still buffers counts as held.
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_pieces(body: bytes, send: Send, held: HeldAnswer) -> None:
    """Send a large body; another part of the answer must follow."""
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        held.sent += len(piece)
