"""Dependencies of the routes: the parts that `create_app` put together."""

from typing import Annotated

from fastapi import Depends, Request

from app.work.service import Service


async def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


ServiceDep = Annotated[Service, Depends(_service)]


async def disconnected(request: Request) -> None:
    """Return when the client has left. The request's body must have been read to its end."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
