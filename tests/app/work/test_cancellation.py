"""Abandoned work: the caller gets its error at once, and a slot waits for the thread unless the server stops."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest

from app.work.cancellation import Cancellation
from app.work.errors import ShuttingDown
from pipeline.errors import Cancelled, DeadlineExceeded, PipelineError
from pipeline.run import Run


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    pass


def test_the_result_of_the_work_is_returned() -> None:
    async def work() -> str:
        return "done"

    assert asyncio.run(Cancellation().until_unwanted(work(), Run(), never())) == "done"


def test_an_error_of_the_work_is_raised() -> None:
    async def work() -> NoReturn:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(Cancellation().until_unwanted(work(), Run(), never()))


def run_until(gone: Awaitable[None], *, deadline_s: float | None, stopped: bool) -> tuple[PipelineError, bool]:
    """The error of work that takes a minute in the stage "detection", and whether the work was cancelled."""

    async def call() -> tuple[PipelineError, bool]:
        cancellation, cancelled = Cancellation(), asyncio.Event()
        run = Run(deadline=None if deadline_s is None else time.monotonic() + deadline_s)

        async def work() -> None:
            with run.stage("detection"):
                try:
                    await asyncio.sleep(60)
                finally:
                    cancelled.set()

        if stopped:
            asyncio.get_running_loop().call_later(0.01, cancellation.stop_all)
        with pytest.raises(PipelineError) as caught:
            await cancellation.until_unwanted(work(), run, gone)
        await asyncio.wait_for(cancelled.wait(), 10)
        return caught.value, cancelled.is_set()

    return asyncio.run(call())


def test_work_is_cancelled_when_its_client_leaves() -> None:
    async def leave() -> None:
        await asyncio.sleep(0.01)

    error, cancelled = run_until(leave(), deadline_s=None, stopped=False)
    assert (type(error), error.stage, cancelled) == (Cancelled, "detection", True)


def test_work_is_cancelled_at_its_deadline() -> None:
    error, cancelled = run_until(never(), deadline_s=0.05, stopped=False)
    assert (type(error), error.stage, cancelled) == (DeadlineExceeded, "detection", True)


def test_work_is_cancelled_when_the_server_stops() -> None:
    error, cancelled = run_until(never(), deadline_s=None, stopped=True)
    assert (type(error), cancelled) == (ShuttingDown, True)


def test_work_that_has_not_begun_a_stage_is_abandoned_in_the_queue() -> None:
    with pytest.raises(Cancelled) as caught:
        asyncio.run(Cancellation().until_unwanted(never(), Run(), at_once()))
    assert caught.value.stage == "queue"


def test_work_that_is_abandoned_between_two_stages_is_abandoned_in_the_first() -> None:
    run = Run()
    with run.stage("metrics"):
        assert run.latest_stage == "metrics"
    with pytest.raises(Cancelled) as caught:
        asyncio.run(Cancellation().until_unwanted(never(), run, at_once()))
    assert caught.value.stage == "metrics"


@pytest.mark.parametrize("stops", [False, True])
def test_a_cancelled_caller_waits_for_its_thread_unless_the_server_stops(stops: bool) -> None:
    release = threading.Event()

    async def call(threads: ThreadPoolExecutor) -> tuple[bool, bool, bool]:
        cancellation, run, begun = Cancellation(), Run(), threading.Event()

        def work() -> None:
            begun.set()
            assert release.wait(30)

        caller = asyncio.ensure_future(cancellation.in_thread(threads, run, work))
        await asyncio.to_thread(begun.wait, 30)
        caller.cancel()
        await asyncio.sleep(0.05)
        waits = not caller.done()
        if stops:
            cancellation.stop_all()
        else:
            release.set()
        await asyncio.wait({caller}, timeout=10)
        return waits, run.cancelled.is_set(), caller.cancelled()

    with ThreadPoolExecutor(1) as threads:
        try:
            found = asyncio.run(call(threads))
        finally:
            release.set()
    assert found == (True, True, True)


def test_the_error_of_an_abandoned_thread_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "asyncio")

    async def call(threads: ThreadPoolExecutor) -> None:
        cancellation, begun, release = Cancellation(), threading.Event(), threading.Event()

        def work() -> NoReturn:
            begun.set()
            release.wait(30)
            raise ValueError("broken")

        caller = asyncio.ensure_future(cancellation.in_thread(threads, Run(), work))
        await asyncio.to_thread(begun.wait, 30)
        caller.cancel()
        await asyncio.sleep(0.01)
        release.set()
        await asyncio.wait({caller}, timeout=10)
        assert caller.cancelled()
        del caller
        await asyncio.sleep(0)
        gc.collect()  # asyncio logs an error that nobody retrieved when its future is collected
        await asyncio.sleep(0)

    with ThreadPoolExecutor(1) as threads:
        asyncio.run(call(threads))
    assert "never retrieved" not in caplog.text
