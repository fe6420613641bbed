"""`GET /metrics`: counters and gauges for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.http.policy import Policy
from app.observe.telemetry import Telemetry

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
@Policy(quiet=True)
async def metrics(request: Request) -> Response:
    """All metrics in Prometheus' text format."""
    telemetry: Telemetry = request.app.state.telemetry
    return Response(telemetry.exposition(), media_type=CONTENT_TYPE_LATEST)
