"""An answer of many megabytes, which leaves in pieces, as fast as its client takes them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.work.memory import Ledger

PIECE = 256 * 1024  # bytes; what is written at once is copied, and holds up everybody else


class LargeResponse(Response):
    """A body that the `ledger` knows of until the client has taken it: it is no longer a photo in work, and takes
    memory all the same."""

    def __init__(
        self, body: bytes, *, media_type: str, ledger: Ledger, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(body, media_type=media_type, headers=headers)
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as ASGI asks."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._ledger.held(len(body)):
            await send_pieces(body, send)


async def send_pieces(body: bytes, send: Send, *, more_body: bool = False) -> None:
    """Send a large body, or that part of one which `more_body` says that others follow."""
    for start in range(0, len(body), PIECE):
        more = more_body or start + PIECE < len(body)
        await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": more})
