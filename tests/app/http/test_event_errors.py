"""Events that end in an error, and photos that are refused before the first event."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from app.work.errors import Overloaded
from pipeline.errors import DeviceFailed
from tests import images
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.events import (
    EVENTS,
    PHOTO,
    Event,
    in_background,
    stream,
    told,
)
from tests.app.server import ENHANCE, Likeness, eventually, serving


def assert_like(event: Event, plain: httpx.Response) -> None:
    """It says what the plain answer says."""
    name, data = event
    assert name == "error"
    retry_after = plain.headers.get("retry-after")
    expected = plain.json() | {
        "request_id": data["request_id"],
        "status": plain.status_code,
        "retry_after": None if retry_after is None else int(retry_after),
    }
    assert data == expected


@pytest.mark.parametrize(
    ("file", "status"), [(samples.no_face(), 422), (b"no photo", 415), (images.cut(samples.portrait()), 422)]
)
def test_a_photo_that_cannot_be_done(likeness: Likeness, file: bytes, status: int) -> None:
    events = told(likeness, file)
    plain = likeness.enhance(file)
    assert plain.status_code == status
    assert events[0] == ("queued", {"position": 0})
    assert_like(events[-1], plain)


@pytest.mark.parametrize(
    ("error", "status"),
    [(partial(ValueError, "secret"), 500), (MemoryError, 503), (partial(DeviceFailed, "The device is lost."), 503)],
    ids=["failure", "memory", "device"],
)
def test_a_stage_that_fails(
    fakes: FakeModels, caplog: pytest.LogCaptureFixture, error: Callable[[], Exception], status: int
) -> None:
    with serving(fakes) as server:
        fakes.restorer.trouble.error = error()
        events = told(server, headers={"X-Request-ID": "find-me"})
    data = events[-1][1]
    assert (events[-1][0], data["status"], data["stage"]) == ("error", status, "restoration")
    assert data["request_id"] == "find-me"
    assert (data["retry_after"] is not None) == (status == 503)
    assert "secret" not in str(events)
    assert ("find-me failed at restoration" in caplog.text) == (status == 500)
    assert ("ValueError: secret" in caplog.text) == (status == 500)


def test_what_nobody_foresaw(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    with serving(fakes) as server:
        with monkeypatch.context() as patch:
            patch.setattr("app.work.photo.finish", fail)
            events = told(server)
            assert_like(events[-1], server.enhance(PHOTO))
        assert events[-1][1]["code"] == "internal_error"
        assert caplog.text.count("KeyError: 'secret'") == 2
        assert told(server)[-1][0] == "result"


def test_the_deadline(fakes: FakeModels) -> None:
    with serving(fakes, deadline_s=1) as server:
        fakes.detector.gate.clear()
        start = time.monotonic()
        events = told(server)
        assert 1 <= time.monotonic() - start < 2
        fakes.detector.gate.set()
        data = events[-1][1]
        assert (data["code"], data["stage"], data["status"]) == ("deadline_exceeded", "detection", 504)
        assert data["retry_after"] is None
        eventually(lambda: server.status()["slots_in_use"] == 0)
        counted(server, "likeness_requests_total", route=ENHANCE, status="504")


def test_a_photo_in_flight_is_done_before_the_server_ends(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=30) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            next(events)
            server.server.handle_exit(signal.SIGTERM, None)
            eventually(lambda: not server.accepts())
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"


def test_what_is_not_done_when_the_grace_ends_is_told_so(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=1) as server, ThreadPoolExecutor(3) as clients:
        fakes.detector.gate.clear()
        photos = [in_background(clients, server) for _ in range(3)]
        eventually(lambda: all(found for found, _ in photos))
        server.server.handle_exit(signal.SIGTERM, None)
        for _, answer in photos:
            name, data = answer.result()[-1]
            assert (name, data["code"], data["status"], data["retry_after"]) == ("error", "shutting_down", 503, 2)
        fakes.detector.gate.set()


def test_a_full_house_answers_plainly(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=0) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            next(events)
            response = server.enhance(PHOTO, accept=EVENTS)
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"
    assert_plain(response, 503, "overloaded")
    assert 1 <= int(response.headers["retry-after"]) <= 120


def test_so_does_one_that_has_filled_up_during_the_upload(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([None, Overloaded(3)])

    def check() -> None:
        if (error := next(answers)) is not None:
            raise error

    with serving(fakes) as server:
        monkeypatch.setattr(server.app.state.service.admission, "check", check)
        response = server.enhance(PHOTO, accept=EVENTS)
        assert_plain(response, 503, "overloaded")
        assert response.headers["retry-after"] == "3"
        counted(server, "likeness_requests_total", route=ENHANCE, status="503")


@pytest.mark.parametrize(
    ("fields", "status", "code"), [({"strength": 7}, 422, "bad_parameter"), ({"upscaler": "x9"}, 422, "bad_parameter")]
)
def test_a_wrong_form_is_answered_plainly(
    fakes_server: Likeness, fields: dict[str, object], status: int, code: str
) -> None:
    assert_plain(fakes_server.enhance(PHOTO, accept=EVENTS, **fields), status, code)


def assert_plain(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json()["code"] == code
