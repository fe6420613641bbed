"""`webhook_url` of a job and of a batch: checked at submission, told once the end is there, shown to its owner."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs import house
from jobs.webhooks import deliverer
from jobs.webhooks.webhook import Delivery
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, keeping, objects_in, over, submit
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness, eventually
from tests.jobs.webhooks.receiver import SECRET, URL, Receiver, receiving

OFF = "webhook_url is off on this server (LIKENESS_WEBHOOK_SECRET)."
PHOTO = samples.small_face()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as there:
        yield there


@pytest.fixture(scope="module")
def server(folder: Path, models: FakeModels, receiver: Receiver) -> Iterator[Likeness]:
    """A server whose webhooks all reach the receiver."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house, "Poster", lambda hosts: receiver.poster(hosts=hosts))
        patch.setattr(deliverer, "POLL_S", 0.05)
        with keeping(folder, models, webhook_secret=SECRET) as likeness:
            yield likeness


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("off")) as likeness:
        yield likeness


def submit_batch(server: Likeness, *photos: bytes, **fields: str) -> Any:
    files = [("file", (f"{number}.jpg", photo)) for number, photo in enumerate(photos)]
    return server.client.post(BATCHES, files=files, data=fields)


def told(receiver: Receiver, number: str) -> dict[str, Any]:
    """The one message about a job or batch."""
    about = [message for message in receiver.messages if message["data"]["id"] == number]
    assert len(about) == 1
    return about[0]


def delivered(server: Likeness, path: str) -> dict[str, Any]:
    """The document at this path, once its webhook is delivered."""
    eventually(lambda: server.client.get(path).json()["webhook"]["state"] == "delivered")
    document: dict[str, Any] = server.client.get(path).json()
    return document


@pytest.mark.parametrize("bare", [False, True])
def test_the_end_of_a_job_is_told(server: Likeness, receiver: Receiver, bare: bool) -> None:
    if bare:
        headers = {"Content-Type": "image/jpeg"}
        query = {"webhook_url": URL, "upscale_factor": 1}
        response = server.client.post(JOBS, content=PHOTO, params=query, headers=headers)  # type: ignore[arg-type]
    else:
        response = submit(server, name="Oma.jpg", webhook_url=URL, upscale_factor=1)
    assert response.status_code == 202, response.text
    assert response.json()["webhook"] == {"state": "waiting", "attempts": 0, "last_status": None}
    job = delivered(server, response.json()["links"]["self"])
    assert job["webhook"] == {"state": "delivered", "attempts": 1, "last_status": 200}
    message = told(receiver, job["id"])
    assert message["type"] == "job.succeeded"
    private = ("file_name", "position", "cancelling", "webhook")
    assert message["data"] == {name: value for name, value in job.items() if name not in private}
    assert "canary" not in response.text
    assert "canary" not in server.client.get(JOBS).text


def test_an_end_with_an_error_is_told(server: Likeness, receiver: Receiver) -> None:
    response = submit(server, webhook_url=URL, face_overrides='{"7": 1}')
    job = delivered(server, response.json()["links"]["self"])
    message = told(receiver, job["id"])
    assert (message["type"], message["data"]["error"]["code"]) == ("job.failed", "unknown_face")


def test_lists_do_not_show_it(server: Likeness) -> None:
    response = submit(server, webhook_url=URL, upscale_factor=1)
    over(server, response.json()["links"]["self"])
    assert {job["webhook"] for job in server.client.get(JOBS).json()["jobs"]} == {None}


def test_a_cancelled_job_is_told(server: Likeness, receiver: Receiver, models: FakeModels) -> None:
    models.detector.gate.clear()
    try:
        before, after = submit(server), submit(server, webhook_url=URL)
        assert server.client.post(after.json()["links"]["cancel"]).json()["webhook"]["state"] == "waiting"
    finally:
        models.detector.gate.set()
    delivered(server, after.json()["links"]["self"])
    assert told(receiver, after.json()["id"])["type"] == "job.cancelled"
    over(server, before.json()["links"]["self"])


def test_the_end_of_a_batch_is_told_once(server: Likeness, receiver: Receiver) -> None:
    response = submit_batch(server, PHOTO, b"no photo", PHOTO, webhook_url=URL, upscale_factor="1")
    assert response.status_code == 202, response.text
    assert response.json()["webhook"]["state"] == "waiting"
    batch = delivered(server, response.json()["links"]["self"])
    message = told(receiver, batch["id"])
    assert message["type"] == "batch.finished"
    assert message["data"]["counts"] == {"succeeded": 2, "failed": 1}
    assert "jobs" not in message["data"]
    assert {job["webhook"] for job in batch["jobs"]} == {None}
    assert not [each for each in receiver.messages if each["data"].get("batch") == batch["id"]]


