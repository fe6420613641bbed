"""Security headers: browsers must not guess media types, embed answers, or share them with other origins."""

from starlette.datastructures import MutableHeaders
from starlette.types import Receive, Scope, Send

from app.http.content_security import DATA_POLICY
from app.http.middleware.base import HTTPMiddleware, with_headers

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": DATA_POLICY,  # pages set their own
}


class SecurityHeadersMiddleware(HTTPMiddleware):
    """Adds `HEADERS` that an answer lacks; answers of the API are not cached, because photos are private."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        wanted = HEADERS | ({"Cache-Control": "no-store"} if scope["path"].startswith("/api/") else {})

        def protect(headers: MutableHeaders) -> None:
            for name, value in wanted.items():
                headers.setdefault(name, value)

        await self.app(scope, receive, with_headers(send, protect))
