"""Refuses requests beyond the rate limit, before the body is read."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.addresses import client_of
from app.access.errors import RateLimited
from app.access.quota import Quota
from app.observe.request_record import record_of


class RateLimitMiddleware:
    """Counts each POST to one of the `counted` paths for its API key, or for its address where there are no keys."""

    def __init__(self, app: ASGIApp, *, quota: Quota, counted: frozenset[str]) -> None:
        self._app = app
        self._quota = quota
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event stream, as ASGI asks. Raises `RateLimited` beyond the limit."""
        # The router ignores a line break at the end of a path (its pattern ends with $).
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].rstrip("\n") not in self._counted:
            await self._app(scope, receive, send)
            return
        allowance = await self._quota.take(_client_of(scope))
        if allowance is None:
            await self._app(scope, receive, send)
            return
        if not allowance.allowed:
            raise RateLimited(allowance)

        async def send_with_allowance(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(allowance.headers)
            await send(message)

        await self._app(scope, receive, send_with_allowance)


def _client_of(scope: Scope) -> str:
    key = record_of(scope).key
    if key is not None:
        return f"key:{key}"
    address = scope.get("client")
    return f"address:{client_of(address[0]) if address else 'unknown'}"
