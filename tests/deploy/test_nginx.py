"""deploy/nginx.conf in a real nginx, before replicas that do whatever can go wrong."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, READY, serving
from tests.deploy.replica import DIES, Asked, Conduct, Replica, Says, replicas
from tests.load.balancer import Balancer, balancing, free_port

FULL = Says(503, b'{"code": "overloaded"}', {"Retry-After": "7"})
LARGEST = 10304 * 1024  # bytes of a body: 10 MiB, and 64 KiB for the form
LARGE_ANSWER = bytes(range(256)) * 4 * 22 * 1024  # 22 MiB


@contextmanager
def site(folder: Path, *conducts: Conduct, dead: int = 0, **changed: str) -> Iterator[tuple[Balancer, list[Replica]]]:
    """nginx before replicas of these conducts, and before `dead` ones that do not listen."""
    with replicas(*conducts) as servers:
        ports = [free_port() for _ in range(dead)] + [server.server_port for server in servers]
        with balancing(folder, ports, **changed) as balancer:
            yield balancer, servers


def post(balancer: Balancer, body: bytes = b"a photo", **headers: str) -> httpx.Response:
    return httpx.post(balancer.url + ENHANCE, content=body, headers=headers, timeout=30)


def count(servers: list[Replica]) -> list[int]:
    return [len(server.asked) for server in servers]


@pytest.mark.parametrize("bad", [FULL, DIES, Says(502)])
def test_a_photo_that_one_replica_does_not_do_is_done_by_another(tmp_path: Path, bad: Conduct) -> None:
    with site(tmp_path, bad, Says(), Says()) as (balancer, servers):
        answers = [post(balancer, b"photo %d" % index) for index in range(12)]
        assert [answer.status_code for answer in answers] == [200] * 12
        assert {asked.body for server in servers[1:] for asked in server.asked} == {b"photo %d" % i for i in range(12)}
        # After a failure it is left alone for a while.
        assert 1 <= len(servers[0].asked) <= 3


def test_a_full_house_is_told_by_a_replica_every_time(tmp_path: Path) -> None:
    with site(tmp_path, FULL, FULL, FULL) as (balancer, servers):
        answers = [post(balancer) for _ in range(12)]
        assert {(answer.status_code, answer.text, answer.headers["Retry-After"]) for answer in answers} == {
            (503, '{"code": "overloaded"}', "7")
        }
        # As soon as one has room it is used, though all were full a moment ago.
        servers[1].conduct = Says()
        assert [post(balancer).status_code for _ in range(2)].count(200) >= 1


def test_refusals_that_a_client_provokes_do_not_lock_others_out(tmp_path: Path) -> None:
    def choosy(asked: Asked) -> Says:
        return FULL if asked.body == b"enormous" else Says()

    with site(tmp_path, choosy, choosy, choosy) as (balancer, _):
        for _ in range(5):
            assert post(balancer, b"enormous").status_code == 503
            assert post(balancer).status_code == 200


def test_a_photo_that_kills_its_replica_kills_two_at_the_most(tmp_path: Path) -> None:
    def frail(asked: Asked) -> Says | None:
        return DIES if asked.body == b"killer" else Says()

    with site(tmp_path, *[frail] * 5) as (balancer, servers):
        with httpx.Client(base_url=balancer.url) as client:  # whatever connections nginx might keep are open now
            assert {client.get("/page").status_code for _ in range(10)} == {200}
        assert {post(balancer).status_code for _ in range(10)} == {200}
        before = sum(count(servers))
        answer = post(balancer, b"killer", **{"X-Request-ID": "mine"})
        assert sum(count(servers)) == before + 2
        assert answer.status_code == 502
        assert answer.json() == {
            "error": "The server was lost while it worked on this.",
            "stage": "balancer",
            "code": "replica_lost",
            "request_id": "mine",
        }
        assert answer.headers["X-Request-ID"] == "mine"


def test_one_replica_of_three_is_enough(tmp_path: Path) -> None:
    with site(tmp_path, Says(), dead=2) as (balancer, _):
        end = time.monotonic() + 4  # long enough for nginx to look after the dead again
        while time.monotonic() < end:
            assert post(balancer).status_code == 200
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("fates", "status", "tries"),
    [
        ([FULL, DIES, Says()], 200, "503, 502 : 200"),  # what said 503 is not at risk, and does not count
        ([FULL, DIES, DIES, Says()], 502, "503, 502 : 502"),  # two are lost: enough
        ([DIES, DIES, Says()], 502, "502, 502"),
        ([DIES, FULL, Says()], 503, "502, 503"),  # it had its two tries, and a proper answer
    ],
)
def test_a_photo_is_tried_again_until_two_replicas_are_lost(
    tmp_path: Path, fates: list[Says | None], status: int, tries: str
) -> None:
    coming = iter(fates)

    def next_fate(asked: Asked) -> Says | None:
        return next(coming)

    with site(tmp_path, *[next_fate] * 4) as (balancer, _):
        assert post(balancer).status_code == status
        assert [line["replica_status"] for line in balancer.log(1)] == [tries]


def test_without_any_replica(tmp_path: Path) -> None:
    with site(tmp_path, dead=3) as (balancer, _):
        for _ in range(5):
            answer = post(balancer)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.json()["code"] == "unavailable"
            assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("status", [401, 413, 415, 422, 429, 500, 504])
def test_answers_of_the_service_pass_as_they_are(tmp_path: Path, status: int) -> None:
    says = Says(status, b'{"code": "own words"}', {"RateLimit-Limit": "60", "X-Request-ID": "its own"})
    with site(tmp_path, says, says) as (balancer, servers):
        answer = post(balancer)
        assert (answer.status_code, answer.text) == (status, '{"code": "own words"}')
        assert answer.headers["RateLimit-Limit"] == "60"
        assert answer.headers.get_list("X-Request-ID") == ["its own"]
        assert sum(count(servers)) == 1


def test_a_replica_that_hangs(tmp_path: Path) -> None:
    release = Event()

    def hangs(asked: Asked) -> Says:
        release.wait(20)
        return Says()

    changed = {"proxy_read_timeout": "500ms", "proxy_next_upstream_timeout": "400ms"}
    with site(tmp_path, hangs, hangs, **changed) as (balancer, servers):
        answer = post(balancer)
        release.set()
        assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
        assert sum(count(servers)) == 1  # its time is over: nobody else begins with it


@pytest.mark.parametrize("unread", [False, True])
def test_the_largest_upload(tmp_path: Path, unread: bool) -> None:
    body = b"x" * LARGEST
    full = Says(FULL.status, FULL.body, FULL.headers, unread=unread)
    with site(tmp_path, full, Says(), Says()) as (balancer, servers):
        assert [post(balancer, body).status_code for _ in range(3)] == [200] * 3
        assert len(servers[0].asked) >= 1
        assert [len(asked.body) for server in servers[1:] for asked in server.asked] == [LARGEST] * 3
        assert balancer.temporary_files() == []
        assert "buffered to a temporary file" not in balancer.complaints()


def test_uploads_without_a_declared_length(tmp_path: Path) -> None:
    def parts(total: int) -> Iterator[bytes]:
        for start in range(0, total, 65536):
            yield b"x" * min(65536, total - start)

    with site(tmp_path, Says()) as (balancer, servers):
        assert httpx.post(balancer.url + ENHANCE, content=parts(LARGEST)).status_code == 200
        assert len(servers[0].asked[0].body) == LARGEST
        assert balancer.temporary_files() == []
        answer = httpx.post(balancer.url + ENHANCE, content=parts(LARGEST + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
        assert len(servers[0].asked) == 1


@pytest.mark.parametrize("accept_s", [0.0, 1.0])
def test_a_large_answer_leaves_the_replica_at_once(tmp_path: Path, accept_s: float) -> None:
    with site(tmp_path, Says(body=LARGE_ANSWER)) as (balancer, servers):
        with httpx.stream("POST", balancer.url + ENHANCE, content=b"a photo") as answer:
            assert servers[0].done.wait(10), "the answer waits for its client"
            time.sleep(accept_s)
            assert answer.read() == LARGE_ANSWER
        assert balancer.temporary_files() == []
        assert "buffered to a temporary file" not in balancer.complaints()


def test_events_pass_as_they_come(tmp_path: Path) -> None:
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
    with site(tmp_path, Says()) as (balancer, servers):
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
    with site(tmp_path, Says(), client_body_timeout="300ms") as (balancer, servers):
        with socket.create_connection(("127.0.0.1", balancer.port), timeout=10) as connection:
            connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf" % ENHANCE.encode())
            with suppress(ConnectionResetError):
                assert connection.recv(4096) == b""
        assert count(servers) == [0]
        assert post(balancer).status_code == 200


def test_one_client_has_so_many_photos_at_once(tmp_path: Path) -> None:
    release = Event()

    def waits(asked: Asked) -> Says:
        release.wait(20)
        return Says()

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
def test_metrics_are_for_the_inside(tmp_path: Path, path: str) -> None:
    with site(tmp_path, Says()) as (balancer, servers):
        with socket.create_connection(("127.0.0.1", balancer.port), timeout=10) as connection:
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 404")
        assert count(servers) == [0]


@pytest.mark.parametrize("path", ["/", "/about", "/_next/static/chunks/x-0a1b2c.js"])
def test_the_browser_app_passes_as_it_is(tmp_path: Path, path: str) -> None:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Encoding": "gzip",
        "Vary": "Accept-Encoding",
        "ETag": 'W/"0a1b2c"',
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'",
    }
    body = gzip.compress(b"<h1>The app</h1>")
    with site(tmp_path, Says(200, body, headers)) as (balancer, servers):
        answer = httpx.get(balancer.url + path)
        assert (answer.status_code, answer.text) == (200, "<h1>The app</h1>")
        assert {name: answer.headers[name] for name in headers} == headers
        assert "gzip" in servers[0].asked[0].headers["Accept-Encoding"]


def test_a_file_that_only_one_version_has_is_found(tmp_path: Path) -> None:
    with site(tmp_path, Says(404), Says(404), Says()) as (balancer, servers):
        for _ in range(6):
            assert httpx.get(balancer.url + "/_next/static/chunks/x-0a1b2c.js").status_code == 200
        servers[2].conduct = Says(404, b"nowhere")
        assert httpx.get(balancer.url + "/_next/static/chunks/x-0a1b2c.js").status_code == 404


def test_what_a_replica_learns_of_the_client(tmp_path: Path) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with site(tmp_path, Says()) as (balancer, servers):
        post(balancer, **{"X-Forwarded-For": "6.6.6.6", "X-Request-ID": "mine-1", "traceparent": trace})
        post(balancer, **{"X-Request-ID": "not an id"})
        first, second = (asked.headers for asked in servers[0].asked)
        assert first["X-Forwarded-For"] == second["X-Forwarded-For"] == "127.0.0.1"
        assert first["X-Forwarded-Proto"] == "http"
        assert first["Host"] == f"127.0.0.1:{balancer.port}"
        assert (first["X-Request-ID"], first["traceparent"]) == ("mine-1", trace)
        assert len(second["X-Request-ID"]) == 32


def test_the_log(tmp_path: Path) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with site(tmp_path, FULL, Says()) as (balancer, _):
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


def test_ready_is_whoever_has_one_ready_replica(tmp_path: Path) -> None:
    loading = Says(503, b"loading")
    with site(tmp_path, loading, loading, Says(body=b"ready"), dead=1) as (balancer, servers):
        assert {httpx.get(balancer.url + READY).text for _ in range(8)} == {"ready"}
        servers[2].conduct = loading
        assert httpx.get(balancer.url + READY).status_code == 503
        assert {post(balancer).status_code for _ in range(2)} == {503}


def test_other_requests_are_not_repeated_once_they_were_sent(tmp_path: Path) -> None:
    with site(tmp_path, DIES, DIES, DIES) as (balancer, servers):
        assert httpx.post(balancer.url + "/api/v1/models/warmup").status_code == 502
        assert sum(count(servers)) == 1
