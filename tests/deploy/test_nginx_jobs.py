"""Jobs behind nginx: sockets, events, batches and archives pass as they come; real servers that share their data."""

from __future__ import annotations

import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, FINAL, JOBS, keeping
from tests.app.http.socket_clients import HANDSHAKE, events_of
from tests.app.server import eventually, serving
from tests.deploy.replica import NO_ANSWER, Answer, Request
from tests.deploy.site import FULL, count, site
from tests.load.balancer import Balancer, balancing

MEBIBYTE = 2**20


@pytest.fixture
def fakes() -> FakeModels:
    return FakeModels()


@contextmanager
def two_servers(folder: Path, models: FakeModels, **settings: Any) -> Iterator[tuple[Balancer, httpx.Client]]:
    """nginx before two servers that share a table and a folder of objects."""
    data = folder / "data"
    with (
        keeping(data, models, **settings) as one,
        keeping(data, models, **settings) as two,
        balancing(folder, [one.port, two.port]) as balancer,
        httpx.Client(base_url=balancer.url, timeout=60) as client,
    ):
        yield balancer, client


def submitted(client: httpx.Client, **fields: str) -> str:
    """The path of a new job."""
    answer = client.post(JOBS, files={"file": ("photo.png", samples.small_face())}, data=fields)
    assert answer.status_code == 202, answer.text
    path: str = answer.json()["links"]["self"]
    return path


def test_a_socket_passes_and_tells_what_another_server_does(tmp_path: Path, fakes: FakeModels) -> None:
    with two_servers(tmp_path, fakes) as (balancer, client):
        fakes.detector.gate.clear()
        path = submitted(client)
        sockets = [connect(f"ws://127.0.0.1:{balancer.port}{path}/events", open_timeout=20) for _ in range(4)]
        fakes.detector.gate.set()
        for opened in sockets:  # to both servers, of which one does the job
            seen, code = events_of(opened)
            assert (seen[-1][0], seen[-1][1]["state"], code) == ("result", "succeeded", 1000)


def test_no_other_protocol_and_no_other_address(tmp_path: Path) -> None:
    with site(tmp_path, Answer()) as (balancer, servers):
        for path, protocol in (("/api/v1/jobs/7/events", "h2c"), ("/api/v1/status", "websocket")):
            with closing(socket.create_connection(("127.0.0.1", balancer.port), timeout=10)) as connection:
                headers = "".join(f"{name}: {value}\r\n" for name, value in {**HANDSHAKE, "Upgrade": protocol}.items())
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert [request.headers.get("Upgrade") for request in servers[0].requests] == [None, None]
        assert {request.headers["Connection"] for request in servers[0].requests} == {"close"}


def test_events_come_before_the_job_is_done(tmp_path: Path, fakes: FakeModels) -> None:
    with two_servers(tmp_path, fakes) as (_, client):
        fakes.detector.gate.clear()
        path = submitted(client)
        with client.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer:
            lines = answer.iter_lines()
            assert next(lines).startswith("event: ")  # while the job cannot go on
            fakes.detector.gate.set()
            last = [line for line in lines if line.startswith("data: ")][-1]
        assert json.loads(last.removeprefix("data: "))["state"] == "succeeded"


def test_a_large_batch_passes_and_its_archive_streams(tmp_path: Path, fakes: FakeModels) -> None:
    photo = samples.small_face()
    padded = photo + bytes(10 * MEBIBYTE - 1024 - len(photo))  # what stands behind a PNG's end is ignored
    with two_servers(tmp_path, fakes) as (balancer, client):
        files = [("file", (f"photo-{number}.png", padded)) for number in range(6)]
        answer = client.post(BATCHES, files=files)
        assert answer.status_code == 202, answer.text
        path = answer.json()["links"]["self"]
        eventually(lambda: sum(client.get(path).json()["counts"].get(state, 0) for state in FINAL) == 6)
        with client.stream("GET", f"{path}/results.zip") as download:
            assert download.status_code == 200
            assert "content-length" not in download.headers or download.headers.get("accept-ranges")
            archive = zipfile.ZipFile(BytesIO(download.read()))
        assert {"report.csv", "report.json"} < set(archive.namelist())
        assert len(archive.namelist()) == 8
        assert archive.testzip() is None
        assert balancer.temporary_files() == []
        assert "buffered to a temporary file" not in balancer.error_log()


