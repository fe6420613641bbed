"""Does the cache of answers keep its bound? `python -m bench.kept_answers --photos 1000`.

Starts a server on the loopback interface with a cache of 16 MiB, sends it different photos, and reads after each how
much memory the cache says that it has. Exit status 1 if that was ever more than its bound.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import psutil

from tests import images
from tests.app.exposition import scraped
from tests.app.server import UPSCALE, Likeness, serving

CACHE_MB = 16
SIDE = 96  # pixels of each photo, of noise: its answer has some 110 KB
PATIENCE = 300.0  # seconds


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.kept_answers", description="Watch the cache of answers.")
    parser.add_argument("--photos", type=int, default=1000, help="different photos (default 1000)")
    parsed = parser.parse_args(arguments)
    with serving(cache_mb=CACHE_MB, patience=PATIENCE) as server:
        before = psutil.Process().memory_info().rss
        most = fill(server, parsed.photos)
        growth = psutil.Process().memory_info().rss - before
    is_kept = most <= CACHE_MB * 2**20
    verdict = "ok" if is_kept else "too much"
    print(f"{parsed.photos} photos: at most {most / 2**20:.2f} of {CACHE_MB} MiB were kept: {verdict}.")
    print(f"The process has grown by {growth / 2**20:.0f} MiB.")
    return 0 if is_kept else 1


def fill(server: Likeness, photos: int) -> float:
    """Send so many different photos; the most bytes that the cache has had after one."""
    most = 0.0
    for number in range(photos):
        pixels = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        answer = server.send(UPSCALE, images.png(pixels), background="resample", metrics=False)
        if answer.status_code != 200 or "x-likeness-cache" in answer.headers:
            raise RuntimeError(f"not a new answer: {answer.status_code}")
        most = max(most, float(scraped(server)("likeness_cache_bytes")))
    return most


if __name__ == "__main__":
    sys.exit(main())
