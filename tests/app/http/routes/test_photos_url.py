"""A photo by its address: `url` instead of `file`."""

from __future__ import annotations

import base64
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from app.http.fetched_photos import FetchedPhotos
from app.http.upload_memory import UploadMemory
from app.work.admission import UPLOAD_S
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import EVENTS, events_in
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, MULTIPART, UPSCALE, Likeness, eventually, form_body, head_of, serving
from tests.app.sources.web import MEBIBYTE, Names, Web, redirect, response, saying, web

PHOTO = images.png(images.gradient(24, 16))
URL = "https://photos.example.org/a.png?token=canary-query"
HTTP_URL = URL.replace("https", "http")
OFF = "url is off on this server (LIKENESS_URL_FETCH=on)."


@contextmanager
def fetching(
    answer: Any, *, names: Names | None = None, memory_bytes: int = 10 * MEBIBYTE, **settings: Any
) -> Iterator[tuple[Likeness, Web]]:
    """A server whose web is one server of the test."""
    with web(answer) as there, serving(FakeModels(), url_fetch="on", **settings) as server:
        fetcher = there.fetcher(names, timeout_s=20.0)
        photos = FetchedPhotos(fetcher, UploadMemory(memory_bytes))
        server.app.state.answering = replace(server.app.state.answering, photos=photos)
        yield server, there


def post(server: Likeness, path: str = ENHANCE, accept: str = "*/*", **fields: object) -> Any:
    """Send a form without files."""
    parts = {name: (None, str(value)) for name, value in fields.items()}
    return server.client.post(path, files=parts, headers={"Accept": accept, "X-API-Key": "canary-key"})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[Likeness]:
    """A server that fetches, from nowhere in these tests."""
    with serving(FakeModels(), url_fetch="on", max_upload_mb=1) as likeness:
        yield likeness


@pytest.fixture(scope="module")
def off() -> Iterator[Likeness]:
    """A server with the default settings."""
    with serving(FakeModels()) as likeness:
        yield likeness


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
def test_a_fetched_photo_is_answered_like_an_uploaded_one(path: str) -> None:
    with fetching(saying(response(PHOTO))) as (server, there):
        fetched = post(server, path, url=HTTP_URL, upscale_factor=3).json()["data"]
        sent = server.send(path, PHOTO, upscale_factor=3).json()["data"]
        head = there.heads[0].lower()
    assert fetched["timings_ms"].pop("fetch") > 0
    for found in (fetched, sent):
        del found["processing_time_ms"], found["timings_ms"]
    assert fetched == sent
    assert b"canary-key" not in head
    assert b"x-api-key" not in head


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
def test_a_data_url_may_be_as_long_as_an_upload(path: str, server: Likeness) -> None:
    photo = samples.portrait()
    url = f"data:image/png;base64,{base64.b64encode(photo).decode()}"
    assert len(url) > 4096
    fetched, sent = post(server, path, url=url).json()["data"], server.send(path, photo).json()["data"]
    assert fetched["restored_image"] == sent["restored_image"]


def test_a_data_url_larger_than_an_upload_is_refused(server: Likeness) -> None:
    url = "data:image/png;base64," + "A" * 2 * MEBIBYTE
    assert_refused(post(server, url=url), 413, "too_many_bytes", "upload")


@pytest.mark.parametrize(
    ("url", "status", "code", "stage"),
    [
        ("file:///etc/passwd", 422, "url_refused", "fetch"),
        ("http://user:secret@example.org/", 422, "url_refused", "fetch"),
        ("http://127.0.0.1/", 422, "url_refused", "fetch"),
        ("http://2130706433/", 422, "url_refused", "fetch"),
        ("https://[::1]/", 422, "url_refused", "fetch"),
        ("http://localhost:8000/", 422, "url_refused", "fetch"),
        ("http://" + "a" * 4_050, 422, "url_refused", "fetch"),
        ("data:image/png,abc", 422, "url_refused", "fetch"),
        ("data:image/png;base64,", 422, "bad_parameter", "parameters"),
        ("data:image/png;base64,AAAA", 415, "unsupported_media_type", "decode"),
        ("http://" + "a" * 5_000, 400, "malformed_form", "request"),
        ("data:image/png;base64," + "ä" * 5_000, 422, "bad_parameter", "parameters"),
        (base64.b64encode(PHOTO * 100).decode(), 422, "bad_parameter", "parameters"),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "image/jpeg"])
