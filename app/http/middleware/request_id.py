"""An id for every request, by which its answer, its errors and its log lines can be matched."""

import re
import uuid

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from app.http.middleware.base import HTTPMiddleware, with_headers

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware(HTTPMiddleware):
    """Takes a well-formed `X-Request-ID` or makes one; adds it to the scope and to the response."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        given = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = request_id = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        await self.app(scope, receive, with_headers(send, lambda headers: headers.update({"X-Request-ID": request_id})))
