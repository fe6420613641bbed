"""The networks alone: how long, what part of what the machine can do, and how close to float32."""

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
    """A network on `count` pictures, `side` pixels each way; times are told for one of them."""

    title: str
    network: Literal["gfpgan", "x2plus", "general-x4v3"]
    side: int
    count: int = 1

    @property
    def key(self) -> str:
        """A name for files and JSON."""
        return f"{self.network}-{self.side}-{self.count}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The case as a worker is told it."""
        return {"network": self.network, "side": self.side, "count": self.count}


CASES = (
    Case("GFPGAN, one face", "gfpgan", 512),
    Case("GFPGAN, each of four", "gfpgan", 512, 4),
    Case("Real-ESRGAN ×2plus, 256²", "x2plus", 256),
    Case("Real-ESRGAN ×2plus, 512²", "x2plus", 512),
    Case("realesr-general-x4v3, 256²", "general-x4v3", 256),
)


def measure(plan: Plan, workers: Mapping[str, Worker], repetitions: int) -> dict[str, Any]:
    """By case: `flop` for one picture (None without the published tools), and the seconds of each turn for all.

    Our outputs are kept for `compare`.
    """
    contestants = {name: workers[name] for name in ("published", "likeness") if name in workers}
    found = {}
    for case in CASES:
        workers["likeness"].ask("network", **case.arguments, keep=_output(plan, case, "own"))
        flop = None
        if "published" in workers:  # counted on their network, which warms it up
            flop = workers["published"].ask("flops", **case.arguments) / case.count
        turns = in_turns(contestants, repetitions, "network", **case.arguments)
        found[case.key] = {"flop": flop} | {name: [turn["seconds"] for turn in turns[name]] for name in turns}
    return found


def compare(plan: Plan, precise: Worker) -> dict[str, float | None]:
    """By case the PSNR in dB of our output against that of `precise`, Likeness in float32; None where equal."""
    found = {}
    for case in CASES:
        if case.count == 1:
            precise.ask("network", **case.arguments, keep=_output(plan, case, "float32"))
            own, exact = (np.load(_output(plan, case, kind)) for kind in ("own", "float32"))
            error = float(np.mean((own.astype(np.float64) - exact) ** 2))
            found[case.key] = -10 * float(np.log10(error)) if error > 0 else None
    return found


def table(found: Mapping[str, Any], close: Mapping[str, float | None], rates: Mapping[str, float], dtype: str) -> str:
    """One row for each case. `rates`: FLOP/s by number format; `dtype` is the one of our networks."""
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
