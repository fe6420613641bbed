"""Trains `portrait-face`: ``python -m training.portrait.train --faces ../shared/faces``.

Every 500 steps it writes a checkpoint, from which the same command goes on after an interruption, a sheet of portraits
that training never sees (worn, restored, sharp), and prints their losses. The file that it makes has the average of the
weights at the step where those losses were lowest, or at the last step once the discriminator has joined.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.restorers.portrait_network import PortraitNetwork
from training.batches import prefetched
from training.portrait.judges import Discriminator, augmented
from training.portrait.loss import Losses, Weights, prepared, total
from training.portrait.portraits import Portrait, read_portraits
from training.portrait.samples import batch
from training.schedule import follow, rise_and_fall
from training.students import State, write
from training.wheels import cache_folder

FILE = "portrait-face.safetensors"
SAY_EVERY, CHECK_EVERY = 100, 500  # steps


@dataclass(frozen=True)
class Plan:
    """The recipe. The judges join at the step `judged_from`, the discriminator at `adversarial_from` (shares of all).

    The steps before the judges take a third of the time of those after.
    """

    steps: int = 14_000
    size: int = 8
    rate: float = 6e-4
    end: float = 0.02
    warm_up: int = 200
    decay: float = 0.999
    seed: int = 1
    judged_from: float = 0.35
    judge_every: int = 2  # the judges see one of so many crops, which halves their time
    adversarial_from: float = 0.65
    adversarial: float = 0.02
    weights: Weights = field(default_factory=Weights)

    def rate_at(self, step: int) -> float:
        """The learning rate: warm-up, then a cosine down to `rate · end`."""
        return self.rate * rise_and_fall(step, self.steps, self.warm_up, self.end)


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
    """The batches from step `start` on, channels last."""
    steps = iter(range(start, plan.steps))
    made = prefetched(lambda: batch(portraits, plan.seed, next(steps), plan.size), plan.steps - start)
    for worn, sharp, native in made:
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
    # As many at once as the judges see in a step, so that they are compiled for one size.
    count = max(1, plan.size // plan.judge_every)
    fixed = [batch(kept_back, 10_000, index, count) for index in range(64 // count)]
    began = time.monotonic()
    latest: list[dict[str, Tensor]] = []
    for worn, sharp, native in batches(portraits, plan, training.step):
        generator = torch.Generator().manual_seed(plan.seed * 1_000_003 + training.step)
        for group in training.optimiser.param_groups:
            group["lr"] = plan.rate_at(training.step)
        training.optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16):
            change = forward(worn, native)
        restored = worn + change.float()
        judged = training.step >= plan.judged_from * plan.steps
        parts = losses(restored, sharp, generator, plan.judge_every if judged else 0)
        value = total(parts, plan.weights)
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
        follow(training.average, training.network, training.step, plan.decay)
        training.step += 1
        latest.append({name: part.detach() for name, part in parts.items()})
        if training.step % SAY_EVERY == 0:
            print(f"{training.step}/{plan.steps} {said(means(latest))} {time.monotonic() - began:.0f} s", flush=True)
            latest = []
        if training.step % CHECK_EVERY == 0 or training.step == plan.steps:
            _check(training, plan, losses, fixed, folder)
        after(training.step)


def means(found: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
    """The mean of each part of the loss over several batches, of those batches that have it."""
    names = dict.fromkeys(name for parts in found for name in parts)
    return {name: float(np.mean([float(parts[name]) for parts in found if name in parts])) for name in names}


def said(losses: Mapping[str, float]) -> str:
    """The losses on one line."""
    return " ".join(f"{name} {value:.4f}" for name, value in losses.items())


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
    found, rows = [], []
    for worn, sharp, native in fixed:
        with torch.no_grad():
            restored = worn + network(worn, native)
            parts = losses(restored, sharp, torch.Generator().manual_seed(0))
        found.append(parts | {"all": total(parts, plan.weights)})
        rows.append(torch.cat([worn, restored.clamp(0, 1), sharp], dim=2).permute(0, 2, 3, 1).numpy())
    best = min((entry["all"] for entry in training.history), default=math.inf)
    present = means(found)
    training.history.append(present | {"step": float(training.step)})
    print(f"kept back: {said(present)}", flush=True)
    columns = np.concatenate(rows)[:24]
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in np.split(columns, len(columns) // 8)], axis=0)
    cv2.imwrite(str(folder / f"sheet-{training.step:06}.jpg"), (sheet[:, :, ::-1] * 255).clip(0, 255).round())
    training.save(folder / "checkpoint.pt")
    adversarial = training.step >= plan.adversarial_from * plan.steps
    if present["all"] < best or adversarial:
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
    # Another recipe must not go on from this one's checkpoint.
    folder = cache_folder() / f"portrait-{hashlib.sha256(repr(plan).encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    portraits, kept_back = read_portraits(arguments.faces)
    training = new_training(plan)
    if (folder / "checkpoint.pt").exists():
        training.load(folder / "checkpoint.pt")
    train(training, plan, portraits, kept_back, folder)
    (arguments.output / FILE).write_bytes((folder / FILE).read_bytes())


if __name__ == "__main__":
    main()