def test_a_batch_reaches_its_server_while_it_is_sent(tmp_path: Path) -> None:
    begun = threading.Event()

    def noting(request: Request) -> Answer:
        return Answer(202, str(len(request.body)).encode())

    def parts() -> Iterator[bytes]:
        yield b"x" * MEBIBYTE
        assert begun.wait(20), "nothing has reached the server"
        yield b"x" * MEBIBYTE

    with site(tmp_path, noting) as (balancer, servers):
        original = servers[0].process_request

        def process(*arguments: Any) -> None:
            begun.set()
            original(*arguments)

        servers[0].process_request = process  # type: ignore[method-assign]
        headers = {"Content-Length": str(2 * MEBIBYTE)}
        answer = httpx.post(balancer.url + BATCHES, content=parts(), headers=headers, timeout=30)
        assert (answer.status_code, answer.text) == (202, str(2 * MEBIBYTE))


def test_a_batch_that_is_refused_at_once_gets_the_servers_own_answer(tmp_path: Path, fakes: FakeModels) -> None:
    """The server answers before it has read the batch, and closes."""
    with serving(fakes, api_keys=f"shop:{'0' * 64}") as server, balancing(tmp_path, [server.port]) as balancer:
        files = [("file", (f"{number}.png", bytes(10 * MEBIBYTE))) for number in range(6)]
        answer = httpx.post(balancer.url + BATCHES, files=files, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_a_batch_that_is_too_large(tmp_path: Path) -> None:
    with site(tmp_path, Answer()) as (balancer, servers):
        with closing(socket.create_connection(("127.0.0.1", balancer.port), timeout=10)) as connection:
            head = f"POST {BATCHES} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {512114 * 1024 + 1}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        assert count(servers) == [0]


@pytest.mark.parametrize("path", [JOBS, BATCHES, "/enhance/batch", f"{JOBS}/7/cancel"])
@pytest.mark.parametrize(("outcome", "status", "code"), [(NO_ANSWER, 502, "replica_lost"), (FULL, 503, "overloaded")])
def test_what_may_have_been_taken_is_not_sent_twice(
    tmp_path: Path, path: str, outcome: Answer | None, status: int, code: str
) -> None:
    with site(tmp_path, outcome, outcome) as (balancer, servers):
        answer = httpx.post(balancer.url + path, content=b"a photo", headers={"Idempotency-Key": "mine"}, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert sum(count(servers)) == 1


def test_a_server_that_cannot_be_reached_has_taken_nothing(tmp_path: Path) -> None:
    with site(tmp_path, Answer(202), unreachable=2) as (balancer, servers):
        answers = [httpx.post(balancer.url + JOBS, content=b"a photo", timeout=30) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [202] * 4
        assert count(servers) == [4]


@pytest.mark.parametrize("path", [JOBS, BATCHES])
def test_without_any_server(tmp_path: Path, path: str) -> None:
    with site(tmp_path, unreachable=2) as (balancer, _):
        answer = httpx.post(balancer.url + path, content=b"a photo", timeout=30)
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "5")


@pytest.mark.parametrize("path", ["/upscale", "/face-enhance"])
def test_photos_at_the_addresses_of_other_services(tmp_path: Path, path: str) -> None:
    with site(tmp_path, Answer()) as (balancer, servers):
        assert httpx.post(balancer.url + path, content=bytes(5 * MEBIBYTE), timeout=30).status_code == 200
        assert len(servers[0].requests[0].body) == 5 * MEBIBYTE
