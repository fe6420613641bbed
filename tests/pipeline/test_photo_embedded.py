from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from pipeline.errors import (
    Cancelled,
)
from pipeline.geometry import resize, transform_points
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.types import CROP_SIZE, Image, Photo
from tests.pipeline.fakes import (
    fake_models,
)
from tests.pipeline.photos import STAGES, actions, codes, frozen, stopping_at

CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * CROP_SIZE


@pytest.fixture(scope="module")
def portrait(degraded_astronaut: Image) -> Photo:
    return Photo(frozen(degraded_astronaut[:150, 30:180]))


def test_embedded_models_restore_a_real_face(portrait: Photo, embedded_models: Models) -> None:
    run = Run()
    result = enhance(portrait, EnhanceOptions(), embedded_models, run)
    assert result.image.shape == (300, 300, 3)
    assert np.isfinite(result.image).all()
    assert actions(result) == ["restored"]
    assert not result.faces[0].face.landmarks_estimated
    assert result.faces[0].verdict.identity_similarity == pytest.approx(0.95, abs=0.05)
    assert codes(result) == []
    assert set(result.models) == {"detector", "restorer", "recogniser", "upscaler"}
    assert list(run.timings_ms) == STAGES[1:]
    back = resize(result.image, (150, 150))
    assert np.abs(back - portrait.image).mean() < 0.03  # still the same picture
    plain = upscale_photo(portrait, EnhanceOptions(), embedded_models, Run())
    changed = np.abs(result.image - plain.image).max(axis=2) > 1 / 255
    (crop,) = align(portrait.image, [result.faces[0].face], Run())
    assert crop is not None
    corners = transform_points(CORNERS, cv2.invertAffineTransform(crop.affine_matrix))
    (x0, y0), (x1, y1) = (2 * corners.min(axis=0)).astype(int), (2 * corners.max(axis=0)).astype(int) + 2
    outside = np.ones((300, 300), dtype=bool)
    outside[max(0, y0) : y1, max(0, x0) : x1] = False
    assert outside.any()
    assert changed.any()
    assert not changed[outside].any()


@pytest.mark.parametrize(
    "options",
    [
        EnhanceOptions(upscale_factor=1.0),
        EnhanceOptions(upscale_factor=3.3, background="resample"),
        EnhanceOptions(upscale_factor=1.5, color_correction="auto", strength=0.6, faces="largest"),
        EnhanceOptions(identity_policy="protect", faces="center"),
    ],
    ids=["size-kept", "resample", "corrected", "protect"],
)
def test_embedded_models_take_every_option(portrait: Photo, embedded_models: Models, options: EnhanceOptions) -> None:
    result = enhance(portrait, options, embedded_models, Run())
    side = round(150 * options.upscale_factor)
    assert result.image.shape == (side, side, 3)
    assert 0 <= result.image.min() <= result.image.max() <= 1
    assert result.faces[0].verdict.strength == options.strength


def test_the_same_photo_gives_the_same_bytes_alone_and_among_others(portrait: Photo, embedded_models: Models) -> None:
    mirrored = Photo(frozen(portrait.image[:, ::-1]))

    def bytes_of(photo: Photo) -> bytes:
        return enhance(photo, EnhanceOptions(), embedded_models, Run()).image.tobytes()

    first, second = bytes_of(portrait), bytes_of(mirrored)
    assert first != second
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(bytes_of, [portrait, mirrored, portrait])) == [first, second, first]


def test_embedded_models_stop_between_steps(portrait: Photo, embedded_models: Models) -> None:
    with pytest.raises(Cancelled) as caught:
        enhance(portrait, EnhanceOptions(), embedded_models, stopping_at("restoration", Cancelled))
    assert caught.value.stage == "restoration"


def test_what_restorer_and_upscaler_leave_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured: without it, the networks of one photo take 150 MB more at the peak."""
    given_back: list[str] = []
    run = Run()
    for step in ("restoration", "upscaling"):
        patched = f"pipeline.steps.{step}.return_freed_memory"
        monkeypatch.setattr(patched, lambda: given_back.append(str(run.latest_stage)))
    options = EnhanceOptions(require_face=False)
    enhance(Photo(np.zeros((64, 64, 3), dtype=np.float32)), options, fake_models(), run)
    assert given_back == ["restoration", "upscaling"]
