"""Errors at the edge: one table from what went wrong to status, headers and JSON body."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from app.access.errors import ForeignOrigin, MalformedHost, RateLimited, Unauthorized, UnknownHost
from app.http.refusals import BodyTooLarge, MalformedForm, NotAcceptable, UploadTooSlow
from app.observe.request_record import CLIENT_CLOSED_REQUEST, record_of
from app.sources.errors import FetchedTooMuch
from app.work.errors import ShuttingDown, Unavailable
from pipeline import errors as domain

logger = logging.getLogger("likeness")

# The first class that fits wins, so the particular stands before the general.
STATUS: tuple[tuple[type[domain.PipelineError], int], ...] = (
    (MalformedForm, 400),
    (MalformedHost, 400),
    (Unauthorized, 401),
    (ForeignOrigin, 403),
    (NotAcceptable, 406),
    (UploadTooSlow, 408),
    (BodyTooLarge, 413),
    (UnknownHost, 421),
    (RateLimited, 429),
    (Unavailable, 503),
    (domain.UnsupportedMediaType, 415),
    (domain.TooManyPixels, 413),
    (FetchedTooMuch, 413),
    (domain.InputError, 422),
    (domain.DeviceOutOfMemory, 503),
    (domain.DeviceFailed, 503),
    (domain.ModelUnavailable, 503),
    (domain.DeadlineExceeded, 504),
    (domain.Cancelled, CLIENT_CLOSED_REQUEST),
    (domain.PipelineError, 500),
)

# After these the connection ends: the rest of the body is not read, or the server is about to stop.
CLOSING = (MalformedHost, UnknownHost, ForeignOrigin, UploadTooSlow, BodyTooLarge, ShuttingDown)

RETRY_AFTER = 10  # seconds, where the error does not know how long it will take

# Sentences for errors of which the framework knows only the phrase of the status.
_SENTENCES = {
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not take this method.",
}

MAX_FAULTS = 5  # of a form that are named one by one


def status_of(error: domain.PipelineError) -> int:
    """The HTTP status of a domain error."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def error_statuses() -> list[int]:
    """The statuses that errors have, in ascending order; not 499, which no client receives."""
    return sorted({status for _, status in STATUS} - {CLIENT_CLOSED_REQUEST})


def response_to(scope: Scope, error: Exception) -> JSONResponse:
    """The answer to any error, in the one shape that all have. Its code and stage go into the request's record."""
    request_id = str(scope.get("request_id", "-"))
    status, body, headers = _answer(error, request_id)
    record = record_of(scope)
    record.code, record.stage = body["code"], body["stage"]
    return JSONResponse({**body, "request_id": request_id}, status, headers)


def install(app: FastAPI) -> None:
    """Give `app` a handler for every error that has a status of its own."""

    async def answer(request: Request, error: Exception) -> Response:
        return response_to(request.scope, _original(error))

    for kind in (domain.PipelineError, HTTPException, RequestValidationError, ClientDisconnect):
        app.add_exception_handler(kind, answer)


def _original(error: Exception) -> Exception:
    """The error behind `error`.

    FastAPI turns whatever is raised while it reads a form into a 400 with that as its cause. Starlette raises
    `ClientDisconnect` where a body is read.
    """
    cause = error.__cause__ if type(error) is HTTPException else None
    meant = cause if isinstance(cause, Exception) else error
    if isinstance(meant, ClientDisconnect):
        return domain.Cancelled("The client went away before its upload was whole.", stage="upload")
    return meant


def _answer(error: Exception, request_id: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, body and headers."""
    if isinstance(error, domain.PipelineError):
        status = status_of(error)
        if status == 500:
            logger.error("%s failed at %s", request_id, error.stage, exc_info=error)
        return status, _body(error.code, error.message, error.stage or "pipeline"), _headers(error, status)
    if isinstance(error, RequestValidationError):
        faults = error.errors()
        message = " ".join(_sentence(fault) for fault in faults[:MAX_FAULTS])
        message += f" And {len(faults) - MAX_FAULTS} more." if len(faults) > MAX_FAULTS else ""
        return 422, _body("bad_parameter", message, "parameters"), {}
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        if error.status_code == 400:  # Starlette could not parse the form
            code = MalformedForm.code
        message = _SENTENCES.get(code, str(error.detail).rstrip(".") + ".")
        return error.status_code, _body(code, message, "request"), dict(error.headers or {})
    logger.error("%s failed unexpectedly", request_id, exc_info=error)
    message = "Something went wrong inside the server; the log has the details under this request's id."
    return 500, _body("internal_error", message, "server"), {}


def _headers(error: domain.PipelineError, status: int) -> dict[str, str]:
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = str(error.retry_after or RETRY_AFTER)
    if isinstance(error, RateLimited):
        headers |= error.allowance.headers
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, CLOSING):
        headers["Connection"] = "close"
    return headers


def _body(code: str, message: str, stage: str) -> dict[str, str]:
    return {"error": message, "stage": stage, "code": code}


def _sentence(fault: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in fault["loc"] if part != "body") or "the form"
    if fault["type"] == "missing":
        return f"{name} is required."
    if fault["type"] == "extra_forbidden":
        return f"{name} is no field of this form."
    if "UploadFile" in fault["msg"]:
        return f"{name} must be a file."
    return f"{name}: {fault['msg']}."
