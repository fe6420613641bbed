"""Twenty photos at the same moment, where one can be worked on and four may wait: who is served, how fast a no is."""

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
SIDE = 512  # pixels: large enough for the device to be busy until all have come
LOOKS = 0.01  # seconds between two questions whether the process lives


@dataclass(frozen=True)
class Reply:
    """One answer: its status, whether it says when to come again, and the seconds it took."""

    status: int
    retry_after: bool
    seconds: float


def burst(server: Process) -> tuple[list[Reply], list[float]]:
    """The replies to all photos, and the seconds that `/live` took meanwhile."""
    return asyncio.run(_burst(server.port))


def told(replies: Sequence[Reply], lives: Sequence[float]) -> str:
    """What came of it, in a line."""
    statuses = dict(sorted(Counter(reply.status for reply in replies).items()))
    refusals = [reply for reply in replies if reply.status == 503]
    slowest = max((reply.seconds for reply in refusals), default=0.0)
    return (
        f"{CLIENTS} at once: {statuses}; {sum(r.retry_after for r in refusals)} with Retry-After, the slowest no after "
        f"{slowest * 1000:.0f} ms; /live at most {max(lives) * 1000:.0f} ms of {len(lives)} times"
    )


async def _burst(port: int) -> tuple[list[Reply], list[float]]:
    body = form_body({"file": photo(SIDE)})
    request = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"}) + body
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CLIENTS)]
    lives: list[float] = []
    looking = asyncio.create_task(_look(port, lives))
    replies = await asyncio.gather(*(_reply(*connection, request) for connection in connections))
    looking.cancel()
    return list(replies), lives


async def _reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Reply:
    start = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    seconds = time.perf_counter() - start
    await reader.read()
    writer.close()
    return Reply(int(head.split()[1]), b"retry-after:" in head.lower(), seconds)


async def _look(port: int, lives: list[float]) -> None:
    request = f"GET {LIVE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    while True:
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        await reader.read()
        writer.close()
        lives.append(time.perf_counter() - start)
        await asyncio.sleep(LOOKS)
