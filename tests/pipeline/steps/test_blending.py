from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled
from pipeline.face_region import ellipse_mask
from pipeline.geometry import BORDER_COLOR, Matrix, invert, resize, scaled, transform_points
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.blending import parsed_mask, paste_back
from pipeline.types import CROP_SIZE, Crop, FloatArray, Image
from tests.pipeline.fakes import face_in, planned
from tests.pipeline.steps.blending_pictures import WHOLE, plain, to_crop
from tests.pipeline.strip_sizes import ONE_PIECE, strips_of


def waves(height: int, width: int) -> Image:
    """A smooth picture in colour."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = (np.sin(rows / 9), np.sin(columns / 11), np.sin((rows + columns) / 13))
    return (0.5 + 0.4 * np.stack(planes, axis=2)).astype(np.float32)


def pasted(
    background: Image,
    matrix: Matrix,
    restored: Image,
    *,
    mask: FloatArray | None = None,
    strength: float = 1.0,
    factor: float = 1.0,
) -> Image:
    height, width = background.shape[:2]
    crop = Crop(plain(CROP_SIZE, CROP_SIZE, 0), matrix)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    return paste_back(background, size, [planned(crop, restored, strength=strength, mask=mask)], Run())


@pytest.mark.parametrize("factor", [1.0, 2.0, 3.3])
def test_strength_zero_leaves_the_background_bit_equal(factor: float) -> None:
    background = waves(198, 264)
    result = pasted(background, to_crop(60, 40, 30), plain(CROP_SIZE, CROP_SIZE, 1), strength=0, factor=factor)
    assert result.tobytes() == background.tobytes()
    assert not np.shares_memory(result, background)


def test_no_face_gives_a_copy_of_the_background() -> None:
    background = waves(20, 30)
    result = paste_back(background, (30, 20), [], Run())
    assert np.array_equal(result, background)
    assert not np.shares_memory(result, background)


@settings(max_examples=20, deadline=None)
@given(
    side=st.floats(90, 300),
    degrees=st.floats(-40, 40),
    factor=st.sampled_from([1.0, 1.5, 2.0, 4.0]),
    x=st.floats(0, 200),
    y=st.floats(0, 160),
)
def test_a_crop_that_restoration_left_alone_changes_nothing(
    side: float, degrees: float, factor: float, x: float, y: float
) -> None:
    """Cut out and pasted again, a smooth picture differs by no more than interpolation: wrong by half a pixel, it
    would differ by 0.03."""
    photo = waves(160, 200)
    face = face_in(-side / 2, -side / 2, side / 2, side / 2)
    landmarks = transform_points(face.landmarks, invert(to_crop(CROP_SIZE, 0, 0, degrees)) - [[0, 0, 255.5]] * 2)
    face = type(face)(face.box, landmarks + np.array([x, y], np.float32), 1.0)
    (crop,) = align(photo, [face], Run())
    assert crop is not None
    size = (round(200 * factor), round(160 * factor))
    background = resize(photo, size)
    result = paste_back(background, (200, 160), [planned(crop)], Run())
    assert np.abs(result - background).max() < 0.02


@pytest.mark.parametrize("factor", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("degrees", [0, 25])
@pytest.mark.parametrize("parsed", [False, True])
def test_no_box_shows(factor: float, degrees: float, parsed: bool) -> None:
    """White pasted over black: the change fades to nothing before the crop's border, without a step."""
    side = 150.0
    matrix = to_crop(side, 120, 110, degrees)
    mask = parsed_mask(WHOLE.mask()) if parsed else ellipse_mask()
    background = plain(round(220 * factor), round(240 * factor), 0)
    result = pasted(background, matrix, plain(CROP_SIZE, CROP_SIZE, 1), mask=mask, factor=factor)[..., 0]
    rows, columns = np.mgrid[0 : result.shape[0], 0 : result.shape[1]].astype(np.float32)
    points = np.stack([columns.ravel(), rows.ravel()], axis=1)
    in_crop = transform_points(points, invert(scaled(invert(matrix), factor, factor))).reshape(*result.shape, 2)
    from_border = np.minimum(in_crop, CROP_SIZE - 1 - in_crop).min(axis=2)
    assert result[from_border < 0].max() == 0
    assert result[np.abs(from_border) < 5].max() == 0
    assert result[110 * int(factor), 120 * int(factor)] > 0.99
    step = max(float(np.abs(np.diff(result, axis=axis)).max()) for axis in (0, 1))
    crop_pixels = CROP_SIZE / side / factor  # for each pixel of the result
    assert step < 0.07 * crop_pixels


@pytest.mark.parametrize(("x", "y"), [(5, 100), (195, 100), (100, 5), (100, 155), (0, 0), (199, 159)])
@pytest.mark.parametrize("factor", [1.0, 2.0])
@pytest.mark.parametrize(("spread", "limit"), [(0, 0.004), (2, 0.03)])
def test_the_grey_outside_the_photo_does_not_bleed_in(
    x: float, y: float, factor: float, spread: int, limit: float
) -> None:
    """A white photo: the crop is half grey, which restorers spread by some pixels. Pasted whole, it would show 0.48."""
    photo = plain(160, 200, 1)
    (crop,) = align(photo, [face_in(x - 60, y - 60, x + 60, y + 60)], Run())
    assert crop is not None
    assert np.abs(crop.image - np.array(BORDER_COLOR, np.float32)).max(axis=2).min() < 1e-3
    restored = cv2.erode(crop.image, np.ones((2 * spread + 1, 2 * spread + 1), np.uint8))
    background = plain(round(160 * factor), round(200 * factor), 1)
    result = paste_back(background, (200, 160), [planned(crop, restored)], Run())
    assert result.min() >= 1 - limit


