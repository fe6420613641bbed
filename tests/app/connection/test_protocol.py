"""Slow clients: each is answered or cut off in time, and does not delay other clients."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, suppress

import pytest

from tests.app.connection.clients import FORM, HEAD, PHOTO, TIMEOUT_S, code_of, end_of
from tests.app.fakes import FakeModels
from tests.app.server import (
    BOUNDARY,
    ENHANCE,
    LIVE,
    MULTIPART,
    UPSCALE,
    Likeness,
    eventually,
    head_of,
    serving,
)


def test_a_connection_without_a_request_is_closed(hasty: Likeness) -> None:
    answer, seconds = end_of(hasty.connect())
    assert answer == b""
    assert TIMEOUT_S * 0.9 < seconds < TIMEOUT_S + 2


@pytest.mark.parametrize("said", [b"P", b"POST /api", HEAD[:-2]])
def test_an_unfinished_head_times_out(hasty: Likeness, said: bytes) -> None:
    connection = hasty.connect()
    connection.sendall(said)
    answer, seconds = end_of(connection)
    assert code_of(answer) == (408, "request_too_slow")
    assert seconds < TIMEOUT_S + 2


def test_a_head_sent_line_by_line_gets_no_more_time(hasty: Likeness) -> None:
    """Slowloris: the client keeps sending one header line after another."""
    with closing(hasty.connect()) as connection:
        connection.settimeout(0.05)
        connection.sendall(HEAD[:-2])
        start, received = time.monotonic(), b""
        while not received and time.monotonic() < start + TIMEOUT_S + 2:
            with suppress(TimeoutError):
                connection.sendall(b"X-A: b\r\n")
                received = connection.recv(65536)
    assert code_of(received) == (408, "request_too_slow")


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize("part", [0, 1, len(FORM) // 2, len(FORM) - 1])
def test_an_unfinished_body_times_out(hasty: Likeness, path: str, part: int) -> None:
    connection = hasty.connect()
    connection.sendall(head_of(path, {"Content-Type": MULTIPART, "Content-Length": len(FORM)}) + FORM[:part])
    answer, seconds = end_of(connection)
    assert code_of(answer) == (408, "upload_too_slow")
    assert TIMEOUT_S * 0.9 < seconds < TIMEOUT_S + 2


def test_a_connection_with_an_unfinished_body_that_no_route_reads_is_closed(hasty: Likeness) -> None:
    connection = hasty.connect()
    connection.sendall(head_of("/api/v1/nothing", {"Content-Length": 100}))
    answer, seconds = end_of(connection)
    assert answer.startswith(b"HTTP/1.1 404")
    assert seconds < TIMEOUT_S + 3


def test_each_request_of_a_connection_has_its_own_timeout(hasty: Likeness) -> None:
    connection = hasty.connect()
    connection.sendall(HEAD + FORM)
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    connection.sendall(HEAD[:30])
    answer, seconds = end_of(connection)
    assert b"HTTP/1.1 408" in answer
    assert seconds < TIMEOUT_S + 2


def test_work_may_take_longer_than_the_read_timeout() -> None:
    fakes = FakeModels()
    with serving(fakes, read_timeout_s=0.3) as server:
        fakes.upscaler.seconds = 0.1  # 16 tiles
        start = time.monotonic()
        assert server.upscale(PHOTO).status_code == 200
        assert time.monotonic() - start > 0.6


def test_the_timeout_of_a_pipelined_photo_starts_when_the_photo_before_it_is_answered(fakes: FakeModels) -> None:
    """The server does not read the second photo before that."""
    with serving(fakes, read_timeout_s=0.5) as server:
        fakes.upscaler.seconds = 0.05
        form = FORM + bytes(300_000)  # does not fit into one packet
        head = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(form)})
        last = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(form), "Connection": "close"})
        connection = server.connect()
        connection.sendall(head + form + last + form)
        answer, _ = end_of(connection)
        assert answer.count(b"HTTP/1.1 200") == 2


def test_the_upload_timeout_starts_with_the_request_and_not_with_the_connection(fakes: FakeModels) -> None:
    with serving(fakes, read_timeout_s=1) as server:
        connection = server.connect()
        time.sleep(0.7)
        connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(FORM)}))
        time.sleep(0.7)
        connection.sendall(FORM)
        with closing(connection):
            assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.alone
def test_200_stalled_clients_do_not_delay_others() -> None:
    with serving(FakeModels(), read_timeout_s=20, upload_memory_mb=16) as server, ExitStack() as stalled:
        for number in range(200):
            connection = stalled.enter_context(closing(server.connect()))
            stage = number % 4
            if stage == 1:
                connection.sendall(HEAD[:40])
            elif stage == 2:
                connection.sendall(HEAD + FORM[:-1])
            elif stage == 3:
                part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
                length = {"Content-Type": MULTIPART, "Content-Length": 9_000_000}
                connection.sendall(head_of(ENHANCE, length) + part + b"x" * 1_000_000)
        # An upload has a place for a quarter of a second, then no longer.
        eventually(lambda: server.enhance(PHOTO).status_code == 200)
        for _ in range(10):
            start = time.monotonic()
            assert server.enhance(PHOTO).status_code == 200
            assert server.client.get(LIVE).status_code == 200
            assert time.monotonic() - start < 5
        assert server.status()["queue_length"] == 0