def test_what_is_no_address_of_a_photo(
    url: str, status: int, code: str, stage: str, accept: str, server: Likeness
) -> None:
    sentence = assert_refused(post(server, accept=accept, url=url), status, code, stage)
    assert "secret" not in sentence


@pytest.mark.parametrize(
    ("answer", "status", "code", "stage"),
    [
        (response(b"<!DOCTYPE html><title>no</title>"), 415, "unsupported_media_type", "decode"),
        (response(base64.b64encode(PHOTO)), 415, "unsupported_media_type", "decode"),
        (response(PHOTO[:60]), 422, "broken_image", "decode"),
        (response(b""), 422, "bad_parameter", "parameters"),
        (response(b"", "404 Not Found"), 422, "url_unreachable", "fetch"),
        (response(PHOTO, headers=["Content-Encoding: gzip"]), 422, "url_unreachable", "fetch"),
        (b"no HTTP", 422, "url_unreachable", "fetch"),
        (redirect("http://169.254.169.254/latest/meta-data/"), 422, "url_refused", "fetch"),
        (redirect("http://photos.example.org/"), 422, "url_refused", "fetch"),
        (response(bytes(MEBIBYTE + 1)), 413, "too_many_bytes", "fetch"),
    ],
)
def test_what_comes_is_no_photo(answer: bytes, status: int, code: str, stage: str) -> None:
    names = Names({"169.254.169.254": [["169.254.169.254"]]})
    with fetching(saying(answer), names=names) as (server, _):
        sentence = assert_refused(post(server, url=HTTP_URL), status, code, stage)
        assert server.status()["queue_length"] == 0
    assert "canary" not in sentence
    assert "169.254" not in sentence


def test_file_and_url_contradict_each_other(server: Likeness) -> None:
    answer = server.enhance(PHOTO, url=URL)
    assert "one of them" in assert_refused(answer, 422, "bad_parameter", "parameters")


def test_one_of_file_and_url_is_required(server: Likeness, off: Likeness) -> None:
    for asked, sentence in ((server, "file or url is required."), (off, "file is required.")):
        assert assert_refused(post(asked, upscale_factor=2), 422, "bad_parameter", "parameters") == sentence
        assert assert_refused(post(asked, url=""), 422, "bad_parameter", "parameters") == sentence


def test_a_url_given_twice_is_refused(server: Likeness) -> None:
    parts = [("url", (None, URL)), ("url", (None, URL))]
    answer = server.client.post(ENHANCE, files=parts)  # type: ignore[arg-type]
    assert "only once" in assert_refused(answer, 422, "bad_parameter", "parameters")


def test_a_url_is_no_file(server: Likeness) -> None:
    answer = server.client.post(ENHANCE, files={"url": PHOTO})
    assert "is an address" in assert_refused(answer, 422, "bad_parameter", "parameters")


def test_a_url_in_the_query_is_refused(server: Likeness) -> None:
    for asked in (PHOTO, b""):
        answer = server.client.post(ENHANCE, params={"url": URL}, content=asked, headers={"Content-Type": "image/png"})
        assert "url cannot be in the query" in assert_refused(answer, 422, "bad_parameter", "parameters")


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_url_outside_of_a_form_is_refused(media_type: str, server: Likeness) -> None:
    answer = server.client.post(ENHANCE, content=f"url={URL}", headers={"Content-Type": media_type})
    assert_refused(answer, 415, "unsupported_media_type", "request")


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize("url", [URL, "data:image/png;base64," + base64.b64encode(samples.portrait()).decode(), "x"])
def test_without_the_setting_no_address_is_taken(path: str, url: str, off: Likeness) -> None:
    assert assert_refused(post(off, path, url=url), 422, "bad_parameter", "parameters") == OFF
    assert off.client.get("/api/v1/config").json()["limits"]["url_fetch"] is False


