"""The portraits: pictures of one person each with landmarks, divided into those of the training and those kept back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.models.runtime.runtime import choose_runtime
from pipeline.types import FloatArray
from training.recogniser import embedded_detector, portraits

Bytes = npt.NDArray[np.uint8]

KEPT_BACK = 60
EVERY = 13  # every 13th portrait in alphabetical order is kept back, until there are 60


@dataclass(frozen=True)
class Portrait:
    """A picture (H, W, 3) uint8 RGB of one person, and the landmarks (5, 2) of the face in its pixels."""

    name: str
    picture: Bytes
    landmarks: FloatArray


def read_portraits(folder: Path) -> tuple[list[Portrait], list[Portrait]]:
    """(portraits for training, portraits that training never sees), from the JPEG files of a folder.

    Prints and skips portraits in which no face is found. Raises ``ValueError`` for a folder of fewer than 780.
    """
    found = []
    for name, picture, landmarks in portraits(folder, embedded_detector(choose_runtime("cpu", "fp32"))):
        if landmarks is None:
            print(f"{name}: no face found")
        else:
            found.append(Portrait(name, (picture * 255).round().astype(np.uint8), landmarks))
    if len(found) < KEPT_BACK * EVERY:
        raise ValueError(f"{folder} has {len(found)} portraits with a face; {KEPT_BACK * EVERY} are needed")
    kept_back = found[EVERY - 1 :: EVERY][:KEPT_BACK]
    names = {portrait.name for portrait in kept_back}
    return [portrait for portrait in found if portrait.name not in names], kept_back
