"""Detection: the faces of a photo, found on a copy of bounded size."""

from __future__ import annotations

import numpy as np

from pipeline.face_places import TURNS, enlarged, inside, left_to_right, turned_upright
from pipeline.geometry import bounded_size, resize
from pipeline.models.roles import Detector
from pipeline.run import Run
from pipeline.types import Face, Image, Notice


def detect(image: Image, detector: Detector, run: Run, parts: int = 1) -> list[Face]:
    """Faces of `image` (H, W, 3) in its own pixels, left to right, their boxes cut at the photo's border.

    The detector sees a copy whose long side is at most `detector.max_side` pixels: more pixels of a large photo cost
    much and find no further faces. Where it finds no face, the photo is tried turned by 90, 270 and 180 degrees; faces
    that are found that way give the notice `photo_turned`. This is the first of so many `parts` of the running stage.
    Raises whatever the detector raises.
    """
    height, width = image.shape[:2]
    size = bounded_size(width, height, detector.max_side)
    copy = resize(image, size, check=run.check)
    faces = detector.detect(copy, run.check) or _found_turned(copy, detector, run, parts)
    run.progress(1, parts)
    factors = (width / size[0], height / size[1])
    return left_to_right(inside(enlarged(face, *factors), width, height) for face in faces)


def _found_turned(image: Image, detector: Detector, run: Run, parts: int) -> list[Face]:
    """Faces found with the image turned by 90, 270 or 180 degrees, in pixels of the image before the turn.

    If several turns show faces, the turn with the highest sum of scores is taken: in it the faces are most upright.
    """
    found: dict[int, list[Face]] = {}
    for done, quarters in enumerate(TURNS, start=1):
        run.progress(done, (len(TURNS) + 1) * parts)
        found[quarters] = detector.detect(np.ascontiguousarray(np.rot90(image, quarters)), run.check)
    quarters = max(TURNS, key=lambda turn: sum(face.score for face in found[turn]))
    faces = found[quarters]
    if faces:
        how = {1: "turned to the left", 3: "turned to the right", 2: "on its head"}[quarters]
        message = f"Faces were found only with the photo {how}. The result was not turned."
        run.note(Notice("photo_turned", message))
    height, width = image.shape[:2]
    return [turned_upright(face, quarters, width, height) for face in faces]
