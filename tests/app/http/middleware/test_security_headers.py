"""Security and cache headers of every answer."""

from __future__ import annotations

import pytest

from tests.app import samples
from tests.app.server import LIVE, Likeness


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/docs/static/swagger-ui.css", "/openapi.json", LIVE, "/api/v1/nothing", "/nothing"]
)
def test_every_answer_has_the_security_headers(likeness: Likeness, path: str) -> None:
    headers = likeness.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_policy_of_answers_that_are_no_pages_allows_nothing(likeness: Likeness) -> None:
    for path in (LIVE, "/openapi.json", "/nothing"):
        assert likeness.client.get(path).headers["content-security-policy"].count("src") == 1


def test_photos_and_errors_are_not_cached(likeness: Likeness) -> None:
    photo = samples.no_face()
    answers = [
        likeness.upscale(photo),
        likeness.upscale(photo, accept="image/png"),
        likeness.upscale(b"no photo"),
        likeness.client.get(LIVE),
        likeness.client.get("/api/v1/nothing"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 415, 200, 404]
    assert {answer.headers.get("cache-control") for answer in answers} == {"no-store"}


def test_static_files_may_be_cached(likeness: Likeness) -> None:
    first = likeness.client.get("/docs/static/swagger-ui.css")
    again = likeness.client.get("/docs/static/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]})
    assert "cache-control" not in first.headers
    assert again.status_code == 304
