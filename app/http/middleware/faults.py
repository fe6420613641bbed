"""Turns whatever is raised inside, also by other middleware, into an answer."""

from starlette.types import Message, Receive, Scope, Send

from app.http.errors import response_to
from app.http.middleware.base import HTTPMiddleware


class FaultsMiddleware(HTTPMiddleware):
    """Answers errors for which FastAPI has no handler: those of other middleware, and unexpected ones."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises an error again if the answer has begun."""
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        except Exception as error:
            if begun:
                raise
            response = response_to(scope, error)
            # The rest of an unread body must not be parsed as the next request.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
