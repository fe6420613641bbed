"""`/api/v1/jobs`: photos that are done later. Submitted, listed, watched, cancelled and deleted."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from app.http.accept import by_preference
from app.http.error_responses import ANYWHERE, Responses, error_responses
from app.http.jobs.document import JOBS, job_out
from app.http.jobs.events import EVENTS, JobEvents, changes
from app.http.jobs.order import job_order
from app.http.jobs.prefer import wait_of
from app.http.jobs.removal import remove_objects
from app.http.jobs.route import JobIdDep, JobRoute, JobsDep, KeptPhotoRoute, OwnerDep
from app.http.jobs.schema import JOB_BODY, watched
from app.http.jobs.socket import JobSocket
from app.http.jobs.submission import idempotency_key_of, submit
from app.http.jobs.webhook import webhook_of
from app.http.policy import Policy
from app.http.query import refuse_query
from app.http.routes.dependencies import ServiceDep, disconnected, fields_in_query, no_query
from app.http.routes.photos import AnsweringDep
from app.http.schemas.forms import JobForm
from app.http.schemas.jobs import JobOut, JobPage
from app.work.errors import BadParameter
from jobs.job import Job, State

submissions = APIRouter(
    prefix=JOBS,
    tags=["jobs"],
    route_class=KeptPhotoRoute,
    form_limits={"max_files": 4, "max_fields": 64, "max_part_size": 4096},
)
_ERRORS: Responses = {**ANYWHERE, **error_responses(404, 503)}
router = APIRouter(prefix=JOBS, tags=["jobs"], responses=_ERRORS, route_class=JobRoute)
lists = APIRouter(prefix=JOBS, tags=["jobs"], responses=_ERRORS, route_class=JobRoute)


@submissions.post(
    "",
    operation_id="submit_job",
    status_code=202,
    dependencies=[Depends(fields_in_query(JobForm))],
    responses={
        200: {"model": JobOut, "description": "With `Prefer: wait=20`: the job is over already"},
        202: {"description": "The job waits, or has begun", "headers": {"Location": {"schema": {"type": "string"}}}},
        **error_responses(400, 403, 404, 408, 413, 415, 421, 422, 429, 500, 503),
    },
    openapi_extra=JOB_BODY,
)
@Policy(counted=True, kept=True)
async def submit_job(
    request: Request,
    response: Response,
    form: Annotated[JobForm, Form(media_type="multipart/form-data")],
    answering: AnsweringDep,
    jobs: JobsDep,
    owner: OwnerDep,
) -> JobOut:
    """Take a photo that is done later. All that can be checked is checked now, with the errors of `/enhance`."""
    service, key = answering.service, idempotency_key_of(request.headers)
    webhook_url = webhook_of(form, service.settings)
    order = await job_order(request, form, answering)
    name = "" if form.file is None else form.file.filename or ""
    with service.memory.held(len(order.file) + len(order.reference or b"")):
        job = await submit(order, owner, name, key, jobs, webhook_url)
    wait_s = wait_of(request.headers)
    if wait_s:
        job = await _waited(job, wait_s, request, jobs, service)
        response.headers["Preference-Applied"] = f"wait={wait_s}"
        response.status_code = 200 if job.is_final else 202
    response.headers["Location"] = f"{JOBS}/{job.id}"
    return await _placed(job, jobs)


@lists.get("", operation_id="list_jobs")
@Policy()
async def list_jobs(
    request: Request,
    jobs: JobsDep,
    owner: OwnerDep,
    state: Annotated[State | None, Query(description="only jobs in this state")] = None,
    before: Annotated[UUID | None, Query(description="only jobs submitted before this one")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="at most so many")] = 50,
) -> JobPage:
    """One's own jobs, the newest first. `next` is the address of the next page."""
    refuse_query(request.scope, "state, before and limit are", ("state", "before", "limit"))
    for name in ("state", "before", "limit"):
        if len(request.query_params.getlist(name)) > 1:
            raise BadParameter(f"{name} may be given only once.")
    found = await jobs.store.page(owner, state=state, before=before, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    only = f"&state={state}" if state else ""
    following = f"{JOBS}?limit={limit}{only}&before={shown[-1].id}" if more else None
    return JobPage(jobs=[job_out(job) for job in shown], next=following)


@router.get("/{id}", operation_id="get_job", responses=watched(), dependencies=[Depends(no_query)])
@Policy()
async def get_job(request: Request, job_id: JobIdDep, jobs: JobsDep, owner: OwnerDep) -> Any:
    """A job as it is now; for `Accept: text/event-stream` the events of what happens to it, until it is over."""
    job = await jobs.store.get(job_id, owner)
    if _wants_events(request):
        return JobEvents(job, request, jobs, request.app.state.streams)
    return await _placed(job, jobs)


@router.get(
    "/{id}/events",
    operation_id="follow_job",
    response_class=Response,
    status_code=101,
    responses={
        101: {"description": "A WebSocket: each message is an event of this job with its `data`"},
        **error_responses(403, 426),
    },
    dependencies=[Depends(no_query)],
)
@Policy()
async def follow_job(request: Request, job_id: JobIdDep, jobs: JobsDep, owner: OwnerDep) -> Response:
    """The events of a job as a WebSocket: messages `{"event": "stage", "data": {…}}` until it is over."""
    return JobSocket(await jobs.store.get(job_id, owner), request, jobs, request.app.state.streams)


@router.post(
    "/{id}/cancel",
    operation_id="cancel_job",
    responses=error_responses(403),
    dependencies=[Depends(no_query)],
)
@Policy()
async def cancel_job(job_id: JobIdDep, jobs: JobsDep, owner: OwnerDep) -> JobOut:
    """Stop a job: at once if it waits, at its next step if it is at work. One that is over stays as it is."""
    job = await jobs.store.cancel(job_id, owner)
    jobs.engine.changed(job_id)
    return await _placed(job, jobs)


@router.delete(
    "/{id}",
    operation_id="delete_job",
    status_code=204,
    responses=error_responses(403),
    dependencies=[Depends(no_query)],
)
@Policy()
async def delete_job(job_id: JobIdDep, jobs: JobsDep, owner: OwnerDep) -> None:
    """Stop a job, and remove it with its photo and its result."""
    job = await jobs.store.delete(job_id, owner)
    jobs.engine.changed(job_id)
    await remove_objects(job.keys, jobs)


async def _placed(job: Job, jobs: JobsDep) -> JobOut:
    """The job, with its place in the queue where it waits, and its webhook."""
    position = await jobs.store.position(job) if job.state == "queued" else None
    return job_out(job, position, await jobs.store.outbox.webhook(job.id))


async def _waited(job: Job, wait_s: float, request: Request, jobs: JobsDep, service: ServiceDep) -> Job:
    """The job when it is over; or as it was last seen when the time is up or its client has left.

    An error while it waits is no error of the request: the job was taken.
    """
    latest = job

    async def follow() -> None:
        nonlocal latest
        async for seen in changes(job, jobs, service):
            latest = seen or latest

    following, leaving = asyncio.ensure_future(follow()), asyncio.ensure_future(disconnected(request))
    try:
        await asyncio.wait({following, leaving}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        following.cancel()
        leaving.cancel()
        await asyncio.gather(following, leaving, return_exceptions=True)
    return latest


def _wants_events(request: Request) -> bool:
    """Whether the client prefers events to a document. HTTP/1.0 has no chunks, which a stream needs."""
    wanted = [name for name in by_preference(request.headers, "accept") if name in (EVENTS, "application/json", "*/*")]
    return wanted[:1] == [EVENTS] and request.scope["http_version"] != "1.0"
