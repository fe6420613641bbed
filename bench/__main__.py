"""Speed and memory beside the published tools: `python -m bench`, or `make bench`.

Every contestant has a process of its own and all get the same work in turns. Prints one page of tables and writes all
figures as JSON. Takes a quarter of an hour on two cores, `--quick` a few minutes.
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
FLOAT32_MACHINE = {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; 1 if a contestant died on the way."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Likeness and the published tools.")
    parser.add_argument("--quick", action="store_true", help="one repetition, and no growth with size and faces")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where networks run")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"turns (default {REPETITIONS})")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the figures go (default bench/results.json)")
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
    """Everything, as it is written to the JSON file. Raises `WorkerDied`."""
    clock = Clock()
    if not plan.published:
        clock.say(NO_PUBLISHED)
    results: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": machine.describe(plan.device),
        "repetitions": plan.repetitions,
        "published": plan.published,
    }
    clock.say("the machine's rate")
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
    """What a machine without half precision would measure, if this one can pretend; and how close ours comes to it."""
    pretends = plan.device == "cpu" and platform.machine() in ("x86_64", "AMD64")
    clock.say("without half precision")
    names: tuple[Name, ...] = ("published", "likeness") if pretends else ("likeness",)
    with started(plan, names, FLOAT32_MACHINE if pretends else None, "fp32") as workers:
        runs = end_to_end.measure(plan, workers, 1) if pretends else None
        return {"float32": runs, "psnr": networks.compare(plan, workers["likeness"])}


class Clock:
    """Says on stderr what is going on, and since when."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._start

    def say(self, what: str) -> None:
        """One line."""
        print(f"{self.elapsed:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
