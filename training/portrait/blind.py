"""A blind comparison of two restorers: ``python -m training.portrait.blind --faces ../shared/faces --output FOLDER``.

Writes sheets of worn portraits that training never saw. A row has the worn face, two results A and B in a random order,
and the sharp portrait. ``key.csv`` says which restorer is A and which is B: read it after you have judged.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from training.measures import resized
from training.portrait.evaluation import NATIVE_SIZES, embedded, sharp_crop, worn_crop
from training.portrait.portraits import read_portraits
from training.portrait.wear import GRADES

ROWS, TILE = 5, 256  # of a sheet; pixels
COMPARED = ("portrait-face", "compact-face")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="folder of portraits (JPEG), one person each")
    parser.add_argument("--output", type=Path, required=True, help="folder for the sheets and the key")
    parser.add_argument("--pairs", type=int, default=30, help="faces, each restored in two ways")
    parser.add_argument("--seed", type=int, default=1, help="of the random choice of faces and wear")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(arguments.seed)
    _, kept_back = read_portraits(arguments.faces)
    restorers, _ = embedded()
    rows, key = [], [("pair", "A", "B", "native size", "grade")]
    for pair, index in enumerate(rng.permutation(len(kept_back))[: arguments.pairs], start=1):
        native, grade = int(rng.choice(NATIVE_SIZES)), str(rng.choice(list(GRADES)))
        names = [str(name) for name in rng.permutation(COMPARED)]
        crop = worn_crop(kept_back[index], native, GRADES[grade], int(index))
        tiles = [crop.image, *(restorers[name](crop) for name in names), sharp_crop(kept_back[index])]
        rows.append(np.concatenate([resized(tile, TILE, TILE) for tile in tiles], axis=1))
        key.append((str(pair), *names, str(native), grade))
    for first in range(0, len(rows), ROWS):
        sheet = np.concatenate(rows[first : first + ROWS])
        file = arguments.output / f"pairs-{first + 1:02}-{first + len(sheet) // TILE:02}.png"
        cv2.imwrite(str(file), (sheet[:, :, ::-1] * 255).round().astype(np.uint8))
    with (arguments.output / "key.csv").open("w", newline="") as file:
        csv.writer(file).writerows(key)


if __name__ == "__main__":
    main()
