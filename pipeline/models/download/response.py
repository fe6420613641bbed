"""Whether a server's response is the file, the rest of the file, or a failure."""

from __future__ import annotations

import re
from http import HTTPStatus

import httpx

from pipeline.models.download.failures import CannotResume, Interrupted, TransferFailed

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-[0-9]{1,19}/([0-9]{1,19}|\*)", re.IGNORECASE)
_RETRY_AFTER = re.compile(r"[0-9]{1,9}")


def resumes(response: httpx.Response, shown: httpx.URL, start: int, size: int, longest_pause_s: float) -> bool:
    """True if the response continues at byte `start` of the file, False if it begins the file.

    `size` is the whole file's in bytes, `shown` the URL for messages. Raises `CannotResume` for a range that begins
    elsewhere, `Interrupted` if the server is busy for at most `longest_pause_s`, and else `TransferFailed`.
    """
    status = response.status_code
    if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        _check_content(response.headers, shown)
    if status == httpx.codes.OK:
        _check_size(int(response.headers.get("Content-Length", size)), size, shown)
        return False
    if start and status == httpx.codes.PARTIAL_CONTENT:
        span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if span and span[2] != "*":
            _check_size(int(span[2]), size, shown)
        if span and int(span[1]) == start:
            return True
    answer = f"{shown} answered {_with_phrase(status)}"
    if start and status in (httpx.codes.PARTIAL_CONTENT, httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE):
        raise CannotResume(f"{answer} and did not go on where it stopped", "Try again.", 0)
    if status in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS) or status >= 500:
        asked = response.headers.get("Retry-After", "")
        pause_s = float(asked) if _RETRY_AFTER.fullmatch(asked) else None
        if pause_s is None or pause_s <= longest_pause_s:
            raise Interrupted(answer, "Try again later.", pause_s)
        raise TransferFailed(f"{answer}. Try again in {asked} seconds.")
    raise TransferFailed(f"{answer}. Use another mirror, or an up-to-date Likeness.")


def _check_content(headers: httpx.Headers, shown: httpx.URL) -> None:
    """Raise `TransferFailed` for a web page (such as a network's login page) and for compressed content."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    packed = headers.get("Content-Encoding", "").strip().lower() not in ("", "identity")
    if packed or kind == "text/html":
        found = "compressed content" if packed else "a web page"
        raise TransferFailed(f"{shown} answered with {found}: it is another file. Use another mirror.")


def _check_size(declared: int, size: int, shown: httpx.URL) -> None:
    if declared != size:
        raise TransferFailed(f"{shown} has {declared} bytes, expected {size}: it is another file. Use another mirror.")


def _with_phrase(status: int) -> str:
    """A status with its standard phrase, whatever phrase the server sent."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
