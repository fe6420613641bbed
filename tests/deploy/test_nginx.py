"""What nginx does with uploads, answers, headers and its log; a real nginx with deploy/nginx.conf."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, READY, serving
from tests.deploy.replica import Answer, Request
from tests.deploy.site import FULL, count, post, site
from tests.load.balancer import balancing

LARGEST = 10304 * 1024  # bytes of a body: 10 MiB, and 64 KiB for the form
LARGE_ANSWER = bytes(range(256)) * 4 * 22 * 1024  # 22 MiB


@pytest.mark.parametrize("status", [401, 413, 415, 422, 429, 500, 504])
def test_answers_of_the_service_pass_unchanged(tmp_path: Path, status: int) -> None:
    own = Answer(status, b'{"code": "own words"}', {"RateLimit-Limit": "60", "X-Request-ID": "its own"})
    with site(tmp_path, own, own) as (balancer, servers):
        answer = post(balancer)
        assert (answer.status_code, answer.text) == (status, '{"code": "own words"}')
        assert answer.headers["RateLimit-Limit"] == "60"
        assert answer.headers.get_list("X-Request-ID") == ["its own"]
        assert sum(count(servers)) == 1


@pytest.mark.parametrize("unread", [False, True])
def test_the_largest_upload(tmp_path: Path, unread: bool) -> None:
    body = b"x" * LARGEST
    full = Answer(FULL.status, FULL.body, FULL.headers, unread=unread)
    with site(tmp_path, full, Answer(), Answer()) as (balancer, servers):
        assert [post(balancer, body).status_code for _ in range(3)] == [200] * 3
        assert len(servers[0].requests) >= 1
        assert [len(request.body) for server in servers[1:] for request in server.requests] == [LARGEST] * 3
        assert balancer.temporary_files() == []
        assert "buffered to a temporary file" not in balancer.error_log()


def test_uploads_without_a_declared_length(tmp_path: Path) -> None:
    def parts(total: int) -> Iterator[bytes]:
        for start in range(0, total, 65536):
            yield b"x" * min(65536, total - start)

    with site(tmp_path, Answer()) as (balancer, servers):
        assert httpx.post(balancer.url + ENHANCE, content=parts(LARGEST)).status_code == 200
        assert len(servers[0].requests[0].body) == LARGEST
        assert balancer.temporary_files() == []
        answer = httpx.post(balancer.url + ENHANCE, content=parts(LARGEST + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
        assert len(servers[0].requests) == 1


@pytest.mark.parametrize("accept_s", [0.0, 1.0])
def test_a_large_answer_is_read_from_the_replica_at_once(tmp_path: Path, accept_s: float) -> None:
    with site(tmp_path, Answer(body=LARGE_ANSWER)) as (balancer, servers):
        with httpx.stream("POST", balancer.url + ENHANCE, content=b"a photo") as answer:
            assert servers[0].done.wait(10), "nginx does not read the answer before its client does"
            time.sleep(accept_s)
            assert answer.read() == LARGE_ANSWER
        assert balancer.temporary_files() == []
        assert "buffered to a temporary file" not in balancer.error_log()


def test_events_are_not_buffered(tmp_path: Path) -> None:
    fakes = FakeModels()
    with serving(fakes) as server, balancing(tmp_path, [server.port]) as balancer:
        fakes.detector.gate.clear()
        files, headers = {"file": images.png(images.gradient())}, {"Accept": "text/event-stream"}
        with httpx.stream("POST", balancer.url + ENHANCE, files=files, headers=headers, timeout=30) as response:
            lines = response.iter_lines()
            while next(lines) != 'data: {"stage":"detection","fraction":0.0}':
                continue
            fakes.detector.gate.set()
            assert "event: result" in lines


def test_what_nginx_refuses_itself_is_json(tmp_path: Path) -> None:
    with site(tmp_path, Answer()) as (balancer, servers):
        too_large = post(balancer, b"x" * (LARGEST + 1))
        not_a_photo = httpx.post(balancer.url + "/api/v1/models/warmup", content=b"x" * 100_000)
        long_head = httpx.get(balancer.url + READY, headers={"X-Much": "x" * 20_000})
        long_address = httpx.get(balancer.url + "/" + "x" * 20_000)
        answers = [(too_large, 413), (not_a_photo, 413), (long_head, 400), (long_address, 414)]
        for answer, status in answers:
            assert answer.status_code == status
            assert set(answer.json()) == {"error", "stage", "code", "request_id"}
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["X-Request-ID"] == answer.json()["request_id"]
        assert "10 MB" in too_large.json()["error"]
        assert count(servers) == [0]


def test_a_client_that_stops_in_the_middle(tmp_path: Path) -> None:
    with site(tmp_path, Answer(), client_body_timeout="300ms") as (balancer, servers):
        with socket.create_connection(("127.0.0.1", balancer.port), timeout=10) as connection:
            connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf" % ENHANCE.encode())
            with suppress(ConnectionResetError):
                assert connection.recv(4096) == b""
        assert count(servers) == [0]
        assert post(balancer).status_code == 200


def test_the_photos_of_one_client_at_once_are_limited(tmp_path: Path) -> None:
    release = Event()

    def waits(request: Request) -> Answer:
        release.wait(20)
        return Answer()

    with site(tmp_path, waits) as (balancer, servers), ThreadPoolExecutor(32) as threads:
        held = [threads.submit(post, balancer) for _ in range(32)]
        end = time.monotonic() + 10
        while count(servers) != [32]:
            assert time.monotonic() < end
            time.sleep(0.01)
        refused = post(balancer)
        release.set()
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_connections")
        assert refused.headers["Retry-After"] == "5"
        assert {one.result().status_code for one in held} == {200}
        assert post(balancer).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/x/../metrics", "/%6Detrics", "/metrics?x=1"])
def test_metrics_are_not_public(tmp_path: Path, path: str) -> None:
    with site(tmp_path, Answer()) as (balancer, servers):
        with socket.create_connection(("127.0.0.1", balancer.port), timeout=10) as connection:
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 404")
        assert count(servers) == [0]


@pytest.mark.parametrize("path", ["/", "/about", "/_next/static/chunks/x-0a1b2c.js"])
def test_the_browser_app_passes_unchanged(tmp_path: Path, path: str) -> None:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Encoding": "gzip",
        "Vary": "Accept-Encoding",
        "ETag": 'W/"0a1b2c"',
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'",
    }
    body = gzip.compress(b"<h1>The app</h1>")
    with site(tmp_path, Answer(200, body, headers)) as (balancer, servers):
        answer = httpx.get(balancer.url + path)
        assert (answer.status_code, answer.text) == (200, "<h1>The app</h1>")
        assert {name: answer.headers[name] for name in headers} == headers
        assert "gzip" in servers[0].requests[0].headers["Accept-Encoding"]


def test_headers_about_the_client(tmp_path: Path) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with site(tmp_path, Answer()) as (balancer, servers):
        post(balancer, **{"X-Forwarded-For": "6.6.6.6", "X-Request-ID": "mine-1", "traceparent": trace})
        post(balancer, **{"X-Request-ID": "not an id"})
        first, second = (request.headers for request in servers[0].requests)
        assert first["X-Forwarded-For"] == second["X-Forwarded-For"] == "127.0.0.1"
        assert first["X-Forwarded-Proto"] == "http"
        assert first["Host"] == f"127.0.0.1:{balancer.port}"
        assert (first["X-Request-ID"], first["traceparent"]) == ("mine-1", trace)
        assert len(second["X-Request-ID"]) == 32


def test_the_log(tmp_path: Path) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with site(tmp_path, FULL, Answer()) as (balancer, _):
        for index in range(2):
            url = f"{balancer.url}{ENHANCE}?key=canary"
            headers = {"X-API-Key": "canary", "X-Request-ID": f"id-{index}", "traceparent": trace}
            assert httpx.post(url, content=b"canary", headers=headers).status_code == 200
        log = balancer.log(2)
        retried = next(line for line in log if "," in line["replica"])
        assert (retried["status"], retried["replica_status"], retried["traceparent"]) == (200, "503, 200", trace)
        assert {line["request_id"] for line in log} == {"id-0", "id-1"}
        assert {line["path"] for line in log} == {ENHANCE}
        assert "canary" not in (balancer.folder / "access.log").read_text()
