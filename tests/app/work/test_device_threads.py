"""Work that somebody waits for goes first, between the parts of other work too, in the same thread."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from app.work.device_threads import DeviceThreads
from app.work.threads import WorkEnded

PATIENCE = 30.0


@pytest.fixture
def threads() -> DeviceThreads:
    return DeviceThreads(1, "test")


def occupied(threads: DeviceThreads) -> tuple[threading.Event, Future[bool]]:
    """The only thread waits for the event."""
    gate, begun = threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return gate.wait(PATIENCE)

    future = threads.submit(wait)
    assert begun.wait(PATIENCE)
    return gate, future


def test_what_is_behind_begins_last(threads: DeviceThreads) -> None:
    gate, _ = occupied(threads)
    done: list[str] = []
    futures = [threads.behind.submit(done.append, "job"), threads.submit(done.append, "photo")]
    gate.set()
    for future in futures:
        future.result(PATIENCE)
    assert done == ["photo", "job"]


def test_work_from_behind_makes_way_in_its_own_thread(threads: DeviceThreads) -> None:
    begun, came = threading.Event(), threading.Event()
    order: list[tuple[str, int]] = []

    def job() -> float:
        order.append(("job begins", threading.get_ident()))
        begun.set()
        assert came.wait(PATIENCE)
        took = threads.make_way()
        order.append(("job ends", threading.get_ident()))
        return took

    behind = threads.behind.submit(job)
    assert begun.wait(PATIENCE)
    photos = [threads.submit(lambda n=n: order.append((f"photo {n}", threading.get_ident()))) for n in range(2)]
    assert not photos[0].done()
    came.set()
    assert 0 < behind.result(PATIENCE) < PATIENCE
    assert [name for name, _ in order] == ["job begins", "photo 0", "photo 1", "job ends"]
    assert len({thread for _, thread in order}) == 1
    assert threads.submit(int, "7").result(PATIENCE) == 7  # the turns that the photos did not need do no harm


def test_an_error_of_a_photo_is_not_the_jobs(threads: DeviceThreads) -> None:
    begun, came = threading.Event(), threading.Event()

    def job() -> str:
        begun.set()
        assert came.wait(PATIENCE)
        threads.make_way()
        return "done"

    def end() -> None:
        raise SystemExit(3)

    behind = threads.behind.submit(job)
    assert begun.wait(PATIENCE)
    broken, ending = threads.submit(divmod, 1, 0), threads.submit(end)
    came.set()
    assert behind.result(PATIENCE) == "done"
    with pytest.raises(ZeroDivisionError):
        broken.result()
    with pytest.raises(WorkEnded):
        ending.result()
    assert not threads.lost


def test_no_other_thread_makes_way(threads: DeviceThreads) -> None:
    gate, _ = occupied(threads)
    photo = threads.submit(int, "7")
    assert threads.make_way() == 0.0
    assert not photo.done()
    gate.set()
    assert photo.result(PATIENCE) == 7


def test_cancelled_work_is_not_done(threads: DeviceThreads) -> None:
    gate, _ = occupied(threads)
    done: list[int] = []
    future = threads.submit(done.append, 1)
    assert future.cancel()
    gate.set()
    assert threads.submit(int, "7").result(PATIENCE) == 7
    assert done == []


def test_after_the_end_nothing_is_taken(threads: DeviceThreads) -> None:
    threads.shutdown()
    with pytest.raises(RuntimeError):
        threads.submit(int)
    with pytest.raises(RuntimeError):
        threads.behind.submit(int)
