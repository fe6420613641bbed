"""Dependencies of the routes: the parts that `create_app` put together."""

from typing import Annotated

from fastapi import Depends, Request

from app.http.answer_memory import AnswerMemory
from app.http.query import refuse_query
from app.work.service import Service


# All are coroutines: FastAPI would call functions in its thread pool, for each request.
async def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


async def _answers(request: Request) -> AnswerMemory:
    found: AnswerMemory = request.app.state.answers
    return found


async def no_query(request: Request) -> None:
    """For routes that take no query parameters. Raises `BadParameter` if the request has one."""
    refuse_query(request.scope, "this address takes none")


ServiceDep = Annotated[Service, Depends(_service)]
AnswersDep = Annotated[AnswerMemory, Depends(_answers)]


async def disconnected(request: Request) -> None:
    """Return when the client has left. The request's body must have been read to its end."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
