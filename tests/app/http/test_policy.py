"""Each route has a policy; a route without one stops the start."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from app.application import create_app
from app.http.policy import Policy, RoutePaths, collect
from app.settings import Settings
from tests.app.server import ENHANCE, LIVE, NO_WEBSITE, READY, STATUS, UPSCALE

WARMUP, HEALTH, CONFIG = "/api/v1/models/warmup", "/api/v1/health", "/api/v1/config"


def routes_of(app: FastAPI, **others: Policy) -> RoutePaths:
    return collect(app.routes, {"/openapi.json": Policy(public=True), **{f"/{name}": p for name, p in others.items()}})


def bare_app() -> FastAPI:
    return FastAPI(docs_url=None, redoc_url=None)


def test_the_service_has_these_policies() -> None:
    app = create_app(Settings(models="embedded", device="cpu", web_dir=NO_WEBSITE))
    paths = collect(app.routes, {"/openapi.json": Policy(public=True), "/docs/static": Policy(public=True)})
    assert paths.public == {"/", "/docs", "/openapi.json", CONFIG, HEALTH, "/health", LIVE, READY}
    assert paths.public_folders == ("/docs/static/",)
    assert paths.guarded == {ENHANCE, UPSCALE, "/face-enhance", "/upscale"}
    assert paths.taking_json == {"/upscale"}
    assert paths.kept == {"/api/v1/jobs"}
    assert paths.kept_many == {"/api/v1/batches", "/enhance/batch"}
    assert paths.counted == {*paths.guarded, *paths.kept, *paths.kept_many, WARMUP}
    assert paths.quiet == {"/metrics", HEALTH, "/health", LIVE, READY}
    others = {STATUS, "/status", "/api/v1/cleanup", "/api/v1/models", "/docs/static"}
    of_job = {"/api/v1/jobs/{id}" + part for part in ("", "/cancel", "/events", "/result", "/preview", "/report")}
    of_batch = {"/api/v1/batches/{id}" + part for part in ("", "/cancel", "/results.zip")}
    of_batch |= {"/batch/{id}", "/batch/{id}/results"}
    assert paths.every == {*paths.public, *paths.counted, *paths.quiet, *others, *of_job, *of_batch}


def test_a_route_without_a_policy_stops_the_start() -> None:
    app = bare_app()

    @app.get("/new")
    async def new() -> None: ...

    with pytest.raises(ValueError, match="/new has no Policy"):
        routes_of(app)


def test_a_mount_without_a_policy_stops_the_start() -> None:
    app = bare_app()
    app.mount("/files", StaticFiles(directory="."))
    with pytest.raises(ValueError, match="/files has no Policy"):
        routes_of(app)


def test_a_mount_may_need_a_key() -> None:
    app = bare_app()
    app.mount("/files", StaticFiles(directory="."))
    paths = routes_of(app, files=Policy())
    assert (paths.public, paths.public_folders) == ({"/openapi.json"}, ())
    assert "/files" in paths.every


def test_a_path_with_a_parameter_cannot_be_public_or_counted() -> None:
    """The middleware compares whole paths, so the policy would apply to no request."""
    app = bare_app()

    @app.get("/jobs/{number}")
    @Policy()
    async def job(number: int) -> None: ...

    assert "/jobs/{number}" in routes_of(app).every

    @app.post("/jobs/{number}")
    @Policy(counted=True)
    async def post(number: int) -> None: ...

    with pytest.raises(ValueError, match="has a parameter"):
        routes_of(app)


def test_a_policy_is_not_in_the_document() -> None:
    app = bare_app()

    @app.get("/new")
    @Policy(public=True, quiet=True)
    async def new() -> None: ...

    assert "olicy" not in str(app.openapi())
