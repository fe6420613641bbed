"""An answer of many megabytes, sent in pieces at the speed of its client (backpressure)."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.work.memory import Ledger

PIECE = 256 * 1024  # bytes; asyncio copies what is written at once, which blocks the event loop


class LargeResponse(Response):
    """A body whose memory stays reserved in the `ledger` until the client has read it."""

    def __init__(self, body: bytes, *, media_type: str, ledger: Ledger, headers: Mapping[str, str] | None) -> None:
        super().__init__(body, media_type=media_type, headers=headers)
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response (ASGI)."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._ledger.held(len(body)):
            await send_pieces(body, send)


async def send_pieces(body: bytes, send: Send, *, more_body: bool = False) -> None:
    """Send a large body. `more_body`: another part of it will follow."""
    for start in range(0, len(body), PIECE):
        more = more_body or start + PIECE < len(body)
        await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": more})