@pytest.mark.parametrize("x", [30, 170])
def test_a_face_over_the_border_is_still_restored_inside(x: float) -> None:
    result = pasted(plain(160, 200, 0), to_crop(120, x, 80), plain(CROP_SIZE, CROP_SIZE, 1))
    assert result[80, x].min() > 0.99


@pytest.mark.parametrize(("x", "y"), [(-500, 80), (900, 80), (100, -500), (100, 900)])
def test_a_crop_beside_the_photo_changes_nothing(x: float, y: float) -> None:
    background = waves(160, 200)
    assert np.array_equal(pasted(background, to_crop(100, x, y), plain(CROP_SIZE, CROP_SIZE, 1)), background)


def test_the_background_is_never_written() -> None:
    background = waves(160, 200)
    background.flags.writeable = False
    before = background.copy()
    result = pasted(background, to_crop(100, 100, 80), plain(CROP_SIZE, CROP_SIZE, 1))
    assert np.array_equal(background, before)
    assert not np.array_equal(result, before)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_strength_scales_the_change(strength: float) -> None:
    background, restored = plain(160, 200, 0.2), plain(CROP_SIZE, CROP_SIZE, 0.8)
    change = pasted(background, to_crop(100, 100, 80), restored, strength=strength) - background
    full = pasted(background, to_crop(100, 100, 80), restored) - background
    assert np.abs(change - strength * full).max() < 1e-5
    assert change.max() == pytest.approx(0.6 * strength, abs=1e-3)


@pytest.mark.parametrize("side", [40, 100, 171, 400])
def test_detail_too_fine_for_the_output_is_averaged_not_scattered(side: float) -> None:
    """Every other pixel of the crop white: seen smaller, that is grey."""
    fine = np.zeros((CROP_SIZE, CROP_SIZE, 3), np.float32)
    fine[::2, ::2] = fine[1::2, 1::2] = 1
    result = pasted(plain(300, 300, 0.5), to_crop(side, 150.3, 149.6), fine)
    assert np.abs(result - 0.5).max() < (0.3 if side > CROP_SIZE / 2 else 0.15)


def test_two_faces_are_both_pasted_and_the_rest_is_left() -> None:
    background = plain(160, 400, 0.5)
    crops = [Crop(plain(CROP_SIZE, CROP_SIZE), to_crop(100, x, 80)) for x in (80, 300)]
    faces = [planned(crop, plain(CROP_SIZE, CROP_SIZE, value)) for value, crop in enumerate(crops)]
    result = paste_back(background, (400, 160), faces, Run())
    assert result[80, 80, 0] < 0.01
    assert result[80, 300, 0] > 0.99
    assert (result[:, 150:230] == 0.5).all()


def test_a_cancelled_run_stops_after_the_face_in_hand() -> None:
    heard: list[float] = []

    def listen(stage: str, fraction: float) -> None:
        heard.append(fraction)
        if fraction > 0:
            run.cancelled.set()

    run = Run(on_progress=listen)
    face = planned(Crop(plain(CROP_SIZE, CROP_SIZE), to_crop(50, 30, 30)))
    with pytest.raises(Cancelled), run.stage("blending"):
        paste_back(plain(60, 60), (60, 60), [face] * 4, run)
    assert heard == [0.0, 0.25]


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 260),
    width=st.integers(1, 300),
    side=st.floats(20, 900),
    degrees=st.floats(-180, 180),
    x=st.floats(-50, 350),
    y=st.floats(-50, 300),
    factor=st.sampled_from([1.0, 1.7, 2.0]),
    parsed=st.booleans(),
    step=st.sampled_from([64, 128]),
)
def test_a_face_pasted_in_strips_gives_the_same_picture_to_the_bit(
    height: int, width: int, side: float, degrees: float, x: float, y: float, factor: float, parsed: bool, step: int
) -> None:
    """Also a face over several strips, one that shrinks, and one over the photo's border."""
    restored = np.random.default_rng(3).random((CROP_SIZE, CROP_SIZE, 3), dtype=np.float32)
    mask = parsed_mask(WHOLE.mask()) if parsed else None
    results = []
    for pixels in (ONE_PIECE, 1):
        with strips_of(pixels, step):
            matrix = to_crop(side, x, y, degrees)
            results.append(pasted(waves(height, width), matrix, restored, mask=mask, strength=0.8, factor=factor))
    assert results[0].tobytes() == results[1].tobytes()


def test_a_run_is_checked_between_the_strips_of_one_face() -> None:
    class Checked(Run):
        count = 0

        def check(self) -> None:
            self.count += 1
            if self.count == 6:
                self.cancelled.set()
            super().check()

    face = planned(Crop(plain(CROP_SIZE, CROP_SIZE), to_crop(CROP_SIZE, 256, 256)))
    run = Checked()
    with strips_of(1, 128), pytest.raises(Cancelled):
        paste_back(plain(512, 512), (512, 512), [face], run)  # four strips are copied, then the second one is pasted
    assert run.count == 6
