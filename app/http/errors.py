"""Errors at the edge: one table from what went wrong to status, headers and JSON body."""

import logging
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from app.access.errors import (
    ForeignOrigin,
    MalformedHost,
    NotAnOperator,
    RateLimited,
    TokensUnverifiable,
    Unauthorized,
    UnknownHost,
)
from app.http.allowed_methods import allowed_methods
from app.http.jobs.refusals import NoResult, PastError
from app.http.refusals import (
    BodyTooLarge,
    MalformedForm,
    MalformedHandshake,
    NotAcceptable,
    RangeNotSatisfiable,
    UpgradeRequired,
    UploadTooSlow,
)
from app.observe.request_record import CLIENT_CLOSED_REQUEST, record_of
from app.sources.errors import FetchedTooMuch
from app.work.errors import ShuttingDown, Unavailable
from jobs import errors as of_jobs
from pipeline import errors as domain

logger = logging.getLogger("likeness")

# The first class that fits wins, so the particular stands before the general.
STATUS: tuple[tuple[type[domain.PipelineError], int], ...] = (
    (MalformedForm, 400),
    (MalformedHandshake, 400),
    (MalformedHost, 400),
    (Unauthorized, 401),
    (ForeignOrigin, 403),
    (NotAnOperator, 403),
    (of_jobs.UnknownJob, 404),
    (of_jobs.JobsOff, 404),
    (NotAcceptable, 406),
    (UploadTooSlow, 408),
    (NoResult, 409),
    (of_jobs.CleanupRunning, 409),
    (BodyTooLarge, 413),
    (RangeNotSatisfiable, 416),
    (UnknownHost, 421),
    (UpgradeRequired, 426),
    (RateLimited, 429),
    (of_jobs.QuotaExceeded, 429),
    (of_jobs.IdempotencyMismatch, 422),
    (Unavailable, 503),
    (TokensUnverifiable, 503),
    (of_jobs.StoreUnavailable, 503),
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

OF_JOBS = (404, 409, 416, 426)  # which only addresses of jobs answer

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
    """The HTTP status of a domain error; of an earlier one, that of its code."""
    if isinstance(error, PastError):
        return status_of_code(error.code)
    return next(status for kind, status in STATUS if isinstance(error, kind))


def status_of_code(code: str) -> int:
    """The HTTP status of the error with this code; 500 for one that is not known."""
    return _statuses_by_code().get(code, 500)


@cache
def _statuses_by_code() -> dict[str, int]:
    found: dict[str, int] = {}
    kinds: list[type[domain.PipelineError]] = [domain.PipelineError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found.setdefault(kind.code, next(status for base, status in STATUS if issubclass(kind, base)))
    return found


def error_statuses() -> list[int]:
    """The statuses that errors about photos have, in ascending order; not 499, which no client receives."""
    return sorted({status for _, status in STATUS} - {CLIENT_CLOSED_REQUEST, *OF_JOBS})


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
        response = response_to(request.scope, _original(error))
        if response.status_code == 405:
            response.headers["Allow"] = allowed_methods(request) or response.headers.get("Allow", "")
        return response

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
        if status == 500 and not isinstance(error, PastError):
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
    headers: dict[str, str] = {}
    if isinstance(error, PastError):
        return headers  # the same job will not succeed by itself
    if status in (429, 503) and not (isinstance(error, of_jobs.QuotaExceeded) and error.retry_after is None):
        headers["Retry-After"] = str(error.retry_after or RETRY_AFTER)
    if isinstance(error, RateLimited):
        headers |= error.allowance.headers
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, UpgradeRequired | MalformedHandshake):
        headers |= {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    if isinstance(error, CLOSING):
        headers["Connection"] = "close"
    return headers


def _body(code: str, message: str, stage: str) -> dict[str, str]:
    return {"error": message, "stage": stage, "code": code}


def _sentence(fault: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query")) or "the form"
    if fault["type"] == "missing":
        return f"{name} is required."
    if fault["type"] == "extra_forbidden":
        return f"{name} is no field of this form."
    if "UploadFile" in fault["msg"]:
        return f"{name} must be a file."
    return f"{name}: {fault['msg']}."
