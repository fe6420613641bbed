"""`create_app`: the application put together from settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from starlette.formparsers import MultiPartParser
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.access.quota import RATE_HEADERS, Quota
from app.http import errors
from app.http.answer_memory import AnswerMemory
from app.http.fetched_photos import FetchedPhotos
from app.http.jobs.webhook import described
from app.http.middleware.authentication import AuthenticationMiddleware, declare_keys
from app.http.middleware.faults import FaultsMiddleware
from app.http.middleware.gate import GateMiddleware
from app.http.middleware.hosts import HostsMiddleware
from app.http.middleware.observation import WEBSITE, ObservationMiddleware
from app.http.middleware.rate_limit import RateLimitMiddleware
from app.http.middleware.request_id import RequestIdMiddleware
from app.http.middleware.security_headers import SecurityHeadersMiddleware
from app.http.photo_answer import Answering
from app.http.policy import Policy, collect
from app.http.routes import (
    aliases,
    batches,
    cleanup,
    config,
    health,
    job_results,
    jobs,
    models,
    pages,
    photos,
    prometheus,
    status,
)
from app.http.routes.dependencies import no_query
from app.http.stream_places import StreamPlaces
from app.http.upload_memory import UploadMemory
from app.http.website import read_website
from app.observe.telemetry import Telemetry
from app.observe.tracing import Tracing
from app.settings import Settings
from app.sources.fetcher import Fetcher
from app.version import VERSION
from app.work.answer_cache import AnswerCache
from app.work.loaded_models import LoadedModels
from app.work.service import Service
from pipeline.models.catalogue.selection import Selection

if TYPE_CHECKING:
    from app.access.tokens import Tokens

# What a browser app hosted elsewhere may send, and what it may read.
CORS_REQUEST_HEADERS = (
    "X-API-Key",
    "Authorization",
    "Content-Type",
    "If-None-Match",
    "X-Request-ID",
    "traceparent",
    "Idempotency-Key",
    "Prefer",
    "Range",
    "If-Range",
)
CORS_ANSWER_HEADERS = (
    "X-Request-ID",
    "Retry-After",
    *RATE_HEADERS,
    "ETag",
    "X-Likeness-Facts",
    "X-Likeness-Cache",
    "Location",
    "Preference-Applied",
    "Content-Disposition",
    "Content-Range",
)


def create_app(settings: Settings | None = None, selection: Selection | None = None) -> FastAPI:
    """The ASGI application. It checks the model files now, unless a `selection` of checked ones is given, and loads
    them in the background once it runs. Raises `ModelUnavailable` naming every model file that is missing or wrong,
    `WebsiteUnreadable`, and pydantic's `ValidationError` for an invalid setting.
    """
    settings = settings or Settings()
    service = Service(settings, LoadedModels(settings, selection))
    quota = Quota(settings.rate_limit, settings.rate_limit_storage) if settings.rate_limit else None
    cache = AnswerCache(settings.max_cached_bytes, service.memory)
    telemetry, tracing = Telemetry(service, cache, quota), Tracing()
    tokens = _tokens(settings)
    uploads = UploadMemory(settings.max_arriving_bytes)
    _keep_uploads_in_memory()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.has_jobs:
            from app.observe.job_observer import JobObserver  # both are not imported by a server without jobs
            from jobs.house import open_jobs

            observer = JobObserver(telemetry.registry, tracing)
            app.state.jobs = await open_jobs(settings, service, described, observer)
        loading = asyncio.create_task(service.start())
        watching = asyncio.create_task(telemetry.watch_event_loop())
        yield
        watching.cancel()
        if app.state.jobs is not None:
            await app.state.jobs.stop()
        await loading
        service.close()
        if quota is not None:
            await quota.close()
        if tokens is not None:
            await tokens.close()
        await asyncio.to_thread(tracing.flush)

    app = FastAPI(
        title="Likeness",
        version=VERSION,
        description="Restores faces in photos and shows, with numbers, that it is still the same person.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # FastAPI's own contains paths and query strings
    )
    app.state.jobs, app.state.streams = None, StreamPlaces()
    app.state.service, app.state.telemetry, app.state.quota = service, telemetry, quota
    photos_by_address = FetchedPhotos(_fetcher(settings), uploads)
    held_answers = AnswerMemory(settings.max_held_bytes, service.memory)
    app.state.answering = Answering(service, photos_by_address, held_answers, cache)
    errors.install(app)
    # The gate looks at a photo's query.
    of_photos = photos.router, aliases.photo_router, jobs.submissions, batches.submissions, aliases.batch_submissions
    for router in (*of_photos, jobs.lists, pages.router):
        app.include_router(router)
    of_jobs = jobs.router, job_results.router, batches.router, aliases.batch_router
    of_server = health.router, status.router, config.router, models.router, prometheus.router, cleanup.router
    for router in (*of_jobs, *of_server, aliases.server_router):
        app.include_router(router, dependencies=[Depends(no_query)])
    app.mount(pages.STATIC, pages.static_files())
    others = {str(app.openapi_url): Policy(public=True), pages.STATIC: Policy(public=True)}
    website = read_website(settings.web_dir, collect(app.routes, others).every, fallback=app.router.default)
    if website is None:
        app.include_router(pages.landing)
    else:
        app.router.default = website
    paths, files = collect(app.routes, others), frozenset(website.files) if website else frozenset()

    # What is added last sees a request first.
    app.add_middleware(
        GateMiddleware,
        settings.max_body_bytes,
        settings.read_timeout_s,
        uploads,
        paths.guarded,
        paths.taking_json,
        service.arriving,
        *((paths.kept, paths.kept_many, settings.max_batch_bytes) if settings.has_jobs else ()),
    )
    if quota is not None:
        app.add_middleware(RateLimitMiddleware, quota, paths.counted)
    if settings.needs_key:
        public = paths.public | files, paths.public_folders
        app.add_middleware(AuthenticationMiddleware, settings.api_keys, tokens, *public)
        declare_keys(app.openapi(), paths.public, takes_tokens=settings.has_tokens)
    app.add_middleware(FaultsMiddleware)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST", "DELETE"),
            allow_headers=CORS_REQUEST_HEADERS,
            expose_headers=CORS_ANSWER_HEADERS,
        )
    app.add_middleware(
        HostsMiddleware, (settings.host.lower().removesuffix("."), *settings.hosts), settings.cors_origins
    )
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(ObservationMiddleware, telemetry, tracing, paths.every, files, paths.quiet | {WEBSITE})
    app.add_middleware(RequestIdMiddleware)  # so that every answer has an id
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    return app


def _fetcher(settings: Settings) -> Fetcher | None:
    """What fetches photos from the web; None unless the operator has allowed it."""
    if settings.url_fetch == "off":
        return None
    return Fetcher(settings.max_fetched_bytes, settings.url_timeout_s, settings.url_hosts)


def _tokens(settings: Settings) -> "Tokens | None":
    """What verifies tokens; None unless the operator has named their issuer's keys."""
    if not settings.has_tokens:
        return None
    from app.access.tokens import open_tokens  # cryptography takes a tenth of a second, which few servers need

    return open_tokens(
        settings.jwks_url,
        settings.jwt_key_file,
        audience=settings.jwt_audience,
        issuer=settings.jwt_issuer,
        leeway_s=settings.jwt_leeway_s,
    )


def _keep_uploads_in_memory() -> None:
    """Keep uploads off the disk: Starlette writes those over 1 MiB to temporary files. The gate limits their size."""
    if not hasattr(MultiPartParser, "spool_max_size"):
        raise RuntimeError("This version of Starlette has no MultiPartParser.spool_max_size: uploads would go to disk.")
    MultiPartParser.spool_max_size = 0  # which `SpooledTemporaryFile` takes for "never"
