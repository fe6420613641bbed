"""Waiting for a job: `Prefer: wait`, events, and the same request sent twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from app.http.jobs.prefer import wait_of
from app.http.schemas.answers import QueuedEvent, StageEvent
from app.http.schemas.jobs import JobErrorEvent, JobOut
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, keeping, objects_at_rest, objects_in, over, reached, submit
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness, eventually

EVENTS = {"Accept": "text/event-stream"}
SHAPES: dict[str, Any] = {"queued": QueuedEvent, "stage": StageEvent, "result": JobOut, "error": JobErrorEvent}


@pytest.fixture(scope="module")
def server(folder: Path, models: FakeModels) -> Iterator[Likeness]:
    with keeping(folder, models) as likeness:
        yield likeness


@pytest.fixture
def held(models: FakeModels) -> Iterator[FakeModels]:
    models.detector.gate.clear()
    yield models
    models.detector.gate.set()


def events_of(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            SHAPES[name].model_validate_json(value, strict=True)
            yield name, json.loads(value)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ([], 0),
        (["wait=20"], 20),
        (["respond-async, wait=5"], 5),
        (["respond-async", "Wait=7"], 7),
        (["wait=3, wait=9"], 3),
        (['wait="4"'], 4),
        (["wait = 6; foo"], 6),
        (["wait=600"], 60),
        (["wait=soon"], 0),
        (["wait=-1"], 0),
        (["awaits=3"], 0),
    ],
)
def test_the_preference_is_read_as_rfc_7240_has_it(values: list[str], seconds: int) -> None:
    assert wait_of(Headers(raw=[(b"prefer", value.encode()) for value in values])) == seconds


def test_who_would_wait_gets_the_finished_job(server: Likeness) -> None:
    response = submit(server, headers={"Prefer": "wait=20"}, upscale_factor=1)
    assert (response.status_code, response.headers["preference-applied"]) == (200, "wait=20")
    assert response.json()["state"] == "succeeded"
    assert response.headers["location"] == response.json()["links"]["self"]
    failed = submit(server, headers={"Prefer": "wait=20"}, face_overrides='{"7": 1}')
    assert (failed.status_code, failed.json()["state"]) == (200, "failed")


def test_who_waits_too_short_gets_202(server: Likeness, held: FakeModels) -> None:
    start = time.monotonic()
    response = submit(server, headers={"Prefer": "wait=1"})
    assert 1 <= time.monotonic() - start < 10
    assert (response.status_code, response.headers["preference-applied"]) == (202, "wait=1")
    assert response.json()["state"] in ("queued", "running")


def test_a_job_stays_when_the_one_who_waits_leaves(server: Likeness, held: FakeModels) -> None:
    connection = server.start(JOBS, samples.small_face(), headers={"Prefer": "wait=60"})
    eventually(lambda: any(job["state"] == "running" for job in server.client.get(JOBS).json()["jobs"]))
    running = [job for job in server.client.get(JOBS).json()["jobs"] if job["state"] == "running"]
    connection.close()
    held.detector.gate.set()
    assert over(server, running[0]["links"]["self"])["state"] == "succeeded"


def test_events_tell_the_way_of_a_job(server: Likeness, held: FakeModels) -> None:
    first = submit(server).json()["links"]["self"]
    reached(server, first, ("running",))
    path = submit(server).json()["links"]["self"]
    with server.client.stream("GET", path, headers=EVENTS) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        seen = []
        for name, data in events_of(response):
            seen.append((name, data))
            held.detector.gate.set()
    assert seen[0] == ("queued", {"position": 0, "seconds": None})
    assert [name for name, _ in seen if name not in ("queued", "stage")] == ["result"]
    name, job = seen[-1]
    assert (name, job["state"]) == ("result", "succeeded")
    assert job == server.client.get(path).json()


def test_events_of_a_job_that_fails_end_with_its_error(server: Likeness) -> None:
    path = submit(server, face_overrides='{"7": 1}').json()["links"]["self"]
    with server.client.stream("GET", path, headers=EVENTS) as response:
        assert response.status_code == 200
        *_, (name, error) = events_of(response)
    job = server.client.get(path).json()
    assert name == "error"
    assert {key: error[key] for key in ("error", "stage", "code", "status")} == job["error"]


def test_events_of_a_job_that_is_cancelled_or_deleted_end(server: Likeness, held: FakeModels) -> None:
    running = submit(server).json()["links"]["self"]
    reached(server, running, ("running",))
    ends = []
    for method, end in (("POST", "/cancel"), ("DELETE", "")):
        path = submit(server).json()["links"]["self"]
        threading.Timer(0.3, server.client.request, (method, path + end)).start()
        with httpx.stream("GET", f"{server.client.base_url}{path}", headers=EVENTS, timeout=20) as response:
            *_, last = events_of(response)
        ends.append((last[0], last[1]["code"], last[1]["status"]))
    assert ends == [("error", "job_cancelled", 409), ("error", "unknown_job", 404)]


def test_a_client_that_leaves_its_events_is_forgotten(server: Likeness, held: FakeModels) -> None:
    path = submit(server).json()["links"]["self"]
    with server.client.stream("GET", path, headers=EVENTS) as response:
        next(events_of(response))
    watchers = server.app.state.jobs.engine._watchers
    eventually(lambda: not watchers.watched)


def test_events_end_when_the_server_stops(tmp_path: Path) -> None:
    models = FakeModels()
    ended: list[tuple[str, Any]] = []
    with keeping(tmp_path, models, grace_s=5) as server:
        models.detector.gate.clear()
        path = f"{server.client.base_url}{submit(server).json()['links']['self']}"
        began = threading.Event()

        def watch() -> None:
            with httpx.stream("GET", path, headers=EVENTS, timeout=20) as response:
                for event in events_of(response):
                    began.set()
                    ended.append(event)

        watching = threading.Thread(target=watch)
        watching.start()
        assert began.wait(10)
        server.server.should_exit = True
        watching.join(10)
        models.detector.gate.set()
    assert ended[-1][0] == "error"
    assert (ended[-1][1]["code"], ended[-1][1]["status"]) == ("shutting_down", 503)


def test_a_document_is_preferred_where_accept_says_so(server: Likeness) -> None:
    path = submit(server, upscale_factor=1).json()["links"]["self"]
    for accept in ("application/json", "*/*", "text/event-stream;q=0.5, application/json", "text/html"):
        answer = server.client.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


def test_the_same_request_twice_is_one_job(server: Likeness, folder: Path) -> None:
    key = {"Idempotency-Key": "4c4a7e0e-first"}
    first = submit(server, headers=key, upscale_factor=1)
    over(server, first.headers["location"])
    before = objects_at_rest(server, folder)
    again = submit(server, headers=key, upscale_factor=1)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert objects_in(folder) == before
    for other in ({"upscale_factor": 2}, {"upscale_factor": 1, "file": samples.no_face()}, {"kind": "upscale"}):
        refused = submit(server, headers=key, **other)  # type: ignore[arg-type]
        assert_refused(refused, 422, "idempotency_mismatch", "request")
    assert objects_in(folder) == before


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ü"])
def test_an_odd_idempotency_key_is_refused(server: Likeness, key: str) -> None:
    refused = submit(server, headers={"Idempotency-Key": key.encode("latin-1")})
    assert_refused(refused, 422, "bad_parameter", "parameters")
