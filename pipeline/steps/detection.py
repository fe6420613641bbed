"""Detection: the faces of a photo, found on a copy of bounded size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.geometry import bounded_size, resize, turned_back
from pipeline.models.roles import Detector
from pipeline.run import Run
from pipeline.types import Face, Image, Notice

# Quarter turns, counter-clockwise, that are tried where the upright photo shows no face.
TURNS = (1, 3, 2)


def detect(image: Image, detector: Detector, run: Run) -> list[Face]:
    """Faces of `image` (H, W, 3) in its own pixels, left to right, their boxes cut at the photo's border.

    The detector sees a copy whose long side is at most `detector.max_side` pixels: more pixels of a large photo cost
    much and find no further faces. Where it finds no face, the photo is tried turned by 90, 270 and 180 degrees; faces
    that are found that way give the notice `photo_turned`. Raises whatever the detector raises.
    """
    height, width = image.shape[:2]
    size = bounded_size(width, height, detector.max_side)
    copy = resize(image, size)
    faces = detector.detect(copy, run.check) or _found_turned(copy, detector, run)
    run.progress(1, 1)
    factors = (width / size[0], height / size[1])
    found = [_inside(_enlarged(face, *factors), width, height) for face in faces]
    return sorted(found, key=lambda face: float(face.box[0]))


def _found_turned(image: Image, detector: Detector, run: Run) -> list[Face]:
    """Faces found with the image turned by 90, 270 or 180 degrees, in pixels of the image before the turn.

    If several turns show faces, the turn with the highest sum of scores is taken: in it the faces are most upright.
    """
    found: dict[int, list[Face]] = {}
    for done, quarters in enumerate(TURNS, start=1):
        run.progress(done, len(TURNS) + 1)
        found[quarters] = detector.detect(np.ascontiguousarray(np.rot90(image, quarters)), run.check)
    quarters = max(TURNS, key=lambda turn: sum(face.score for face in found[turn]))
    faces = found[quarters]
    if faces:
        how = {1: "turned to the left", 3: "turned to the right", 2: "on its head"}[quarters]
        message = f"Faces were found only with the photo {how}. The result was not turned."
        run.note(Notice("photo_turned", message))
    height, width = image.shape[:2]
    return [_turned_back(face, quarters, width, height) for face in faces]


def _turned_back(face: Face, quarters: int, width: int, height: int) -> Face:
    """A face of a turned image, in pixels of the image (`height`, `width`) before these `quarters` of a turn."""
    corners, landmarks = (
        turned_back(points, quarters, width - 1, height - 1) for points in (face.box.reshape(2, 2), face.landmarks)
    )
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return replace(face, box=box, landmarks=landmarks)


def _inside(face: Face, width: int, height: int) -> Face:
    """The face with its box cut at the photo's border; landmarks may lie outside."""
    limits = np.array([width, height, width, height], dtype=np.float32) - 1
    return replace(face, box=np.clip(face.box, 0, limits).astype(np.float32))


def _enlarged(face: Face, factor_x: float, factor_y: float) -> Face:
    factors = np.array([factor_x, factor_y], dtype=np.float32)
    shift = (factors - 1) / 2  # pixel areas, not pixel centres, stay in place
    return replace(
        face,
        box=(face.box.reshape(2, 2) * factors + shift).reshape(4).astype(np.float32),
        landmarks=(face.landmarks * factors + shift).astype(np.float32),
    )
