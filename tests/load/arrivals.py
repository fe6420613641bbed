"""Open-loop load: photos are sent at a fixed rate, without waiting for earlier answers."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

TIMEOUT_S = 120.0  # of a client


@dataclass(frozen=True)
class Outcome:
    """The result of one client's photo."""

    photo: int
    status: int | None  # None: no answer
    digest: str  # SHA-256 of the picture
    detail: str  # of a failure: the answer's body, or the error


def digest_of(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


@contextmanager
def arriving(url: str, photos: Sequence[bytes], per_second: float) -> Iterator[list[Outcome]]:
    """Send the photos in turns to `url` while the block runs, each from a client of its own.

    The list grows with each answer; after the block it is complete.
    """
    outcomes: list[Outcome] = []
    over = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_arrive(url, photos, per_second, over, outcomes)))
    thread.start()
    try:
        yield outcomes
    finally:
        over.set()
        thread.join()


async def _arrive(
    url: str, photos: Sequence[bytes], per_second: float, over: threading.Event, outcomes: list[Outcome]
) -> None:
    clock = asyncio.get_running_loop().time
    start = clock()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits) as client:
        served = []
        for number in itertools.count():
            await asyncio.sleep(start + number / per_second - clock())
            if over.is_set():
                break
            served.append(asyncio.create_task(_send(client, url, number % len(photos), photos, outcomes)))
        await asyncio.gather(*served)


async def _send(
    client: httpx.AsyncClient, url: str, number: int, photos: Sequence[bytes], outcomes: list[Outcome]
) -> None:
    try:
        answer = await client.post(url, files={"file": ("p", photos[number])}, headers={"Accept": "image/png"})
        detail = "" if answer.status_code == 200 else answer.text
        outcomes.append(Outcome(number, answer.status_code, digest_of(answer.content), detail))
    except httpx.TransportError as error:
        outcomes.append(Outcome(number, None, "", repr(error)))
