"""What an operation may answer instead of what it is for, as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Any, TypeAlias

from app.http.schemas.answers import ErrorResponse

Answers: TypeAlias = dict[int | str, dict[str, Any]]

_MEANINGS = {
    400: "Not a well-formed request or form",
    401: "No API key, or a wrong one, where the server asks for one",
    408: "The upload did not arrive in time",
    413: "Too many bytes or pixels",
    415: "Not an accepted image",
    422: "A bad parameter, no face, or a broken image",
    429: "More than this client may ask for, where the server counts",
    500: "Something failed inside the server",
    503: "Not ready, overloaded, or out of memory",
    504: "The deadline passed",
}


def refusals(*statuses: int) -> Answers:
    """These statuses, each with the one shape that all errors have."""
    return {status: {"model": ErrorResponse, "description": _MEANINGS[status]} for status in statuses}


# Whoever sends a wrong length or a large body is refused at any address, and any operation may fail.
ANYWHERE = refusals(400, 413, 500)
ON_THE_DEVICE = refusals(429, 503, 504)
