"""The guard with the recogniser that ships, and with restorers that draw somebody else, blur, or shift colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.geometry import IDENTITY_MATRIX, scaled, transform_points
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions, IdentityPolicy
from pipeline.photo import enhance
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.detection import detect
from pipeline.types import Enhanced, FloatArray, Image, Photo
from tests.pipeline.fakes import FakeRestorer, FixedDetector, face_in


@pytest.fixture(scope="module")
def photo(astronaut: Image) -> Photo:
    return Photo(np.ascontiguousarray(astronaut[:256, 96:352]))


@pytest.fixture(scope="module")
def somebody_else(group_photo: bytes, embedded_models: Models) -> Image:
    """The aligned face of another person, (512, 512, 3), sharpened, so that it does not stay out for its blur."""
    image = decode(inspect(group_photo, max_pixels=25_000_000)).image
    crop = align(image, detect(image, embedded_models.detector, Run())[:1], Run())[0]
    assert crop is not None
    return np.asarray(np.clip(crop.image + 3 * (crop.image - cv2.GaussianBlur(crop.image, (0, 0), 4)), 0, 1))


def blurred(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 40), dtype=np.float32)


def shifted(image: Image) -> Image:
    return np.ascontiguousarray(np.clip(image[..., ::-1] * np.float32([0.3, 1.4, 0.6]), 0, 1))


def done(photo: Photo, models: Models, change: Callable[[Image], Image], policy: IdentityPolicy) -> Enhanced:
    """The photo with a restorer that applies `change`."""
    options = EnhanceOptions(identity_policy=policy, background="resample", color_lock=False)
    return enhance(photo, options, replace(models, restorer=FakeRestorer(change)), Run())


def likeness(photo: Photo, result: Enhanced, models: Models) -> float:
    """The similarity of the first face before and after, measured from outside."""
    assert models.recogniser is not None
    matrix = scaled(IDENTITY_MATRIX, result.image.shape[1] / photo.width, result.image.shape[0] / photo.height)
    points = result.faces[0].face.landmarks
    before, after = models.recogniser.embed([photo.image, result.image], [points, transform_points(points, matrix)])
    return float(before @ after)


def test_somebody_else_is_noticed(photo: Photo, somebody_else: Image, embedded_models: Models) -> None:
    result = done(photo, embedded_models, lambda _: somebody_else, "warn")
    (report,) = result.faces
    assert embedded_models.recogniser is not None
    assert report.verdict.identity_similarity == pytest.approx(likeness(photo, result, embedded_models), abs=1e-4)
    assert report.verdict.identity_similarity < embedded_models.recogniser.threshold
    assert report.verdict.reason is not None
    assert [notice.code for notice in result.notices] == ["identity_low"]


@pytest.mark.parametrize("kind", ["somebody else", "blur", "colours", "upside down", "grey"])
def test_no_face_leaves_under_the_threshold(
    kind: str, photo: Photo, somebody_else: Image, embedded_models: Models
) -> None:
    changes: dict[str, Callable[[Image], Image]] = {
        "somebody else": lambda _: somebody_else,
        "blur": blurred,
        "colours": shifted,
        "upside down": lambda image: np.ascontiguousarray(image[::-1]),
        "grey": lambda image: np.full_like(image, 0.5),
    }
    assert embedded_models.recogniser is not None
    result = done(photo, embedded_models, changes[kind], "protect")
    (report,) = result.faces
    found = likeness(photo, result, embedded_models)
    assert found >= embedded_models.recogniser.threshold - 1e-6
    if report.verdict.action == "kept":
        assert report.verdict.identity_similarity is None
        assert found > 0.95  # only enlarged
    else:
        assert report.verdict.identity_similarity == pytest.approx(found, abs=1e-4)


def test_a_good_restorer_is_let_through(photo: Photo, embedded_models: Models) -> None:
    result = enhance(photo, EnhanceOptions(identity_policy="protect"), embedded_models, Run())
    (report,) = result.faces
    assert (report.verdict.action, report.verdict.strength) == ("restored", 1.0)


def test_a_face_that_changes_only_in_the_picture_is_pasted_again(photo: Photo, embedded_models: Models) -> None:
    """The recogniser is content with every crop, but not with a picture whose face is lit by more than 0.3."""

    class Late:
        name, threshold = "late", 0.5

        def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
            light = np.array([self.light(image, points) for image, points in zip(images, landmarks, strict=True)])
            is_picture = images[0].shape[1] == 3 * photo.width and light[0] > 0.3
            return np.array([[0.0, 1.0] if is_picture else [1.0, 0.0]] * len(images), dtype=np.float32)

        def light(self, image: Image, points: FloatArray) -> float:
            column, row = points[2].round().astype(int)
            return float(image[row, column].mean())

    black = Photo(np.zeros_like(photo.image))
    detector = FixedDetector([face_in(80, 60, 160, 140)])
    models = replace(embedded_models, detector=detector, recogniser=Late(), restorer=FakeRestorer(np.ones_like))
    options = EnhanceOptions(upscale_factor=3.0, identity_policy="protect", background="resample", color_lock=False)
    result = enhance(black, options, models, Run())
    (report,) = result.faces
    assert (report.verdict.action, report.verdict.strength) == ("softened", 0.25)
    assert "lowered from 1: at 0.5 the similarity would be" in str(report.verdict.reason)
    assert result.image.max() == pytest.approx(0.25, abs=0.01)
