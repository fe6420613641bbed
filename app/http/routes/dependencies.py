"""Dependencies of the routes: the parts that `create_app` put together."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel

from app.http.client import left
from app.http.photo_head import is_bare_photo
from app.http.query import refuse_query
from app.work.service import Service


# All are coroutines: FastAPI would call functions in its thread pool, for each request.
async def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


async def no_query(request: Request) -> None:
    """For routes that take no query parameters. Raises `UnknownParameter` if the request has one."""
    refuse_query(request.scope, "this address takes none")


def fields_in_query(form: type[BaseModel]) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """For a route whose photo may be the body itself, with the fields of `form` in the query.

    What it returns raises `UnknownParameter` if the query has others. It runs before the values are checked.
    """

    async def check(request: Request) -> None:
        if is_bare_photo(request.headers):
            refuse_query(request.scope, "only the fields of the form are", form.model_fields)

    return check


ServiceDep = Annotated[Service, Depends(_service)]


async def disconnected(request: Request) -> None:
    """Return when the client has left. The request's body must have been read to its end."""
    await left(request.receive)
