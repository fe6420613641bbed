"""What a job has made: the picture, a small preview and the report."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.http.answer_type import PICTURES
from app.http.error_responses import ANYWHERE, Responses, error_responses
from app.http.jobs.document import JOBS
from app.http.jobs.refusals import no_result
from app.http.jobs.route import JobIdDep, JobRoute, JobsDep, OwnerDep
from app.http.jobs.schema import binary
from app.http.jobs.stored_answer import stored_answer
from app.http.policy import Policy
from app.http.routes.dependencies import ServiceDep, no_query
from app.http.schemas.answers import ReportResponse
from jobs.file_names import safe_name
from jobs.job import Job, Result

PREVIEW, REPORT = "image/webp", "application/json"

router = APIRouter(
    prefix=JOBS,
    tags=["jobs"],
    responses={**ANYWHERE, **error_responses(404, 409, 415, 416, 503, 504)},
    route_class=JobRoute,
    dependencies=[Depends(no_query)],
)
_NOT_MODIFIED: Responses = {304: {"description": "`If-None-Match` names the ETag: the client has it already"}}
_PARTS: Responses = {**binary(list(PICTURES), "The bytes that `Range` asks for", 206), **_NOT_MODIFIED}
_ELSEWHERE: Responses = {303: {"description": "With LIKENESS_RESULT_REDIRECT=on: the picture is at `Location`"}}


@router.head("/{id}/result", include_in_schema=False)
@router.get(
    "/{id}/result",
    operation_id="get_job_result",
    response_class=Response,
    responses={**binary(list(PICTURES), "The picture"), **_PARTS, **_ELSEWHERE},
)
@Policy()
async def get_job_result(
    request: Request,
    job_id: JobIdDep,
    jobs: JobsDep,
    owner: OwnerDep,
    service: ServiceDep,
) -> Response:
    """The picture. 409 until there is one; of a job that has failed, its error."""
    job = await jobs.store.get(job_id, owner)
    made = _result(job)
    # A script of a page cannot go on to another host, which the page's security policy forbids.
    is_from_script = request.headers.get("sec-fetch-dest") == "empty"
    redirects = service.settings.result_redirect == "on" and not is_from_script
    return await stored_answer(
        made.picture_key, _tag(job), made.media_type, result_name(job), request, jobs, redirects=redirects
    )


@router.head("/{id}/preview", include_in_schema=False)
@router.get(
    "/{id}/preview",
    operation_id="get_job_preview",
    response_class=Response,
    responses={**binary([PREVIEW], "At most 400 pixels a side"), **_PARTS},
)
@Policy()
async def get_job_preview(request: Request, job_id: JobIdDep, jobs: JobsDep, owner: OwnerDep) -> Response:
    """A small picture, for lists."""
    job = await jobs.store.get(job_id, owner)
    name = safe_name(job.file_name, ".webp")
    return await stored_answer(_result(job).preview_key, _tag(job, "-preview"), PREVIEW, name, request, jobs)


@router.head("/{id}/report", include_in_schema=False)
@router.get(
    "/{id}/report",
    operation_id="get_job_report",
    response_class=Response,
    responses={
        200: {"model": ReportResponse, "description": "The figures"},
        206: {"description": "The bytes that `Range` asks for"},
        **_NOT_MODIFIED,
    },
)
@Policy()
async def get_job_report(request: Request, job_id: JobIdDep, jobs: JobsDep, owner: OwnerDep) -> Response:
    """The answer of `/enhance` without the picture."""
    job = await jobs.store.get(job_id, owner)
    name = safe_name(job.file_name, ".json")
    return await stored_answer(_result(job).report_key, _tag(job, "-report"), REPORT, name, request, jobs)


def result_name(job: Job) -> str:
    """The name under which a job's picture is saved: the client's, with the suffix of its format."""
    return safe_name(job.file_name, _result(job).suffix)


def _result(job: Job) -> Result:
    if job.result is None:
        raise no_result(job)
    return job.result


def _tag(job: Job, part: str = "") -> str:
    """The ETag of what an attempt of a job has made, which never changes."""
    return f'"{job.id.hex}-{job.attempt}{part}"'
