"""What all our middleware has in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class HTTPMiddleware(ABC):
    """Pure ASGI middleware around `app`. `handle` gets the HTTP requests; the lifespan goes past it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        await (self.handle if scope["type"] == "http" else self.app)(scope, receive, send)

    @abstractmethod
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""


def is_post_to(paths: frozenset[str], scope: Scope) -> bool:
    """Whether a request is a POST to one of the paths. The router ignores a line break at the end of a path."""
    return scope["method"] == "POST" and scope["path"].rstrip("\n") in paths


def with_headers(send: Send, change: Callable[[MutableHeaders], None]) -> Send:
    """`send` with the headers of the answer as `change` leaves them."""

    async def send_changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            change(MutableHeaders(scope=message))
        await send(message)

    return send_changed
