"""A thread of the server that is told to end, or that does end: the photo gets an error, and nobody waits forever."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.work import photo
from app.work.threads import WorkerThreads
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, READY, Likeness, eventually, serving

ENDINGS = (SystemExit(3), KeyboardInterrupt(), GeneratorExit())


@pytest.fixture(scope="module")
def fakes() -> FakeModels:
    return FakeModels()


@pytest.fixture(scope="module")
def server(fakes: FakeModels) -> Iterator[Likeness]:
    with serving(fakes) as likeness:
        yield likeness


def pools_of(server: Likeness) -> dict[str, WorkerThreads]:
    service = server.app.state.service
    return {"device": service.loaded_models.threads, "photo": service._threads}


def end_a_thread(pool: WorkerThreads) -> None:
    """Let a thread of the pool end: it cannot take a piece of work that is none."""
    pool._work_queue.put(object())  # type: ignore[arg-type]
    eventually(lambda: any(not thread.is_alive() for thread in pool._started))


def assert_internal_error(response: httpx.Response) -> None:
    assert response.status_code == 500
    assert (response.json()["code"], response.json()["stage"]) == ("internal_error", "server")
    assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
def test_a_network_that_ends_its_thread_costs_one_photo(
    server: Likeness, fakes: FakeModels, ending: BaseException
) -> None:
    fakes.detector.gate.clear()
    with ThreadPoolExecutor(2) as clients:
        struck = clients.submit(server.enhance, samples.small_face())
        eventually(lambda: server.status()["slots_in_use"] == 1)
        waiting = clients.submit(server.upscale, samples.no_face())
        eventually(lambda: server.status()["queue_length"] == 1)
        fakes.detector.trouble.error = ending
        fakes.detector.gate.set()
        assert_internal_error(struck.result())
        assert waiting.result().status_code == 200
    fakes.detector.trouble.error = None
    assert server.enhance(samples.small_face()).status_code == 200
    assert server.client.get(LIVE).status_code == 200


@pytest.mark.parametrize("step", ["decode", "encode"])
def test_a_codec_that_ends_its_thread_costs_one_photo(
    server: Likeness, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: Any, **__: Any) -> None:
        raise SystemExit(3)

    with monkeypatch.context() as patch:
        patch.setattr(photo, step, end)
        for _ in range(4):  # more often than there are threads
            assert_internal_error(server.upscale(samples.no_face()))
    assert server.upscale(samples.no_face()).status_code == 200
    assert server.client.get(LIVE).status_code == 200


def test_an_event_stream_ends_with_the_error(server: Likeness, fakes: FakeModels) -> None:
    fakes.detector.trouble.error = SystemExit(3)
    response = server.enhance(samples.small_face(), accept="text/event-stream")
    fakes.detector.trouble.error = None
    assert response.status_code == 200
    assert '"code":"internal_error"' in response.text.split("event: error")[1]


@pytest.mark.parametrize("name", ["device", "photo"])
def test_after_the_loss_of_a_thread_the_process_is_replaced(
    fakes: FakeModels, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(fakes) as server:
        assert server.upscale(samples.no_face()).status_code == 200
        end_a_thread(pools_of(server)[name])
        refused = server.upscale(samples.no_face())
        health = [server.client.get(path) for path in (LIVE, READY)]
    assert refused.status_code == 503
    assert refused.json()["error"] == "The models cannot be used: a thread that works on photos has ended."
    assert [response.status_code for response in health] == [503, 503]
    assert health[1].json()["detail"] == "a thread that works on photos has ended."
    ours = [record.getMessage() for record in caplog.records if record.name == "likeness"]
    assert ours == ["no photo can be served any more: a thread that works on photos has ended."]


@pytest.mark.parametrize("name", ["device", "photo"])
def test_liveness_alone_notices_the_loss(fakes: FakeModels, name: str) -> None:
    with serving(fakes) as server:
        assert server.upscale(samples.no_face()).status_code == 200
        end_a_thread(pools_of(server)[name])
        assert server.client.get(LIVE).status_code == 503


def test_models_that_end_their_thread_are_not_waited_for() -> None:
    def end() -> Any:
        raise SystemExit(3)

    with serving(end, until=None) as server:
        eventually(lambda: server.client.get(LIVE).status_code == 503)
        detail = server.client.get(READY).json()["detail"]
    assert detail == "the work raised SystemExit(3)"


def test_an_ordinary_error_stays_what_it_is() -> None:
    with WorkerThreads(1, "test") as threads, pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 1, 0).result()


def test_a_stop_loses_no_thread(fakes: FakeModels, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), serving(fakes) as server:
        assert server.upscale(samples.no_face()).status_code == 200
    pools = pools_of(server)
    assert not any(pool.lost for pool in pools.values())
    assert caplog.records == []
