"""Many clients at once: how fast are refusals, and does a polite client get its share? `python -m bench.crowd`.

The server, with embedded models and default settings, runs on one core and the clients on another, so that neither
waits for the other's processor. Two measurements:

- `CLIENTS` clients send one photo after the other. One that is refused asks again after `PAUSE_S`, whatever it is told.
- `FLOODERS` loops at one address, which ask again at once, against a client at another address that keeps to
  Retry-After.

Exit status 1 if a limit is broken: the time of refusals (`REFUSAL_S`), the polite client's part of its fair share
(`PART`), or an answer other than 200 and 503.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.burst import poll_live
from bench.memory import photo
from tests.app.server import ENHANCE, MULTIPART, form_body, head_of
from tests.load.processes import Process, processes

CLIENTS, PAUSE_S = 100, 0.2
FLOODERS = 20
SIDE = 256  # pixels
REFUSAL_S = 0.05  # for the 99th percentile
PART = 1 / 3  # of the fair share
FLOODING, POLITE = "127.0.0.2", "127.0.0.3"
SERVER_CORE, CLIENTS_CORE = 0, 1


@dataclass(frozen=True)
class Asked:
    """One request: its client's address, the status, and the seconds from connecting to the answer's head."""

    address: str
    status: int
    seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the results. Returns the exit status: 1 if a limit was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.crowd", description="Measure refusals and fair shares.")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each measurement (default 40)")
    parser.add_argument("--pause", type=float, default=PAUSE_S, help=f"of a refused client (default {PAUSE_S:g})")
    parsed = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        pin(SERVER_CORE)
        with processes(1, Path(folder)) as (server,):
            pin(CLIENTS_CORE)
            asked, live_s = uvloop.run(crowd(server, parsed.seconds, parsed.pause))
            shared = uvloop.run(flood(server, parsed.seconds))
    return max(report_refusals(asked, live_s), report_shares(shared))


def pin(core: int) -> None:
    """Let this process, and those that it starts, run on one core only, where the system can do that and has it."""
    if sys.platform == "linux" and core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})


async def crowd(server: Process, seconds: float, pause_s: float) -> tuple[list[Asked], list[float]]:
    """What `CLIENTS` impatient clients were answered, and the seconds of each request for `/live` meanwhile."""
    asked: list[Asked] = []
    live_s: list[float] = []
    polling = asyncio.create_task(poll_live(server.port, live_s))
    request = enhance_request()
    end = time.monotonic() + seconds
    await asyncio.gather(*(client(server.port, FLOODING, request, end, pause_s, asked) for _ in range(CLIENTS)))
    polling.cancel()
    return asked, live_s


async def flood(server: Process, seconds: float) -> list[Asked]:
    """What `FLOODERS` loops at one address and a polite client at another were answered."""
    asked: list[Asked] = []
    request = enhance_request()
    end = time.monotonic() + seconds
    flooders = (client(server.port, FLOODING, request, end, 0.0, asked) for _ in range(FLOODERS))
    await asyncio.gather(*flooders, client(server.port, POLITE, request, end, None, asked))
    return asked


def enhance_request(side: int = SIDE) -> bytes:
    """A request with a photo, `side` pixels each way."""
    body: bytes = form_body({"file": photo(side)})
    head: bytes = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"})
    return head + body


async def client(
    port: int, address: str, request: bytes, end: float, pause_s: float | None, asked: list[Asked]
) -> None:
    """Send one photo after the other until `end`; after a refusal pause, as long as Retry-After says if None."""
    while time.monotonic() < end:
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        seconds = time.perf_counter() - start
        await reader.read()
        writer.close()
        status = int(head.split()[1])
        asked.append(Asked(address, status, seconds))
        if status != 200:
            await asyncio.sleep(retry_after(head) if pause_s is None else pause_s)


def retry_after(head: bytes) -> float:
    """The seconds that an answer's head tells its client to wait; 0 if it tells none."""
    _, found, rest = head.lower().partition(b"\r\nretry-after:")
    return float(rest.split()[0]) if found else 0.0


def report_refusals(asked: Sequence[Asked], live_s: Sequence[float]) -> int:
    """Print how fast refusals were. Returns 1 if too slow, or if there were other answers than 200 and 503."""
    statuses = Counter(one.status for one in asked)
    refusals = sorted(one.seconds for one in asked if one.status == 503) or [0.0]
    slow = refusals[int(0.99 * (len(refusals) - 1))]
    fine = slow <= REFUSAL_S and set(statuses) <= {200, 503}
    print(
        f"{'ok  ' if fine else 'FAIL'}  {CLIENTS} clients: {dict(sorted(statuses.items()))}; refusals: median "
        f"{middle(refusals) * 1000:.0f} ms, 99 % under {slow * 1000:.0f} ms, slowest {refusals[-1] * 1000:.0f} ms; "
        f"/live: median {middle(live_s) * 1000:.0f} ms, slowest {max(live_s) * 1000:.0f} ms"
    )
    return 0 if fine else 1


def report_shares(asked: Sequence[Asked]) -> int:
    """Print what the polite client got. Returns 1 if it is less than `PART` of half of all photos."""
    done = Counter(one.address for one in asked if one.status == 200)
    refused = Counter(one.address for one in asked if one.status != 200)
    share = done.total() / 2
    fine = done[POLITE] >= PART * share > 0
    print(
        f"{'ok  ' if fine else 'FAIL'}  {FLOODERS} loops at one address: {done[FLOODING]} photos, "
        f"{refused[FLOODING]} refusals; a polite client at another: {done[POLITE]} photos, {refused[POLITE]} refusals; "
        f"its fair share is {share:.0f}"
    )
    return 0 if fine else 1


def middle(values: Sequence[float]) -> float:
    """The median."""
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    sys.exit(main())
