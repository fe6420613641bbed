"""Turns whatever is raised inside, also by other middleware, into an answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import response_to


class FaultsMiddleware:
    """Answers errors for which FastAPI has no handler: those of other middleware, and unexpected ones."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event stream, as ASGI asks. Raises an error again if the answer has begun."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        except Exception as error:
            if begun:
                raise
            response = response_to(scope, error)
            # The rest of an unread body must not be parsed as the next request.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
