"""Uploads share a limited memory: if it is full, uploads that stall are ended in favour of those that send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message

from app.http.refusals import UploadTooSlow
from app.http.upload_memory import Upload, UploadMemory
from app.work.errors import Overloaded


def part(size: int, *, last: bool = False) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": not last}


def source(*messages: Message) -> Callable[[], Awaitable[Message]]:
    """A `receive` that returns these messages and then blocks."""
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def begin(memory: UploadMemory, seconds: float = 30.0) -> Upload:
    return Upload(memory, time.monotonic() + seconds, seconds)


def test_the_messages_of_an_upload_pass_unchanged() -> None:
    async def go() -> None:
        upload, receive = begin(UploadMemory(100)), source(part(60), part(40, last=True))
        assert await upload.message(receive) == part(60)
        assert await upload.message(receive) == part(40, last=True)

    asyncio.run(go())


def test_an_upload_past_its_deadline_fails() -> None:
    async def go() -> None:
        upload, receive = begin(UploadMemory(100), 0.1), source(part(10))
        await upload.message(receive)
        with pytest.raises(UploadTooSlow, match=r"0\.1 seconds"):
            await upload.message(receive)

    asyncio.run(go())


def test_an_upload_that_is_ended_while_nobody_waits_for_it_is_told_at_its_next_message() -> None:
    async def go() -> None:
        memory = UploadMemory(100)
        stalled, other, silent = begin(memory), begin(memory), source(part(60))
        await stalled.message(silent)
        await other.message(source(part(60)))  # ends the first, which stores its bytes at this moment
        async with asyncio.timeout(5):
            with pytest.raises(Overloaded):
                await stalled.message(silent)

    asyncio.run(go())


def test_a_disconnect_after_a_complete_upload_is_passed_on_after_the_deadline() -> None:
    async def go() -> None:
        upload = begin(UploadMemory(100), 0.05)
        receive = source(part(10, last=True), {"type": "http.disconnect"})
        await upload.message(receive)
        await asyncio.sleep(0.1)
        assert (await upload.message(receive))["type"] == "http.disconnect"

    asyncio.run(go())


def test_the_upload_that_stalled_longest_is_ended_first() -> None:
    async def go() -> None:
        memory = UploadMemory(100)
        oldest, middle, newest = (begin(memory) for _ in range(3))
        await oldest.message(source(part(30)))
        await middle.message(source(part(30)))
        await oldest.message(source(part(10)))  # so the upload in the middle has stalled longest
        waiting = [asyncio.create_task(upload.message(source())) for upload in (oldest, middle)]
        await asyncio.sleep(0)
        await newest.message(source(part(40)))
        await asyncio.sleep(0.05)
        assert [task.done() for task in waiting] == [False, True]
        with pytest.raises(Overloaded):
            waiting[1].result()
        waiting[0].cancel()

    asyncio.run(go())


def test_an_upload_ended_between_two_messages_fails_at_the_next() -> None:
    async def go() -> None:
        memory = UploadMemory(100)
        first, second = begin(memory), begin(memory)
        await first.message(source(part(60)))
        await second.message(source(part(60)))
        with pytest.raises(Overloaded):
            await first.message(source(part(1)))

    asyncio.run(go())


def test_an_upload_larger_than_the_memory_is_refused() -> None:
    async def go() -> None:
        memory = UploadMemory(100)
        with pytest.raises(Overloaded):
            await begin(memory).message(source(part(101)))
        await begin(memory).message(source(part(100)))  # a refused upload no longer takes memory

    asyncio.run(go())


def test_complete_and_released_uploads_take_no_memory() -> None:
    async def go() -> None:
        memory = UploadMemory(100)
        whole, ended, third = (begin(memory) for _ in range(3))
        await whole.message(source(part(90, last=True)))
        await ended.message(source(part(90)))
        memory.release(ended)
        memory.release(ended)
        receive = source(part(90), part(10, last=True))
        await third.message(receive)
        await third.message(receive)

    asyncio.run(go())


def test_what_is_passed_on_takes_no_memory() -> None:
    async def go() -> None:
        memory = UploadMemory(100)
        streamed, other = begin(memory), begin(memory)
        receive = source(*[part(90)] * 5, part(10, last=True))
        for _ in range(5):
            await streamed.message(receive)
            streamed.pass_on(90)
        await other.message(source(part(90)))
        await streamed.message(receive)
        streamed.pass_on(10)  # after its end, this changes nothing
        with pytest.raises(Overloaded):
            await other.message(source(part(11)))

    asyncio.run(go())
