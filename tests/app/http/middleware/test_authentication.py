"""Without a key only public paths are served, in exactly their spelling; the key is checked before the body is read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.access.keys import new_key
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, MULTIPART, STATUS, UPSCALE, Likeness, answer_on, head_of, serving

SHOP, SHOP_ENTRY = new_key("shop")
LAB, LAB_ENTRY = new_key("lab")

OPEN = [
    "/",
    "/docs",
    "/docs/static/swagger-ui-bundle.js",
    "/openapi.json",
    "/api/v1/config",
    "/api/v1/health",
    "/api/v1/health/live",
    "/api/v1/health/ready",
]
CLOSED = [STATUS, "/api/v1/models", "/metrics", "/api/v1/nothing", "/nothing", ENHANCE]


@pytest.fixture(scope="module")
def locked(likeness: Likeness) -> Iterator[Likeness]:
    """A server with two keys. `likeness` starts first, so that it does not get the fakes."""
    with serving(FakeModels(), api_keys=f"{SHOP_ENTRY},{LAB_ENTRY}") as server:
        yield server


def assert_refused(response: Any) -> None:
    assert response.status_code == 401
    body = response.json()
    assert (body["code"], body["stage"]) == ("unauthorized", "keys")
    assert body["request_id"] == response.headers["x-request-id"]
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", OPEN)
def test_public_paths_need_no_key(locked: Likeness, path: str) -> None:
    assert locked.client.get(path).status_code in (200, 307)
    assert locked.client.head(path).status_code in (200, 307, 405)


@pytest.mark.parametrize("path", CLOSED)
def test_every_other_path_needs_a_key(locked: Likeness, path: str) -> None:
    assert_refused(locked.client.get(path))
    assert locked.client.head(path).status_code == 401
    assert locked.client.get(path, headers={"X-API-Key": SHOP}).status_code != 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_public_paths_are_public_for_get_and_head_only(locked: Likeness, method: str) -> None:
    assert_refused(locked.client.request(method, "/api/v1/config"))


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/status",
        "/api/v1//status",
        "/api/v1/./status",
        "/api/v1/health/../status",
        "/docs/../api/v1/status",
        "/api/v1/status/",
        "/API/v1/status",
        "/api/v1/%73tatus",
        "/api/v1%2Fstatus",
        "/api/v1/status%0A",
        "/api/v1/status%00",
        "/api/v1/health%2F..%2Fstatus",
        "/api/v1/health/live%0A",
        "/api/v1/config;/../status",
        "/api/v1/config%20",
        "/%2e%2e/api/v1/status",
        "/docs/static",
        "/docs/staticx/status",
    ],
)
def test_other_spellings_of_a_path_need_a_key(locked: Likeness, path: str) -> None:
    connection = locked.connect()  # an HTTP client would normalise the path
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer_on(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 ")
    assert json.loads(body)["code"] == "unauthorized"


def test_the_public_folder_serves_only_its_files(locked: Likeness) -> None:
    for path in ("/docs/static/../../api/v1/status", "/docs/static/%2e%2e/%2e%2e/api/v1/status", "/docs/static//etc/x"):
        connection = locked.connect()
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert answer_on(connection).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": SHOP},
        {"X-API-Key": LAB},
        {"Authorization": f"Bearer {LAB}"},
        {"Authorization": f"bearer  {LAB}"},
        {"Authorization": "Basic c2hvcDpzaG9w", "X-API-Key": SHOP},
        {"Authorization": f"Bearer {SHOP}", "X-API-Key": ""},
    ],
)
def test_a_valid_key_is_accepted(locked: Likeness, headers: dict[str, str]) -> None:
    assert locked.client.get(STATUS, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": SHOP[:-1]},
        {"X-API-Key": SHOP_ENTRY},
        {"X-API-Key": SHOP_ENTRY.split(":")[1]},
        {"X-API-Key": f"Bearer {SHOP}"},
        {"X-API-Key": f"{SHOP},{LAB}"},
        {"Authorization": SHOP},
        {"Authorization": f"Basic {SHOP}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {SHOP} {SHOP}"},
        {"X-API-Key": "wrong", "Authorization": f"Bearer {SHOP}"},
        {"Cookie": f"X-API-Key={SHOP}"},
    ],
)
def test_anything_but_a_valid_key_is_refused(locked: Likeness, headers: dict[str, str]) -> None:
    assert_refused(locked.client.get(STATUS, headers=headers))
    assert_refused(locked.client.get(STATUS, headers=headers, params={"api_key": SHOP, "X-API-Key": SHOP}))


def test_a_key_of_non_ascii_bytes_is_refused(locked: Likeness) -> None:
    assert_refused(locked.client.get(STATUS, headers={b"X-API-Key": b"\xe4\xf6\xfc\xff"}))


def test_photos_need_a_key(locked: Likeness) -> None:
    photo = samples.no_face()
    assert_refused(locked.enhance(photo))
    assert_refused(locked.upscale(photo))
    for path in (ENHANCE, UPSCALE):
        response = locked.client.post(path, files={"file": ("photo", photo)}, headers={"X-API-Key": SHOP})
        assert response.status_code == 200


def test_the_refusal_does_not_wait_for_the_body(locked: Likeness) -> None:
    connection = locked.connect()
    start = time.monotonic()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": 9_000_000}))
    connection.settimeout(5)
    assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    assert time.monotonic() - start < 2
    connection.close()


def test_no_key_appears_in_answers_or_log(locked: Likeness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    canary = "canary-0123456789"
    answers = [
        locked.client.get(STATUS, headers={"X-API-Key": canary}),
        locked.client.get(STATUS, headers={"Authorization": f"Bearer {canary}"}),
        locked.client.get(STATUS, headers={"X-API-Key": SHOP}),
        locked.client.post(ENHANCE, headers={"X-API-Key": SHOP}),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 200, 415]
    exposed = caplog.text + "".join(answer.text + str(answer.headers) for answer in answers)
    for secret in (canary, SHOP, SHOP_ENTRY.split(":")[1]):
        assert secret not in exposed


def test_the_openapi_document_states_which_operations_need_a_key(locked: Likeness) -> None:
    document = locked.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"] == {
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "Bearer": {"type": "http", "scheme": "bearer"},
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            refused = locked.client.request(method, path).status_code == 401
            assert ("security" in operation) == refused, path
            assert ("401" in operation["responses"]) == refused, path


def test_without_configured_keys_no_key_is_needed(likeness: Likeness) -> None:
    assert likeness.client.get(STATUS, headers={"X-API-Key": "whatever"}).status_code == 200
    document = likeness.client.get("/openapi.json").json()
    assert "securitySchemes" not in document["components"]
