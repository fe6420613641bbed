"""Twenty photos sent at once to a server with one slot and four places: how many are done, how fast refusals are."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.memory import photo
from tests.app.server import ENHANCE, LIVE, MULTIPART, form_body, head_of
from tests.load.processes import Process

CLIENTS = 20
SIDE = 512  # pixels: large enough that the device is busy until all photos have arrived
LIVE_INTERVAL_S = 0.01  # between two requests for `/live`


@dataclass(frozen=True)
class Reply:
    """One answer: its status, whether it has `Retry-After`, and the seconds until its head arrived."""

    status: int
    retry_after: bool
    seconds: float


def burst(server: Process) -> tuple[list[Reply], list[float]]:
    """The replies to all photos, and the seconds of each request for `/live` meanwhile."""
    return asyncio.run(_burst(server.port))


def summary(replies: Sequence[Reply], live_s: Sequence[float]) -> str:
    """The result in one line."""
    statuses = dict(sorted(Counter(reply.status for reply in replies).items()))
    refusals = [reply for reply in replies if reply.status == 503]
    slowest = max((reply.seconds for reply in refusals), default=0.0)
    return (
        f"{CLIENTS} at once: {statuses}; {sum(r.retry_after for r in refusals)} with Retry-After, slowest "
        f"refusal after {slowest * 1000:.0f} ms; /live at most {max(live_s) * 1000:.0f} ms of {len(live_s)} times"
    )


async def _burst(port: int) -> tuple[list[Reply], list[float]]:
    body = form_body({"file": photo(SIDE)})
    request = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"}) + body
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CLIENTS)]
    live_s: list[float] = []
    polling = asyncio.create_task(poll_live(port, live_s))
    replies = await asyncio.gather(*(_reply(*connection, request) for connection in connections))
    polling.cancel()
    return list(replies), live_s


async def _reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Reply:
    start = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    seconds = time.perf_counter() - start
    await reader.read()
    writer.close()
    return Reply(int(head.split()[1]), b"retry-after:" in head.lower(), seconds)


async def poll_live(port: int, live_s: list[float]) -> None:
    """Ask for `/live` again and again until cancelled, and add the seconds of each request."""
    request = f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    while True:
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        await reader.read()
        writer.close()
        live_s.append(time.perf_counter() - start)
        await asyncio.sleep(LIVE_INTERVAL_S)
