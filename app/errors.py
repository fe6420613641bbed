"""Errors at the edge: one table from what went wrong to status and JSON body."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.settings import FORM_OVERHEAD, MEBIBYTE
from pipeline import errors as domain

logger = logging.getLogger("likeness")

# Where the framework has only the phrase of the status, a sentence for a person.
_SENTENCES = {
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not take this method.",
}

MAX_FAULTS = 5  # named one by one in the answer to a form

CLIENT_CLOSED_REQUEST = 499  # nginx's number; nobody is there to read it


class RequestError(HTTPException):
    """A request refused before the pipeline sees it. `code` is stable, `retry_after` in seconds."""

    def __init__(
        self, status: int, code: str, message: str, *, stage: str = "request", retry_after: int | None = None
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(status, message, headers)
        self.code = code
        self.stage = stage


class Overloaded(RequestError):
    """All slots and waiting places are taken."""

    def __init__(self, retry_after: int) -> None:
        message = "The server is busy: all its waiting places are taken. Try again in a moment."
        super().__init__(503, "overloaded", message, stage="queue", retry_after=retry_after)


class NotReady(RequestError):
    """The models are not loaded, or could not be."""

    def __init__(self, message: str) -> None:
        super().__init__(503, "not_ready", message, stage="startup", retry_after=5)


class BodyTooLarge(RequestError):
    """More bytes than an upload may have. The rest of the body is not read, so the connection must end."""

    def __init__(self, limit: int) -> None:
        message = f"The upload is larger than the {(limit - FORM_OVERHEAD) / MEBIBYTE:.3g} MB that this server accepts."
        super().__init__(413, "too_many_bytes", message, stage="upload")
        self.headers = {"Connection": "close"}


# The first class that fits wins, so the particular stands before the general.
STATUS: tuple[tuple[type[domain.PipelineError], int], ...] = (
    (domain.UnsupportedMediaType, 415),
    (domain.TooManyPixels, 413),
    (domain.InputError, 422),
    (domain.DeviceOutOfMemory, 503),
    (domain.ModelUnavailable, 503),
    (domain.DeadlineExceeded, 504),
    (domain.Cancelled, CLIENT_CLOSED_REQUEST),
    (domain.PipelineError, 500),
)


def status_of(error: domain.PipelineError) -> int:
    """The HTTP status of a domain error."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def error_response(
    request_id: str, status: int, code: str, message: str, stage: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The one shape that every error has."""
    body = {"error": message, "stage": stage, "code": code, "request_id": request_id}
    return JSONResponse(body, status, headers)


def request_id_of(request: Request) -> str:
    """The request's id, as `RequestIdMiddleware` set it."""
    return str(request.scope.get("request_id", "-"))


def install(app: FastAPI) -> None:
    """Give `app` a handler for everything that can go wrong."""
    app.exception_handler(domain.PipelineError)(_on_pipeline_error)
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(RequestValidationError)(_on_validation_error)
    app.exception_handler(Exception)(_on_unexpected)


def _on_pipeline_error(request: Request, error: domain.PipelineError) -> Response:
    status = status_of(error)
    if status == 500:
        logger.error("%s failed at %s", request_id_of(request), error.stage, exc_info=error)
    headers = {"Retry-After": "10"} if status == 503 else None
    return error_response(request_id_of(request), status, error.code, error.message, error.stage or "pipeline", headers)


def _on_http_error(request: Request, error: HTTPException) -> Response:
    code = getattr(error, "code", None) or HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    if error.status_code == 400 and not isinstance(error, RequestError):
        code = "malformed_form"
    headers = dict(error.headers) if error.headers else None
    stage = getattr(error, "stage", "request")
    message = _SENTENCES.get(code, str(error.detail).rstrip(".") + ".")
    return error_response(request_id_of(request), error.status_code, code, message, stage, headers)


def _on_validation_error(request: Request, error: RequestValidationError) -> Response:
    faults = error.errors()
    message = " ".join(_sentence(fault) for fault in faults[:MAX_FAULTS])
    if len(faults) > MAX_FAULTS:
        message += f" And {len(faults) - MAX_FAULTS} more."
    return error_response(request_id_of(request), 422, "bad_parameter", message, "parameters")


def _sentence(fault: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in fault["loc"] if part != "body") or "the form"
    if fault["type"] == "missing":
        return f"{name} is required."
    if fault["type"] == "extra_forbidden":
        return f"{name} is no field of this form."
    if "UploadFile" in fault["msg"]:
        return f"{name} must be a file."
    return f"{name}: {fault['msg']}."


def _on_unexpected(request: Request, error: Exception) -> Response:
    logger.error("%s failed unexpectedly", request_id_of(request), exc_info=error)
    message = "Something went wrong inside the server; the log has the details under this request's id."
    request_id = request_id_of(request)
    # Starlette answers this outside of every middleware, so the id is not put on it by `RequestIdMiddleware`; it then
    # raises the error again, upon which uvicorn closes the connection: a client must not send its next request there.
    headers = {"X-Request-ID": request_id, "Connection": "close"}
    return error_response(request_id, 500, "internal_error", message, "server", headers)
