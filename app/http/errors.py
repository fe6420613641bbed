"""Errors at the edge: one table from what went wrong to status and JSON body."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from app.settings import FORM_OVERHEAD, MEBIBYTE
from pipeline import errors as domain

logger = logging.getLogger("likeness")

# Where the framework has only the phrase of the status, a sentence for a person.
_SENTENCES = {
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not take this method.",
}

MAX_FAULTS = 5  # named one by one in the answer to a form

RETRY_AFTER = 10  # seconds, where nothing tells how long it will take

CLIENT_CLOSED_REQUEST = 499  # nginx's number; nobody is there to read it


class RequestError(HTTPException):
    """A request refused before the pipeline sees it. `code` is stable, `retry_after` in seconds."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        stage: str = "request",
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        waiting = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(status, message, {**waiting, **(headers or {})})
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


class MemoryLow(domain.DeviceOutOfMemory):
    """A photo that would not fit into what memory is free; `retry_after` in seconds."""

    code = "memory_low"

    def __init__(self, needed: int, free: int, retry_after: int) -> None:
        super().__init__(
            f"This photo takes about {needed / MEBIBYTE:.0f} MB of memory, of which {free / MEBIBYTE:.0f} MB are free. "
            "Try again in a moment, or with a smaller photo or upscale_factor.",
            stage="queue",
        )
        self.retry_after = retry_after


class ShuttingDown(RequestError):
    """The server was told to stop; another replica, or the next one here, will take the photo."""

    def __init__(self) -> None:
        headers = {"Connection": "close"}
        message = "The server is shutting down. Try again in a moment."
        super().__init__(503, "shutting_down", message, stage="shutdown", retry_after=2, headers=headers)


class UploadTooSlow(RequestError):
    """The body did not arrive in time."""

    def __init__(self, seconds: float) -> None:
        headers = {"Connection": "close"}
        message = f"The upload did not arrive within {seconds:g} seconds."
        super().__init__(408, "upload_too_slow", message, stage="upload", headers=headers)


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
    (domain.DeviceFailed, 503),
    (domain.ModelUnavailable, 503),
    (domain.DeadlineExceeded, 504),
    (domain.Cancelled, CLIENT_CLOSED_REQUEST),
    (domain.PipelineError, 500),
)


def status_of(error: domain.PipelineError) -> int:
    """The HTTP status of a domain error."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def response_to(scope: Scope, error: Exception) -> JSONResponse:
    """The answer to any error, in the one shape that all have; what nobody foresaw is logged.

    `code` and `stage` also join `scope["facts"]`, for whoever tells of the request.
    """
    request_id = str(scope.get("request_id", "-"))
    status, body, headers = _told(error, request_id)
    scope.setdefault("facts", {}).update(code=body["code"], stage=body["stage"])
    return JSONResponse({**body, "request_id": request_id}, status, headers)


def install(app: FastAPI) -> None:
    """Give `app` a handler for everything that can be answered with a status of its own."""

    async def answer(request: Request, error: Exception) -> Response:
        return response_to(request.scope, _while_reading_a_form(error))

    for kind in (domain.PipelineError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)


def _while_reading_a_form(error: Exception) -> Exception:
    """What `error` stands for: FastAPI turns whatever is raised while it reads a form into a 400 with that cause."""
    cause = error.__cause__ if type(error) is HTTPException else None
    if isinstance(cause, ClientDisconnect):
        return domain.Cancelled("The client went away before its upload was whole.", stage="upload")
    return cause if isinstance(cause, Exception) else error


def _told(error: Exception, request_id: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, body and headers."""
    if isinstance(error, domain.PipelineError):
        status = status_of(error)
        if status == 500:
            logger.error("%s failed at %s", request_id, error.stage, exc_info=error)
        headers = {"Retry-After": str(getattr(error, "retry_after", RETRY_AFTER))} if status == 503 else {}
        return status, _body(error.code, error.message, error.stage or "pipeline"), headers
    if isinstance(error, RequestValidationError):
        return 422, _body("bad_parameter", _sentences(error), "parameters"), {}
    if isinstance(error, HTTPException):
        code = getattr(error, "code", None) or HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        if error.status_code == 400 and not isinstance(error, RequestError):
            code = "malformed_form"
        message = _SENTENCES.get(code, str(error.detail).rstrip(".") + ".")
        return error.status_code, _body(code, message, getattr(error, "stage", "request")), dict(error.headers or {})
    logger.error("%s failed unexpectedly", request_id, exc_info=error)
    message = "Something went wrong inside the server; the log has the details under this request's id."
    return 500, _body("internal_error", message, "server"), {}


def _body(code: str, message: str, stage: str) -> dict[str, str]:
    return {"error": message, "stage": stage, "code": code}


def _sentences(error: RequestValidationError) -> str:
    faults = error.errors()
    message = " ".join(_sentence(fault) for fault in faults[:MAX_FAULTS])
    return message if len(faults) <= MAX_FAULTS else f"{message} And {len(faults) - MAX_FAULTS} more."


def _sentence(fault: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in fault["loc"] if part != "body") or "the form"
    if fault["type"] == "missing":
        return f"{name} is required."
    if fault["type"] == "extra_forbidden":
        return f"{name} is no field of this form."
    if "UploadFile" in fault["msg"]:
        return f"{name} must be a file."
    return f"{name}: {fault['msg']}."
