"""Three replicas behind nginx, as in deploy/: one is stopped and one is killed, and no client notices."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from tests.app.samples import file_of, head, opened, portrait
from tests.app.server import ENHANCE, UPSCALE, eventually
from tests.load.arrivals import Outcome, arriving, digest_of
from tests.load.balancer import Balancer, balancing
from tests.load.processes import TIMEOUT_S, Process, processes

pytestmark = pytest.mark.alone

MOST_PER_SECOND = 8.0
LOAD = 0.4  # of the capacity of one replica; on two cores three replicas have little more
AT_LEAST = 8  # photos after each event
DRAIN_S = 4.0  # long enough that a stopping replica gets photos even on a slow machine
CLEAN_EXIT = (0, -signal.SIGTERM)  # uvicorn raises the signal again after its shutdown


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Process]]:
    folder = tmp_path_factory.mktemp("replicas")
    # A longer queue than the default, because the machine may stall for seconds, which is no overload.
    with processes(3, folder, queue_size=30, drain_s=DRAIN_S, trusted_proxies="127.0.0.1") as started:
        yield started


@pytest.fixture(scope="module")
def balancer(replicas: list[Process], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    with balancing(tmp_path_factory.mktemp("nginx"), [replica.port for replica in replicas]) as running:
        yield running


@pytest.mark.timeout(600)  # a busy machine takes minutes to start five processes
def test_no_photo_is_lost_when_a_replica_is_stopped_or_killed(replicas: list[Process], balancer: Balancer) -> None:
    photos = [file_of(head(64, left=left), quality=90) for left in range(0, 40, 5)]
    start = time.monotonic()
    expected = [digest_of(_picture(replicas[0], UPSCALE, photo)) for photo in photos]
    seconds = (time.monotonic() - start) / len(photos)
    assert len(set(expected)) == len(photos)

    with arriving(balancer.url + UPSCALE, photos, min(MOST_PER_SECOND, LOAD / seconds)) as outcomes:
        _wait_for_more(outcomes)
        replicas[0].signal(signal.SIGTERM)
        assert replicas[0].wait() in CLEAN_EXIT
        _wait_for_more(outcomes)
        replicas[0].start()
        replicas[0].until_ready()
        _wait_for_more(outcomes)
        # It is paused first, so that it has photos when it is killed.
        replicas[1].signal(signal.SIGSTOP)
        _wait_for_more(outcomes)
        replicas[1].signal(signal.SIGKILL)
        assert replicas[1].wait() == -signal.SIGKILL
        _wait_for_more(outcomes)
        replicas[1].start()
        replicas[1].until_ready()
        _wait_for_more(outcomes)

    log = balancer.log(len(outcomes))
    tries = {line["replica_status"] for line in log}
    assert [outcome for outcome in outcomes if outcome.status != 200] == [], f"{tries}\n{balancer.error_log()}"
    assert [outcome for outcome in outcomes if outcome.digest != expected[outcome.photo]] == []
    assert len(log) == len(outcomes)
    assert "503, 200" in tries  # from the stopped replica
    assert "502, 200" in tries
    assert re.search(
        r"\[error\].* while reading response header", balancer.error_log()
    )  # killed while it worked on a photo
    assert {line["replica"] for line in log} >= {f"127.0.0.1:{replica.port}" for replica in replicas}
    _no_temporary_files(balancer)


def test_a_stopping_replica_finishes_its_photos_and_takes_no_more(replicas: list[Process]) -> None:
    leaving = replicas[2]
    expected = _picture(replicas[0], ENHANCE, portrait())
    with ThreadPoolExecutor(4) as threads:
        held = [threads.submit(_sent, leaving, ENHANCE, portrait()) for _ in range(4)]
        eventually(lambda: leaving.status()["slots_in_use"] + leaving.status()["queue_length"] == 4)
        leaving.signal(signal.SIGTERM)
        eventually(lambda: leaving.readiness() == 503)
        refused = _sent(leaving, ENHANCE, portrait())
        assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
        assert "Retry-After" in refused.headers
        answers = [one.result() for one in held]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {answer.content for answer in answers} == {expected}
    assert leaving.wait() in CLEAN_EXIT
    assert leaving.readiness() is None
    leaving.start()
    leaving.until_ready()


def test_the_largest_photo_and_its_answer_pass_through_memory(balancer: Balancer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1840, 1880, 3), np.uint8)
    photo = file_of(noise, "PNG")
    assert 9.8 * 2**20 < len(photo) < 10 * 2**20
    fields = {"upscale_factor": "1.5", "background": "resample", "require_face": "false", "metrics": "false"}
    answer = httpx.post(balancer.url + ENHANCE, files={"file": ("p", photo)}, data=fields, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 20e6
    assert (answer.json()["data"]["width"], answer.json()["data"]["height"]) == (2820, 2760)
    _no_temporary_files(balancer)


def test_a_larger_upload_is_refused_with_a_json_error(balancer: Balancer) -> None:
    for size in (10 * 2**20 + 100_000, 30 * 2**20):
        answer = httpx.post(balancer.url + ENHANCE, files={"file": ("p", bytes(size))}, timeout=TIMEOUT_S)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
        assert answer.headers["X-Request-ID"] == answer.json()["request_id"]


def _picture(replica: Process, path: str, photo: bytes) -> bytes:
    answer = _sent(replica, path, photo)
    assert answer.status_code == 200, answer.text
    opened(answer.content)
    return answer.content


def _sent(replica: Process, path: str, photo: bytes) -> httpx.Response:
    headers = {"Accept": "image/png"}
    return httpx.post(replica.url + path, files={"file": ("p", photo)}, headers=headers, timeout=TIMEOUT_S)


def _wait_for_more(outcomes: list[Outcome]) -> None:
    """Wait for a second, and until `AT_LEAST` more photos are answered."""
    enough = len(outcomes) + AT_LEAST
    time.sleep(AT_LEAST / MOST_PER_SECOND)
    eventually(lambda: len(outcomes) >= enough)


def _no_temporary_files(balancer: Balancer) -> None:
    assert balancer.temporary_files() == []
    assert "buffered to a temporary file" not in balancer.error_log()
