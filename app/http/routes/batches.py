"""`/api/v1/batches`: many photos with the same options, that are done later."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response, StreamingResponse

from app.http.error_responses import ANYWHERE, error_responses
from app.http.jobs.batch_request import BatchRoute
from app.http.jobs.batch_submission import submit_batch
from app.http.jobs.document import BATCHES, batch_out, is_finished
from app.http.jobs.order import check_kept, job_values, threshold
from app.http.jobs.refusals import BatchNotFinished
from app.http.jobs.removal import remove_objects
from app.http.jobs.route import BatchIdDep, JobRoute, JobsDep, OwnerDep
from app.http.jobs.schema import IDEMPOTENCY_KEY, binary
from app.http.jobs.submission import idempotency_key_of
from app.http.jobs.webhook import webhook_of
from app.http.order_form import asked_of, bare_order, refuse_repeated
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep, no_query
from app.http.schemas.forms import BatchForm
from app.http.schemas.jobs import BatchOut
from jobs.file_names import content_disposition
from jobs.job import FINAL, keys_of

ARCHIVE = "application/zip"

submissions = APIRouter(prefix=BATCHES, tags=["jobs"], route_class=BatchRoute)
router = APIRouter(
    prefix=BATCHES,
    tags=["jobs"],
    responses={**ANYWHERE, **error_responses(404, 503)},
    route_class=JobRoute,
    dependencies=[Depends(no_query)],
)


@submissions.post(
    "",
    operation_id="submit_batch",
    status_code=202,
    responses={
        202: {"description": "The jobs wait", "headers": {"Location": {"schema": {"type": "string"}}}},
        **error_responses(400, 403, 404, 408, 413, 415, 421, 422, 429, 500, 503),
    },
    openapi_extra={"parameters": [IDEMPOTENCY_KEY]},
)
@Policy(counted=True, kept_many=True)
async def submit_batch_of_photos(
    request: Request,
    response: Response,
    form: Annotated[BatchForm, Form(media_type="multipart/form-data")],
    service: ServiceDep,
    jobs: JobsDep,
    owner: OwnerDep,
) -> BatchOut:
    """Take photos that are done later, all with the same options. A file that is no photo is a job that has failed."""
    await refuse_repeated(request, but=("file",))
    asked = asked_of(job_values(form), form.model_fields_set, service)
    check_kept(asked, form, service)
    webhook_url = webhook_of(form, service.settings)
    order = bare_order(form.kind, asked, threshold(form, service))
    key = idempotency_key_of(request.headers)
    number = await submit_batch(order, form.file, owner, key, jobs, webhook_url)
    response.headers["Location"] = f"{BATCHES}/{number}"
    return await _shown(number, jobs, owner)


@router.get("/{id}", operation_id="get_batch")
@Policy()
async def get_batch(batch_id: BatchIdDep, jobs: JobsDep, owner: OwnerDep) -> BatchOut:
    """A batch as it is now, with its jobs."""
    return await _shown(batch_id, jobs, owner)


@router.head("/{id}/results.zip", include_in_schema=False)
@router.get(
    "/{id}/results.zip",
    operation_id="get_batch_results",
    response_class=Response,
    responses={
        **binary([ARCHIVE], "The pictures, with report.csv and report.json"),
        **error_responses(409),
    },
)
@Policy()
async def get_batch_results(request: Request, batch_id: BatchIdDep, jobs: JobsDep, owner: OwnerDep) -> Response:
    """All pictures as a ZIP, once no job of the batch waits or is at work."""
    batch = await jobs.store.batch(batch_id, owner)
    if not is_finished(batch):
        left = sum(count for state, count in batch.counts.items() if state not in FINAL)
        raise BatchNotFinished(left, sum(batch.counts.values()))
    from jobs.archive import results_archive  # like all that servers without jobs do not need

    headers = {"Content-Disposition": content_disposition(f"{batch_id}.zip")}
    if request.method == "HEAD":  # the length is known only once the archive is made
        return StreamingResponse(iter(()), media_type=ARCHIVE, headers=headers)
    chunks = results_archive(await jobs.store.jobs_of(batch_id, owner), jobs.objects)
    return StreamingResponse(chunks, media_type=ARCHIVE, headers=headers)


@router.post("/{id}/cancel", operation_id="cancel_batch", responses=error_responses(403))
@Policy()
async def cancel_batch(batch_id: BatchIdDep, jobs: JobsDep, owner: OwnerDep) -> BatchOut:
    """Stop all jobs of a batch that are not over."""
    batch = await jobs.store.cancel_batch(batch_id, owner)
    cancelled = await jobs.store.jobs_of(batch_id, owner)
    for job in cancelled:
        jobs.engine.changed(job.id)
    return batch_out(batch, cancelled, await jobs.store.outbox.webhook(batch_id))


@router.delete("/{id}", operation_id="delete_batch", status_code=204, responses=error_responses(403))
@Policy()
async def delete_batch(batch_id: BatchIdDep, jobs: JobsDep, owner: OwnerDep) -> None:
    """Stop all jobs of a batch, and remove them with their photos and results."""
    removed = await jobs.store.delete_batch(batch_id, owner)
    for job in removed:
        jobs.engine.changed(job.id)
    await remove_objects(keys_of(removed), jobs)


async def _shown(batch_id: UUID, jobs: JobsDep, owner: OwnerDep) -> BatchOut:
    """The batch, its jobs and its webhook."""
    store = jobs.store
    batch, webhook = await store.batch(batch_id, owner), await store.outbox.webhook(batch_id)
    return batch_out(batch, await store.jobs_of(batch_id, owner), webhook)
