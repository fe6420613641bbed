"""Refuses requests beyond the rate limit, before the body is read."""

from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from app.access.errors import RateLimited
from app.access.quota import Quota
from app.http.client import client_name
from app.http.middleware.base import HTTPMiddleware, is_post_to, with_headers


@dataclass(frozen=True)
class RateLimitMiddleware(HTTPMiddleware):
    """Counts each POST to one of the `counted` paths for its API key, or for its address where there are no keys."""

    quota: Quota
    counted: frozenset[str]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `RateLimited` beyond the limit."""
        allowance = await self.quota.take(client_name(scope)) if is_post_to(self.counted, scope) else None
        if allowance is not None and not allowance.allowed:
            raise RateLimited(allowance)
        if allowance is not None:
            send = with_headers(send, lambda headers: headers.update(allowance.headers))
        await self.app(scope, receive, send)
