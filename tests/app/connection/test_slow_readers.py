"""Clients that take their answers slowly: one below the rate is cut off, and the slowest makes way for others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.http import answer_memory
from tests.app import export
from tests.app.connection.clients import PHOTO, large_answer, speckled
from tests.app.exposition import counted, scraped
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, eventually, serving

LARGE = speckled(800)  # its document has 9.6 MB, more than the socket buffers hold
FILE_BYTES = 12_000_000


@pytest.fixture(scope="module")
def demanding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    """A server whose clients must take 2 MB a second, after half a second."""
    folder = export.export(tmp_path_factory.mktemp("app") / "out")
    (folder / "large.bin").write_bytes(bytes(FILE_BYTES))
    with serving(FakeModels(), read_timeout_s=0.5, min_answer_rate_kb_s=2000, web_dir=folder) as server:
        yield server


def taken(connection: socket.socket, size: int = 1 << 20, pause: float = 0.0) -> int:
    """How many bytes arrive at a client that reads so many at once with a pause between; negative if it is cut off."""
    received = 0
    with connection:
        try:
            while part := connection.recv(size):
                received += len(part)
                time.sleep(pause)
        except ConnectionResetError:
            return -received
    return received


def refused(server: Likeness) -> float:
    return scraped(server)("likeness_refusals_total", code="answer_too_slow")


@pytest.mark.parametrize(
    ("version", "headers"),
    [
        pytest.param("1.1", {}, id="document"),
        pytest.param("1.1", {"Connection": "keep-alive"}, id="kept connection"),
        pytest.param("1.0", {}, id="HTTP/1.0"),
        pytest.param("1.1", {"Accept": "image/png"}, id="picture"),
        pytest.param("1.1", {"Accept": "text/event-stream"}, id="events"),
    ],
)
def test_a_client_below_the_rate_is_cut_off(demanding: Likeness, version: str, headers: dict[str, str]) -> None:
    before = refused(demanding)
    connection = large_answer(demanding, LARGE, version=version, **headers)
    assert -6_000_000 < taken(connection, 15_000, 0.05) < 0
    eventually(lambda: refused(demanding) == before + 1)
    eventually(lambda: demanding.app.state.service.memory.reserved == 0)


@pytest.mark.parametrize("after", [b"keep-alive", b"close"])
def test_a_file_of_the_browser_app_has_the_same_limit(demanding: Likeness, after: bytes) -> None:
    before = refused(demanding)
    connection = demanding.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: %s\r\n\r\n" % after)
    assert -FILE_BYTES < taken(connection, 15_000, 0.05) < 0
    assert refused(demanding) == before + 1


def test_a_client_that_takes_nothing_is_cut_off(demanding: Likeness, caplog: pytest.LogCaptureFixture) -> None:
    before = scraped(demanding)
    connection = large_answer(demanding, LARGE)
    reasons = ("answer_not_taken", "answer_too_slow")  # which comes first is a matter of milliseconds

    def cut() -> bool:
        found = scraped(demanding)
        return any(found(name, code=code) > before(name, code=code) for code in reasons)

    name = "likeness_refusals_total"
    eventually(cut)
    assert taken(connection) <= 0
    assert "a connection was cut: its client" in caplog.text


def test_a_client_that_reads_in_bursts_gets_its_answer(fakes: FakeModels) -> None:
    with serving(fakes, read_timeout_s=2, min_answer_rate_kb_s=100) as server:
        connection = large_answer(server, LARGE, receives=1 << 20)
        assert taken(connection, 4 << 20, 0.3) > 9_000_000
        assert refused(server) == 0


def test_the_time_of_each_answer_on_a_connection_begins_anew(fakes: FakeModels) -> None:
    with serving(fakes, read_timeout_s=0.5, min_answer_rate_kb_s=2000) as server:
        connection = large_answer(server, LARGE, Connection="keep-alive")
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        head, _, begun = received.partition(b"\r\n\r\n")
        length = next(int(line.split()[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
        left = length - len(begun)
        while left:
            left -= len(connection.recv(min(left, 1 << 20)))
        time.sleep(1.5)  # idle: nothing waits for this client
        connection.sendall(b"GET /api/v1/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert taken(connection) > 0
        assert refused(server) == 0


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_the_slowest_reader_makes_way(monkeypatch: pytest.MonkeyPatch, fakes: FakeModels, accept: str) -> None:
    monkeypatch.setattr(answer_memory, "SETTLED_S", 0.1)
    with serving(fakes, answer_memory_mb=24) as server, ThreadPoolExecutor(1) as clients:
        stalled = large_answer(server, LARGE, Accept=accept)  # reads nothing more until it is cut off
        slow = clients.submit(taken, large_answer(server, LARGE), 65_536, 0.03)
        time.sleep(0.3)
        assert server.upscale(PHOTO).status_code == 200  # a small one fits beside them
        assert scraped(server)("likeness_refusals_total", code="answer_memory_full") == 0
        assert taken(large_answer(server, LARGE)) > 9_000_000
        assert slow.result() > 9_000_000
        counted(server, "likeness_refusals_total", code="answer_memory_full")
        assert -6_000_000 < taken(stalled) <= 0
        eventually(lambda: server.app.state.service.memory.reserved == 0)
