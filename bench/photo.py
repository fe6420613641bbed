"""The benchmark's photos, made from scikit-image's portrait, with the faces in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import skimage.data

from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.types import Crop, Face, Image

Pixels = npt.NDArray[np.uint8]

SIDE = 512  # pixels of the portrait, both ways
HEAD = (130, 0, 220)  # left, top and side of the square around its head

# The face that RetinaFace finds in the portrait, in pixels: (x0, y0, x1, y1), and five (x, y).
BOX = (178.1, 55.5, 271.9, 177.9)
LANDMARKS = ((202.7, 101.0), (248.4, 102.3), (225.6, 130.2), (202.5, 140.0), (247.0, 141.1))


@dataclass(frozen=True)
class Sample:
    """A photo, (H, W, 3) RGB uint8, and its faces in its own pixels."""

    pixels: Pixels
    faces: tuple[Face, ...]

    def save(self, path: Path) -> Path:
        """Write the photo as PNG to `path`, and return the path."""
        cv2.imwrite(str(path), self.pixels[..., ::-1])
        return path


def portrait(side: int = SIDE) -> Sample:
    """The portrait, `side` pixels each way."""
    return Sample(_resampled(skimage.data.astronaut(), side), (moved(_face(), side / SIDE),))


def mosaic(side: int = 1000, columns: int = 4) -> Sample:
    """A square of `side` pixels with the portrait's head in `columns` columns and as many rows."""
    left, top, size = HEAD
    cell = side // columns
    head = _resampled(skimage.data.astronaut()[top : top + size, left : left + size], cell)
    face = moved(_face((-left, -top)), cell / size)
    places = [(float(x * cell), float(y * cell)) for y in range(columns) for x in range(columns)]
    return Sample(np.tile(head, (columns, columns, 1)), tuple(moved(face, 1.0, place) for place in places))


def image(side: int) -> Image:
    """The portrait as the networks' adapters take it: (side, side, 3) RGB float32 in [0, 1]."""
    return _floats(portrait(side).pixels)


def crop() -> Crop:
    """The portrait's face, aligned."""
    sample = portrait()
    (found,) = align(_floats(sample.pixels), sample.faces, Run())
    if found is None:
        raise RuntimeError("the portrait's face cannot be aligned")
    return found


def moved(face: Face, factor: float, shift: tuple[float, float] = (0.0, 0.0)) -> Face:
    """The face after the picture is scaled by `factor`, by pixel areas as in OpenCV, and shifted by (x, y) pixels."""
    offset = np.array(shift, dtype=np.float32) + np.float32((factor - 1) / 2)
    points = [points.reshape(-1, 2) * np.float32(factor) + offset for points in (face.box, face.landmarks)]
    return Face(points[0].reshape(4).astype(np.float32), points[1].astype(np.float32), face.score)


def to_json(faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Faces as JSON arguments of a worker's command; scores are left out."""
    return [{"box": face.box.tolist(), "landmarks": face.landmarks.tolist()} for face in faces]


def from_json(faces: Sequence[dict[str, Any]]) -> list[Face]:
    """The reverse of `to_json`; every score is 1."""
    arrays = [[np.array(face[key], dtype=np.float32) for key in ("box", "landmarks")] for face in faces]
    return [Face(box, landmarks, 1.0) for box, landmarks in arrays]


def _face(shift: tuple[float, float] = (0.0, 0.0)) -> Face:
    return moved(Face(np.array(BOX, np.float32), np.array(LANDMARKS, np.float32), 1.0), 1.0, shift)


def _resampled(pixels: Pixels, side: int) -> Pixels:
    if side == pixels.shape[0]:
        return pixels
    method = cv2.INTER_AREA if side < pixels.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=method), dtype=np.uint8)


def _floats(pixels: Pixels) -> Image:
    return np.ascontiguousarray(pixels, dtype=np.float32) / np.float32(255)
