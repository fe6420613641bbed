"""One file over HTTP into a `.part` file: gone on with where it broke off, and checked before anyone uses it."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx

from pipeline.models.catalogue.weights import sha256_of
from pipeline.models.download.failures import TransferFailed, reason
from pipeline.models.download.source import LAST_PORT
from pipeline.models.download.space import length

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-[0-9]{1,19}/([0-9]{1,19}|\*)", re.IGNORECASE)
_RETRY_AFTER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, and how often it is asked again."""

    attempts: int = 5  # in a row; one that brought the file further is the first of a new row
    pause_s: float = 1.0  # before the second attempt; twice as long before each further one
    longest_pause_s: float = 30.0  # a server that asks for a longer one (Retry-After) is not asked again
    connect_s: float = 10.0
    read_s: float = 30.0  # without a single byte


class _Interrupted(TransferFailed):
    """Another attempt may help, after `pause_s` seconds (None: after the usual pause)."""

    def __init__(self, why: str, advice: str, pause_s: float | None = None) -> None:
        super().__init__(f"{why}. {advice}")
        self.why = why
        self.pause_s = pause_s


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file that must have this size in bytes and this SHA-256.

    `report` is told how many bytes are there, `notice` why there is a pause, as a sentence.
    """

    url: httpx.URL
    part: Path
    size: int
    sha256: str
    report: Callable[[int], None]
    notice: Callable[[str], None]
    patience: Patience

    def run(self) -> None:
        """Load what is missing of `part`; afterwards it is whole and right.

        Raises `TransferFailed`, and `OSError` where `part` cannot be read or written. What is right so far is kept.
        """
        with self._client() as client:
            resumed = self._load(client)
            found = sha256_of(self.part)
            if resumed and found != self.sha256:  # the old part may be to blame, not the server
                self.part.unlink()
                self._load(client)
                found = sha256_of(self.part)
        if found != self.sha256:
            self.part.unlink()
            raise TransferFailed(
                f"{self._shown} has SHA-256 {found}, expected {self.sha256}; what came was deleted. "
                "Try again, or use another mirror."
            )

    def bytes_there(self) -> int:
        """How much of the file is there already. A part that is too long is none of this file, and is deleted."""
        size = length(self.part)
        if size > self.size:
            self.part.unlink()
            return 0
        return size

    @property
    def _shown(self) -> httpx.URL:
        """The URL as messages may show it: without a password."""
        return self.url.copy_with(userinfo=b"")

    def _client(self) -> httpx.Client:
        patience = self.patience
        timeout = httpx.Timeout(patience.connect_s, read=patience.read_s)
        try:
            return httpx.Client(follow_redirects=True, timeout=timeout, headers={"Accept-Encoding": "identity"})
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:  # HTTP_PROXY, SSL_CERT_FILE and the like
            raise TransferFailed(
                f"{self._shown} cannot be asked for: {reason(error)}. Check the proxy and certificate variables."
            ) from error

    def _load(self, client: httpx.Client) -> bool:
        """Make `part` as long as it should be; whether its bytes come from more than one response."""
        most = self.bytes_there()
        tried, pause_s = 0, self.patience.pause_s
        while True:
            tried += 1
            try:
                return self._attempt(client)
            except _Interrupted as interrupted:
                there = length(self.part)
                if there > most:
                    most, tried, pause_s = there, 1, self.patience.pause_s
                if tried >= self.patience.attempts:
                    raise
                wait_s = pause_s if interrupted.pause_s is None else interrupted.pause_s
                following = f"next try in {wait_s:g} s ({tried + 1} of {self.patience.attempts})"
                self.notice(f"{interrupted.why}; {following}.")
                time.sleep(wait_s)
            pause_s = min(2 * pause_s, self.patience.longest_pause_s)

    def _attempt(self, client: httpx.Client) -> bool:
        start = self.bytes_there()
        if start == self.size:
            self.report(start)
            return True
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with client.stream("GET", self.url, headers=headers) as response:
                resumes = self._resumes(response, start)
                self._write(response, start if resumes else 0)
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, UnicodeError) as error:
            raise self._nowhere(error) from error
        except httpx.TransportError as error:
            raise self._broken(error) from error
        return resumes

    def _nowhere(self, error: Exception) -> TransferFailed:
        return TransferFailed(f"{self._shown} leads nowhere: {reason(error)}. Use another mirror.")

    def _broken(self, error: httpx.TransportError) -> TransferFailed:
        """What a failure of the connection means."""
        url = error.request.url  # where redirects led
        if isinstance(error.__context__, httpx.InvalidURL) or (url.port or 0) > LAST_PORT:
            return self._nowhere(error)
        way = " (through the proxy of the environment)" if _proxied(url) else ""
        for cause in _causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                why = cause.verify_message.rstrip(".")
                return TransferFailed(
                    f"{self._shown}: the certificate is not trusted{way}: {why}. Check that SSL_CERT_FILE names the "
                    "certificates of the authority that your network uses."
                )
        return _Interrupted(f"{self._shown}: {reason(error)}{way}", "Check the connection and try again.")

    def _resumes(self, response: httpx.Response, start: int) -> bool:
        """Whether the response goes on at byte `start` (else it begins the file). Raises unless it is one of both."""
        status = response.status_code
        if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            self._check_kind(response.headers)
        if status == httpx.codes.OK:
            self._check_size(int(response.headers.get("Content-Length", self.size)))
            return False
        if start and status == httpx.codes.PARTIAL_CONTENT:
            span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if span and span[2] != "*":
                self._check_size(int(span[2]))
            if span and int(span[1]) == start:
                return True
        answer = f"{self._shown} answered {_named(status)}"
        if start and status in (httpx.codes.PARTIAL_CONTENT, httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE):
            self.part.unlink()
            raise _Interrupted(f"{answer} and did not go on where it stopped", "Try again.", 0)
        if status in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS) or status >= 500:
            asked = response.headers.get("Retry-After", "")
            pause_s = float(asked) if _RETRY_AFTER.fullmatch(asked) else None
            if pause_s is None or pause_s <= self.patience.longest_pause_s:
                raise _Interrupted(answer, "Try again later.", pause_s)
            raise TransferFailed(f"{answer}. Try again in {asked} seconds.")
        raise TransferFailed(f"{answer}. Use another mirror, or an up-to-date Likeness.")

    def _check_kind(self, headers: httpx.Headers) -> None:
        """Raise for what is no file as published, such as the page of a network that asks to log in."""
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        packed = headers.get("Content-Encoding", "").strip().lower() not in ("", "identity")
        if packed or kind == "text/html":
            found = "compressed content" if packed else "a web page"
            raise TransferFailed(f"{self._shown} answered with {found}: it is another file. Use another mirror.")

    def _check_size(self, declared: int) -> None:
        if declared != self.size:
            raise TransferFailed(
                f"{self._shown} has {declared} bytes, expected {self.size}: it is another file. Use another mirror."
            )

    def _write(self, response: httpx.Response, there: int) -> None:
        with self.part.open("ab" if there else "wb") as file:
            self.report(there)
            for chunk in response.iter_raw():  # as it arrives: nothing that came is lost when the rest does not
                there += len(chunk)
                if there > self.size:
                    self.part.unlink()
                    raise TransferFailed(
                        f"{self._shown} has more than the expected {self.size} bytes: it is another file. "
                        "Use another mirror."
                    )
                file.write(chunk)
                self.report(there)
        if there < self.size:
            raise _Interrupted(f"{self._shown} ended after {there} of {self.size} bytes", "Try again.")


def _named(status: int) -> str:
    """A status with its usual name, whatever the server calls it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _proxied(url: httpx.URL) -> bool:
    proxies = getproxies()
    return (url.scheme in proxies or "all" in proxies) and not proxy_bypass(url.host)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
