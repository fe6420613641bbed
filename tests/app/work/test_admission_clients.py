"""Admission of several clients: their places, their turns, and uploads that are slow to arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest

from app.access.keys import new_key
from app.work import admission, service
from app.work.admission import Admission
from app.work.errors import Overloaded
from app.work.turns import Priority
from pipeline.errors import DeadlineExceeded
from pipeline.run import Run
from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, PATIENCE, Likeness, eventually, serving

PHOTO = images.png(images.gradient())


class Photos:
    """Photos in one admission, on their way to the workbench."""

    def __init__(self, slots: int = 1, queue_size: int = 8) -> None:
        self.admission = Admission(slots, queue_size)
        self.decoded: list[str] = []  # the names, in the order in which they came to the workbench

    @contextmanager
    def inside(self, client: str) -> Iterator[None]:
        with self.admission.arriving(client) as arrival, self.admission.place(Run(), arrival):
            yield

    async def process(self, name: str, client: str, priority: Priority = Priority.INTERACTIVE) -> None:
        run = Run()
        with self.admission.arriving(client) as arrival, self.admission.place(run, arrival, priority=priority):
            async with self.admission.workbench(run):
                self.decoded.append(name)
                async with self.admission.device(run):
                    await asyncio.sleep(0.001)

    async def process_all(self, *photos: tuple[Any, ...]) -> list[str]:
        """The order in which photos that come in this order go on, while the workbench is busy until all are here."""
        first, second = Run(), Run()
        async with AsyncExitStack() as busy:
            for run in (first, second):
                arrival = busy.enter_context(self.admission.arriving("busy"))
                busy.enter_context(self.admission.place(run, arrival))
                await busy.enter_async_context(self.admission.workbench(run))
            working = [asyncio.ensure_future(self.process(*photo)) for photo in photos]
            await asyncio.sleep(0.01)
        await asyncio.gather(*working)
        return self.decoded


def test_the_clients_take_turns() -> None:
    photos = [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")]
    decoded = asyncio.run(Photos().process_all(*photos))
    assert decoded == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_interactive_photos_go_before_batch() -> None:
    batch = [(f"batch {number}", "shop", Priority.BATCH) for number in (1, 2)]
    decoded = asyncio.run(Photos().process_all(*batch, ("person", "visitor"), ("own", "shop")))
    assert decoded == ["person", "own", "batch 1", "batch 2"]


def test_a_refused_client_finds_its_place_free() -> None:
    photos = Photos(queue_size=2)
    with photos.inside("flood"), photos.inside("flood"):
        with photos.inside("flood"), pytest.raises(Overloaded) as refused, photos.inside("polite"):
            pass
        assert refused.value.retry_after == 1
        with pytest.raises(Overloaded), photos.inside("flood"):
            pass
        with photos.inside("polite"):
            assert photos.admission.inside == 3


def test_an_upload_that_arrives_has_a_place() -> None:
    photos = Photos(queue_size=1)
    with photos.inside("first"):
        with photos.admission.arriving("one"), pytest.raises(Overloaded), photos.admission.arriving("other"):
            pass
        with photos.admission.arriving("other"):
            pass


def test_a_free_slot_goes_to_the_photo_that_is_complete_first() -> None:
    """Many uploads that are never complete have all places; of those, the last that came makes way."""
    photos = Photos(queue_size=2)
    with ExitStack() as uploads:
        stalled = [uploads.enter_context(photos.admission.arriving(f"stalls {number}")) for number in range(6)]
        with photos.inside("polite"):
            assert photos.admission.inside == 1
            with photos.admission.place(Run(), stalled[0]), photos.admission.place(Run(), stalled[1]):
                assert photos.admission.inside == 3
                with pytest.raises(Overloaded) as refused, photos.admission.place(Run(), stalled[5]):
                    pass
        with photos.admission.place(Run(), stalled[5]):
            assert photos.admission.inside == 1
    assert refused.value.retry_after <= 4
    assert photos.admission.inside == 0
    photos.admission.forget_clients()
    with photos.inside("one"), photos.inside("one"), photos.inside("one"):
        assert photos.admission.inside == 3  # no place is lost


def test_uploads_that_stall_are_not_in_the_time_that_a_refused_client_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "UPLOAD_S", PATIENCE)
    photos = Photos(queue_size=8)
    with ExitStack() as uploads, photos.inside("one"):
        for number in range(40):
            with suppress(Overloaded):
                uploads.enter_context(photos.admission.arriving(f"stalls {number}"))
        with pytest.raises(Overloaded) as refused, photos.inside("polite"):
            pass
    assert refused.value.retry_after == 2  # the photo inside, and its own


def test_a_photo_whose_position_cannot_be_told_leaves_no_trace() -> None:
    photos = Photos(queue_size=0)

    def fail(position: int) -> None:
        raise ConnectionError(position)

    with (
        pytest.raises(ConnectionError),
        photos.admission.arriving("one") as arrival,
        photos.admission.place(Run(), arrival, fail),
    ):
        pass
    assert (photos.admission.inside, photos.admission.waiting) == (0, 0)
    with photos.inside("one"), pytest.raises(Overloaded), photos.inside("other"):
        pass


def test_a_slow_upload_loses_its_place_and_needs_one_when_it_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "UPLOAD_S", 0.0)
    photos = Photos(queue_size=0)
    with photos.admission.arriving("slow") as arrival:
        with photos.inside("fast"), pytest.raises(Overloaded), photos.admission.place(Run(), arrival):
            pass
        with photos.admission.place(Run(), arrival):
            assert photos.admission.inside == 1
    assert photos.admission.inside == 0


def test_a_photo_whose_deadline_passes_while_it_waits_leaves_no_trace() -> None:
    async def wait(photos: Photos) -> None:
        busy, late = Run(), Run(deadline=time.monotonic() + 0.02)
        with photos.admission.arriving("one") as first, photos.admission.place(busy, first):
            async with photos.admission.device(busy):
                with photos.admission.arriving("other") as second, photos.admission.place(late, second):
                    with pytest.raises(DeadlineExceeded) as caught:
                        async with photos.admission.device(late):
                            pass
                    assert caught.value.stage == "queue"
        assert "queue" in late.timings_ms
        assert (photos.admission.inside, photos.admission.on_device, photos.admission.waiting) == (0, 0, 0)

    asyncio.run(wait(Photos()))


def test_idle_admission_forgets_its_clients() -> None:
    photos = Photos(queue_size=0)
    with photos.inside("flood"), pytest.raises(Overloaded), photos.inside("gone"):
        pass
    photos.admission.forget_clients()
    assert "gone" not in photos.admission._shares


@contextmanager
def client_at(server: Likeness, address: str, headers: dict[str, str] | None = None) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(local_address=address)
    url = f"http://127.0.0.1:{server.port}"
    with httpx.Client(transport=transport, base_url=url, timeout=PATIENCE, headers=headers) as client:
        yield client


def sent(client: httpx.Client) -> httpx.Response:
    return client.post(ENHANCE, files={"file": PHOTO})


def fill(server: Likeness, fakes: FakeModels, threads: ThreadPoolExecutor, client: httpx.Client) -> list[Future[Any]]:
    """Take the slot and the queue of a server with four places; the device hangs until its gate opens."""
    fakes.detector.gate.clear()
    answers = [threads.submit(sent, client) for _ in range(5)]
    eventually(lambda: server.status()["queue_length"] == 4)
    return answers


@pytest.mark.parametrize("by_key", [False, True], ids=["by address", "by key"])
def test_another_client_gets_the_next_place(fakes: FakeModels, by_key: bool) -> None:
    (flood_key, flood), (polite_key, polite) = new_key("flood"), new_key("polite")
    settings = {"api_keys": f"{flood},{polite}"} if by_key else {}
    addresses = ("127.0.0.1", "127.0.0.1") if by_key else ("127.0.0.1", "127.0.0.2")
    with serving(fakes, queue_size=4, **settings) as server, ThreadPoolExecutor(6) as threads:
        server.client.headers["X-API-Key"] = flood_key
        with client_at(server, addresses[1], {"X-API-Key": polite_key}) as other:
            answers = fill(server, fakes, threads, server.client)
            refused = sent(other)
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert 1 <= int(refused.headers["retry-after"]) <= 2  # one photo, not all that wait
            fakes.detector.gate.set()
            assert [answer.result().status_code for answer in answers] == [200] * 5
            assert sent(other).status_code == 200


def test_no_client_is_remembered_once_the_server_is_idle(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "IDLE_S", 0.05)
    with serving(fakes, queue_size=4) as server, ThreadPoolExecutor(6) as threads:
        answers = fill(server, fakes, threads, server.client)
        assert server.enhance(PHOTO).status_code == 503
        fakes.detector.gate.set()
        assert [answer.result().status_code for answer in answers] == [200] * 5
        eventually(lambda: "address:127.0.0.1" not in server.app.state.service.admission._shares)
