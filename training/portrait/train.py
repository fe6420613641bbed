"""Trains `portrait-face`: ``python -m training.portrait.train --faces ../shared/faces``.

Every 500 steps it writes a checkpoint, from which the same command goes on after an interruption, a sheet of portraits
that training never sees (worn, restored, sharp), and prints their losses. The file that it makes has the average of the
weights at the step where those losses were lowest, or at the last step once the discriminator has joined.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.models.catalogue.weights import EMBEDDED_DIR
from training.portrait.judges import CompactFeatures, Discriminator, Recogniser, augmented, relative
from training.portrait.network import SIDE, PortraitNetwork
from training.portrait.portraits import Portrait, read_portraits
from training.portrait.samples import batch
from training.students import State, write
from training.wheels import cache_folder

FILE = "portrait-face.safetensors"
CHECK_EVERY = 500  # steps
PATCH = 96  # pixels, of the piece that compact-x4's features are compared in


@dataclass(frozen=True)
class Plan:
    """The recipe. The discriminator joins at the step `adversarial_from`, as a share of all steps."""

    steps: int = 12_000
    size: int = 8
    rate: float = 6e-4
    end: float = 0.02
    warm_up: int = 200
    decay: float = 0.999
    seed: int = 1
    adversarial_from: float = 0.55
    adversarial: float = 0.02
    features: float = 0.5
    identity: float = 1.0
    colour: float = 0.05

    def rate_at(self, step: int) -> float:
        """The learning rate: warm-up, then a cosine down to `rate · end`."""
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        return self.rate * min(1.0, (step + 1) / self.warm_up) * (self.end + (1 - self.end) * fall)


@dataclass
class Training:
    """Everything that changes, for the checkpoint."""

    network: PortraitNetwork
    discriminator: Discriminator
    optimiser: torch.optim.Optimizer
    opponent: torch.optim.Optimizer
    average: State
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def save(self, file: Path) -> None:
        """Write a checkpoint, to a temporary file that is then renamed."""
        part = file.with_suffix(".part")
        parts = ("network", "discriminator", "optimiser", "opponent")
        state = {name: getattr(self, name).state_dict() for name in parts}
        torch.save(state | {"average": self.average, "step": self.step, "history": self.history}, part)
        part.replace(file)

    def load(self, file: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(file, weights_only=True)
        for name in ("network", "discriminator", "optimiser", "opponent"):
            getattr(self, name).load_state_dict(state[name])
        self.average, self.step, self.history = state["average"], state["step"], state["history"]


class Losses:
    """The parts of the loss that compare restored with sharp crops, all (N, 3, 192, 192) in [0, 1]."""

    def __init__(self, compiled: bool = True) -> None:
        self.recogniser = prepared(Recogniser(), compiled)
        self.compact = prepared(CompactFeatures(), compiled)

    def __call__(self, restored: Tensor, sharp: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Scalars by name."""
        difference = restored - sharp
        # Logarithms, because a face that is hardly worn must count as much as one that cannot be restored: with mean
        # errors the latter, which nothing can be learned from, drown the others.
        parts = {
            "pixels": (difference.square().mean((1, 2, 3)) + 1e-6).log().mean() / 2,
            "edges": sum((difference.diff(dim=axis).square().mean((1, 2, 3)) + 1e-6).log().mean() for axis in (2, 3))
            / 4,
            "colour": difference.mean((2, 3)).abs().mean() * 255,
        }
        shift = torch.randn(2, generator=generator) * 1.5
        y, x = (int(value) for value in torch.randint(0, SIDE - PATCH + 1, (2,), generator=generator))
        y, x = y // 2 + (SIDE - PATCH) // 4, x // 2 + (SIDE - PATCH) // 4  # near the middle, where the face is
        patch = (..., slice(y, y + PATCH), slice(x, x + PATCH))
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                wanted, wanted_features = self.recogniser(sharp, shift)
                wanted_compact = self.compact(sharp[patch].contiguous(memory_format=torch.channels_last))
            found, found_features = self.recogniser(restored, shift)
            found_compact = self.compact(restored[patch].contiguous(memory_format=torch.channels_last))
        parts["identity"] = 1 - (found * wanted).sum(1).mean()
        parts["features"] = relative(found_features, wanted_features) + relative(found_compact, wanted_compact)
        return parts


def prepared(network: nn.Module, compiled: bool) -> Any:
    """The network in the memory format that is fastest, compiled if wanted: half the time, after a minute."""
    network.to(memory_format=torch.channels_last)
    return torch.compile(network) if compiled else network


def total(parts: dict[str, Tensor], plan: Plan) -> Tensor:
    """The weighted sum of the parts, without the adversarial one."""
    return (
        parts["pixels"]
        + 0.5 * parts["edges"]
        + plan.features * parts["features"]
        + plan.identity * parts["identity"]
        + plan.colour * parts["colour"]
    )


def new_training(plan: Plan) -> Training:
    """Networks with their initial weights, and their optimisers."""
    torch.manual_seed(plan.seed)
    network = PortraitNetwork().to(memory_format=torch.channels_last)
    with torch.no_grad():
        network.last.weight.mul_(0.1)  # so that it begins with hardly any change
    discriminator = Discriminator().to(memory_format=torch.channels_last)
    return Training(
        network,
        discriminator,
        torch.optim.AdamW(network.parameters(), plan.rate, betas=(0.9, 0.99), weight_decay=1e-4),
        torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.5, 0.99)),
        {key: value.detach().clone() for key, value in network.state_dict().items()},
    )


