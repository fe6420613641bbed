"""Boxed faces: those that the user marks with boxes, because the detector may not see them in the whole photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import BadFaceBox
from pipeline.face_places import TURNS, enlarged, inside, left_to_right, moved, overlap, turned_upright
from pipeline.geometry import resize
from pipeline.models.roles import Detector
from pipeline.options import MIN_BOX_SIDE, FaceBox
from pipeline.run import Run
from pipeline.standard_face import estimated_face, turn_of
from pipeline.types import Face, FloatArray, Image, Notice

SAME_FACE = 0.4  # intersection over union from which two boxes show the same face, as in the detectors
# Intersection over union from which a face is the one that a box means: a lower one if its centre is in the box, as in
# a box around the whole head.
MEANT, MEANT_INSIDE = 0.3, 0.1

# How a box is looked at: its longer side is resized to so many pixels, with this part of it around it. Measured with
# `mtcnn` on 400 portraits that were made darker, smaller, noisy, blurred or turned. It misses 151 of them by itself. In
# boxes that are off by up to 15 % it finds 19 of these at one size, 23 at the three, 73 also turned, and 143 with
# stretched levels as well, among them all of the 67 dark ones.
SIDES = (48, 96, 192)
TURNED_SIDES = 2  # the first so many are tried turned too: the third finds no other face, and takes most of the time
MARGIN = 0.5
LEVELS = (1, 99)  # percentiles of a look that become black and white


def boxes_in_photo(boxes: Sequence[FaceBox], width: int, height: int) -> list[FloatArray]:
    """The boxes (4,), cut at the border of a photo of that size. Raises `BadFaceBox` where too little is left."""
    limits = np.array([width, height, width, height], dtype=np.float32) - 1
    cut = [np.clip(np.array(box, dtype=np.float32), 0, limits) for box in boxes]
    for index, box in enumerate(cut):
        if (box[2:] <= box[:2]).any():
            raise BadFaceBox(f"face_boxes: box {index} lies outside this photo of {width} × {height} pixels.")
        if (box[2:] - box[:2] < MIN_BOX_SIDE).any():
            raise BadFaceBox(
                f"face_boxes: within this photo of {width} × {height} pixels, box {index} is less than {MIN_BOX_SIDE} "
                "pixels wide or high."
            )
    return cut


def with_boxed(
    image: Image, faces: Sequence[Face], boxes: Sequence[FloatArray], detector: Detector, run: Run
) -> list[Face]:
    """`faces` of `image` (H, W, 3) and one face for each of `boxes`, all of them left to right.

    A box that overlaps a face adds none. At the others the detector looks closely, at three sizes, and where it sees no
    face, at two of them turned by 90, 270 and 180 degrees: at most 9 runs on at most 450 × 450 pixels. Where it sees
    none either, the standard face is taken. Notices tell of boxes that add no face and of estimated landmarks. Raises
    whatever the detector raises.
    """
    found, unseen = list(faces), []
    for done, box in enumerate(boxes, start=1):
        if not any(overlap(face.box, box) >= SAME_FACE for face in found):
            face = _seen(image, box, found, detector, run)
            if face is None:
                unseen.append(box)
            else:
                found.append(face)
        run.progress(1 + done, 1 + len(boxes))
    quarters = turn_of(found)
    for box in unseen:
        if not any(_is_meant(face, box) for face in found):
            found.append(estimated_face(box, quarters))
    added = found[len(faces) :]
    _tell(len(boxes) - len(added), sum(face.landmarks_estimated for face in added), run)
    return left_to_right(found)


def _tell(without: int, estimated: int, run: Run) -> None:
    if without:
        message = f"{without} of the face_boxes add no face: they overlap a face that was found already."
        run.note(Notice("face_boxes_known", message))
    if estimated:
        message = (
            f"The detector sees no face in {estimated} of the face_boxes; eyes, nose and mouth were estimated from the "
            "box, and the result may be poor where they lie elsewhere."
        )
        run.note(Notice("landmarks_estimated", message))


def _is_meant(face: Face, box: FloatArray) -> bool:
    """Whether a box is that of the face, if only roughly."""
    center = (face.box[:2] + face.box[2:]) / 2
    is_inside = bool((center >= box[:2]).all() and (center <= box[2:]).all())
    return overlap(face.box, box) >= (MEANT_INSIDE if is_inside else MEANT)


def _seen(image: Image, box: FloatArray, known: Sequence[Face], detector: Detector, run: Run) -> Face | None:
    """The face that the detector sees in a box, other than the known ones: the surest that overlaps it most."""
    height, width = image.shape[:2]
    side = float((box[2:] - box[:2]).max())
    left, top = np.maximum(np.floor(box[:2] - MARGIN * side), 0).astype(int).tolist()
    right, bottom = np.ceil(box[2:] + MARGIN * side).astype(int).tolist()
    part = image[top : bottom + 1, left : right + 1]
    reduction = min(1.0, max(SIDES) / side)  # once, as a large box has many pixels
    reduced = _resized(part, reduction)
    looks = [_stretched(_resized(reduced, look_side / (side * reduction))) for look_side in SIDES]
    for turns, tried in (((0,), looks), (TURNS, looks[:TURNED_SIDES])):
        faces = [
            inside(moved(face, left, top), width, height)
            for quarters in turns
            for look in tried
            for face in _faces(look, quarters, part, detector, run)
        ]
        fitting = [
            face
            for face in faces
            if _is_meant(face, box) and not any(overlap(face.box, other.box) >= SAME_FACE for other in known)
        ]
        if fitting:
            return max(fitting, key=lambda face: face.score * overlap(face.box, box))
    return None


def _resized(part: Image, factor: float) -> Image:
    """A part (H, W, 3) of the photo, its sides multiplied by a factor; no side is under 1 pixel."""
    height, width = part.shape[:2]
    return resize(part, (max(1, round(width * factor)), max(1, round(height * factor))))


def _stretched(look: Image) -> Image:
    """A look (H, W, 3) with its levels stretched over [0, 1]."""
    black, white = np.percentile(look, LEVELS)
    return np.asarray(np.clip((look - black) / max(white - black, 1 / 255), 0, 1), dtype=np.float32)


def _faces(look: Image, quarters: int, part: Image, detector: Detector, run: Run) -> list[Face]:
    """The faces of a look, turned to the left by `quarters`, in pixels of the `part` that it shows."""
    height, width = look.shape[:2]
    faces = detector.detect(np.ascontiguousarray(np.rot90(look, quarters)), run.check)
    if quarters:
        faces = [turned_upright(face, quarters, width, height) for face in faces]
    return [enlarged(face, part.shape[1] / width, part.shape[0] / height) for face in faces]
