"""Whether a restored face is better than what it would replace; where it is not, the photo's face stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.blur import SMALLEST_SIDE, edge_width
from pipeline.face_region import mean_color
from pipeline.geometry import clip_image, invert, resize, scaled, warp
from pipeline.run import Run
from pipeline.types import CROP_SIZE, Image, PlannedFace, Verdict

# Of the range [0, 1], mean over the ellipse: nobody sees so small a change.
LEAST_CHANGE = 0.5 / 255
# The edges of a restored face may be wider than those of the upscaled one by this factor: the measurement varies as
# much between two pictures of one face.
WIDER = 1.2
# A face is measured at no more than this many times its size in the photo: no upscaler of the registry enlarges more.
# Beyond it the upscaled face is only resampled, which widens its edges and tells nothing new.
MOST_MEASURED = 4


def lock_colors(faces: Sequence[PlannedFace]) -> list[PlannedFace]:
    """The faces with each restored image shifted to the mean colour that its crop has over the ellipse."""
    return [replace(face, restored=_shifted(face.restored, face.crop.image)) for face in faces]


def without_unchanged(faces: Sequence[PlannedFace]) -> list[PlannedFace]:
    """The faces, with the verdict `unchanged` on those whose restored image shows no difference to the crop.

    They are not pasted: the enlarged photo, which the upscaler's network has sharpened, is the better picture of them.
    """
    return [replace(face, verdict=_UNCHANGED) if _change(face) < LEAST_CHANGE else face for face in faces]


def without_blurrier(
    faces: Sequence[PlannedFace], background: Image, photo_size: tuple[int, int], run: Run
) -> list[PlannedFace]:
    """The faces, with the verdict `kept` on those that the restorer left more blurred than the upscaler.

    `background` (H, W, 3) is the enlarged photo; `photo_size` (width, height) is the size of the photo in whose pixels
    the crops' matrices are. Both are measured aligned, at the size that the face has in the enlarged photo, or in the
    photo enlarged `MOST_MEASURED` times. A face that is too small there to be measured keeps its verdict.
    """
    factors = background.shape[1] / photo_size[0], background.shape[0] / photo_size[1]
    judged = []
    for face in faces:
        if face.verdict.is_pasted:
            to_background = scaled(invert(face.crop.affine_matrix), *factors)
            side = round(min(CROP_SIZE, face.crop.native_size * min(factors[0], MOST_MEASURED)))
            if side < SMALLEST_SIDE:
                judged.append(face)
                continue
            to_crop = scaled(invert(to_background), side / CROP_SIZE, side / CROP_SIZE)
            upscaled = edge_width(warp(background, to_crop, (side, side)))
            restored = edge_width(resize(face.restored, (side, side)))
            if restored > upscaled * WIDER and upscaled > 0:
                face = replace(face, verdict=_BLURRIER)
        judged.append(face)
        run.check()
    return judged


_UNCHANGED = Verdict("unchanged", 0.0, reason="The restorer found nothing to change: upscaled only.")
_BLURRIER = Verdict("kept", 0.0, reason="Restored, it would be less sharp than upscaled only.")


def _shifted(restored: Image, crop: Image) -> Image:
    return clip_image(restored + (mean_color(crop) - mean_color(restored)))


def _change(face: PlannedFace) -> float:
    """The mean absolute difference of restored image and crop over the ellipse, in [0, 1]."""
    return float(mean_color(np.abs(face.restored - face.crop.image)).mean())
