"""Every error of the service has its status and its headers."""

from __future__ import annotations

import pytest

from app.access import errors as access
from app.access.errors import (
    ForeignOrigin,
    MalformedHost,
    NotAnOperator,
    RateLimited,
    TokensUnverifiable,
    Unauthorized,
    UnknownHost,
)
from app.access.quota import Allowance
from app.http import refusals
from app.http.errors import response_to
from app.http.jobs.refusals import BatchNotFinished, JobNotFinished, JobWasCancelled, PastError
from app.http.refusals import (
    BodyTooLarge,
    MalformedForm,
    MalformedHandshake,
    NotAcceptable,
    RangeNotSatisfiable,
    TooManyStreams,
    UnreadableBody,
    UpgradeRequired,
    UploadTooSlow,
)
from app.work import errors as work
from app.work.errors import BadParameter, MemoryLow, NotReady, Overloaded, ShuttingDown, UnknownParameter
from jobs.errors import CleanupRunning, IdempotencyMismatch, JobsOff, QuotaExceeded, StoreUnavailable, UnknownJob
from jobs.job import JobError
from pipeline.errors import DeviceFailed, PipelineError

HANDSHAKE = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
CASES = [
    (BadParameter("A sentence."), 422, {}),
    (UnknownParameter("A sentence."), 422, {}),
    (MalformedForm("A sentence."), 400, {}),
    (UnreadableBody("application/json"), 415, {}),
    (NotAcceptable(["application/json", "image/png"]), 406, {}),
    (RangeNotSatisfiable(7), 416, {"content-range": "bytes */7"}),
    (UpgradeRequired(), 426, HANDSHAKE),
    (MalformedHandshake("a sentence"), 400, HANDSHAKE),
    (TooManyStreams(), 503, {"retry-after": "5"}),
    (Unauthorized("A sentence."), 401, {"www-authenticate": "Bearer"}),
    (TokensUnverifiable(), 503, {"retry-after": "5"}),
    (MalformedHost(), 400, {"connection": "close"}),
    (ForeignOrigin(), 403, {"connection": "close"}),
    (NotAnOperator(), 403, {}),
    (CleanupRunning("A sentence."), 409, {}),
    (UnknownHost("evil.example"), 421, {"connection": "close"}),
    (UploadTooSlow(60), 408, {"connection": "close"}),
    (BodyTooLarge(10 * 2**20), 413, {"connection": "close"}),
    (
        RateLimited(Allowance(False, 5, 0, 7)),
        429,
        {"retry-after": "7", "ratelimit-limit": "5", "ratelimit-remaining": "0", "ratelimit-reset": "7"},
    ),
    (Overloaded(3), 503, {"retry-after": "3"}),
    (NotReady("A sentence."), 503, {"retry-after": "5"}),
    (ShuttingDown(), 503, {"retry-after": "2", "connection": "close"}),
    (MemoryLow(2, 1), 503, {"retry-after": "10"}),
    (DeviceFailed("A sentence."), 503, {"retry-after": "10"}),
    (UnknownJob("A sentence."), 404, {}),
    (JobsOff("A sentence."), 404, {}),
    (IdempotencyMismatch("A sentence."), 422, {}),
    (QuotaExceeded("A sentence."), 429, {}),  # nobody knows when
    (QuotaExceeded("A sentence.", retry_after=7), 429, {"retry-after": "7"}),
    (StoreUnavailable("A sentence."), 503, {"retry-after": "10"}),
    (JobNotFinished("queued"), 409, {}),
    (BatchNotFinished(1, 2), 409, {}),
    (JobWasCancelled(), 409, {}),
    (PastError(JobError("A sentence.", "decode", "unsupported_media_type")), 415, {}),
    (PastError(JobError("A sentence.", "queue", "out_of_memory")), 503, {}),  # it will not succeed by itself
    (PastError(JobError("A sentence.", "queue", "of another version")), 500, {}),
]


@pytest.mark.parametrize(("error", "status", "headers"), CASES, ids=lambda value: type(value).__name__)
def test_an_error_has_its_status_and_headers(error: PipelineError, status: int, headers: dict[str, str]) -> None:
    response = response_to({"type": "http"}, error)
    assert response.status_code == status
    found = dict(response.headers)
    del found["content-length"], found["content-type"]
    assert found == headers


def test_every_error_class_has_a_case() -> None:
    known = {
        kind
        for module in (access, refusals, work)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, PipelineError) and kind.__module__ == module.__name__
    }
    abstract = {kind for kind in known if any(other is not kind and issubclass(other, kind) for other in known)}
    assert known - abstract <= {type(error) for error, _, _ in CASES}
