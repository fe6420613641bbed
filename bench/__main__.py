"""Speed and memory of Likeness and the published tools: `python -m bench`, or `make bench`.

Each contestant runs in a process of its own; they do the same work in turns. Prints one page of tables and writes all
figures as JSON. Takes a quarter of an hour on two cores, with `--quick` a few minutes.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import torch

from bench import busy, end_to_end, growth, machine, networks, weights
from bench.contestants import Name, Plan, published_installed, started
from bench.rate import product_rates
from bench.report import NO_PUBLISHED, render
from bench.workers import WorkerDied

OUTPUT = Path(__file__).with_name("results.json")
REPETITIONS = 3
BUSY_SECONDS = 20.0
QUICK_BUSY_SECONDS = 4.0
NO_HALF_PRECISION = {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write. Returns the exit status: 1 if a contestant's process died."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Likeness and the published tools.")
    parser.add_argument("--quick", action="store_true", help="one repetition, without the growth with size and faces")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="the networks' device")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"repetitions (default {REPETITIONS})")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="file for the figures (default bench/results.json)")
    parsed = parser.parse_args(arguments)
    if parsed.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    if parsed.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch finds no CUDA device")
    if not parsed.output.parent.is_dir():
        parser.error(f"there is no folder {parsed.output.parent}")
    device = "cuda" if parsed.device != "cpu" and torch.cuda.is_available() else "cpu"
    repetitions = 1 if parsed.quick else parsed.repetitions
    given = sys.argv[1:] if arguments is None else arguments
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as folder:
        plan = Plan(Path(folder), Path(folder), device, repetitions, published_installed())
        try:
            results = measure(plan, quick=parsed.quick)
        except WorkerDied as error:
            print(error, file=sys.stderr)
            return 1
    results["command"] = shlex.join(["python", "-m", "bench", *given])
    parsed.output.write_text(json.dumps(results, indent=1) + "\n")
    print(render(results))
    return 0


def measure(plan: Plan, *, quick: bool) -> dict[str, Any]:
    """All figures, as they are written to the JSON file. Raises `WorkerDied`."""
    clock = Clock()
    if not plan.published:
        clock.say(NO_PUBLISHED)
    results: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": machine.describe(plan.device),
        "repetitions": plan.repetitions,
        "published": plan.published,
    }
    clock.say("the machine's arithmetic rate")
    results["rates"] = product_rates(plan.device)
    clock.say("random weights")
    weights.write(plan.weights_dir)
    clock.say("loading")
    with started(plan, ("published", "likeness", "embedded")) as workers:
        results["likeness"], results["embedded"] = (workers[name].ask("describe") for name in ("likeness", "embedded"))
        clock.say("end to end")
        results["end_to_end"] = end_to_end.measure(plan, workers, plan.repetitions)
        results["growth"] = None
        if not quick:
            clock.say("growth")
            results["growth"] = growth.measure(plan, workers)
        clock.say("networks")
        results["networks"] = networks.measure(plan, workers, plan.repetitions)
    results |= _float32(plan, clock)
    clock.say("how busy the device is kept")
    results["busy"] = busy.measure(plan, QUICK_BUSY_SECONDS if quick else BUSY_SECONDS)
    results["seconds"] = clock.elapsed
    return results


def _float32(plan: Plan, clock: Clock) -> dict[str, Any]:
    """The run in float32, on an x86 CPU with oneDNN limited to AVX2; and the PSNR of half precision against float32."""
    is_x86_cpu = plan.device == "cpu" and platform.machine() in ("x86_64", "AMD64")
    clock.say("without half precision")
    names: tuple[Name, ...] = ("published", "likeness") if is_x86_cpu else ("likeness",)
    with started(plan, names, NO_HALF_PRECISION if is_x86_cpu else None, "fp32") as workers:
        runs = end_to_end.measure(plan, workers, 1) if is_x86_cpu else None
        return {"float32": runs, "psnr": networks.compare(plan, workers["likeness"])}


class Clock:
    """Prints each step of the benchmark on stderr, with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def say(self, what: str) -> None:
        """Print one line."""
        print(f"{self.elapsed:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
