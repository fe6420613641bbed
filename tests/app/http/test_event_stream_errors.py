"""Event streams of photos that fail: their last event is the error that the plain answer gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from pipeline.errors import DeviceFailed
from tests import images
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import PHOTO, Event, all_events
from tests.app.server import ENHANCE, Likeness, eventually, serving


def assert_like(event: Event, plain: httpx.Response) -> None:
    """The error event has the fields of the plain error answer, its status and its Retry-After."""
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
def test_the_last_event_of_a_refused_photo_is_its_plain_error(likeness: Likeness, file: bytes, status: int) -> None:
    events = all_events(likeness, file)
    plain = likeness.enhance(file)
    assert plain.status_code == status
    assert events[0] == ("queued", {"position": 0, "seconds": 0.0})
    assert_like(events[-1], plain)


@pytest.mark.parametrize(
    ("error", "status"),
    [(partial(ValueError, "secret"), 500), (MemoryError, 503), (partial(DeviceFailed, "The device is lost."), 503)],
    ids=["failure", "memory", "device"],
)
def test_the_error_event_of_a_failing_stage_has_its_status(
    fakes: FakeModels, caplog: pytest.LogCaptureFixture, error: Callable[[], Exception], status: int
) -> None:
    with serving(fakes) as server:
        fakes.restorer.trouble.error = error()
        events = all_events(server, headers={"X-Request-ID": "find-me"})
    data = events[-1][1]
    assert (events[-1][0], data["status"], data["stage"]) == ("error", status, "restoration")
    assert data["request_id"] == "find-me"
    assert (data["retry_after"] is not None) == (status == 503)
    assert "secret" not in str(events)
    assert ("find-me failed at restoration" in caplog.text) == (status == 500)
    assert ("ValueError: secret" in caplog.text) == (status == 500)


def test_an_unexpected_exception_gives_an_internal_error_event(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    with serving(fakes) as server:
        with monkeypatch.context() as patch:
            patch.setattr("app.work.photo.finish", fail)
            events = all_events(server)
            assert_like(events[-1], server.enhance(PHOTO))
        assert events[-1][1]["code"] == "internal_error"
        assert caplog.text.count("KeyError: 'secret'") == 2
        assert all_events(server)[-1][0] == "result"


def test_a_photo_past_its_deadline_gets_an_error_event_in_time(fakes: FakeModels) -> None:
    with serving(fakes, deadline_s=1) as server:
        fakes.detector.gate.clear()
        start = time.monotonic()
        events = all_events(server)
        assert 1 <= time.monotonic() - start < 2
        fakes.detector.gate.set()
        data = events[-1][1]
        assert (data["code"], data["stage"], data["status"]) == ("deadline_exceeded", "detection", 504)
        assert data["retry_after"] is None
        eventually(lambda: server.status()["slots_in_use"] == 0)
        counted(server, "likeness_requests_total", route=ENHANCE, status="504")
