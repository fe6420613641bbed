"""The networks alone: time, share of the machine's arithmetic rate, and error against float32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from bench.contestants import Plan
from bench.table import MISSING, markdown, percent, ratio, seconds
from bench.workers import Worker, in_turns


@dataclass(frozen=True)
class Case:
    """A network on `count` square pictures of `side` pixels; the table shows the time of one of them."""

    title: str
    network: Literal["gfpgan", "x2plus", "general-x4v3"]
    side: int
    count: int = 1

    @property
    def key(self) -> str:
        """The case's name in files and JSON."""
        return f"{self.network}-{self.side}-{self.count}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The case as arguments of a worker's command."""
        return {"network": self.network, "side": self.side, "count": self.count}


CASES = (
    Case("GFPGAN, one face", "gfpgan", 512),
    Case("GFPGAN, each of four", "gfpgan", 512, 4),
    Case("Real-ESRGAN ×2plus, 256²", "x2plus", 256),
    Case("Real-ESRGAN ×2plus, 512²", "x2plus", 512),
    Case("realesr-general-x4v3, 256²", "general-x4v3", 256),
)


def measure(plan: Plan, workers: Mapping[str, Worker], repetitions: int) -> dict[str, Any]:
    """By case: `flop` of one picture (None without the published tools), and each contestant's seconds by turn.

    Likeness's outputs are saved for `compare`.
    """
    contestants = {name: workers[name] for name in ("published", "likeness") if name in workers}
    found = {}
    for case in CASES:
        workers["likeness"].ask("network", **case.arguments, keep=_output(plan, case, "own"))
        flop = None
        if "published" in workers:  # counting runs the published network, which warms it up
            flop = workers["published"].ask("flops", **case.arguments) / case.count
        turns = in_turns(contestants, repetitions, "network", **case.arguments)
        found[case.key] = {"flop": flop} | {name: [turn["seconds"] for turn in turns[name]] for name in turns}
    return found


def compare(plan: Plan, precise: Worker) -> dict[str, float | None]:
    """By case: PSNR in dB of Likeness's saved output against that of `precise`, Likeness in float32; None if equal."""
    found = {}
    for case in CASES:
        if case.count == 1:
            precise.ask("network", **case.arguments, keep=_output(plan, case, "float32"))
            own, exact = (np.load(_output(plan, case, kind)) for kind in ("own", "float32"))
            error = float(np.mean((own.astype(np.float64) - exact) ** 2))
            found[case.key] = -10 * float(np.log10(error)) if error > 0 else None
    return found


def table(found: Mapping[str, Any], close: Mapping[str, float | None], rates: Mapping[str, float], dtype: str) -> str:
    """One row per case. `rates` has FLOP/s by number format; `dtype` is the number format of Likeness's networks."""
    header = ["network", "GFLOP", "published", "of fp32 rate", "Likeness", f"of {dtype} rate", "ratio", "PSNR to fp32"]
    rows = []
    for case in CASES:
        flop = found[case.key]["flop"]
        theirs, ours = (
            median(times) / case.count if (times := found[case.key].get(name)) else None
            for name in ("published", "likeness")
        )
        rows.append(
            [
                case.title,
                MISSING if flop is None else f"{flop / 1e9:.0f}",
                seconds(theirs),
                percent(_share(flop, theirs, rates["float32"])),
                seconds(ours),
                percent(_share(flop, ours, rates.get(dtype))),
                ratio(theirs, ours),
                _decibels(close, case),
            ]
        )
    return markdown(header, rows)


def _share(flop: float | None, duration: float | None, rate: float | None) -> float | None:
    return flop / duration / rate if flop and duration and rate else None


def _decibels(close: Mapping[str, float | None], case: Case) -> str:
    if case.key not in close:
        return MISSING
    value = close[case.key]
    return "equal" if value is None else f"{value:.1f} dB"


def _output(plan: Plan, case: Case, kind: str) -> str:
    return str(Path(plan.photos) / f"{case.key}-{kind}.npy")
