"""What can go wrong, as exceptions. Each has the sentence that the server says to a person."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import httpx


class LikenessError(Exception):
    """Something was not done.

    `message` is a sentence for a person, `code` is stable and for programs, `stage` says where the server was.
    `status` is the HTTP status, None where no answer came. `request_id` names the request in the server's log.
    `retry_after` are the seconds after which the server says that another try makes sense.
    """

    def __init__(
        self,
        message: str,
        code: str = "",
        stage: str = "",
        status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.stage = stage
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after


class Refused(LikenessError):
    """4xx: the request will not be answered otherwise as it is. A wrong key, an unknown job, a wrong field."""


class BadPhoto(Refused):
    """413, 415, 422: the photo or a field of it is not accepted; another photo may well be."""


class QuotaExceeded(LikenessError):
    """429: more than this client may send now."""


class Unavailable(LikenessError):
    """503: the server has no room, or starts or stops."""


class Unreachable(Unavailable):
    """No answer came: no connection, one that broke off, or a timeout of this client."""


class TooLate(LikenessError):
    """504: the work took longer than the server allows."""


class ServerFault(LikenessError):
    """Any other answer that is no success: the server failed, or the address is not one of Likeness."""


class JobFailed(LikenessError):
    """A job ended without a result: it failed, was cancelled or has expired."""


class WaitTimeout(LikenessError):
    """The time given to `wait` is over; the job goes on."""


_BY_STATUS: dict[int, type[LikenessError]] = {
    413: BadPhoto,
    415: BadPhoto,
    422: BadPhoto,
    429: QuotaExceeded,
    503: Unavailable,
    504: TooLate,
}


def error_of(response: httpx.Response) -> LikenessError:
    """The exception for an answer that is no success, whose body has been read."""
    status = response.status_code
    kind = _BY_STATUS.get(status, Refused if 400 <= status < 500 else ServerFault)
    body = _document(response)
    if not isinstance(body.get("error"), str):  # a proxy's page
        message = f"The server answered {status} {response.reason_phrase}.".replace(" .", ".")
        if response.is_redirect:
            message = f"{response.url} redirects to {response.headers['location']}: use that address."
        return kind(message, f"http_{status}", "request", status, retry_after=_retry_after(response))
    return kind(
        body["error"],
        str(body.get("code", "")),
        str(body.get("stage", "")),
        status,
        str(body.get("request_id", "")),
        _retry_after(response),
    )


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds of `Retry-After`, which is a number or a date; None without a readable one."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, OverflowError):
        return None
