"""`create_app`: the application put together from settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.formparsers import MultiPartParser
from starlette.responses import RedirectResponse

from app import errors
from app.arrivals import Arrivals
from app.engine import Engine
from app.middleware.faults import FaultsMiddleware
from app.middleware.gate import GateMiddleware
from app.middleware.request_id import RequestIdMiddleware
from app.routes import health, photos, server
from app.service import Service
from app.settings import Settings
from app.version import VERSION
from pipeline.models.selection import Selection

DESCRIPTION = "Restores faces in photos and shows, with numbers, that it is still the same person."


def create_app(settings: Settings | None = None, selection: Selection | None = None) -> FastAPI:
    """The ASGI application. Model files are checked here, unless a `selection` says that they are; they are loaded
    in the background once it runs.

    Raises `ModelUnavailable` naming every model file that is missing or wrong, and pydantic's
    `ValidationError` for a setting that makes no sense.
    """
    settings = settings or Settings()
    service = Service(settings, Engine(settings, selection))
    _keep_uploads_in_memory()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(service.engine.load_in_background())
        yield
        await loading
        service.close()

    app = FastAPI(title="Likeness", version=VERSION, description=DESCRIPTION, lifespan=lifespan)
    app.state.service = service
    errors.install(app)
    for module in (photos, health, server):
        app.include_router(module.router)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    guarded = frozenset({"/api/v1/enhance", "/api/v1/upscale"})
    app.add_middleware(
        GateMiddleware,
        max_body_bytes=settings.max_body_bytes,
        read_timeout_s=settings.read_timeout_s,
        arrivals=Arrivals(settings.max_arriving_bytes),
        guarded=guarded,
        check=service.check,
    )
    app.add_middleware(FaultsMiddleware)
    app.add_middleware(RequestIdMiddleware)  # added last, runs first: every answer has an id
    return app


def _keep_uploads_in_memory() -> None:
    """Starlette writes uploads over 1 MiB to temporary files; photos must never touch a disk.

    The body is bounded before it gets there, so memory is too. 0 means 'never' to `SpooledTemporaryFile`.
    """
    if not hasattr(MultiPartParser, "spool_max_size"):
        raise RuntimeError("This version of Starlette has no MultiPartParser.spool_max_size: uploads would go to disk.")
    MultiPartParser.spool_max_size = 0
