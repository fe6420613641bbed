import cv2
import numpy as np

from training.degradation import FIXED
from training.faces import CROP, LANDMARKS, FaceCrop, at_native_size, face_crop, restored
from training.photos import skimage_file


def test_a_crop_shows_the_same_face_at_every_native_size() -> None:
    photo = skimage_file("astronaut.png")
    crops = [face_crop("astronaut", photo, LANDMARKS["astronaut"][0], size, FIXED["clean"]) for size in (64, 128, 256)]
    assert all(crop.image.shape == (CROP, CROP, 3) for crop in crops)
    small = [cv2.resize(crop.image, (32, 32), interpolation=cv2.INTER_AREA) for crop in crops]
    assert np.abs(small[0] - small[2]).mean() < 0.02
    assert np.abs(small[1] - small[2]).mean() < 0.01


def test_restoring_goes_through_the_native_size() -> None:
    seen: list[tuple[int, ...]] = []

    def enlarge(image: np.ndarray) -> np.ndarray:
        seen.append(image.shape)
        return image.repeat(4, 0).repeat(4, 1)

    crop = FaceCrop("flat", np.full((CROP, CROP, 3), 0.25, np.float32), 100.2)
    np.testing.assert_allclose(restored(crop, enlarge), crop.image, atol=1e-6)
    assert seen == [(100, 100, 3)]
    assert at_native_size(FaceCrop("large", crop.image, 900.0)).shape == (CROP, CROP, 3)
