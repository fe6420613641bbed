"""nginx with replicas that are full, die, hang or cannot be reached: which of them get a photo, and how often."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.app.server import READY, eventually
from tests.deploy.replica import NO_ANSWER, Answer, Behaviour, Request
from tests.deploy.site import FULL, count, post, site


@pytest.mark.parametrize("bad", [FULL, NO_ANSWER, Answer(502)])
def test_a_photo_that_one_replica_fails_is_done_by_another(tmp_path: Path, bad: Behaviour) -> None:
    with site(tmp_path, bad, Answer(), Answer()) as (balancer, servers):
        answers = [post(balancer, b"photo %d" % index) for index in range(12)]
        assert [answer.status_code for answer in answers] == [200] * 12
        assert {request.body for server in servers[1:] for request in server.requests} == {
            b"photo %d" % i for i in range(12)
        }
        # After a failure nginx sends it nothing for a while.
        assert 1 <= len(servers[0].requests) <= 3


def test_overload_is_always_answered_by_a_replica(tmp_path: Path) -> None:
    with site(tmp_path, FULL, FULL, FULL) as (balancer, servers):
        answers = [post(balancer) for _ in range(12)]
        assert {(answer.status_code, answer.text, answer.headers["Retry-After"]) for answer in answers} == {
            (503, '{"code": "overloaded"}', "7")
        }
        # A replica with a free place is used at once, although all were full a moment ago.
        servers[1].behaviour = Answer()
        assert [post(balancer).status_code for _ in range(2)].count(200) >= 1


def test_refusals_that_a_client_provokes_do_not_lock_others_out(tmp_path: Path) -> None:
    def refuses_enormous(request: Request) -> Answer:
        return FULL if request.body == b"enormous" else Answer()

    with site(tmp_path, refuses_enormous, refuses_enormous, refuses_enormous) as (balancer, _):
        for _ in range(5):
            assert post(balancer, b"enormous").status_code == 503
            assert post(balancer).status_code == 200


def test_a_photo_that_kills_its_replica_kills_at_most_two(tmp_path: Path) -> None:
    def dies_of_killer(request: Request) -> Answer | None:
        return NO_ANSWER if request.body == b"killer" else Answer()

    with site(tmp_path, *[dies_of_killer] * 5) as (balancer, servers):
        with httpx.Client(base_url=balancer.url) as client:  # so that any connections that nginx keeps are open now
            assert {client.get("/page").status_code for _ in range(10)} == {200}
        assert {post(balancer).status_code for _ in range(10)} == {200}
        before = sum(count(servers))
        answer = post(balancer, b"killer", **{"X-Request-ID": "mine"})
        assert sum(count(servers)) == before + 2
        assert answer.status_code == 502
        assert answer.json() == {
            "error": "The server was lost while it worked on this.",
            "stage": "balancer",
            "code": "replica_lost",
            "request_id": "mine",
        }
        assert answer.headers["X-Request-ID"] == "mine"


BEGUN = Answer(body=b"x" * 100_000, headers={"Content-Length": "200000"})
STREAM = {"Content-Length": "", "Transfer-Encoding": "chunked", "Content-Type": "text/event-stream"}
BEGUN_STREAM = Answer(
    body=b'24\r\nevent: queued\ndata: {"position":0}\n\n\r\n', headers={**STREAM, "X-Accel-Buffering": "no"}
)


@pytest.mark.parametrize("begun", [BEGUN, BEGUN_STREAM], ids=["answer", "events"])
def test_an_answer_whose_replica_is_killed_breaks_off_and_is_not_taken_for_whole(tmp_path: Path, begun: Answer) -> None:
    with site(tmp_path, begun, begun) as (balancer, servers):
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                post(balancer)
        assert sum(count(servers)) == 2  # a begun answer cannot be begun again
        for server in servers:
            server.behaviour = Answer()
        assert post(balancer).status_code == 200


def test_photos_in_work_when_all_replicas_are_killed(tmp_path: Path) -> None:
    killed = Event()

    def dies(request: Request) -> Answer | None:
        killed.wait(20)
        return NO_ANSWER

    with site(tmp_path, dies, dies) as (balancer, servers), ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(post, balancer, b"photo %d" % index) for index in range(8)]
        eventually(lambda: sum(count(servers)) == 8)
        killed.set()
        for answer in answers:
            told = answer.result()
            # 503: no replica was left to try it a second time.
            assert (told.status_code, told.json()["code"]) in ((502, "replica_lost"), (503, "unavailable"))
            assert told.json()["request_id"] == told.headers["X-Request-ID"]


def test_one_replica_of_three_is_enough(tmp_path: Path) -> None:
    with site(tmp_path, Answer(), unreachable=2) as (balancer, _):
        end = time.monotonic() + 4  # long enough that nginx tries the unreachable ones again
        while time.monotonic() < end:
            assert post(balancer).status_code == 200
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("outcomes", "status", "tries"),
    [
        (
            [FULL, NO_ANSWER, Answer()],
            200,
            "503, 502 : 200",
        ),  # the replica that answered 503 did not die, so it does not count
        ([FULL, NO_ANSWER, NO_ANSWER, Answer()], 502, "503, 502 : 502"),  # two replicas are lost, so no third try
        ([NO_ANSWER, NO_ANSWER, Answer()], 502, "502, 502"),
        ([NO_ANSWER, FULL, Answer()], 503, "502, 503"),  # two tries, the second with an answer
    ],
)
def test_a_photo_is_tried_again_until_two_replicas_are_lost(
    tmp_path: Path, outcomes: list[Answer | None], status: int, tries: str
) -> None:
    remaining = iter(outcomes)

    def next_outcome(request: Request) -> Answer | None:
        return next(remaining)

    with site(tmp_path, *[next_outcome] * 4) as (balancer, _):
        assert post(balancer).status_code == status
        assert [line["replica_status"] for line in balancer.log(1)] == [tries]


def test_without_any_replica(tmp_path: Path) -> None:
    with site(tmp_path, unreachable=3) as (balancer, _):
        for _ in range(5):
            answer = post(balancer)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.json()["code"] == "unavailable"
            assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_replica_that_hangs(tmp_path: Path) -> None:
    release = Event()

    def hangs(request: Request) -> Answer:
        release.wait(20)
        return Answer()

    changed = {"proxy_read_timeout": "500ms", "proxy_next_upstream_timeout": "400ms"}
    with site(tmp_path, hangs, hangs, **changed) as (balancer, servers):
        answer = post(balancer)
        release.set()
        assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
        assert sum(count(servers)) == 1  # after the deadline no other replica gets it


def test_it_is_ready_if_any_replica_is_ready(tmp_path: Path) -> None:
    loading = Answer(503, b"loading")
    with site(tmp_path, loading, loading, Answer(body=b"ready"), unreachable=1) as (balancer, servers):
        assert {httpx.get(balancer.url + READY).text for _ in range(8)} == {"ready"}
        servers[2].behaviour = loading
        assert httpx.get(balancer.url + READY).status_code == 503
        assert {post(balancer).status_code for _ in range(2)} == {503}


def test_other_requests_that_reached_a_replica_are_not_repeated(tmp_path: Path) -> None:
    with site(tmp_path, NO_ANSWER, NO_ANSWER, NO_ANSWER) as (balancer, servers):
        assert httpx.post(balancer.url + "/api/v1/models/warmup").status_code == 502
        assert sum(count(servers)) == 1


def test_a_file_that_only_one_version_has_is_found(tmp_path: Path) -> None:
    with site(tmp_path, Answer(404), Answer(404), Answer()) as (balancer, servers):
        for _ in range(6):
            assert httpx.get(balancer.url + "/_next/static/chunks/x-0a1b2c.js").status_code == 200
        servers[2].behaviour = Answer(404, b"nowhere")
        assert httpx.get(balancer.url + "/_next/static/chunks/x-0a1b2c.js").status_code == 404
