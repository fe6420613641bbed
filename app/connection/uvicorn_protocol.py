"""The parts of uvicorn's HTTP protocol that we need, under names of our own.

uvicorn does not document them, so any release may rename them: pyproject.toml caps its version, and
tests/app/connection/test_uvicorn_names.py names what a newer one lacks. A "cycle" is one request with its answer, and
the "pipeline" holds requests that came before an earlier one was answered.
"""

import sys
import time
from collections.abc import Mapping

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol


class UvicornProtocol(HttpToolsProtocol):
    """One connection. The request here is the newest one whose head is complete."""

    @property
    def is_answer_due(self) -> bool:
        """Whether there is a request without a whole answer."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def is_answer_begun(self) -> bool:
        """Whether a part of the request's answer was sent."""
        return self.cycle is not None and self.cycle.response_started

    @property
    def is_queued(self) -> bool:
        """Whether the request waits for the answer to an earlier one."""
        return bool(self.pipeline)

    @property
    def content_length(self) -> int:
        """The length that the complete head declares for the body, which the parser has checked; 0 if it has none."""
        return next((int(value) for name, value in self.headers if name == b"content-length"), 0)

    def set_in_scope(self, name: str, value: object) -> None:
        """Tell the application something about the message being received, beyond what ASGI defines."""
        self.scope[name] = value  # type: ignore[literal-required]

    def set_queued_started_at(self) -> None:
        """Say in the scopes of all queued requests that they begin now."""
        for cycle, _ in self.pipeline:
            cycle.scope["started_at"] = time.monotonic()  # type: ignore[typeddict-unknown-key]

    def report_disconnect(self) -> None:
        """Let the application see a client that has gone, though an answer can still be sent to it."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()

    def send_response(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a whole answer without the application, and close the connection."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[status] + lines.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def begin_raw_answer(self) -> None:
        """Send the body of the answer that is about to begin as it is, of any length and without chunks."""
        self.cycle.chunked_encoding = False
        self.cycle.expected_content_length = sys.maxsize
        self.cycle.keep_alive = True  # else uvicorn would add `connection: close`

    def end_raw_answer(self) -> None:
        """Let that body end, and the connection with it."""
        self.cycle.expected_content_length = 0
        self.cycle.keep_alive = False
