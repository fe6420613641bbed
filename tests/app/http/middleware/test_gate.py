"""The gate limits bodies with and without a declared length, and the server keeps running."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.http.middleware.gate import GateMiddleware
from app.http.refusals import MalformedForm
from app.http.upload_memory import UploadMemory
from app.work import admission
from app.work.admission import Admission
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import (
    BOUNDARY,
    ENHANCE,
    LIVE,
    MULTIPART,
    PATIENCE,
    UPSCALE,
    Likeness,
    answer_on,
    eventually,
    form_body,
    head_of,
    serving,
)

MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def narrow() -> Iterator[Likeness]:
    """A server that takes at most 1 MiB."""
    with serving(FakeModels(), max_upload_mb=1) as server:
        yield server


def parsed(answer: bytes) -> tuple[int, dict[str, str], dict[str, str]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(body)


def assert_too_large(answer: bytes) -> None:
    status, headers, body = parsed(answer)
    assert status == 413
    assert headers["connection"] == "close"
    assert (body["code"], body["stage"]) == ("too_many_bytes", "upload")
    assert body["request_id"] == headers["x-request-id"]


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE, "/api/v1/models/warmup", "/api/v1/nothing"])
def test_a_declared_length_of_10_gib_is_refused_before_the_body_arrives(likeness: Likeness, path: str) -> None:
    start = time.monotonic()
    connection = likeness.connect()
    connection.sendall(head_of(path, {"Content-Type": MULTIPART, "Content-Length": 10 * 2**30}))
    assert_too_large(answer_on(connection))
    assert time.monotonic() - start < 5
    assert likeness.client.get(LIVE).status_code == 200


def test_a_client_that_expects_100_continue_gets_413_instead(likeness: Likeness) -> None:
    headers = {"Content-Type": MULTIPART, "Content-Length": 20 * MEBIBYTE, "Expect": "100-continue"}
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, headers))
    assert_too_large(answer_on(connection))


def test_a_chunked_body_is_cut_off_at_the_limit(likeness: Likeness) -> None:
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}))
    sent = send_chunks(connection, 200 * MEBIBYTE)
    assert sent < 60 * MEBIBYTE
    assert_too_large(answer_on(connection))
    assert likeness.enhance(samples.small_face()).status_code == 200


def send_chunks(connection: socket.socket, total: int) -> int:
    """Send a file in chunks until all is sent or the server closes; returns the number of bytes sent."""
    block = b"x" * 65_536
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
    sent = 0
    try:
        connection.sendall(b"%x\r\n%s\r\n" % (len(head), head))
        while sent < total:
            connection.sendall(b"%x\r\n%s\r\n" % (len(block), block))
            sent += len(block)
    except OSError:
        pass
    return sent


def test_a_client_that_sends_its_whole_body_still_gets_the_413(narrow: Likeness) -> None:
    for _ in range(5):
        response = narrow.enhance(bytes(3 * MEBIBYTE))
        assert response.status_code == 413
        assert response.json()["code"] == "too_many_bytes"


def test_the_limit_is_a_setting_and_applies_to_the_whole_upload(narrow: Likeness) -> None:
    photo = samples.small_face()
    just_fits = photo + bytes(MEBIBYTE - len(photo))
    assert narrow.enhance(just_fits).status_code == 200
    assert narrow.enhance(just_fits, reference=just_fits).status_code == 413
    assert "1 MB" in narrow.enhance(just_fits * 2).json()["error"]


def test_a_bad_content_length_is_refused(likeness: Likeness) -> None:
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": "-1", "Connection": "close"}))
    assert answer_on(connection).startswith(b"HTTP/1.1 400")
    assert likeness.client.get(LIVE).status_code == 200


@pytest.mark.parametrize("declared", ["-1", "1e3", "ten", "²"])
def test_a_bad_content_length_is_refused_behind_any_asgi_server(likeness: Likeness, declared: str) -> None:
    """uvicorn refuses it itself; other servers may pass it on."""

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(likeness.app), base_url="http://localhost"
        ) as client:
            return await client.post(ENHANCE, headers={"Content-Length": declared.encode()})  # type: ignore[dict-item]

    response = asyncio.run(post())
    assert response.status_code == 400
    assert response.json()["code"] == "malformed_form"


@pytest.mark.parametrize("size", [1, 2, 7, len(BOUNDARY), 1000])
def test_the_end_of_a_form_is_found_in_chunks_of_any_size(size: int) -> None:
    """The gate is called as ASGI, because a client cannot choose how the network divides its body."""

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(str(len(body)))(scope, receive, send)

    gate = GateMiddleware(
        whole,
        max_body_bytes=10_000,
        read_timeout_s=30,
        memory=UploadMemory(10_000),
        guarded=frozenset({"/"}),
        taking_json=frozenset(),
        arriving=Admission(slots=1, queue_size=0).arriving,
    )

    async def post(body: bytes) -> int:
        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body), size):
                yield body[start : start + size]

        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://localhost") as client:
            response = await client.post("/", content=chunks(), headers={"Content-Type": MULTIPART})
            return int(response.text)

    body = form_body({"file": b"x" * 100})
    assert asyncio.run(post(body)) == len(body)
    with pytest.raises(MalformedForm, match="cut off"):
        asyncio.run(post(body[:-3]))


def test_an_aborted_upload_does_not_affect_other_clients(likeness: Likeness) -> None:
    body = form_body({"file": samples.small_face()})
    for length in (0, 10, len(body) // 2, len(body) - 1):
        with closing(likeness.connect()) as connection:
            connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body)}))
            connection.sendall(body[:length])
    assert likeness.enhance(samples.small_face()).status_code == 200
    status = likeness.status()
    assert (status["slots_in_use"], status["queue_length"]) == (0, 0)


def test_a_body_that_is_neither_form_nor_photo_is_refused_before_it_is_read(likeness: Likeness) -> None:
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": "application/json", "Content-Length": 5 * MEBIBYTE}))
    status, headers, body = parsed(answer_on(connection))
    assert status == 415
    assert headers["connection"] == "close"
    assert body["code"] == "unsupported_media_type"


def test_an_aborted_upload_frees_its_place(fakes: FakeModels) -> None:
    body = form_body({"file": samples.small_face()})
    with serving(fakes, slots=1, queue_size=0) as server:
        with closing(server.connect()) as connection:
            connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body)}) + body[:10])
            eventually(lambda: server.app.state.service.admission._arriving)
        eventually(lambda: not server.app.state.service.admission._arriving)
        assert server.enhance(samples.small_face()).status_code == 200


def test_a_refusal_comes_while_another_upload_has_the_only_place(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "UPLOAD_S", PATIENCE)
    body = form_body({"file": samples.small_face()})
    head = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"})
    with serving(fakes, slots=1, queue_size=0) as server:
        first = server.connect()
        first.sendall(head + body[:10])
        eventually(lambda: server.app.state.service.admission._arriving)
        second = server.connect()
        second.sendall(head)  # and no body
        assert b'"overloaded"' in answer_on(second)
        first.sendall(body[10:])
        assert answer_on(first).startswith(b"HTTP/1.1 200")


def test_heads_without_bodies_keep_no_other_client_from_a_free_slot(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "UPLOAD_S", PATIENCE)
    head = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": 5 * MEBIBYTE})
    with serving(fakes, slots=1, queue_size=2) as server, ExitStack() as opened:
        for number in range(12):
            address = (f"127.0.0.{number + 2}", 0)
            connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE, source_address=address)
            opened.enter_context(closing(connection)).sendall(head)
        shares = server.app.state.service.admission._shares
        eventually(lambda: shares.free == 0)
        assert [server.enhance(samples.small_face()).status_code for _ in range(5)] == [200] * 5
