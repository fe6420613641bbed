"""Slow, greedy and garbled clients: each is answered or cut off, and costs the others nothing."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import numpy as np
import pytest

from app.connection.protocol import LINGER_BYTES, MAX_HEAD_BYTES
from tests import images
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.server import (
    BOUNDARY,
    ENHANCE,
    LIVE,
    MULTIPART,
    UPSCALE,
    Likeness,
    answer_on,
    eventually,
    form_body,
    head_of,
    serving,
)

TIMEOUT_S = 1.0
PHOTO = images.png(images.gradient())
FORM = form_body({"file": PHOTO})
HEAD = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(FORM)})


@pytest.fixture(scope="module")
def hasty() -> Iterator[Likeness]:
    """A server that waits one second for its clients."""
    with serving(FakeModels(), read_timeout_s=TIMEOUT_S) as server:
        yield server


def speckled(side: int) -> images.Pixels:
    """Noise, which no format makes small."""
    return np.random.default_rng(3).integers(0, 256, (side, side, 3), dtype=np.uint8)


def end_of(connection: socket.socket) -> tuple[bytes, float]:
    """Whatever the server says until it closes the connection, and how many seconds that took."""
    start = time.monotonic()
    try:
        return answer_on(connection), time.monotonic() - start
    except ConnectionResetError:
        return b"", time.monotonic() - start


def code_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body)
    assert set(document) == {"error", "stage", "code", "request_id"}
    assert b"connection: close" in head.lower()
    assert document["request_id"].encode() in head
    return int(head.split()[1]), document["code"]


def test_a_client_that_says_nothing_is_sent_away(hasty: Likeness) -> None:
    answer, seconds = end_of(hasty.connect())
    assert answer == b""
    assert TIMEOUT_S * 0.9 < seconds < TIMEOUT_S + 2


@pytest.mark.parametrize("said", [b"P", b"POST /api", HEAD[:-2]])
def test_a_head_that_never_ends(hasty: Likeness, said: bytes) -> None:
    connection = hasty.connect()
    connection.sendall(said)
    answer, seconds = end_of(connection)
    assert code_of(answer) == (408, "request_too_slow")
    assert seconds < TIMEOUT_S + 2


def test_a_head_in_crumbs_gets_no_more_time(hasty: Likeness) -> None:
    """As slowloris sends it: always another byte before anybody loses patience."""
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
def test_a_body_that_never_ends(hasty: Likeness, path: str, part: int) -> None:
    connection = hasty.connect()
    connection.sendall(head_of(path, {"Content-Type": MULTIPART, "Content-Length": len(FORM)}) + FORM[:part])
    answer, seconds = end_of(connection)
    assert code_of(answer) == (408, "upload_too_slow")
    assert TIMEOUT_S * 0.9 < seconds < TIMEOUT_S + 2


def test_a_body_that_nobody_reads_and_that_never_ends(hasty: Likeness) -> None:
    connection = hasty.connect()
    connection.sendall(head_of("/api/v1/nothing", {"Content-Length": 100}))
    answer, seconds = end_of(connection)
    assert answer.startswith(b"HTTP/1.1 404")
    assert seconds < TIMEOUT_S + 3


def test_a_second_request_gets_time_of_its_own_and_no_more(hasty: Likeness) -> None:
    connection = hasty.connect()
    connection.sendall(HEAD + FORM)
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    connection.sendall(HEAD[:30])
    answer, seconds = end_of(connection)
    assert b"HTTP/1.1 408" in answer
    assert seconds < TIMEOUT_S + 2


def test_work_may_take_longer_than_the_request() -> None:
    fakes = FakeModels()
    with serving(fakes, read_timeout_s=0.3) as server:
        fakes.upscaler.seconds = 0.1  # 16 tiles
        start = time.monotonic()
        assert server.upscale(PHOTO).status_code == 200
        assert time.monotonic() - start > 0.6


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"a" * 10**6, id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 10**6, id="one header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 10**5, id="many headers"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"a" * 10**6, id="name of a header"),
    ],
)
def test_a_head_that_is_too_large(likeness: Likeness, head: bytes) -> None:
    connection = likeness.connect()
    connection.sendall(head)
    answer, seconds = end_of(connection)
    assert code_of(answer) == (431, "head_too_large")
    assert seconds < 5
    assert likeness.client.get(LIVE).status_code == 200


def test_headers_up_to_the_limit_are_taken(likeness: Likeness) -> None:
    headers = {"X-Long": "a" * (MAX_HEAD_BYTES - 1000)}
    assert likeness.client.get(LIVE, headers=headers).status_code == 200


def test_trailers_without_end(likeness: Likeness) -> None:
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}))
    connection.sendall(b"%x\r\n%s\r\n0\r\n" % (len(FORM), FORM))
    with pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):  # noqa: PT012
        while True:
            connection.sendall(b"X-Trailer: " + b"a" * 1000 + b"\r\n")
            time.sleep(0.001)
    connection.close()


def test_a_body_in_crumbs(likeness: Likeness) -> None:
    """Chunks of one byte, six bytes of frame around each: work for the server, and nothing to do with photos."""
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}))
    start = time.monotonic()
    with pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):  # noqa: PT012
        while time.monotonic() < start + 60:
            connection.sendall(b"1\r\na\r\n" * 1000)
    connection.close()


def test_a_form_in_small_chunks_is_taken(likeness: Likeness) -> None:
    connection = likeness.connect()
    headers = {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked", "Connection": "close"}
    body = form_body({"file": PHOTO, "require_face": "false"})
    chunks = [body[start : start + 16] for start in range(0, len(body), 16)]
    connection.sendall(
        head_of(ENHANCE, headers) + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    )
    assert answer_on(connection).startswith(b"HTTP/1.1 200")


def test_requests_in_one_breath_are_all_answered(likeness: Likeness) -> None:
    request = b"GET %s HTTP/1.1\r\nHost: x\r\nX-Padding: %s\r\n" % (LIVE.encode(), b"a" * 1000)
    with closing(likeness.connect()) as connection:
        connection.sendall((request + b"\r\n") * 49 + request + b"Connection: close\r\n\r\n")
        assert answer_on(connection).count(b"HTTP/1.1 200") == 50


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_no_http_is_told_so_like_every_other_error(likeness: Likeness, garbage: bytes) -> None:
    connection = likeness.connect()
    connection.sendall(garbage)
    answer, _ = end_of(connection)
    assert code_of(answer) == (400, "malformed_request")


def test_an_early_answer_reaches_a_client_that_sends_all_first(hasty: Likeness) -> None:
    """Bytes that arrive at a closed socket would take the answer with them."""
    body = b"x" * (LINGER_BYTES // 2)
    for _ in range(5):
        connection = hasty.connect()
        connection.sendall(head_of("/api/v1/enhance", {"Content-Type": "text/plain", "Content-Length": len(body)}))
        time.sleep(0.05)  # the answer is out by now
        connection.sendall(body)
        answer, seconds = end_of(connection)
        assert code_of(answer) == (400, "malformed_form")
        assert seconds < 2


def test_a_client_that_goes_on_sending_after_its_answer_is_cut_off(hasty: Likeness) -> None:
    connection = hasty.connect()
    connection.sendall(head_of("/api/v1/enhance", {"Content-Type": "text/plain", "Content-Length": 9_000_000}))
    sent, start = 0, time.monotonic()
    with pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):  # noqa: PT012
        while time.monotonic() < start + 60:
            sent += connection.send(b"x" * 65536)
    assert sent < 2 * LINGER_BYTES + 10_000_000
    connection.close()


def large_answer(server: Likeness) -> socket.socket:
    """A client whose answer, of some 30 MB, has begun to arrive, and will not fit into the system's buffers."""
    fields = {"file": images.png(speckled(1500)), "background": "resample", "metrics": "false"}
    body = form_body(fields)
    connection = server.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
    headers = {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"}
    connection.sendall(head_of(UPSCALE, headers) + body)
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def test_a_client_that_does_not_take_its_answer_is_cut_off(hasty: Likeness) -> None:
    """The answer would else stay in memory for as long as the client likes."""
    connection = large_answer(hasty)
    time.sleep(3 * TIMEOUT_S)
    received = 0
    with closing(connection), suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += len(part)
    assert received < 10_000_000


def test_a_client_that_takes_its_answer_slowly_gets_all_of_it(hasty: Likeness) -> None:
    start = time.monotonic()
    with closing(large_answer(hasty)) as connection:
        received = b""
        while part := connection.recv(65536):
            received += part
            if time.monotonic() < start + 4 * TIMEOUT_S:
                time.sleep(0.2)  # some 300 KB a second: the system's buffers take in more only now and then
    document = json.loads(received.partition(b"\r\n\r\n")[2])
    assert len(document["data"]["restored_image"]) > 20_000_000
    assert time.monotonic() - start > 2 * TIMEOUT_S


def test_what_was_refused_before_it_was_a_request_is_counted(fakes: FakeModels) -> None:
    with serving(fakes, read_timeout_s=0.2) as server:
        for said in (b"hello\r\n\r\n", b"GET / HT", b"GET /" + b"a" * 100_000):
            connection = server.connect()
            connection.sendall(said)
            end_of(connection)
        found = scraped(server)
        for code in ("malformed_request", "request_too_slow", "head_too_large"):
            assert found("likeness_refusals_total", code=code) == 1


def test_small_answers_that_nobody_takes_do_not_hold_a_connection(hasty: Likeness) -> None:
    """What is left of them fits into buffers for which no network ever asks to wait."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n"
    connection = hasty.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    hasty.client.get(LIVE)
    open_before = len(hasty.server.server_state.connections)
    for _ in range(200):
        connection.sendall(request + b"\r\n")
        time.sleep(0.001)
    connection.sendall(request + b"Connection: close\r\n\r\n")
    with closing(connection):
        eventually(lambda: len(hasty.server.server_state.connections) < open_before, 20)


def test_garbage_in_the_midst_of_a_body(fakes: FakeModels) -> None:
    """One packet from anybody must not look like a fault of ours."""
    with serving(fakes) as server:
        for path in (LIVE, ENHANCE):
            connection = server.connect()
            headers = {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}
            connection.sendall(head_of(path, headers) + b"5\r\nhello\r\nZZZ\r\n")
            answer, _ = end_of(connection)
            assert code_of(answer) == (400, "malformed_request")
        eventually(lambda: scraped(server)("likeness_requests_total", route=ENHANCE, status="499") == 1)
        assert scraped(server)("likeness_requests_total", route=ENHANCE, status="500") == 0


@pytest.mark.parametrize("behind", [b"garbage\r\n\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000])
def test_what_comes_behind_a_photo_does_not_cost_its_answer(fakes: FakeModels, behind: bytes) -> None:
    with serving(fakes, read_timeout_s=0.5) as server:
        fakes.upscaler.seconds = 0.05  # times 16 tiles
        connection = server.connect()
        connection.sendall(HEAD + FORM + behind)
        answer, _ = end_of(connection)
        assert answer.startswith(b"HTTP/1.1 200")
        assert scraped(server)("likeness_requests_total", route=ENHANCE, status="500") == 0


def test_a_photo_behind_another_has_its_time_when_its_turn_comes(fakes: FakeModels) -> None:
    """It is not read before that, and cannot help it."""
    with serving(fakes, read_timeout_s=0.5) as server:
        fakes.upscaler.seconds = 0.05
        form = FORM + bytes(300_000)  # does not fit into one packet
        head = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(form)})
        last = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(form), "Connection": "close"})
        connection = server.connect()
        connection.sendall(head + form + last + form)
        answer, _ = end_of(connection)
        assert answer.count(b"HTTP/1.1 200") == 2


def test_a_connection_made_in_advance_has_its_time_when_it_is_used(fakes: FakeModels) -> None:
    with serving(fakes, read_timeout_s=1) as server:
        connection = server.connect()
        time.sleep(0.7)
        connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(FORM)}))
        time.sleep(0.7)
        connection.sendall(FORM)
        with closing(connection):
            assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_client_that_would_rather_speak_http_2_is_served(likeness: Likeness) -> None:
    """Java's does so with every request."""
    headers = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    }
    response = likeness.client.post(LIVE, headers=headers)
    assert response.status_code == 405
    with closing(likeness.start(ENHANCE, PHOTO, headers=headers, require_face=False)) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_200_stalled_clients_hurt_nobody() -> None:
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
        for _ in range(10):
            start = time.monotonic()
            assert server.enhance(PHOTO).status_code == 200
            assert server.client.get(LIVE).status_code == 200
            assert time.monotonic() - start < 5
        assert server.status()["queue_length"] == 0
