"""What FastAPI cannot know of the routes of jobs, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel

from app.http.error_responses import Responses
from app.http.event_stream import schema_of
from app.http.schemas.answers import QueuedEvent, StageEvent
from app.http.schemas.jobs import JobErrorEvent, JobOut
from pipeline.codec.formats import INPUT_FORMATS

BINARY = {"schema": {"type": "string", "format": "binary"}}
_ACCEPTED = ", ".join(row.media_type for row in INPUT_FORMATS)

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "the same request again under its key gives the same job or batch; another one under it: 422",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
}
JOB_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "The form of /api/v1/enhance, with `kind`. Or the photo itself, with the fields in the query.",
        "content": {
            "multipart/form-data": {
                "encoding": {name: {"contentType": _ACCEPTED} for name in ("file", "reference")},
                "examples": {"enhance": {"value": {"kind": "enhance", "upscale_factor": 2, "output_format": "png"}}},
            }
        }
        | {row.media_type: BINARY for row in INPUT_FORMATS},
    },
    "parameters": [
        {
            "name": "Prefer",
            "in": "header",
            "description": "`wait=20`: answer when the job is over, at the latest after so many seconds (60 at most)",
            "schema": {"type": "string", "examples": ["wait=20"]},
        },
        IDEMPOTENCY_KEY,
    ],
}


def watched() -> Responses:
    """The answers of a job, which may be a stream of events, each with its name and the JSON of its data."""
    shapes: dict[str, type[BaseModel]] = {"queued": QueuedEvent, "stage": StageEvent, "error": JobErrorEvent}
    data: dict[str, Any] = {name: shape.model_json_schema() for name, shape in shapes.items()}
    data["result"] = {"$ref": "#/components/schemas/JobOut"}
    content = {"text/event-stream": {"schema": schema_of(data)}}
    return {200: {"model": JobOut, "description": "The job; or events until it is over", "content": content}}


def binary(media_types: list[str], words: str, status: int = 200) -> Responses:
    """An answer that is a file."""
    return {status: {"description": words, "content": dict.fromkeys(media_types, BINARY)}}
