"""Alignment against facexlib 0.3.0: the crop is that of `FaceRestoreHelper.align_warp_face`, which rounds to uint8."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.types import Face, FloatArray, Image
from tests.parity.published import published
from training.faces import LANDMARKS

facexlib_helper = published("facexlib.utils.face_restoration_helper")


def facexlib_crop(image: Image, landmarks: FloatArray) -> npt.NDArray[np.uint8]:
    """The helper without its networks, which it would download."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facexlib_helper, "init_detection_model", lambda *_, **__: None)
        patch.setattr(facexlib_helper, "init_parsing_model", lambda *_, **__: None)
        helper = facexlib_helper.FaceRestoreHelper(1, device="cpu")
    helper.read_image(np.ascontiguousarray((image * 255).round().astype(np.uint8)[..., ::-1]))
    helper.all_landmarks_5 = [landmarks]
    helper.align_warp_face()
    return np.asarray(helper.cropped_faces[0][..., ::-1], dtype=np.uint8)


def placed(scale: float, degrees: float, center: tuple[float, float]) -> FloatArray:
    """The template's landmarks, moved and turned in the photo, plus a deviation from any similarity transform."""
    turn = cv2.getRotationMatrix2D((256.0, 256.0), degrees, scale)
    points = FFHQ_512_TEMPLATE @ turn[:, :2].T + turn[:, 2] - 256 + center
    return np.asarray(points + np.random.default_rng(0).normal(0, 4 * scale, (5, 2)), dtype=np.float32)


@pytest.mark.parametrize(
    "landmarks",
    [
        np.array(LANDMARKS["astronaut"][0], dtype=np.float32),
        placed(0.4, 0, (225, 120)),
        placed(0.4, 25, (225, 120)),
        placed(0.7, -140, (256, 256)),
        placed(1.5, 10, (256, 256)),
        placed(0.1, 5, (225, 120)),
        placed(0.5, 15, (30, 480)),
        placed(0.6, 0, (540, -20)),
    ],
    ids=["astronaut", "upright", "turned", "upside down", "large", "small", "across a corner", "mostly outside"],
)
def test_the_crop_is_facexlib_s(landmarks: FloatArray, astronaut: Image) -> None:
    (crop,) = align(astronaut, [Face(np.zeros(4, np.float32), landmarks, 1.0)], Run())
    assert crop is not None
    expected = facexlib_crop(astronaut, landmarks)
    assert crop.image.shape == expected.shape
    assert np.abs(crop.image - expected / np.float32(255)).max() <= 1 / 255
