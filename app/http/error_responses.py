"""The errors that an operation may answer, as the OpenAPI document lists them."""

from http import HTTPStatus
from typing import Any, TypeAlias

from app.http.schemas.answers import ErrorResponse

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_MEANINGS = {
    400: "Not a well-formed request or form",
    401: "No API key, or a wrong one, where the server asks for one",
    403: "A page of another origin, or a client who may not do this",
    404: "No such job or batch, or one of somebody else; or a server that keeps none",
    406: "Accept allows nothing that is offered",
    408: "The upload did not arrive in time",
    409: "There is no result yet, or none any more; or a cleanup is running",
    413: "Too many bytes or pixels",
    415: "Not an accepted image, or a body that is neither form nor image",
    416: "The range begins behind the end",
    421: "A host name that this server does not answer for",
    422: "A bad or unknown parameter, no face, or a broken image",
    426: "Not the handshake of a WebSocket",
    429: "More than this client may ask for, where the server counts",
    500: "Something failed inside the server",
    503: "Not ready, overloaded, or out of memory",
    504: "The deadline passed",
}


def error_responses(*statuses: int) -> Responses:
    """The responses of these statuses, each with the one shape that all errors have."""
    return {
        status: {"model": ErrorResponse, "description": _MEANINGS.get(status, HTTPStatus(status).phrase)}
        for status in statuses
    }


# Any address refuses a wrong Content-Length or Host, a large body and an unknown query, and any operation may fail.
ANYWHERE = error_responses(400, 413, 421, 422, 500)
