"""Does the service keep its limits under overload? `python -m bench.overload --minutes 10 --times 3`.

Starts a server as an operator would, measures its capacity in photos per second, sent one after the other, and then
sends photos at a multiple of that rate, without waiting for answers. Exit status 1 if a limit is broken: the queue's
length, answers other than 200 and 503, a picture whose pixels differ from those without load, resident memory
(`MEMORY_MB`), the event loop's lag (`LAG_S`).
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

from bench.burst import burst, summary
from bench.memory import photo
from tests.app.server import ENHANCE, LIVE
from tests.load.arrivals import Outcome, arriving, digest_of
from tests.load.processes import Process, processes

MEMORY_MB = 50.0
LAG_S = 0.05  # for the 99th percentile
QUEUE_SIZE = 4
SIDES = (96, 128, 160, 256, 640)  # pixels: photos with different results, one of them with an answer of megabytes
SETTLING_S = 30.0  # memory is judged only after this time
PER_MINUTE = 120  # observations; medians of a minute are compared, because a photo in work takes memory
INTERVAL_S = 0.5  # between two observations


@dataclass(frozen=True)
class Observation:
    """The server's metrics at one moment, and the seconds that `/live` took."""

    second: float
    queue_length: float
    resident_mb: float
    live_s: float


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the results. Returns the exit status: 1 if a limit was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description="Measure the service under overload.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long photos are sent")
    parser.add_argument("--times", type=float, default=3.0, help="photos sent per second over the capacity")
    parsed = parser.parse_args(arguments)
    photos = [photo(side) for side in SIDES]
    with (
        tempfile.TemporaryDirectory() as folder,
        processes(1, Path(folder), slots=1, queue_size=QUEUE_SIZE) as (server,),
    ):
        expected, capacity = measure_capacity(server, photos)
        print(summary(*burst(server)))
        rate = parsed.times * capacity
        print(f"capacity {capacity:.1f} photos/s; now {rate:.1f} are sent per second", flush=True)
        with arriving(server.url + ENHANCE, photos, rate) as outcomes:
            observations = list(observe(server, parsed.minutes * 60))
        lag, lags = lag_percentile(server, 0.99)
    return report(outcomes, expected, observations, lag, lags)


def measure_capacity(server: Process, photos: Sequence[bytes]) -> tuple[list[str], float]:
    """The digest of each photo's picture, and photos per second when they are sent one after the other."""
    rounds = 5
    with httpx.Client(base_url=server.url, timeout=60, headers={"Accept": "image/png"}) as client:
        expected = [digest_of(client.post(ENHANCE, files={"file": file}).raise_for_status().content) for file in photos]
        start = time.perf_counter()
        for _ in range(rounds):
            for file in photos:
                client.post(ENHANCE, files={"file": file}).raise_for_status()
        return expected, rounds * len(photos) / (time.perf_counter() - start)


def observe(server: Process, seconds: float) -> Iterator[Observation]:
    """Observe the server twice a second, for so many seconds."""
    start = time.monotonic()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        while time.monotonic() < start + seconds:
            asked = time.monotonic()
            client.get(LIVE).raise_for_status()
            live_s = time.monotonic() - asked
            gauges = samples(client)
            resident = gauges["process_resident_memory_bytes"] / 1e6
            yield Observation(asked - start, gauges["likeness_queue_length"], resident, live_s)
            time.sleep(INTERVAL_S)


def samples(client: httpx.Client) -> dict[str, float]:
    """The value of every metric without labels, by name."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def lag_percentile(server: Process, share: float) -> tuple[float, int]:
    """The histogram's bound in seconds under which this share of the event loop's lags is, and the number of lags."""
    text = httpx.get(server.url + "/metrics", timeout=60).raise_for_status().text
    for family in text_string_to_metric_families(text):
        if family.name == "likeness_event_loop_lag_seconds":
            buckets = [(float(s.labels["le"]), s.value) for s in family.samples if s.name.endswith("_bucket")]
            total = buckets[-1][1]
            return next(bound for bound, count in buckets if count >= share * total), int(total)
    raise RuntimeError("the server's /metrics has no likeness_event_loop_lag_seconds")


def report(
    outcomes: Sequence[Outcome], expected: Sequence[str], observations: Sequence[Observation], lag: float, lags: int
) -> int:
    """Print each limit and whether it held. Returns 1 if one was broken, else 0.

    `lag` is the 99th percentile of `lags` measurements, in seconds; `expected` has each photo's digest.
    """
    statuses = Counter(outcome.status for outcome in outcomes)
    wrong = sum(outcome.status == 200 and outcome.digest != expected[outcome.photo] for outcome in outcomes)
    settled = [seen.resident_mb for seen in observations if seen.second >= SETTLING_S] or [observations[-1].resident_mb]
    live_s = sorted(seen.live_s for seen in observations)
    longest = max(seen.queue_length for seen in observations)
    minutes = [median(settled[start : start + PER_MINUTE]) for start in range(0, len(settled), PER_MINUTE)]
    each = ", ".join(f"{minute:.0f}" for minute in minutes)
    limits = {
        f"answers {dict(sorted(statuses.items(), key=str))}: some 200, all others 503": {200}
        <= set(statuses)
        <= {200, 503},
        f"{wrong} pictures with wrong pixels": wrong == 0,
        f"queue at most {longest:g} of {QUEUE_SIZE}": longest <= QUEUE_SIZE,
        f"memory, median of each minute: {each} MB": max(minutes) - min(minutes) < MEMORY_MB,
        f"lag of the event loop, 99 % of {lags}: under {lag * 1000:g} ms": lag <= LAG_S,
    }
    for sentence, holds in limits.items():
        print(f"{'ok  ' if holds else 'FAIL'}  {sentence}")
    print(f"      /live: median {live_s[len(live_s) // 2] * 1000:.0f} ms, longest {live_s[-1] * 1000:.0f} ms")
    return 0 if all(limits.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
