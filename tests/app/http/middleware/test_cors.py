"""CORS: browser apps on the allowed origins may send photos and read every answer, including errors."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from app.access.keys import new_key
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, STATUS, UPSCALE, Likeness, serving

APP = "https://app.example.org"
KEY, ENTRY = new_key("shop")


@pytest.fixture(scope="module")
def fakes() -> FakeModels:
    return FakeModels()


@pytest.fixture(scope="module")
def shared(fakes: FakeModels, likeness: Likeness) -> Iterator[Likeness]:
    """A server with two allowed origins. `likeness` starts first, so that it does not get the fakes."""
    settings = {"api_keys": ENTRY, "rate_limit": "20/hour", "cors_origins": f"{APP},http://localhost:3000"}
    with serving(fakes, max_upload_mb=1, **settings) as server:
        yield server


def preflight(server: Likeness, origin: str, *, method: str = "POST", headers: str = "x-api-key") -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return server.client.options(ENHANCE, headers=asked)


@pytest.mark.parametrize("origin", [APP, "http://localhost:3000"])
def test_a_preflight_needs_no_key(shared: Likeness, origin: str) -> None:
    wanted = "x-api-key, authorization, content-type, x-request-id, traceparent"
    response = preflight(shared, origin, headers=wanted)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", f"{APP}.evil.org", "https://app.example.org:8"])
def test_other_origins_are_refused(shared: Likeness, origin: str) -> None:
    response = preflight(shared, origin)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers
    assert "access-control-allow-origin" not in shared.client.get(LIVE, headers={"Origin": origin}).headers


def test_other_methods_and_headers_are_refused(shared: Likeness) -> None:
    assert preflight(shared, APP, method="PUT").status_code == 400
    assert preflight(shared, APP, headers="x-other").status_code == 400


def test_every_answer_and_error_has_the_cors_headers(shared: Likeness, fakes: FakeModels) -> None:
    photo = samples.no_face()
    headers = {"Origin": APP, "X-API-Key": KEY}

    def upscale(file: bytes) -> httpx.Response:
        return shared.client.post(UPSCALE, files={"file": ("photo", file)}, headers=headers)

    answers = [
        upscale(photo),
        shared.client.get(STATUS, headers={"Origin": APP}),
        shared.client.get("/api/v1/nothing", headers=headers),
        upscale(bytes(2**21)),
        upscale(b"no photo"),
    ]
    fakes.upscaler.trouble.error = ValueError("broken")
    answers.append(upscale(photo))
    fakes.upscaler.trouble.error = None
    while (limited := upscale(b"no photo")).status_code != 429:
        assert limited.status_code == 415
    answers.append(limited)
    assert [answer.status_code for answer in answers] == [200, 401, 404, 413, 415, 500, 429]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == APP
        assert "origin" in answer.headers["vary"].lower()
        exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
        assert {"x-request-id", "retry-after", "ratelimit-remaining", "x-likeness-facts"} <= set(exposed)


def test_the_error_of_a_server_that_is_not_ready_has_the_cors_headers() -> None:
    def broken() -> object:
        raise RuntimeError("no models")

    with serving(broken, until="/api/v1/config", cors_origins=APP) as server:  # type: ignore[arg-type]
        response = server.client.post(UPSCALE, files={"file": ("photo", b"x")}, headers={"Origin": APP})
    assert response.status_code == 503
    assert response.headers["access-control-allow-origin"] == APP


def test_a_star_allows_every_origin() -> None:
    with serving(FakeModels(), cors_origins="*") as server:
        assert preflight(server, "https://any.example.org").headers["access-control-allow-origin"] == "*"
        assert server.client.get(LIVE, headers={"Origin": "null"}).headers["access-control-allow-origin"] == "*"


def test_without_the_setting_there_are_no_cors_headers(likeness: Likeness) -> None:
    response = likeness.client.get(LIVE, headers={"Origin": APP})
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert preflight(likeness, APP).status_code == 405
    assert json.loads(preflight(likeness, APP).text)["code"] == "method_not_allowed"
