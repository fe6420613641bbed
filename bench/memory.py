"""Does the service leak memory? `python -m bench.memory --requests 1000`.

Starts a server on the loopback interface, sends it the same small photo with a face again and again, and measures the
resident memory of the process. Exit status 1 if it grows by `LIMIT_MB` or more after the warm-up.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import PIL.Image
import psutil
import skimage.data

from tests.app.server import serving

LIMIT_MB = 50.0
WARM_UP = 50  # requests; the first few choose kernels and fill memory pools
SAMPLES = 20
START_SECONDS = 300.0
FACE = (130, 0, 350, 220)  # the head in scikit-image's portrait


@dataclass(frozen=True)
class Sample:
    """The resident memory after so many requests, and the mean time of each since the last sample."""

    requests: int
    resident_mb: float
    milliseconds: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table and the growth. Returns the exit status: 1 if the growth is too large."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description="Look for memory leaks.")
    parser.add_argument("--requests", type=int, default=1000, help="requests after the warm-up (default 1000)")
    parser.add_argument("--warm-up", type=int, default=WARM_UP, help=f"requests of the warm-up (default {WARM_UP})")
    parsed = parser.parse_args(arguments)
    if parsed.requests < 1 or parsed.warm_up < 0:
        parser.error("--requests must be at least 1, and --warm-up not negative")
    print(f"{'requests':>8}  {'resident MB':>11}  {'ms each':>7}")
    with serving(patience=START_SECONDS) as server:
        found = []
        for sample in measure(server.client, photo(), parsed.warm_up, parsed.requests):
            found.append(sample)
            print(f"{sample.requests:>8}  {sample.resident_mb:>11.1f}  {sample.milliseconds:>7.0f}", flush=True)
    growth = found[-1].resident_mb - found[0].resident_mb
    verdict = "ok" if growth < LIMIT_MB else "too much"
    print(f"growth {growth:+.1f} MB over {parsed.requests} requests (limit {LIMIT_MB:g} MB): {verdict}")
    return 0 if growth < LIMIT_MB else 1


def photo(side: int = 96) -> bytes:
    """A small photo with one face, `side` pixels each way, as JPEG."""
    head = PIL.Image.fromarray(skimage.data.astronaut()).crop(FACE).resize((side, side))
    file = io.BytesIO()
    head.save(file, "JPEG", quality=90)
    return file.getvalue()


def measure(client: httpx.Client, file: bytes, warm_up: int, requests: int) -> Iterator[Sample]:
    """The memory after the warm-up, then up to `SAMPLES` times until all requests are done."""
    process = psutil.Process()
    send(client, file, warm_up)
    yield Sample(0, process.memory_info().rss / 1e6, 0.0)
    done = 0
    for number in range(1, SAMPLES + 1):
        target = round(requests * number / SAMPLES)
        if target > done:
            start = time.perf_counter()
            send(client, file, target - done)
            each = (time.perf_counter() - start) * 1000 / (target - done)
            done = target
            yield Sample(done, process.memory_info().rss / 1e6, each)


def send(client: httpx.Client, file: bytes, times: int) -> None:
    """Send the photo, one request after the other. Raises if an answer is not a success with one restored face."""
    for _ in range(times):
        response = client.post("/api/v1/enhance", files={"file": file})
        response.raise_for_status()
        actions = [face["action"] for face in response.json()["data"]["faces"]]
        if actions != ["restored"]:
            raise RuntimeError(f"expected one restored face, got {actions}")


if __name__ == "__main__":
    sys.exit(main())
