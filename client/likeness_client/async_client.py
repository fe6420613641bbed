"""The client for asyncio: the same methods as `Client`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from .calls import Calls, Ongoing, first_page
from .files import whole_file
from .jobs import Batch, Job, State
from .restored import Look, Restored
from .retries import Retries
from .steps import Pause, Photo, Plan, Step, T
from .transport import arguments, options

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .fields import BatchFields, EnhanceFields, JobFields, LookFields, UpscaleFields


class AsyncClient:
    """As `Client`, for asyncio; `async with` closes it. Callbacks are plain functions.

    Files are read and written in pieces, in the event loop's thread.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        token: str | None = None,
        timeout: float = 200.0,
        retries: Retries = Retries(),  # noqa: B008 - it is frozen
    ) -> None:
        self._calls = Calls(retries)
        self._http = httpx.AsyncClient(**options(url, api_key, token, timeout))

    async def config(self) -> dict[str, Any]:
        """What the server allows and offers: limits, defaults, choices, models, `jobs`."""
        return await self._run(self._calls.config())

    async def enhance(self, photo: Photo | None = None, **fields: Unpack[EnhanceFields]) -> Restored:
        """Restore the faces of a photo, which is a path or bytes, or at the address `url`, and enlarge it.

        Raises `LikenessError`, and `OSError` if the photo cannot be read.
        """
        return await self._run(self._calls.restored("enhance", photo, fields))

    async def upscale(self, photo: Photo | None = None, **fields: Unpack[UpscaleFields]) -> Restored:
        """Enlarge a photo without looking for faces."""
        return await self._run(self._calls.restored("upscale", photo, fields))

    async def look(self, photo: Photo | None = None, **fields: Unpack[LookFields]) -> Look:
        """What would be done with a photo, and what it would take (a dry run)."""
        return await self._run(self._calls.look(photo, fields))

    async def submit(self, photo: Photo | None = None, **fields: Unpack[JobFields]) -> Job:
        """Give the server a photo that it does later."""
        return await self._run(self._calls.submit(photo, fields))

    async def job(self, job_id: str) -> Job:
        """A job as it is now."""
        return await self._run(self._calls.job(job_id))

    async def wait(
        self, job: Job | str, *, on_progress: Callable[[Job], None] | None = None, timeout: float | None = None
    ) -> Job:
        """Wait until a job has succeeded. Raises `JobFailed`, and `WaitTimeout` after `timeout` seconds.

        `on_progress` gets the job whenever it has changed.
        """
        return await self._run(self._calls.wait(job, on_progress, timeout))

    async def result(self, job: Job | str) -> Restored:
        """The picture of a job that has succeeded, and its report."""
        return await self._run(self._calls.result(job))

    async def cancel(self, what: Ongoing) -> Ongoing:
        """Stop a job or the jobs of a batch; what is at work stops at its next step."""
        return await self._run(self._calls.cancel(what))

    async def delete(self, what: Job | Batch) -> None:
        """Stop a job or a batch, and remove it from the server with its photos and results."""
        await self._run(self._calls.delete(what))

    async def batch(
        self,
        photos: Iterable[Photo],
        *,
        on_progress: Callable[[Batch], None] | None = None,
        timeout: float | None = None,
        **fields: Unpack[BatchFields],
    ) -> Batch:
        """Have many photos done, and wait for them. One that fails is a failed job of the batch.

        `on_progress` gets the batch whenever it has changed. Raises `WaitTimeout` after `timeout` seconds.
        """
        return await self._run(self._calls.batch(photos, on_progress, timeout, fields))

    async def submit_batch(self, photos: Iterable[Photo], **fields: Unpack[BatchFields]) -> Batch:
        """Give the server many photos that it does later."""
        return await self._run(self._calls.submit_batch(photos, fields))

    async def wait_batch(
        self, batch: Batch, *, on_progress: Callable[[Batch], None] | None = None, timeout: float | None = None
    ) -> Batch:
        """Wait until no job of a batch waits or is at work. Raises `WaitTimeout`."""
        return await self._run(self._calls.wait_batch(batch, on_progress, timeout))

    async def results_zip(self, batch: Batch, path: str | os.PathLike[str]) -> Path:
        """Write all results of a batch that is over into a ZIP, while they arrive."""
        return await self._run(self._calls.results_zip(batch, path))

    async def jobs(self, state: State | None = None) -> AsyncIterator[Job]:
        """All of one's own jobs, or those in one state, the newest first; fetched as they are asked for."""
        path: str | None = first_page(state)
        while path is not None:
            page = await self._run(self._calls.jobs(path))
            for job in page.jobs:
                yield job
            path = page.next

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()

    async def _run(self, plan: Plan[T]) -> T:
        """Do the steps of a plan; its result."""
        try:
            step = next(plan)
            while True:
                try:
                    done = await self._do(step)
                except httpx.RequestError as error:
                    step = plan.throw(error)
                else:
                    step = plan.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _do(self, step: Step) -> httpx.Response | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        with ExitStack() as opened:
            async with self._http.stream(**arguments(step, opened)) as response:
                if step.target is None or not response.is_success:
                    await response.aread()
                else:
                    with whole_file(step.target) as file:
                        async for part in response.aiter_bytes():
                            file.write(part)
                return response
