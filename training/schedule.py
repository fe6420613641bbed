"""One training run of a network: AdamW, warm-up and cosine schedule, exponential moving average of the weights."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from training.batches import batch, prefetched
from training.loss import loss
from training.measures import enlarge
from training.pairs import Pairs
from training.students import State, hidden_filters


@dataclass(frozen=True)
class Cycle:
    """One cycle of the learning rate: warm-up to `rate`, then cosine decay to `rate · end`."""

    steps: int
    rate: float
    end: float = 0.01
    colour_weight: float = 0.0
    rounded: bool = False  # train with the hidden filters rounded to float8
    warm_up: int = 150
    size: int = 8  # patches per step
    side: int = 64  # of a patch, in input pixels
    half_weight: float = 0.5  # of the error at ×2
    decay: float = 0.998  # of the moving average

    def rate_at(self, step: int) -> float:
        """The learning rate at this step."""
        return self.rate * rise_and_fall(step, self.steps, self.warm_up, self.end)


def run(network: nn.Module, data: Pairs, cycle: Cycle, seed: int, compiled: bool = True) -> State:
    """Train ``network`` in place and print the progress. Returns the averaged weights."""
    rng = np.random.default_rng(seed)
    batches = prefetched(lambda: batch(data, rng, cycle.size, cycle.side), cycle.steps)
    network.to(memory_format=torch.channels_last).train()
    forward = torch.compile(enlarge) if compiled else enlarge
    average = {key: value.detach().clone() for key, value in network.state_dict().items()}
    float8_names = hidden_filters(average) if cycle.rounded else set()
    filters = [parameter for key, parameter in network.named_parameters() if key in float8_names]
    optimiser = torch.optim.AdamW(network.parameters(), cycle.rate, betas=(0.9, 0.99), weight_decay=1e-5)
    began, total = time.monotonic(), 0.0
    for step, (low, high) in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = cycle.rate_at(step)
        optimiser.zero_grad(set_to_none=True)
        with rounded(filters):
            with torch.autocast("cpu", torch.bfloat16):
                output = forward(network, low)
            value = loss(output, high, low, cycle.half_weight, cycle.colour_weight)
            value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 100.0)
        optimiser.step()
        follow(average, network, step, cycle.decay)
        total += float(value.detach())
        if (step + 1) % 200 == 0:
            print(f"step {step + 1}/{cycle.steps} loss {total / 200:.3f} {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0
    return average


def rise_and_fall(step: int, steps: int, warm_up: int, end: float) -> float:
    """The learning rate at this step over the highest: it rises during `warm_up`, and falls as a cosine to `end`."""
    rise = min(1.0, (step + 1) / warm_up)
    fall = 0.5 * (1 + math.cos(math.pi * step / steps))
    return rise * (end + (1 - end) * fall)


def follow(average: State, network: nn.Module, step: int, decay: float) -> None:
    """Move the average of the weights towards the network's, in place; faster in the first steps than by `decay`."""
    momentum = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for key, tensor in network.state_dict().items():
            average[key].lerp_(tensor, 1 - momentum)


@contextmanager
def rounded(filters: Sequence[Tensor]) -> Iterator[None]:
    """Within the block the filters are rounded to float8, as they are stored; afterwards they are restored.

    The optimiser then applies the gradient of the rounded filters to the exact ones: the straight-through estimator
    (Bengio, Leonard and Courville, "Estimating or propagating gradients through stochastic neurons", 2013).
    """
    exact = [values.detach().clone() for values in filters]
    with torch.no_grad():
        for values in filters:
            values.copy_(values.to(torch.float8_e4m3fn).to(values.dtype))
    try:
        yield
    finally:
        with torch.no_grad():
            for values, kept in zip(filters, exact, strict=True):
                values.copy_(kept)
