"""The machine's arithmetic rate, measured with large matrix products, and a network's floating-point operations."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.stopwatch import timed

SIDES = {"cpu": (1024, 2048, 4096), "cuda": (4096, 8192)}  # the fastest depends on the caches
TRIES = 5
SECONDS = 10.0  # per number format; if bf16 is emulated, one product can take as long


def product_rate(dtype: torch.dtype, device: str, sides: tuple[int, ...] | None = None) -> float:
    """The best rate of a square matrix product in FLOP/s; a multiplication and an addition count as two."""
    best, end = 0.0, time.monotonic() + SECONDS
    for side in sides or SIDES[device]:
        first, second = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        for attempt in range(1 + TRIES):
            if best and time.monotonic() > end:
                return best
            _, seconds = timed(lambda first=first, second=second: first @ second)  # type: ignore[misc]
            if attempt > 0 or seconds > SECONDS / 10:  # the first is a warm-up, whose cost is small in a long product
                best = max(best, 2 * side**3 / seconds)
    return best


def product_rates(device: str) -> dict[str, float]:
    """FLOP/s by number format, as `Runtime.describe` names them."""
    formats = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    if device == "cuda":  # on a CPU Likeness does not use it
        formats["float16"] = torch.float16
    return {name: product_rate(dtype, device) for name, dtype in formats.items()}


def flops(network: Any, *arguments: Any, **named: Any) -> int:
    """Floating-point operations of a network for these arguments; a multiplication and an addition count as two."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(*arguments, **named)
    return int(counter.get_total_flops())
