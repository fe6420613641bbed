"""Addresses that people of other services try first; each answers like its twin under `/api/v1`.

They are not in the OpenAPI document, where their twins are; docs/api.md has a table.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from app.http.jobs.batch_request import BatchRoute
from app.http.jobs.route import JobRoute
from app.http.policy import Policy
from app.http.routes import batches, health, photos, status
from app.http.routes.dependencies import fields_in_query
from app.http.routes.photos import AnsweringDep
from app.http.schemas.forms import EnhanceForm, UpscaleForm

photo_router = photos.photo_router(include_in_schema=False)
server_router = APIRouter(include_in_schema=False)
batch_submissions = APIRouter(include_in_schema=False, route_class=BatchRoute)
batch_router = APIRouter(include_in_schema=False, route_class=JobRoute)


@photo_router.post("/upscale", response_class=Response, dependencies=[Depends(fields_in_query(UpscaleForm))])
@Policy(counted=True, guarded=True, takes_json=True)
async def upscale(
    request: Request,
    form: Annotated[UpscaleForm, Form(media_type="multipart/form-data")],
    answering: AnsweringDep,
) -> Response:
    """As `/api/v1/upscale`; JSON too."""
    return await photos.upscale(request, form, answering)


photo_router.post("/face-enhance", response_class=Response, dependencies=[Depends(fields_in_query(EnhanceForm))])(
    photos.enhance
)
server_router.get("/health")(health.health)
server_router.get("/status")(status.status)
batch_submissions.post("/enhance/batch", status_code=202)(batches.submit_batch_of_photos)
batch_router.get("/batch/{id}")(batches.get_batch)
batch_router.api_route("/batch/{id}/results", methods=["GET", "HEAD"], response_class=Response)(
    batches.get_batch_results
)
