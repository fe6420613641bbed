"""The one command: pairs, pruning, fine-tuning, derivation of ×2, weights, tables.

``python -m training.train --teacher ../shared/weights/realesr-general-x4v3.pth``

The pairs are kept in the cache folder; a second run of the same recipe starts with the pruning at once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from training.evaluation import EMBEDDED, report
from training.pairs import Recipe, pairs, to_tensor
from training.photos import cache_folder
from training.pruning import pruned
from training.schedule import Cycle, run
from training.students import half_scale, load, save, student

FEATURES, HIDDEN = 64, 20
FITTING_TILES = 24  # for the least squares of the pruning: 393,000 positions for 577 unknowns

# First towards the teacher alone, then keeping the mean colour, last with the filters rounded as they are stored.
CYCLES = (
    Cycle(steps=2300, rate=3.5e-4, end=0.76),
    Cycle(steps=5900, rate=2.6e-4, end=0.16, colour_weight=2.0),
    Cycle(steps=3000, rate=8e-5, end=0.01, colour_weight=2.0, rounded=True),
)


def train(teacher_file: Path, folder: Path, output: Path) -> None:
    """Everything but the tables: writes compact-x4 and, derived from it, compact-x2 into ``output``."""
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
    """The command line."""
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
