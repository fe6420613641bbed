"""The pictures in ``training/README.md``: input, plain enlargement, student and teacher side by side.

``python -m training.pictures --teacher ../shared/weights/realesr-general-x4v3.pth``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from torch import nn

from training.degradation import FIXED, degrade
from training.evaluation import EMBEDDED
from training.faces import held_out_faces, restored
from training.measures import resized, upscaled
from training.photos import HELD_OUT, Image, held_out_photo
from training.students import load

FOLDER = Path(__file__).with_name("pictures")
# By photo: (left, top, side) of the square that is shown ×4, in pixels of the photo at half its size.
TEXTURES = {"chelsea": (90, 30, 80)}
SHOWN = 320  # side of each panel


def strip(panels: list[Image]) -> Image:
    """Panels of the same height side by side, with 6 white pixels between them."""
    gap = np.ones((panels[0].shape[0], 6, 3), np.float32)
    return np.concatenate([piece for panel in panels for piece in (panel, gap)][:-1], 1)


def texture(name: str, student: nn.Module, teacher: nn.Module) -> Image:
    """Input (repeated pixels) | bicubic | student ×4 | teacher, for a part of a degraded held-out photo."""
    photo = next(held_out_photo(entry) for entry in HELD_OUT if entry.name == name)
    small = resized(photo, photo.shape[0] // 2, photo.shape[1] // 2)
    source = degrade(small, FIXED["degraded"], np.random.default_rng(0))
    left, top, side = TEXTURES[name]
    piece = np.ascontiguousarray(source[top : top + side, left : left + side])
    pixels = piece.repeat(SHOWN // side, 0).repeat(SHOWN // side, 1)
    return strip([pixels, resized(piece, SHOWN, SHOWN), upscaled(student, piece, True), upscaled(teacher, piece, True)])


def face(name: str, native: int, student: nn.Module, teacher: nn.Module) -> Image:
    """Warped crop | student | teacher, for a degraded held-out face at this native size."""
    crop = next(crop for crop in held_out_faces(native, FIXED["degraded"]) if crop.name == name)
    outputs = [restored(crop, lambda image, net=net: upscaled(net, image, True)) for net in (student, teacher)]  # type: ignore[misc]
    return strip([resized(panel, SHOWN, SHOWN) for panel in (crop.image, *outputs)])


def write(image: Image, file: Path) -> None:
    """Write the picture as JPEG, quality 88. Raises ``OSError`` if that fails."""
    bgr = np.ascontiguousarray((image[:, :, ::-1] * 255).round().clip(0, 255).astype(np.uint8))
    file.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(file), bgr, [cv2.IMWRITE_JPEG_QUALITY, 88]):
        raise OSError(f"could not write {file}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True, help="realesr-general-x4v3.pth")
    parser.add_argument("--weights", type=Path, default=EMBEDDED, help="folder of the students")
    arguments = parser.parse_args()
    teacher, student = load(arguments.teacher)[0], load(arguments.weights / "compact-x4.safetensors")[0]
    for name in TEXTURES:
        write(texture(name, student, teacher), FOLDER / f"texture-{name}.jpg")
    for name, native in (("astronaut", 128), ("grace_hopper", 64)):
        write(face(name, native, student, teacher), FOLDER / f"face-{name.replace(' ', '-')}-{native}.jpg")


if __name__ == "__main__":
    main()