def test_a_batch_of_no_photo_is_finished_at_once(server: Likeness, receiver: Receiver) -> None:
    batch = delivered(server, submit_batch(server, b"no photo", webhook_url=URL).json()["links"]["self"])
    assert told(receiver, batch["id"])["data"]["counts"] == {"failed": 1}


def test_without_it_nothing_is_told(server: Likeness, receiver: Receiver) -> None:
    for fields in ({}, {"webhook_url": ""}):
        job = over(server, submit(server, upscale_factor=1, **fields).json()["links"]["self"])
        assert job["webhook"] is None
        assert job["id"] not in [message["data"]["id"] for message in receiver.messages]


def test_it_belongs_to_the_request_that_an_idempotency_key_names(server: Likeness) -> None:
    def send(url: str) -> Any:
        return submit(server, webhook_url=url, headers={"Idempotency-Key": "the-same"})

    first = send(URL)
    over(server, first.json()["links"]["self"])
    assert send(URL).json()["id"] == first.json()["id"]
    assert_refused(send("http://shop.example.org/other"), 422, "idempotency_mismatch", "request")


REFUSED = {
    "file:///etc/passwd": "must begin with https:// or http://.",
    "data:text/plain;base64,AAAA": "must begin with https:// or http://.",
    "http://user:secret@shop.example.org/": "must not have a user name",
    "http://shop.example.org:8080/": "must have port 80 or 443",
    "http://": "has no host",
    "no address": "must begin with",
    "http://shop.example.org/" + "a" * 4000: "has more than 4000 characters",
}


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: str(url)[:30])
def test_another_address_is_refused(server: Likeness, folder: Path, url: str) -> None:
    there = objects_in(folder)
    for response in (submit(server, webhook_url=url), submit_batch(server, PHOTO, webhook_url=url)):
        sentence = assert_refused(response, 422, "url_refused", "fetch")
        assert sentence.startswith("webhook_url ")
        assert REFUSED[url] in sentence
        assert "secret" not in sentence
    assert objects_in(folder) == there


def test_two_addresses_are_refused(server: Likeness) -> None:
    files = [("file", ("a.jpg", PHOTO)), ("webhook_url", (None, URL)), ("webhook_url", (None, URL))]
    for path in (JOBS, BATCHES):
        assert_refused(server.client.post(path, files=files), 422, "bad_parameter", "parameters")  # type: ignore[arg-type]


def test_a_server_without_a_secret_sends_nothing(off: Likeness) -> None:
    for response in (submit(off, webhook_url=URL), submit_batch(off, PHOTO, webhook_url=URL)):
        assert assert_refused(response, 422, "bad_parameter", "parameters") == OFF
    assert off.app.state.jobs.deliverer is None
    assert set(off.app.state.jobs.breakers.states()) == set()


def test_config_tells_whether_it_is_taken(server: Likeness, off: Likeness) -> None:
    assert server.client.get("/api/v1/config").json()["jobs"]["webhooks"] is True
    assert off.client.get("/api/v1/config").json()["jobs"]["webhooks"] is False


def test_only_listed_hosts_are_taken(tmp_path: Path) -> None:
    with keeping(tmp_path, webhook_secret=SECRET, webhook_hosts=".example.net") as server:
        refused = submit(server, webhook_url=URL)
        assert "LIKENESS_WEBHOOK_HOSTS" in assert_refused(refused, 422, "url_refused", "fetch")
        assert submit(server, webhook_url="https://hooks.example.net/").status_code == 202


async def nothing(_: int) -> list[Delivery]:
    return []


def test_what_was_not_told_is_told_by_the_next_server(
    tmp_path: Path, models: FakeModels, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "Poster", lambda hosts: receiver.poster(hosts=hosts))
    with monkeypatch.context() as patched, keeping(tmp_path, models, webhook_secret=SECRET) as first:
        patched.setattr(first.app.state.jobs.deliverer, "_claimed", nothing)
        job = over(first, submit(first, webhook_url=URL).json()["links"]["self"])
    assert job["id"] not in [message["data"]["id"] for message in receiver.messages]
    with keeping(tmp_path, models, webhook_secret=SECRET) as second:
        delivered(second, job["links"]["self"])
    assert told(receiver, job["id"])["type"] == "job.succeeded"


def test_no_log_has_the_address(server: Likeness, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="likeness"):
        delivered(server, submit(server, webhook_url=URL, upscale_factor=1).json()["links"]["self"])
        submit(server, webhook_url="http://canary-webhook:80:80/")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("likeness", "uvicorn"))]
    assert "canary" not in "".join(ours)
