"""One file over HTTP into a `.part` file: resumed where it broke off, checked against its SHA-256 at the end.

The retry loop is our own. Attempts are counted since the file last grew, so that a download over a bad connection goes
on for as long as it makes progress; and a pause may come from `Retry-After`. `tenacity` (tried: 9.2) counts attempts
since the first one: the same rule takes three callbacks that share state and depend on the order in which `tenacity`
calls them, and half as many lines again. `stamina` has no hook for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from pipeline.models.catalogue.weights import sha256_of
from pipeline.models.download.connection import address_failed, connection_failed, open_client, without_password
from pipeline.models.download.failures import CannotResume, Interrupted, TransferFailed, Unreachable
from pipeline.models.download.response import resumes
from pipeline.models.download.space import length


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits on retries and waiting. `attempts` counts those since the file last grew."""

    attempts: int = 5
    pause_s: float = 1.0  # before the second attempt; doubled before each further one
    longest_pause_s: float = 30.0  # if the server asks for a longer pause (Retry-After), there is no further attempt
    connect_s: float = 10.0
    read_s: float = 30.0  # without a single byte


@dataclass(frozen=True, slots=True)
class Transfer:
    """The download of a file of `size` bytes with this SHA-256.

    `report` gets the number of bytes that have arrived, `notice` a sentence before each pause.
    """

    url: httpx.URL
    part: Path
    size: int
    sha256: str
    report: Callable[[int], None]
    notice: Callable[[str], None]
    patience: Patience

    def run(self) -> None:
        """Complete `part` and check it.

        Raises `TransferFailed`, and `OSError` if `part` cannot be read or written. Bytes that may be right are kept.
        """
        with open_client(self.url, self.patience.connect_s, self.patience.read_s) as client:
            resumed = self._load(client)
            found = sha256_of(self.part)
            if resumed and found != self.sha256:  # the bytes of an earlier download may be wrong, not the server's
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
        """How many bytes have arrived. A part that is longer than the file belongs to another one and is deleted."""
        size = length(self.part)
        if size > self.size:
            self.part.unlink()
            return 0
        return size

    @property
    def _shown(self) -> httpx.URL:
        return without_password(self.url)

    def _load(self, client: httpx.Client) -> bool:
        """Download until `part` has all bytes; whether they come from more than one response."""
        begun = most = self.bytes_there()
        tried, pause_s = 0, self.patience.pause_s
        while True:
            tried += 1
            try:
                return self._attempt(client)
            except Interrupted as interrupted:
                there = length(self.part)
                if there > most:
                    most, tried, pause_s = there, 1, self.patience.pause_s
                is_offline = isinstance(interrupted, Unreachable) and most == begun  # and not for a moment only
                if is_offline or tried >= self.patience.attempts:
                    raise
                wait_s = pause_s if interrupted.pause_s is None else interrupted.pause_s
                following = f"next try in {wait_s:g} s ({tried + 1} of {self.patience.attempts})"
                self.notice(f"{interrupted.why}; {following}.")
                time.sleep(wait_s)
            pause_s = min(2 * pause_s, self.patience.longest_pause_s)

    def _attempt(self, client: httpx.Client) -> bool:
        """One request for the bytes that are missing; whether there were some before."""
        start = self.bytes_there()
        if start == self.size:
            self.report(start)
            return True
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with client.stream("GET", self.url, headers=headers) as response:
                resumed = resumes(response, self._shown, start, self.size, self.patience.longest_pause_s)
                self._write(response, start if resumed else 0)
        except CannotResume:
            self.part.unlink()
            raise
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, UnicodeError) as error:
            raise address_failed(self.url, error) from error
        except httpx.TransportError as error:
            raise connection_failed(self.url, error) from error
        return resumed

    def _write(self, response: httpx.Response, there: int) -> None:
        """Append the body to the first `there` bytes of `part`."""
        with self.part.open("ab" if there else "wb") as file:
            self.report(there)
            for chunk in response.iter_raw():  # written as it arrives: an interruption loses nothing
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
            raise Interrupted(f"{self._shown} ended after {there} of {self.size} bytes", "Try again.")
