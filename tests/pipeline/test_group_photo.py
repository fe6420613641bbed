"""Six people in one real photo, through the embedded models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.types import Enhanced, Image, Photo
from training.faces import LANDMARKS

OPTIONS = EnhanceOptions(upscale_factor=1.0)


@pytest.fixture(scope="module")
def photo(group_photo: bytes) -> Photo:
    return decode(inspect(group_photo, max_pixels=25_000_000))


@pytest.fixture(scope="module")
def enhanced(photo: Photo, embedded_models: Models) -> Enhanced:
    return enhance(photo, OPTIONS, embedded_models, Run())


@pytest.fixture(scope="module")
def plain(photo: Photo, embedded_models: Models) -> Image:
    return upscale_photo(photo, OPTIONS, embedded_models, Run()).image


def test_all_six_faces_are_found_and_no_false_one(enhanced: Enhanced) -> None:
    noses = np.array(LANDMARKS["t1"], dtype=np.float32)[:, 2]
    boxes = np.array([report.face.box for report in enhanced.faces])
    hits = ((noses[None] >= boxes[:, None, :2]) & (noses[None] <= boxes[:, None, 2:])).all(axis=2)
    assert hits.any(axis=0).all()
    assert hits.any(axis=1).all()


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


def test_one_face_left_alone_changes_no_pixel_of_the_others(
    photo: Photo, enhanced: Enhanced, plain: Image, embedded_models: Models
) -> None:
    """Face by face: without one, and with that one alone. Where the crops of two overlap, both have a say."""
    restored = [index for index, report in enumerate(enhanced.faces) if report.verdict.action == "restored"]
    one = restored[len(restored) // 2]
    without = enhance(photo, replace(OPTIONS, face_overrides=((one, 0.0),)), embedded_models, Run())
    alone = enhance(photo, replace(OPTIONS, strength=0, face_overrides=((one, 1.0),)), embedded_models, Run())
    for result, kept in ((without, {one}), (alone, set(restored) - {one})):
        assert [i for i in restored if result.faces[i].verdict.action == "kept"] == sorted(kept)
    others = (without.image != plain).any(axis=2)
    its_own = (alone.image != plain).any(axis=2)
    assert others.any()
    assert its_own.any()
    assert np.array_equal(without.image[~its_own], enhanced.image[~its_own])
    assert np.array_equal(alone.image[~others], enhanced.image[~others])
