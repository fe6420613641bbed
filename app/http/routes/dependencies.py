"""Dependencies of the routes: the parts that `create_app` put together."""

from typing import Annotated

from fastapi import Depends, Request

from app.settings import Settings
from app.work.loaded_models import LoadedModels
from app.work.service import Service


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


def _loaded_models(request: Request) -> LoadedModels:
    return _service(request).loaded_models


def _settings(request: Request) -> Settings:
    return _service(request).settings


ServiceDep = Annotated[Service, Depends(_service)]
LoadedModelsDep = Annotated[LoadedModels, Depends(_loaded_models)]
SettingsDep = Annotated[Settings, Depends(_settings)]


async def disconnected(request: Request) -> None:
    """Return when the client has left. The request's body must have been read to its end."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
