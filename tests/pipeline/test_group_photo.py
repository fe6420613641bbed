"""Six people in one real photo, through the embedded models."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decode import decode
from pipeline.pipeline import enhance, upscale_photo
from pipeline.run import Run
from pipeline.types import Enhanced, EnhanceOptions, Image, Models, Photo
from training.faces import LANDMARKS

OPTIONS = EnhanceOptions(upscale_factor=1.0)


@pytest.fixture(scope="module")
def photo(group_photo: bytes) -> Photo:
    return decode(group_photo, max_pixels=25_000_000)


@pytest.fixture(scope="module")
def enhanced(photo: Photo, embedded_models: Models) -> Enhanced:
    return enhance(photo, OPTIONS, embedded_models, Run())


@pytest.fixture(scope="module")
def plain(photo: Photo, embedded_models: Models) -> Image:
    return upscale_photo(photo, OPTIONS, embedded_models, Run()).image


def test_at_least_four_of_six_faces_are_found_and_at_most_one_false_one(enhanced: Enhanced) -> None:
    noses = np.array(LANDMARKS["t1"], dtype=np.float32)[:, 2]
    boxes = np.array([report.face.box for report in enhanced.faces])
    hits = ((noses[None] >= boxes[:, None, :2]) & (noses[None] <= boxes[:, None, 2:])).all(axis=2)
    assert hits.any(axis=0).sum() >= 4
    assert (~hits.any(axis=1)).sum() <= 1


def test_no_box_shows_around_a_face(enhanced: Enhanced, plain: Image) -> None:
    """What pasting changed fades away: nowhere does it begin with a step that the eye could follow along an edge."""
    change = (enhanced.image - plain).mean(axis=2)
    touched = np.abs(change) > 0
    assert touched.any()
    edge = touched & ~(
        np.roll(touched, 1, 0) & np.roll(touched, -1, 0) & np.roll(touched, 1, 1) & np.roll(touched, -1, 1)
    )
    assert np.abs(change[edge]).max() < 1 / 255


def test_skin_keeps_its_colour(enhanced: Enhanced, photo: Photo) -> None:
    for report in enhanced.faces:
        x0, y0, x1, y1 = report.face.box.round().astype(int)
        before, after = (image[y0:y1, x0:x1].mean(axis=(0, 1)) for image in (photo.image, enhanced.image))
        assert np.abs(after - before).max() < 2 / 255
