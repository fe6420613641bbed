"""`create_app`: the application put together from settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.formparsers import MultiPartParser
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.access.quota import Quota
from app.http import errors
from app.http.middleware.authentication import AuthenticationMiddleware, declare_keys
from app.http.middleware.faults import FaultsMiddleware
from app.http.middleware.gate import GateMiddleware
from app.http.middleware.observation import WEBSITE, ObservationMiddleware
from app.http.middleware.rate_limit import RateLimitMiddleware
from app.http.middleware.request_id import RequestIdMiddleware
from app.http.middleware.security_headers import SecurityHeadersMiddleware
from app.http.policy import Policy, RoutePaths, collect
from app.http.routes import config, health, models, pages, photos, prometheus, status
from app.http.upload_memory import UploadMemory
from app.http.website import read_website
from app.observe.telemetry import Telemetry
from app.observe.tracing import Tracing
from app.settings import Settings
from app.version import VERSION
from app.work.loaded_models import LoadedModels
from app.work.service import Service
from pipeline.models.catalogue.selection import Selection

# What a browser app hosted elsewhere may send, and what it may read.
CORS_REQUEST_HEADERS = ("X-API-Key", "Authorization", "Content-Type", "X-Request-ID", "traceparent")
CORS_ANSWER_HEADERS = (
    "X-Request-ID",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Likeness-Facts",
)

DESCRIPTION = "Restores faces in photos and shows, with numbers, that it is still the same person."


def create_app(settings: Settings | None = None, selection: Selection | None = None) -> FastAPI:
    """The ASGI application. It checks the model files now, unless a `selection` of checked ones is given, and loads
    them in the background once it runs.

    Raises `ModelUnavailable` naming every model file that is missing or wrong, `WebsiteUnreadable`, and pydantic's
    `ValidationError` for an invalid setting.
    """
    settings = settings or Settings()
    service = Service(settings, LoadedModels(settings, selection))
    quota = Quota(settings.rates, settings.rate_limit_storage) if settings.rates else None
    telemetry, tracing = Telemetry(service, quota), Tracing()
    _keep_uploads_in_memory()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(service.start())
        watching = asyncio.create_task(telemetry.watch_event_loop())
        yield
        watching.cancel()
        await loading
        service.close()
        if quota is not None:
            await quota.close()
        await asyncio.to_thread(tracing.flush)

    app = FastAPI(
        title="Likeness",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # FastAPI's own contains paths and query strings
    )
    app.state.service = service
    app.state.telemetry = telemetry
    app.state.quota = quota
    errors.install(app)
    for module in (photos, health, status, config, models, pages, prometheus):
        app.include_router(module.router)
    app.mount(pages.STATIC, pages.static_files())
    website = read_website(settings.web_dir, _paths(app), fallback=app.router.default)
    if website is None:
        app.include_router(pages.landing)
    else:
        app.router.default = website

    paths = collect(app.routes, {str(app.openapi_url): Policy(public=True), pages.STATIC: Policy(public=True)})
    files = website.paths if website else frozenset()
    _add_middleware(app, settings, service, quota, telemetry, tracing, paths, files)
    return app


def _add_middleware(
    app: FastAPI,
    settings: Settings,
    service: Service,
    quota: Quota | None,
    telemetry: Telemetry,
    tracing: Tracing,
    paths: RoutePaths,
    files: frozenset[str],
) -> None:
    """Add the middleware; what is added last sees a request first. `files` are the paths of the browser app."""
    app.add_middleware(
        GateMiddleware,
        max_body_bytes=settings.max_body_bytes,
        read_timeout_s=settings.read_timeout_s,
        memory=UploadMemory(settings.max_arriving_bytes),
        guarded=paths.guarded,
        check=service.check,
    )
    if quota is not None:
        app.add_middleware(RateLimitMiddleware, quota=quota, counted=paths.counted)
    if settings.keys:
        app.add_middleware(
            AuthenticationMiddleware,
            keys=settings.keys,
            public=paths.public | files,
            public_folders=paths.public_folders,
        )
        declare_keys(app.openapi(), paths.public)
    app.add_middleware(FaultsMiddleware)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=CORS_REQUEST_HEADERS,
            expose_headers=CORS_ANSWER_HEADERS,
        )
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(
        ObservationMiddleware,
        telemetry=telemetry,
        tracing=tracing,
        routes=paths.every,
        files=files,
        quiet=paths.quiet | {WEBSITE},
    )
    app.add_middleware(RequestIdMiddleware)  # so that every answer has an id
    if settings.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)


def _paths(app: FastAPI) -> frozenset[str]:
    """The paths of all routes, with their parameters as {name}."""
    return frozenset(str(route.path) for route in iter_route_contexts(app.routes))


def _keep_uploads_in_memory() -> None:
    """Keep uploads off the disk: Starlette writes those over 1 MiB to temporary files.

    Memory is bounded all the same, as the gate limits the body. `SpooledTemporaryFile` takes 0 for "never".
    """
    if not hasattr(MultiPartParser, "spool_max_size"):
        raise RuntimeError("This version of Starlette has no MultiPartParser.spool_max_size: uploads would go to disk.")
    MultiPartParser.spool_max_size = 0
