"""Makes compact-x4 and compact-x2: pairs, pruning, fine-tuning, derivation of ×2, weights, tables.

``python -m training.train --teacher ../shared/weights/realesr-general-x4v3.pth``

The pairs stay in the cache folder, so a second run with the same recipe starts with the pruning.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from training.evaluation import EMBEDDED, report
from training.pairs import Recipe, pairs, to_tensor
from training.pruning import pruned
from training.schedule import Cycle, run
from training.students import half_scale, load, save, student
from training.wheels import cache_folder

FEATURES, HIDDEN = 64, 20
FITTING_TILES = 24  # for the least squares of the pruning: 393,000 positions for 577 unknowns

# First only the error to the teacher, then also the mean colour, last with filters rounded to their stored format.
CYCLES = (
    Cycle(steps=2300, rate=3.5e-4, end=0.76),
    Cycle(steps=5900, rate=2.6e-4, end=0.16, colour_weight=2.0),
    Cycle(steps=3000, rate=8e-5, end=0.01, colour_weight=2.0, rounded=True),
)


def train(teacher_file: Path, folder: Path, output: Path) -> None:
    """Train compact-x4, derive compact-x2, and write both into ``output``. Pairs are cached in ``folder``."""
    torch.manual_seed(0)
    teacher = load(teacher_file)[0].to(memory_format=torch.channels_last)
    data = pairs(Recipe(), teacher, folder / "pairs")
    chosen = np.sort(np.random.default_rng(0).choice(len(data.inputs), FITTING_TILES, replace=False))
    state = pruned(teacher.state_dict(), HIDDEN, to_tensor(data.inputs[chosen]))
    network = student(FEATURES, HIDDEN, 4)
    for seed, cycle in enumerate(CYCLES, start=1):
        network.load_state_dict(state)
        state = run(network, data, cycle, seed)
    save(state, output / "compact-x4.safetensors")
    save(half_scale(state), output / "compact-x2.safetensors")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True, help="realesr-general-x4v3.pth")
    parser.add_argument("--output", type=Path, default=EMBEDDED, help="folder for the weights")
    arguments = parser.parse_args()
    train(arguments.teacher, cache_folder(), arguments.output)
    students = {scale: load(arguments.output / f"compact-x{scale}.safetensors")[0] for scale in (2, 4)}
    for block in report(load(arguments.teacher)[0], students, half=True):
        print(f"{block}\n", flush=True)


if __name__ == "__main__":
    main()