def batches(portraits: list[Portrait], plan: Plan, start: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The batches from step `start` on; a thread makes the next ones."""
    with ThreadPoolExecutor(1) as worker:
        ahead = [worker.submit(batch, portraits, plan.seed, start + k, plan.size) for k in range(2)]
        for step in range(start, plan.steps):
            ahead.append(worker.submit(batch, portraits, plan.seed, step + 2, plan.size))
            worn, sharp, native = ahead.pop(0).result()
            form = torch.channels_last
            yield worn.contiguous(memory_format=form), sharp.contiguous(memory_format=form), native


def train(
    training: Training,
    plan: Plan,
    portraits: list[Portrait],
    kept_back: list[Portrait],
    folder: Path,
    compiled: bool = True,
    after: Callable[[int], None] = lambda step: None,
) -> None:
    """Train to the plan's last step; checkpoints, sheets and weights go into `folder`.

    `after` is called with the number of each step that is done.
    """
    losses = Losses(compiled)
    forward, judge = prepared(training.network, compiled), prepared(training.discriminator, compiled)
    fixed = [batch(kept_back, 10_000, index, 8) for index in range(8)]
    began = time.monotonic()
    sums: dict[str, float] = {}
    for worn, sharp, native in batches(portraits, plan, training.step):
        generator = torch.Generator().manual_seed(plan.seed * 1_000_003 + training.step)
        for group in training.optimiser.param_groups:
            group["lr"] = plan.rate_at(training.step)
        training.optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16):
            change = forward(worn, native)
        restored = worn + change.float()
        parts = losses(restored, sharp, generator)
        value = total(parts, plan)
        if training.step >= plan.adversarial_from * plan.steps:
            training.discriminator.requires_grad_(False)
            with torch.autocast("cpu", torch.bfloat16):
                parts["adversarial"] = -judge(augmented(restored, generator)).float().mean()
            value = value + plan.adversarial * parts["adversarial"]
            training.discriminator.requires_grad_(True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(training.network.parameters(), 1.0)
        training.optimiser.step()
        if training.step >= (plan.adversarial_from - 0.03) * plan.steps:  # it learns some steps ahead
            parts["opponent"] = _opposed(training, judge, restored.detach(), sharp, generator)
        training.step += 1
        momentum = min(plan.decay, training.step / (10 + training.step))
        with torch.no_grad():
            for key, tensor in training.network.state_dict().items():
                training.average[key].lerp_(tensor, 1 - momentum)
        for key, part in parts.items():
            sums[key] = sums.get(key, 0.0) + float(part.detach()) / 100
        if training.step % 100 == 0:
            said = " ".join(f"{key} {mean:.4f}" for key, mean in sums.items())
            print(f"{training.step}/{plan.steps} {said} {time.monotonic() - began:.0f} s", flush=True)
            sums = {}
        if training.step % CHECK_EVERY == 0 or training.step == plan.steps:
            _check(training, plan, losses, fixed, folder)
        after(training.step)


def _opposed(
    training: Training, judge: nn.Module, restored: Tensor, sharp: Tensor, generator: torch.Generator
) -> Tensor:
    """One step of the discriminator, with the hinge loss."""
    training.opponent.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        real = judge(augmented(sharp, generator)).float()
        made = judge(augmented(restored, generator)).float()
    value = functional.relu(1 - real).mean() + functional.relu(1 + made).mean()
    value.backward()  # type: ignore[no-untyped-call]
    training.opponent.step()
    return value


def _check(
    training: Training, plan: Plan, losses: Losses, fixed: list[tuple[Tensor, Tensor, Tensor]], folder: Path
) -> None:
    """Losses on the portraits kept back, a sheet, a checkpoint, and the shipped weights if none were better."""
    network = PortraitNetwork().to(memory_format=torch.channels_last)
    network.load_state_dict(training.average)
    sums: dict[str, float] = {}
    rows = []
    for worn, sharp, native in fixed:
        with torch.no_grad():
            restored = worn + network(worn, native)
            parts = losses(restored, sharp, torch.Generator().manual_seed(0))
        parts["all"] = total(parts, plan)
        for key, part in parts.items():
            sums[key] = sums.get(key, 0.0) + float(part) / len(fixed)
        rows.append(torch.cat([worn, restored.clamp(0, 1), sharp], dim=2).permute(0, 2, 3, 1).numpy())
    best = min((entry["all"] for entry in training.history), default=math.inf)
    training.history.append(sums | {"step": float(training.step)})
    print("kept back: " + " ".join(f"{key} {mean:.4f}" for key, mean in sums.items()), flush=True)
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in rows[:3]], axis=0)
    cv2.imwrite(str(folder / f"sheet-{training.step:06}.jpg"), (sheet[:, :, ::-1] * 255).clip(0, 255).round())
    training.save(folder / "checkpoint.pt")
    adversarial = training.step >= plan.adversarial_from * plan.steps
    if sums["all"] < best or adversarial:
        write({key: value.to(torch.float16).contiguous() for key, value in training.average.items()}, folder / FILE)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="folder of portraits (JPEG), one person each")
    parser.add_argument("--output", type=Path, default=EMBEDDED_DIR, help="folder for the weights")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="steps of the training")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    plan = Plan(steps=arguments.steps)
    folder = cache_folder() / f"portrait-{plan.steps}"
    folder.mkdir(parents=True, exist_ok=True)
    portraits, kept_back = read_portraits(arguments.faces)
    training = new_training(plan)
    if (folder / "checkpoint.pt").exists():
        training.load(folder / "checkpoint.pt")
    train(training, plan, portraits, kept_back, folder)
    (arguments.output / FILE).write_bytes((folder / FILE).read_bytes())


if __name__ == "__main__":
    main()
