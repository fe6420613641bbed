"""Servers and networks that fail: what the client does then, and how much memory a large file takes."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from client.likeness_client import AsyncClient, Client, JobFailed, Retries, ServerFault, Unavailable, Unreachable
from tests.client.documents import NUMBER, PICTURE, RESTORED, error, job
from tests.client.stub import answering, breaks_off, says, sleeps

SOON = Retries(first_s=0.01)
MEBIBYTE = 2**20
BATCH = {
    "id": NUMBER,
    "created_at": job()["created_at"],
    "expires_at": job()["expires_at"],
    "counts": {},
    "jobs": [],
}


def test_a_photo_is_sent_again_after_503(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"the photo")
    answers = [says(503, error()), breaks_off, says(200, RESTORED)]
    with answering(answers) as stub, Client(stub.url, retries=SOON) as client:
        assert client.enhance(photo).picture == PICTURE
    assert len(stub.requests) == 3
    assert all(b"the photo" in request for request in stub.requests)


def test_a_submission_is_sent_again_under_its_key() -> None:
    answers = [breaks_off, says(202, json.dumps(job()))]
    with answering(answers) as stub, Client(stub.url, retries=SOON) as client:
        assert client.submit(b"photo").id == client.submit(b"photo").id == NUMBER
    first, again, other = (re.findall(rb"idempotency-key: (\S+)", request.lower()) for request in stub.requests)
    assert first == again != other


def test_a_batch_is_sent_again_under_its_key() -> None:
    answers = [breaks_off, says(202, json.dumps(BATCH))]
    with answering(answers) as stub, Client(stub.url, retries=SOON) as client:
        photos = iter([b"photo", b"another"])
        assert client.submit_batch(photos).id == client.submit_batch([b"photo"]).id == NUMBER
    first, again, other = (re.findall(rb"idempotency-key: (\S+)", request.lower()) for request in stub.requests)
    assert first == again != other
    assert all(b"another" in request for request in stub.requests[:2])


def test_a_server_that_is_away_is_told_in_time() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", retries=Retries(total_s=0.5)) as client:
        with pytest.raises(Unreachable, match="The server did not answer: ") as caught:
            client.config()
        assert (caught.value.status, caught.value.code) == (None, "unreachable")


def test_a_silent_server_is_given_up() -> None:
    once = Retries(attempts=1)
    with (
        answering([sleeps(1)]) as stub,
        Client(stub.url, timeout=0.2, retries=once) as client,
        pytest.raises(Unreachable, match="nothing came in time"),
    ):
        client.enhance(b"photo")


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"data": {}}', '{"data": null}', '{"status": "success"}'])
def test_an_answer_of_something_else_is_told(body: str) -> None:
    with answering([says(200, body)]) as stub, Client(stub.url) as client:
        for call in (client.enhance, client.look, client.submit):
            with pytest.raises(ServerFault, match="not one of Likeness"):
                call(b"photo")


def test_waiting_outlasts_a_server_that_is_started_anew() -> None:
    answers = [says(503, error()), breaks_off, says(502, "<html>"), says(200, json.dumps(job("succeeded")))]
    with answering(answers) as stub, Client(stub.url, retries=SOON) as client:
        assert client.wait(NUMBER).state == "succeeded"


def test_waiting_for_a_server_that_is_gone_ends_with_the_timeout() -> None:
    with answering([says(503, error())]) as stub, Client(stub.url) as client, pytest.raises(Unavailable):
        client.wait(NUMBER, timeout=1)
    assert 2 <= len(stub.requests) < 10


def test_waiting_for_a_silent_server_ends_with_the_timeout() -> None:
    began = time.monotonic()
    with answering([sleeps(2)]) as stub, Client(stub.url) as client, pytest.raises(Unreachable):
        client.wait(NUMBER, timeout=0.5)
    assert time.monotonic() - began < 5


def test_an_expired_job_has_failed() -> None:
    answers = [says(200, json.dumps(job("expired")))]
    with answering(answers) as stub, Client(stub.url) as client, pytest.raises(JobFailed, match="expired"):
        client.wait(NUMBER)


def test_a_result_elsewhere_is_fetched_without_the_key() -> None:
    with answering([says(200, "elsewhere")]) as other:
        here = f"{other.url.replace('127.0.0.1', 'localhost')}/object"
        answers = [says(303, "", location=here), says(200, RESTORED)]
        with answering(answers) as stub, Client(stub.url, api_key="secret") as client:
            assert client.result(NUMBER).picture == b"elsewhere"
    assert b"secret" in stub.requests[0]
    assert b"secret" not in other.requests[0]


def test_a_zip_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    with answering([breaks_off]) as stub, Client(stub.url, retries=Retries(attempts=2, first_s=0.01)) as client:
        with answering([says(202, json.dumps(BATCH))]) as taking, Client(taking.url) as other:
            batch = other.submit_batch([b"photo"])
        with pytest.raises(Unreachable):
            client.results_zip(batch, tmp_path / "all.zip")
    assert len(stub.requests) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("waits", [True, False])
def test_a_large_file_is_sent_while_it_is_read(tmp_path: Path, waits: bool) -> None:
    photo = tmp_path / "large.tif"
    with photo.open("wb") as file:
        file.truncate(64 * MEBIBYTE)
    with answering([says(200, RESTORED)]) as stub:
        tracemalloc.start()
        try:
            if waits:
                with Client(stub.url) as client:
                    client.enhance(photo)
            else:
                asyncio.run(_sent(stub.url, photo))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert stub.sizes[0] > 64 * MEBIBYTE
    assert peak < 8 * MEBIBYTE


async def _sent(url: str, photo: Path) -> None:
    async with AsyncClient(url) as client:
        await client.enhance(photo)


def test_a_connection_is_used_again_and_closed() -> None:
    with answering([says(200, "{}")]) as stub:
        client = Client(stub.url)
        client.config()
        client.close()
        with pytest.raises(RuntimeError, match="closed"):
            client.config()
