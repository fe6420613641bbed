"""Every call as a plan: which requests it sends, and what it makes of their answers."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx

from .errors import JobFailed, WaitTimeout
from .fields import form_of
from .jobs import Batch, Job, JobPage
from .reading import read
from .restored import Look, Report, Restored
from .retries import Retries, answered
from .steps import Pause, Photo, Plan, Send

API = "/api/v1"
JOBS, BATCHES = f"{API}/jobs", f"{API}/batches"
FIRST_POLL_S, LONGEST_POLL_S = 0.1, 2.0  # between two looks at a job
SHORTEST_LOOK_S, LONGEST_LOOK_S = 1.0, 30.0  # for one of them, which takes milliseconds

Ongoing = TypeVar("Ongoing", Job, Batch)


@dataclass(frozen=True)
class Calls:
    """The plans of all calls, with these retries."""

    retries: Retries

    def config(self) -> Plan[dict[str, Any]]:
        """What the server allows."""
        return read(dict, (yield from self._answer(Send("GET", f"{API}/config"))), dict)

    def restored(self, kind: str, photo: Photo | None, fields: Mapping[str, Any]) -> Plan[Restored]:
        """A photo that is done at once."""
        response = yield from self._answer(_upload(f"{API}/{kind}", photo, fields))
        return read(Restored, response, _picture_and_report)

    def look(self, photo: Photo | None, fields: Mapping[str, Any]) -> Plan[Look]:
        """A dry run."""
        form = {name: value for name, value in fields.items() if name != "kind"}
        send = _upload(f"{API}/{fields.get('kind') or 'enhance'}", photo, {**form, "dry_run": True})
        return read(Look, (yield from self._answer(send)), _look_and_preview)

    def submit(self, photo: Photo | None, fields: Mapping[str, Any]) -> Plan[Job]:
        """A photo that is done later. The key lets the server know a repeated submission."""
        send = replace(_upload(JOBS, photo, fields), headers={"Idempotency-Key": str(uuid4())})
        return read(Job, (yield from self._answer(send)))

    def job(self, job_id: str, retries: Retries | None = None) -> Plan[Job]:
        """A job as it is now."""
        return read(Job, (yield from _seen(_job_path(job_id), retries or self.retries)))

    def jobs(self, path: str) -> Plan[JobPage]:
        """A page of jobs."""
        return read(JobPage, (yield from self._answer(Send("GET", path))))

    def wait(self, job: Job | str, on_progress: Callable[[Job], None] | None, timeout: float | None) -> Plan[Job]:
        """The job when it has succeeded. Raises `JobFailed` and `WaitTimeout`."""
        number = job if isinstance(job, str) else job.id
        over = yield from self._over(lambda retries: self.job(number, retries), on_progress, timeout)
        if over.state != "succeeded":
            raise _failure(over)
        return over

    def result(self, job: Job | str) -> Plan[Restored]:
        """The picture of a job and its report."""
        path = _job_path(job if isinstance(job, str) else job.id)
        picture = yield from self._answer(Send("GET", f"{path}/result", follows=True))
        report = yield from self._answer(Send("GET", f"{path}/report"))
        return Restored(picture.content, read(Report, report, _data))

    def cancel(self, what: Ongoing) -> Plan[Ongoing]:
        """Stop a job, or all of a batch."""
        return read(type(what), (yield from self._answer(Send("POST", f"{_path(what)}/cancel"))))

    def delete(self, what: Job | Batch) -> Plan[None]:
        """Stop and remove a job or a batch."""
        yield from self._answer(Send("DELETE", _path(what)))

    def submit_batch(self, photos: Iterable[Photo], fields: Mapping[str, Any]) -> Plan[Batch]:
        """Photos that are done later. The key lets the server know a repeated submission."""
        # The letters of a path, or the numbers of bytes, would be taken for photos.
        is_one = isinstance(photos, (str, bytes, os.PathLike))
        files = [] if is_one else [("file", photo) for photo in photos or ()]
        if not files:
            raise ValueError("Give a list of photos, at least one.")
        send = Send("POST", BATCHES, form_of(fields), files, {"Idempotency-Key": str(uuid4())})
        return read(Batch, (yield from self._answer(send)))

    def fetch_batch(self, batch_id: str, retries: Retries | None = None) -> Plan[Batch]:
        """A batch as it is now."""
        return read(Batch, (yield from _seen(f"{BATCHES}/{batch_id}", retries or self.retries)))

    def wait_batch(
        self, batch: Batch, on_progress: Callable[[Batch], None] | None, timeout: float | None
    ) -> Plan[Batch]:
        """The batch when none of its jobs waits or is at work. Raises `WaitTimeout`."""
        return (yield from self._over(lambda retries: self.fetch_batch(batch.id, retries), on_progress, timeout))

    def batch(
        self,
        photos: Iterable[Photo],
        on_progress: Callable[[Batch], None] | None,
        timeout: float | None,
        fields: Mapping[str, Any],
    ) -> Plan[Batch]:
        """Submit a batch and wait for it."""
        submitted = yield from self.submit_batch(photos, fields)
        return (yield from self.wait_batch(submitted, on_progress, timeout))

    def results_zip(self, batch: Batch, path: str | os.PathLike[str]) -> Plan[Path]:
        """All results of a batch as a file."""
        target = Path(path)
        yield from self._answer(Send("GET", f"{_path(batch)}/results.zip", target=target))
        return target

    def _answer(self, send: Send) -> Plan[httpx.Response]:
        return (yield from answered(send, self.retries))

    def _over(
        self,
        look: Callable[[Retries], Plan[Ongoing]],
        on_progress: Callable[[Ongoing], None] | None,
        timeout: float | None,
    ) -> Plan[Ongoing]:
        """Look again and again until it is over. The pauses grow; retries end with the timeout too."""
        end = None if timeout is None else time.monotonic() + timeout
        pause, seen = FIRST_POLL_S, None
        while True:
            retries = self.retries
            if end is not None:
                retries = replace(retries, total_s=min(retries.total_s, max(0.0, end - time.monotonic())))
            now = yield from look(retries)
            if now != seen and on_progress is not None:
                on_progress(now)
            if now.is_over:
                return now
            seen = now
            if end is not None and time.monotonic() + pause > end:
                raise WaitTimeout(f"It is not over after {timeout:g} s.", "wait_timeout", "waiting")
            yield Pause(pause)
            pause = min(LONGEST_POLL_S, pause * 1.3)


def _seen(path: str, retries: Retries) -> Plan[httpx.Response]:
    """The state of something; one try takes no longer than all may."""
    timeout_s = min(LONGEST_LOOK_S, max(SHORTEST_LOOK_S, retries.total_s))
    return (yield from answered(Send("GET", path, timeout_s=timeout_s), retries))


def first_page(state: str | None) -> str:
    """The path of the newest jobs."""
    return f"{JOBS}?state={state}" if state else JOBS


def _upload(path: str, photo: Photo | None, fields: Mapping[str, Any]) -> Send:
    if photo is None and fields.get("url") is None:
        raise ValueError("Give a photo, or where it is as url=….")
    files = [] if photo is None else [("file", photo)]
    reference = fields.get("reference")
    if reference is not None:
        files.append(("reference", reference))
    return Send("POST", path, form_of({name: fields[name] for name in fields if name != "reference"}), files)


def _path(what: Job | Batch) -> str:
    return _job_path(what.id) if isinstance(what, Job) else f"{BATCHES}/{what.id}"


def _job_path(job_id: str) -> str:
    """Whatever the id is: it may have come from somebody else, and must not lead to another address."""
    return f"{JOBS}/{quote(job_id, safe='')}"


def _data(body: Any) -> Any:
    return body["data"]


def _picture_and_report(body: Any) -> Any:
    data = body["data"]
    return {"picture": base64.b64decode(data["restored_image"], validate=True), "report": data}


def _look_and_preview(body: Any) -> Any:
    preview = body["data"].get("preview")  # a server of an earlier version names none
    read_preview = preview and {**preview, "image": base64.b64decode(preview["image"], validate=True)}
    return {**body["data"], "preview": read_preview}


def _failure(job: Job) -> JobFailed:
    if job.error is None:
        return JobFailed(f"The job is {job.state}.", f"job_{job.state}", job.stage or "")
    return JobFailed(job.error.error, job.error.code, job.error.stage, job.error.status)
