"""Does the service hold under more than it can carry? `python -m bench.overload --minutes 10 --times 3`.

Starts a server as an operator would, measures how many photos it does per second when they come one after the other,
and then lets clients come at a multiple of that rate, whether or not those before them were served. Exit status 1 if
a bound did not hold: the queue's length, answers other than 200 and 503, a picture with other pixels than the same
photo got alone, resident memory (`MEMORY_MB`), the event loop's lag (`LAG_S`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.burst import burst, told
from bench.memory import photo
from tests.app.server import ENHANCE, LIVE
from tests.load.arrivals import Outcome, arriving, digest_of
from tests.load.processes import Process, processes

MEMORY_MB = 50.0
LAG_S = 0.05  # 99 of 100 times
QUEUE_SIZE = 4
SIDES = (96, 128, 160, 256, 640)  # pixels: photos that can be told apart, one of them with an answer of megabytes
SETTLING_S = 30.0  # until memory is looked at
A_MINUTE = 120  # looks; a photo in work takes memory, so that single ones do not compare


@dataclass(frozen=True)
class Look:
    """What the server said of itself at one moment, and how long `/live` took."""

    second: float
    queue_length: float
    resident_mb: float
    live_s: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print what was seen; 1 if a bound did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description="More than the service can carry.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--times", type=float, default=3.0, help="the rate of arrivals over what it can carry")
    parsed = parser.parse_args(arguments)
    photos = [photo(side) for side in SIDES]
    with (
        tempfile.TemporaryDirectory() as folder,
        processes(1, Path(folder), slots=1, queue_size=QUEUE_SIZE) as (server,),
    ):
        expected, capacity = alone(server, photos)
        print(told(*burst(server)))
        rate = parsed.times * capacity
        print(f"alone {capacity:.1f} photos/s; now {rate:.1f} arrive per second", flush=True)
        with arriving(server.url + ENHANCE, photos, rate) as outcomes:
            looks = list(watch(server, parsed.minutes * 60))
        lag, lags = lag_percentile(server, 0.99)
    return report(outcomes, expected, looks, lag, lags)


def alone(server: Process, photos: Sequence[bytes]) -> tuple[list[str], float]:
    """The digest of each photo's picture, and photos per second when one comes after the other."""
    rounds = 5
    with httpx.Client(base_url=server.url, timeout=60, headers={"Accept": "image/png"}) as client:
        expected = [digest_of(client.post(ENHANCE, files={"file": file}).raise_for_status().content) for file in photos]
        start = time.perf_counter()
        for _ in range(rounds):
            for file in photos:
                client.post(ENHANCE, files={"file": file}).raise_for_status()
        return expected, rounds * len(photos) / (time.perf_counter() - start)


def watch(server: Process, seconds: float) -> Iterator[Look]:
    """Look at the server twice a second."""
    start = time.monotonic()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        while time.monotonic() < start + seconds:
            asked = time.monotonic()
            client.get(LIVE).raise_for_status()
            live_s = time.monotonic() - asked
            gauges = samples(client)
            resident = gauges["process_resident_memory_bytes"] / 1e6
            yield Look(asked - start, gauges["likeness_queue_length"], resident, live_s)
            time.sleep(0.5)


def samples(client: httpx.Client) -> dict[str, float]:
    """Every metric without labels, by name."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def lag_percentile(server: Process, share: float) -> tuple[float, int]:
    """The bound of the histogram's bucket under which this share of the event loop's lags lies, and their number."""
    text = httpx.get(server.url + "/metrics", timeout=60).raise_for_status().text
    for family in text_string_to_metric_families(text):
        if family.name == "likeness_event_loop_lag_seconds":
            buckets = [(float(s.labels["le"]), s.value) for s in family.samples if s.name.endswith("_bucket")]
            total = buckets[-1][1]
            return next(bound for bound, count in buckets if count >= share * total), int(total)
    raise RuntimeError("the server tells no lag of its event loop")


def report(outcomes: Sequence[Outcome], expected: Sequence[str], looks: Sequence[Look], lag: float, lags: int) -> int:
    """Print what was seen; 1 if a bound did not hold."""
    statuses = Counter(outcome.status for outcome in outcomes)
    wrong = sum(outcome.status == 200 and outcome.digest != expected[outcome.photo] for outcome in outcomes)
    settled = [look.resident_mb for look in looks if look.second >= SETTLING_S] or [looks[-1].resident_mb]
    lives = sorted(look.live_s for look in looks)
    longest = max(look.queue_length for look in looks)
    minutes = [median(settled[start : start + A_MINUTE]) for start in range(0, len(settled), A_MINUTE)]
    each = ", ".join(f"{minute:.0f}" for minute in minutes)
    bounds = {
        f"answers {dict(sorted(statuses.items(), key=str))}: some 200, and else only 503": {200}
        <= set(statuses)
        <= {200, 503},
        f"{wrong} pictures with wrong pixels": wrong == 0,
        f"queue at most {longest:g} of {QUEUE_SIZE}": longest <= QUEUE_SIZE,
        f"memory, median of each minute: {each} MB": max(minutes) - min(minutes) < MEMORY_MB,
        f"lag of the event loop, 99 % of {lags}: under {lag * 1000:g} ms": lag <= LAG_S,
    }
    for sentence, holds in bounds.items():
        print(f"{'ok  ' if holds else 'FAIL'}  {sentence}")
    print(f"      /live: median {lives[len(lives) // 2] * 1000:.0f} ms, longest {lives[-1] * 1000:.0f} ms")
    return 0 if all(bounds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
