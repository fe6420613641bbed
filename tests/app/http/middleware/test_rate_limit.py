"""Requests beyond the rate limit are refused before their photo is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from app.access import quota
from app.access.keys import new_key
from tests.app import samples
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.redis_server import needs_redis, redis_running
from tests.app.server import (
    ENHANCE,
    LIVE,
    MULTIPART,
    PATIENCE,
    STATUS,
    UPSCALE,
    Likeness,
    answer_on,
    eventually,
    form_body,
    head_of,
    serving,
)

WARMUP = "/api/v1/models/warmup"
ALLOWANCE = {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}


@contextmanager
def client_at(server: Likeness, address: str) -> Iterator[httpx.Client]:
    """A client with another loopback address."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{server.port}", timeout=PATIENCE) as client:
        yield client


def send(client: httpx.Client, path: str = UPSCALE, **headers: str) -> httpx.Response:
    return client.post(path, files={"file": ("photo", samples.no_face())}, headers=headers)


def test_requests_beyond_the_rate_are_refused_with_429() -> None:
    with serving(FakeModels(), rate_limit="3/day") as server:
        answers = [server.client.post(WARMUP), send(server.client), send(server.client, ENHANCE)]
        refused = [send(server.client), send(server.client, ENHANCE), server.client.post(WARMUP)]
        others = [server.client.get(path) for path in (LIVE, STATUS, UPSCALE, "/docs")]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [int(answer.headers["ratelimit-remaining"]) for answer in answers] == [2, 1, 0]
    for answer in refused:
        assert answer.status_code == 429
        assert (answer.json()["code"], answer.json()["stage"]) == ("rate_limited", "quota")
        assert 1 <= int(answer.headers["retry-after"]) <= 86_400
        assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"]
        assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]) == ("3", "0")
    assert [answer.status_code for answer in others] == [200, 200, 405, 200]
    assert not any(ALLOWANCE & set(answer.headers) for answer in others)


def test_the_refusal_does_not_wait_for_the_body() -> None:
    with serving(FakeModels(), rate_limit="1/day") as server:
        server.client.post(WARMUP)
        connection = server.connect()
        start = time.monotonic()
        connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": 9_000_000}))
        connection.settimeout(5)
        assert connection.recv(65536).startswith(b"HTTP/1.1 429 ")
        assert time.monotonic() - start < 2
        connection.close()


@pytest.mark.parametrize("path", ["/api/v1/%65nhance", "/api/v1/enhance%0A", "/api/v1/enhance?x=1"])
def test_other_spellings_of_a_path_are_counted_too(path: str) -> None:
    body = form_body({"file": samples.no_face(), "require_face": "false"})
    with serving(FakeModels(), rate_limit="1/day") as server:
        answers = []
        for _ in range(2):
            connection = server.connect()
            headers = {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"}
            connection.sendall(head_of(path, headers) + body)
            answers.append(answer_on(connection)[9:12])
    assert answers[0] != b"200" or answers[1] == b"429"


def test_each_address_has_its_own_rate() -> None:
    with serving(FakeModels(), rate_limit="1/day") as server:
        statuses = []
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2", "127.0.0.3"):
            with client_at(server, address) as client:
                statuses.append(send(client).status_code)
    assert statuses == [200, 200, 429, 429, 200]


def test_headers_about_the_address_are_ignored() -> None:
    with serving(FakeModels(), rate_limit="1/day") as server:
        assert send(server.client).status_code == 200
        for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"):
            assert send(server.client, **{header: "203.0.113.9"}).status_code == 429


def test_each_key_has_its_own_rate_from_any_address() -> None:
    (shop, shop_entry), (lab, lab_entry) = new_key("shop"), new_key("lab")
    with serving(FakeModels(), rate_limit="2/day", api_keys=f"{shop_entry},{lab_entry}") as server:
        unknown = [send(server.client, **{"X-API-Key": "wrong"}).status_code for _ in range(3)]
        statuses = [send(server.client, **{"X-API-Key": key}).status_code for key in (shop, lab, shop, shop, lab)]
        with client_at(server, "127.0.0.2") as client:
            elsewhere = send(client, Authorization=f"Bearer {shop}").status_code
    assert unknown == [401] * 3
    assert statuses == [200, 200, 200, 429, 200]
    assert elsewhere == 429


def test_errors_have_the_ratelimit_headers() -> None:
    with serving(FakeModels(), rate_limit="3/day") as server:
        response = server.upscale(b"no photo")
    assert response.status_code == 415
    assert response.headers["ratelimit-remaining"] == "2"


def test_without_the_setting_there_is_no_quota(likeness: Likeness) -> None:
    assert not ALLOWANCE & set(send(likeness.client).headers)
    assert likeness.app.state.quota is None


@needs_redis
def test_two_servers_count_in_one_redis_and_serve_without_it() -> None:
    with redis_running() as redis:
        settings = {"rate_limit": "3/day", "rate_limit_storage": redis.url}
        with serving(FakeModels(), **settings) as one, serving(FakeModels(), **settings) as other:
            counted = [send(server.client) for server in (one, other, one, other, one)]
            redis.kill()
            began = time.monotonic()
            uncounted = [send(server.client) for server in (one, other) * 5]
            seconds = time.monotonic() - began
            missed = [server.app.state.quota.uncounted for server in (one, other)]
            assert scraped(one)("likeness_rate_limit_uncounted_total") == 5
    assert [answer.status_code for answer in counted] == [200, 200, 200, 429, 429]
    assert [answer.headers.get("ratelimit-remaining") for answer in counted] == ["2", "1", "0", "0", "0"]
    assert [answer.status_code for answer in uncounted] == [200] * 10
    assert not any(ALLOWANCE & set(answer.headers) for answer in uncounted)
    assert missed == [5, 5]
    assert seconds < 5


@needs_redis
def test_a_redis_that_hangs_delays_no_photo_for_longer_than_its_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at_once = 2 * quota.MAX_CONNECTIONS
    monkeypatch.setattr(quota, "RETRY_S", 0.5)

    def warmed_up(server: Likeness) -> tuple[httpx.Response, float]:
        began = time.monotonic()
        return server.client.post(WARMUP), time.monotonic() - began

    with (
        redis_running() as redis,
        serving(FakeModels(), queue_size=at_once, rate_limit="3/day", rate_limit_storage=redis.url) as server,
        ThreadPoolExecutor(at_once) as clients,
    ):
        assert send(server.client).headers["ratelimit-remaining"] == "2"
        with redis.frozen():
            for _ in range(2):  # and once more when it is tried again
                together = list(clients.map(warmed_up, [server] * at_once))
                assert [answer.status_code for answer, _ in together] == [200] * at_once
                assert not any(ALLOWANCE & set(answer.headers) for answer, _ in together)
                # One after another would take twice this time.
                assert max(seconds for _, seconds in together) < at_once * quota.STORAGE_TIMEOUT_S / 2
                time.sleep(quota.RETRY_S)
        eventually(lambda: "ratelimit-remaining" in send(server.client).headers)
    warnings = [record for record in caplog.records if record.name == "likeness" and record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "the storage of the rate limit cannot be reached" in warnings[0].getMessage()
