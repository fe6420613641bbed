"""How long synchronous photos of 512 × 512 pixels take alone, and beside a large job: one slot, no HTTP.

`python -m bench.jobs_beside [--megapixels 12] [--pause 1]`: the pause is in seconds, between two photos beside the job.
A photo waits there for what the job computes between two checks; the longest of these times are printed by stage.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from io import BytesIO

import numpy as np
import PIL.Image
import skimage.data

from app.settings import Settings
from app.work.dry_report import DryRun
from app.work.loaded_models import LoadedModels
from app.work.order import Order
from app.work.photo import Finished
from app.work.service import Service
from bench.table import markdown
from pipeline.options import EnhanceOptions
from pipeline.run import Run

PHOTOS = 10  # alone
LONGEST_SHOWN = 6


async def measure(megapixels: float, pause_s: float) -> None:
    """Print both tables. The job's photo has so many megapixels."""
    settings = Settings(models="embedded")
    service = Service(settings, LoadedModels(settings))
    await service.start()
    size = round(math.sqrt(megapixels * 4e6 / 3)), round(math.sqrt(megapixels * 3e6 / 4))
    portrait = PIL.Image.fromarray(skimage.data.astronaut())
    small, large = (Order("enhance", _file(each), None, EnhanceOptions()) for each in (portrait, portrait.resize(size)))
    await _latency(service, small)  # the first one is slower
    alone = [await _latency(service, small) for _ in range(PHOTOS)]
    gaps = Gaps(service.loaded_models.threads.make_way)
    run = Run(deadline=time.monotonic() + 600, make_way=gaps.make_way)
    gaps.run = run
    job = asyncio.ensure_future(service.work_off(large, run))
    beside: dict[str, list[float]] = defaultdict(list)
    while not job.done():
        await asyncio.sleep(pause_s)
        stage = run.latest_stage or "queue"
        beside[stage].append(await _latency(service, small))
    await job
    service.close()
    everything = [each for latencies in beside.values() for each in latencies]
    rows = [_row("alone", alone), _row("beside the job", everything)]
    rows += [_row(f"… while it is in {stage}", latencies) for stage, latencies in beside.items()]
    print(markdown(["512 × 512", "photos", "median ms", "p95 ms", "longest ms"], rows))
    print()
    longest = sorted(gaps.longest.items(), key=lambda gap: -gap[1])[:LONGEST_SHOWN]
    print(markdown(["the job's stage", "longest between two checks, ms"], [[s, f"{g * 1000:.0f}"] for s, g in longest]))


class Gaps:
    """Measures the time between two checks of a run that may make way, without the time that it gives to others."""

    def __init__(self, make_way: Callable[[], float]) -> None:
        self._make_way = make_way
        self._last = math.inf
        self.run: Run | None = None
        self.longest: dict[str, float] = {}

    def make_way(self) -> float:
        """As `DeviceThreads.make_way`."""
        if not threading.current_thread().name.startswith("device"):
            return 0.0
        stage = "" if self.run is None else self.run.latest_stage or ""
        self.longest[stage] = max(self.longest.get(stage, 0.0), time.perf_counter() - self._last)
        took = self._make_way()
        self._last = time.perf_counter()
        return took


async def _latency(service: Service, order: Order) -> float:
    """Seconds from the arrival of a photo to its answer."""

    def picture(done: Finished | DryRun, run: Run) -> bytes:
        return done.picture.data if isinstance(done, Finished) else b""

    start = time.perf_counter()
    with service.arriving("bench") as arrival:
        await service.process(order, arrival, service.new_run(), picture)
    return time.perf_counter() - start


def _row(name: str, latencies: list[float]) -> list[str]:
    times = np.asarray(latencies) * 1000
    return [name, str(len(times)), f"{np.median(times):.0f}", f"{np.percentile(times, 95):.0f}", f"{times.max():.0f}"]


def _file(picture: PIL.Image.Image) -> bytes:
    target = BytesIO()
    picture.save(target, "JPEG", quality=90)
    return target.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--megapixels", type=float, default=12.0, help="of the photo that is the job")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two synchronous photos")
    parsed = parser.parse_args()
    asyncio.run(measure(parsed.megapixels, parsed.pause))
