"""Detection: the faces of a photo, found on a bounded copy of it, and what is asked for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import UnknownFace
from pipeline.geometry import bounded_size, resize, turned_back
from pipeline.models.roles import Detector
from pipeline.options import EnhanceOptions, FaceChoice
from pipeline.run import Run
from pipeline.types import Face, FloatArray, Image, Notice, Wish

# Quarter turns, counter-clockwise, in which a photo without a face is looked at again.
TURNS = (1, 3, 2)


def detect(image: Image, detector: Detector, run: Run) -> list[Face]:
    """Faces of `image` (H, W, 3) in its own pixels, left to right, their boxes cut at the photo's border.

    The detector sees a copy whose long side is at most `detector.max_side`: on a large photo more pixels cost
    much and find nothing new. Where it finds no face, it looks again with the photo on its sides and on its head; what
    is found so is told to the run as the notice `photo_turned`.
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
    """Faces that are found with the image turned by 90, 270 or 180 degrees, in pixels of the image as it is.

    Of several turns the one counts whose faces have the highest scores together: it has them most upright.
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
    """A face of a turned image, where it lies in the image (`height`, `width`) before these quarter turns."""
    corners, landmarks = (
        turned_back(points, quarters, width - 1, height - 1) for points in (face.box.reshape(2, 2), face.landmarks)
    )
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return replace(face, box=box, landmarks=landmarks)


def select(faces: Sequence[Face], choice: FaceChoice, width: int, height: int) -> list[bool]:
    """For each face, whether it is among the chosen: all, the largest, or the one nearest the centre."""
    if not faces or choice == "all":
        return [True] * len(faces)
    if choice == "largest":
        scores = [_area(face.box) for face in faces]
    else:
        middle = np.array([width, height], dtype=np.float32) / 2
        scores = [-float(np.linalg.norm((face.box[:2] + face.box[2:]) / 2 - middle)) for face in faces]
    best = int(np.argmax(scores))
    return [index == best for index in range(len(faces))]


def wishes(faces: Sequence[Face], options: EnhanceOptions, width: int, height: int) -> list[Wish]:
    """What `options` ask for each face of a photo of this size: its override, else `strength` if it is chosen.

    Raises `UnknownFace` for an override of a face that is not there.
    """
    overrides = dict(options.face_overrides)
    for index in overrides:
        if index not in range(len(faces)):
            raise UnknownFace(f"face_overrides names face {index}; this photo has {_count(faces)}.")
    asked = []
    for index, is_chosen in enumerate(select(faces, options.faces, width, height)):
        if index in overrides:
            asked.append(_wish(overrides[index], "Left as it was, as asked for this face: upscaled only."))
        elif is_chosen:
            asked.append(_wish(options.strength, "Strength 0: upscaled only."))
        else:
            asked.append(Wish(0.0, "Not among the faces that were asked for."))
    return asked


def _wish(strength: float, reason_of_zero: str) -> Wish:
    return Wish(strength) if strength > 0 else Wish(0.0, reason_of_zero)


def _count(faces: Sequence[Face]) -> str:
    if len(faces) > 1:
        return f"{len(faces)} faces, 0 to {len(faces) - 1}"
    return "one face, 0" if faces else "no face"


def _area(box: FloatArray) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _inside(face: Face, width: int, height: int) -> Face:
    """The face with a box that ends where the photo does; landmarks may lie outside."""
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
