"""A WebSocket that tells its client what happens, and takes no messages from it."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Callable

from starlette.types import Receive, Send
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from app.http.client import left

PING_S = 10.0  # between two pings: proxies cut idle connections
PONG_S = 20.0  # how long a client may take to answer one
CLOSE_S = 2.0  # how long it may take to close its side
MAX_MESSAGE = 125  # bytes of one frame, as many as a control frame may have
MAX_HEARD = 16 * 1024  # bytes from the client between two pings: pongs to its own pings wait in memory


class TellingSocket:
    """One open WebSocket (RFC 6455). `send` gets its bytes, and `take` must be called with those of the client.

    A message of the client closes the socket with 1003, too many bytes with 1008. A client that does not answer a ping
    in time is cut off by `cut`, which is called with a code and a reason.
    """

    def __init__(self, send: Send, cut: Callable[[str, str], None]) -> None:
        self._send, self._cut = send, cut
        self._frames = Protocol(SERVER, max_size=MAX_MESSAGE)
        self._heard = 0  # bytes since the last ping
        self._ping = b""  # the one that is not answered
        self._changed, self._idle = asyncio.Event(), asyncio.Event()  # whether there are frames to send, and none
        self._closing, self._closed = asyncio.Event(), asyncio.Event()  # one side has closed; both have

    def take(self, data: bytes) -> None:
        """Bytes from the client."""
        self._heard += len(data)
        if self._heard > MAX_HEARD:
            self._close(CloseCode.POLICY_VIOLATION)
            return
        self._frames.receive_data(data)
        for frame in self._frames.events_received():
            if isinstance(frame, Frame) and frame.opcode is Opcode.PONG and bytes(frame.data) == self._ping:
                self._ping = b""
            elif isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                self._close(CloseCode.UNSUPPORTED_DATA)
        self._wake()

    async def tell(self, texts: AsyncGenerator[str, None], receive: Receive, last_code: Callable[[], int]) -> None:
        """Send each text as a message, then close with `last_code()`. Returns once the socket is closed, or its client
        has left. Raises what `texts` raises, after closing with 1011.
        """
        telling = asyncio.ensure_future(self._tell_all(texts))
        leaving, closing, closed = map(
            asyncio.ensure_future, (left(receive), self._closing.wait(), self._closed.wait())
        )
        serving = [asyncio.ensure_future(work) for work in (self._write(), self._keep_alive())]
        every = [telling, leaving, closing, closed, *serving]
        try:
            await asyncio.wait([telling, leaving, closing, *serving], return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                self._close(last_code() if telling.exception() is None else CloseCode.INTERNAL_ERROR)
            await asyncio.wait([leaving, closed, *serving], timeout=CLOSE_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = [one for one in (telling, *serving) if one.done()]
            for one in every:
                one.cancel()
            await asyncio.gather(*every, return_exceptions=True)
        for one in ended:
            one.result()

    async def _tell_all(self, texts: AsyncGenerator[str, None]) -> None:
        async with contextlib.aclosing(texts):
            async for text in texts:
                if self._frames.state is not OPEN:
                    return
                self._frames.send_text(text.encode())
                self._wake()
                await self._idle.wait()  # what a slow client does not take is not collected here

    async def _write(self) -> None:
        """Send frames as they come. Only this writes, so no frame is torn or lost in between."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for data in self._frames.data_to_send():
                if data:
                    await self._send({"type": "http.response.body", "body": data, "more_body": True})
                else:
                    self._closed.set()  # so `Protocol` says that the connection is to be closed
            if not self._changed.is_set():
                self._idle.set()

    async def _keep_alive(self) -> None:
        """Ping until the client does not answer; then cut it off."""
        sent_at = 0.0
        while not self._ping or time.monotonic() - sent_at < PONG_S:
            await asyncio.sleep(PING_S)
            self._heard = 0
            if not self._ping and self._frames.state is OPEN:
                self._ping, sent_at = secrets.token_bytes(4), time.monotonic()
                self._frames.send_ping(self._ping)
                self._wake()
        self._cut("ping_unanswered", "its client did not answer a ping")

    def _close(self, code: int) -> None:
        if self._frames.state is OPEN:
            self._frames.send_close(code)
        self._wake()

    def _wake(self) -> None:
        """There may be frames to send, and one side may have closed."""
        if self._frames.state is not OPEN:
            self._closing.set()
        self._idle.clear()
        self._changed.set()
