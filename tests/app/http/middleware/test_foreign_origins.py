"""A page of another origin may not send photos, unless CORS lists its origin; clients that are no browsers may."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.access.keys import new_key
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, MULTIPART, STATUS, UPSCALE, Likeness, head_of, serving

APP = "https://app.example.org"
KEY, ENTRY = new_key("shop")
WARMUP = "/api/v1/models/warmup"


@pytest.fixture(scope="module")
def shared(likeness: Likeness) -> Iterator[Likeness]:
    """A server that CORS lets an app call, behind a proxy with the name photos.example.org.

    `likeness` starts first, so that it does not get the fakes.
    """
    with serving(FakeModels(), cors_origins=APP, hosts="photos.example.org") as server:
        yield server


def post(server: Likeness, headers: dict[str, str] | list[tuple[str, str]], path: str = UPSCALE) -> httpx.Response:
    return server.client.post(path, files={"file": ("photo", samples.no_face())}, headers=headers)


def assert_refused(response: httpx.Response) -> None:
    assert response.status_code == 403
    error = response.json()
    assert (error["code"], error["stage"]) == ("foreign_origin", "request")
    assert "LIKENESS_CORS_ORIGINS" in error["error"]
    assert error["request_id"] == response.headers["x-request-id"]
    assert "access-control-allow-origin" not in response.headers


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://localhost:3000"},
    {"Origin": f"{APP}.evil.example"},
    {"Origin": f"{APP}:8443"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "something new"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_page_may_not_post(shared: Likeness, headers: dict[str, str]) -> None:
    for path in (UPSCALE, ENHANCE, WARMUP, LIVE, "/nothing", "/metrics"):
        assert_refused(post(shared, headers, path))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_foreign_page_may_use_no_other_changing_method(shared: Likeness, method: str) -> None:
    assert_refused(shared.client.request(method, STATUS, headers=FOREIGN[0]))


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_reading_stays_as_cors_says(shared: Likeness, headers: dict[str, str]) -> None:
    for method, status in (("GET", 200), ("HEAD", 405), ("OPTIONS", 405)):
        response = shared.client.request(method, STATUS, headers=headers)
        assert response.status_code == status
        assert "access-control-allow-origin" not in response.headers


def test_two_origins_are_foreign_even_if_one_is_listed(shared: Likeness) -> None:
    own = str(shared.client.base_url)
    for others in ([APP, "https://evil.example"], [own, "https://evil.example"], [own, APP]):
        assert_refused(post(shared, [("Origin", origin) for origin in others]))


def test_a_page_of_the_server_itself_may_post(shared: Likeness) -> None:
    own = f"http://127.0.0.1:{shared.port}"
    for headers in ({"Origin": own}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert post(shared, headers).status_code == 200


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://photos.example.org", "photos.example.org"),
        ("https://photos.example.org", "photos.example.org:443"),
        ("https://photos.example.org:8443", "photos.example.org:8443"),
        ("http://photos.example.org", "photos.example.org"),
    ],
)
def test_a_page_behind_a_proxy_may_post_whether_or_not_the_proxy_takes_off_tls(
    shared: Likeness, origin: str, host: str
) -> None:
    assert post(shared, {"Origin": origin, "Host": host, "Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_page_of_another_origin_of_the_same_host_is_refused(shared: Likeness) -> None:
    """A browser also reports a page without TLS on the same host, which anybody on the network could have changed."""
    headers = {"Host": "photos.example.org", "Origin": "http://photos.example.org", "Sec-Fetch-Site": "cross-site"}
    assert_refused(post(shared, headers))
    assert_refused(post(shared, {"Host": "photos.example.org", "Origin": "https://photos.example.org:8443"}))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_a_page_that_cors_lists_may_post(shared: Likeness, site: str) -> None:
    response = post(shared, {"Origin": APP, "Sec-Fetch-Site": site})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == APP


def test_a_star_lets_every_page_post(fakes: FakeModels) -> None:
    with serving(fakes, cors_origins="*") as server:
        for headers in FOREIGN:
            assert post(server, headers).status_code == 200


def test_without_cors_only_own_pages_may_post(likeness: Likeness) -> None:
    assert_refused(post(likeness, {"Origin": APP}, WARMUP))
    assert likeness.client.post(WARMUP, headers={"Origin": f"http://127.0.0.1:{likeness.port}"}).status_code == 200


def test_clients_that_are_no_browsers_may_post(shared: Likeness) -> None:
    assert post(shared, {}).status_code == 200


def test_the_refusal_precedes_key_quota_and_body(fakes: FakeModels) -> None:
    with serving(fakes, api_keys=ENTRY, rate_limit="1/day") as server:
        server.client.headers["X-API-Key"] = KEY  # for the metrics
        for key in ("wrong", KEY, KEY):
            refused = post(server, {"Origin": "https://evil.example", "X-API-Key": key})
            assert_refused(refused)
            assert "ratelimit-remaining" not in refused.headers
        head = head_of(UPSCALE, {"Content-Type": MULTIPART, "Content-Length": 9_000_000, "Origin": "null"})
        with server.connect() as connection:
            connection.sendall(head)
            assert connection.recv(65536).startswith(b"HTTP/1.1 403 ")
        assert post(server, {}).status_code == 200
        counted(server, "likeness_refusals_total", 4, code="foreign_origin")
