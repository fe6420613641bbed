"""The client that waits for its answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
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


class Client:
    """A connection to a service of Likeness. Threads may share it; `with` closes it.

    `api_key` or `token` says who one is. `timeout`: the seconds for which the server may be silent; its own limit for a
    photo is 180 s unless its operator says otherwise. Every call raises `LikenessError`.
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
        self._http = httpx.Client(**options(url, api_key, token, timeout))

    def config(self) -> dict[str, Any]:
        """What the server allows and offers: limits, defaults, choices, models, `jobs`."""
        return self._run(self._calls.config())

    def enhance(self, photo: Photo | None = None, **fields: Unpack[EnhanceFields]) -> Restored:
        """Restore the faces of a photo, which is a path or bytes, or at the address `url`, and enlarge it.

        Raises `LikenessError`, and `OSError` if the photo cannot be read.
        """
        return self._run(self._calls.restored("enhance", photo, fields))

    def upscale(self, photo: Photo | None = None, **fields: Unpack[UpscaleFields]) -> Restored:
        """Enlarge a photo without looking for faces."""
        return self._run(self._calls.restored("upscale", photo, fields))

    def look(self, photo: Photo | None = None, **fields: Unpack[LookFields]) -> Look:
        """What would be done with a photo, and what it would take (a dry run)."""
        return self._run(self._calls.look(photo, fields))

    def submit(self, photo: Photo | None = None, **fields: Unpack[JobFields]) -> Job:
        """Give the server a photo that it does later."""
        return self._run(self._calls.submit(photo, fields))

    def job(self, job_id: str) -> Job:
        """A job as it is now."""
        return self._run(self._calls.job(job_id))

    def wait(
        self, job: Job | str, *, on_progress: Callable[[Job], None] | None = None, timeout: float | None = None
    ) -> Job:
        """Wait until a job has succeeded. Raises `JobFailed`, and `WaitTimeout` after `timeout` seconds.

        `on_progress` gets the job whenever it has changed.
        """
        return self._run(self._calls.wait(job, on_progress, timeout))

    def result(self, job: Job | str) -> Restored:
        """The picture of a job that has succeeded, and its report."""
        return self._run(self._calls.result(job))

    def cancel(self, what: Ongoing) -> Ongoing:
        """Stop a job or the jobs of a batch; what is at work stops at its next step."""
        return self._run(self._calls.cancel(what))

    def delete(self, what: Job | Batch) -> None:
        """Stop a job or a batch, and remove it from the server with its photos and results."""
        self._run(self._calls.delete(what))

    def batch(
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
        return self._run(self._calls.batch(photos, on_progress, timeout, fields))

    def submit_batch(self, photos: Iterable[Photo], **fields: Unpack[BatchFields]) -> Batch:
        """Give the server many photos that it does later."""
        return self._run(self._calls.submit_batch(photos, fields))

    def wait_batch(
        self, batch: Batch, *, on_progress: Callable[[Batch], None] | None = None, timeout: float | None = None
    ) -> Batch:
        """Wait until no job of a batch waits or is at work. Raises `WaitTimeout`."""
        return self._run(self._calls.wait_batch(batch, on_progress, timeout))

    def results_zip(self, batch: Batch, path: str | os.PathLike[str]) -> Path:
        """Write all results of a batch that is over into a ZIP, while they arrive."""
        return self._run(self._calls.results_zip(batch, path))

    def jobs(self, state: State | None = None) -> Iterator[Job]:
        """All of one's own jobs, or those in one state, the newest first; fetched as they are asked for."""
        path: str | None = first_page(state)
        while path is not None:
            page = self._run(self._calls.jobs(path))
            yield from page.jobs
            path = page.next

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _run(self, plan: Plan[T]) -> T:
        """Do the steps of a plan; its result."""
        try:
            step = next(plan)
            while True:
                try:
                    done = self._do(step)
                except httpx.RequestError as error:
                    step = plan.throw(error)
                else:
                    step = plan.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    def _do(self, step: Step) -> httpx.Response | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        with ExitStack() as opened, self._http.stream(**arguments(step, opened)) as response:
            if step.target is None or not response.is_success:
                response.read()
            else:
                with whole_file(step.target) as file:
                    for part in response.iter_bytes():
                        file.write(part)
            return response