def test_config_says_that_addresses_are_taken(server: Likeness) -> None:
    found = server.client.get("/api/v1/config").json()
    assert found["limits"]["url_fetch"] is True
    assert "url" not in found["defaults"]


def test_events_begin_with_the_fetch() -> None:
    with fetching(saying(response(PHOTO))) as (server, _):
        events = list(events_in(iter(post(server, accept=EVENTS, url=HTTP_URL).text.splitlines())))
    assert events[0] == ("stage", {"stage": "fetch", "fraction": 0.0})
    assert events[1] == ("queued", {"position": 0, "seconds": 0.0})
    assert events[-1][0] == "result"


def test_a_failed_fetch_is_an_event_too() -> None:
    with fetching(saying(b"")) as (server, _):
        events = list(events_in(iter(post(server, accept=EVENTS, url=HTTP_URL).text.splitlines())))
    assert [name for name, _ in events] == ["stage", "error"]
    assert (events[-1][1]["status"], events[-1][1]["code"]) == (422, "url_unreachable")


class Held:
    """A server that sends half of a photo, and the rest once it may."""

    def __init__(self) -> None:
        self.may_end = threading.Event()

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        whole = response(PHOTO + bytes(600_000))
        connection.sendall(whole[:500_000])
        if self.may_end.wait(20):
            connection.sendall(whole[500_000:])


class Stalled:
    """A server that sends half of a photo, and no more. `gone`: the connection was closed from the other end."""

    def __init__(self) -> None:
        self.gone = threading.Event()

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        connection.sendall(response(PHOTO + bytes(600_000))[:500_000])
        connection.settimeout(20)
        with suppress(ConnectionError):  # it is closed before all has been read
            connection.recv(1)
        self.gone.set()


def test_a_fetch_ends_with_its_client_and_its_place_is_free() -> None:
    stalled = Stalled()
    with fetching(stalled, slots=1, queue_size=0) as (server, there):
        content = form_body({"url": HTTP_URL})
        connection = server.connect()
        connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(content)}) + content)
        eventually(lambda: there.heads)
        connection.close()
        assert stalled.gone.wait(10)
        eventually(lambda: server.enhance(PHOTO).status_code == 200, within=5)


def test_a_slow_fetch_keeps_no_other_photo_out() -> None:
    held = Held()
    with fetching(held, slots=1, queue_size=0) as (server, there):
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(post(server, url=HTTP_URL)))
        asking.start()
        eventually(lambda: there.heads)
        time.sleep(UPLOAD_S)  # for which the fetch keeps the only place
        assert [server.enhance(PHOTO).status_code for _ in range(3)] == [200] * 3
        held.may_end.set()
        asking.join(10)
    assert answers[0].status_code == 200


def test_a_fetch_ends_at_the_deadline() -> None:
    with fetching(Held(), deadline_s=0.5) as (server, _):
        start = time.monotonic()
        assert_refused(post(server, url=HTTP_URL), 504, "deadline_exceeded", "fetch")
        assert time.monotonic() - start < 5


def test_fetches_share_the_memory_of_uploads() -> None:
    held = Held()
    with fetching(held, memory_bytes=700_000) as (server, there):
        answers: list[Any] = []
        asking = [threading.Thread(target=lambda: answers.append(post(server, url=HTTP_URL))) for _ in range(2)]
        asking[0].start()
        eventually(lambda: server.app.state.answering.photos.memory._total > 400_000)
        asking[1].start()
        asking[0].join(10)
        assert_refused(answers[0], 503, "overloaded", "queue")
        held.may_end.set()
        asking[1].join(10)
        assert answers[1].status_code == 200
        assert server.app.state.answering.photos.memory._total == 0
        assert len(there.heads) == 2


def test_no_log_line_has_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with fetching(saying(response(PHOTO)), log_level="debug") as (server, _):
        for url in (
            HTTP_URL,
            "http://canary-host.example:22/canary-path",
            HTTP_URL.replace("a.png", "canary-path"),
        ):
            post(server, url=url)
        metrics = server.client.get("/metrics").text
    assert "canary" not in metrics
    ours = [record for record in caplog.records if record.name.startswith(("likeness", "uvicorn"))]
    assert ours
    assert not [record for record in ours if "canary" in str(vars(record))]
