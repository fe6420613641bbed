from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled
from pipeline.run import Run
from pipeline.steps.detection import detect
from pipeline.types import Face, Image
from tests.pipeline.fakes import BrightDetector, FixedDetector, face_in


def photo(width: int, height: int, *boxes: tuple[int, int, int, int]) -> Image:
    """Black, with white rectangles (x0, y0, x1, y1), the last pixels included."""
    image = np.zeros((height, width, 3), np.float32)
    for x0, y0, x1, y1 in boxes:
        image[y0 : y1 + 1, x0 : x1 + 1] = 1
    return image


@settings(max_examples=25, deadline=None)
@given(
    size=st.tuples(st.integers(200, 900), st.integers(200, 900)),
    corner=st.tuples(st.integers(0, 80), st.integers(0, 80)),
    side=st.integers(60, 120),
    max_side=st.integers(100, 1000),
)
def test_boxes_and_landmarks_scale_back_from_the_bounded_copy(
    size: tuple[int, int], corner: tuple[int, int], side: int, max_side: int
) -> None:
    box = (*corner, corner[0] + side - 1, corner[1] + side - 1)
    detector = BrightDetector(max_side)
    (face,) = detect(photo(*size, box), detector, Run())
    assert max(detector.sizes[0]) == min(max_side, max(size))
    pixel = max(1.0, max(size) / max_side)  # of the copy, in pixels of the photo
    assert np.abs(face.box - box).max() <= pixel
    assert np.abs(face.landmarks - face_in(*box).landmarks).max() <= pixel
    assert face.box.dtype == face.landmarks.dtype == np.float32
    assert face.score == pytest.approx(0.9)


def test_a_rectangle_of_whole_blocks_is_found_where_it_is() -> None:
    """Exact: at a quarter of the size, a block's centre lies at 4·x + 1.5 of the photo."""
    (face,) = detect(photo(400, 320, (40, 80, 199, 239)), BrightDetector(100), Run())
    assert face.box.tolist() == [41.5, 81.5, 197.5, 237.5]


def test_each_axis_has_its_own_factor() -> None:
    """A strip of 1000 × 3 becomes 100 × 1: ten to one this way, three to one the other."""
    (face,) = detect(photo(1000, 3, (300, 0, 599, 2)), BrightDetector(100), Run())
    assert face.box.tolist() == [304.5, 1.0, 594.5, 1.0]


def test_a_small_photo_is_seen_as_it_is() -> None:
    detector = BrightDetector(1000)
    (face,) = detect(photo(50, 40, (10, 5, 30, 25)), detector, Run())
    assert detector.sizes == [(50, 40)]
    assert face.box.tolist() == [10, 5, 30, 25]


def test_faces_come_left_to_right_whatever_the_detector_prefers() -> None:
    faces = detect(photo(300, 100, (200, 10, 280, 90), (10, 10, 40, 40), (100, 10, 160, 70)), BrightDetector(), Run())
    assert [face.box[0] for face in faces] == [10, 100, 200]


def test_no_face_is_an_empty_list() -> None:
    run = Run()
    assert detect(photo(20, 20), BrightDetector(), run) == []
    assert run.notices == []


# --- turned photos -----------------------------------------------------------------------------------------------


class UprightDetector:
    """Sees bright bars that are taller than wide, their landmarks along the bar, and the taller the surer."""

    name = "upright-detector"
    working_bytes = 0
    max_side = 4096

    def __init__(self) -> None:
        self.looks = 0

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        self.looks += 1
        check()
        bars = BrightDetector().detect(image, check)
        upright = [face for face in bars if face.box[3] - face.box[1] > face.box[2] - face.box[0]]
        # A mark in the upper half tells a bar that stands from one that stands on its head.
        return [face for face in upright if image[tuple(face.landmarks[0, ::-1].round().astype(int))][2] < 1]


def marked(quarters: int) -> Image:
    """A bar of 40 × 80 px in a photo of 300 × 200, its left eye marked, after so many quarter turns to the left."""
    image = photo(300, 200, (50, 60, 89, 139))
    x, y = face_in(50, 60, 89, 139).landmarks[0].round().astype(int)
    image[y - 1 : y + 2, x - 1 : x + 2, 2] = 0.8
    return np.ascontiguousarray(np.rot90(image, quarters))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_of_a_turned_photo_is_found_where_it_lies(quarters: int) -> None:
    run, detector = Run(), UprightDetector()
    image = marked(quarters)
    (face,) = detect(image, detector, run)
    assert detector.looks == 4
    x0, y0, x1, y1 = face.box.astype(int)
    rows, columns = np.nonzero(image.min(axis=2) > 0.5)
    assert (x0, y0, x1, y1) == (columns.min(), rows.min(), columns.max(), rows.max())
    row, column = face.landmarks[0, ::-1].round().astype(int)
    assert image[row, column].tolist() == [1, 1, pytest.approx(0.8)]
    assert face.landmarks.dtype == face.box.dtype == np.float32
    (notice,) = run.notices
    assert notice.code == "photo_turned"
    assert {1: "right", 2: "head", 3: "left"}[quarters] in notice.message  # the way back


def test_a_photo_whose_faces_are_upright_is_looked_at_once() -> None:
    run, detector = Run(), UprightDetector()
    (face,) = detect(marked(0), detector, run)
    assert (detector.looks, run.notices) == (1, [])
    assert face.box.tolist() == [50, 60, 89, 139]


def test_of_two_turns_the_one_counts_whose_faces_are_surer() -> None:
    class Wavering(UprightDetector):
        def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
            self.looks += 1
            return [
                replace(face_in(10, 10, 30, 40), score=score)
                for score in ((), (0.5,), (0.9, 0.8), (0.95,))[self.looks - 1]
            ]

    run = Run()
    assert [face.score for face in detect(photo(60, 50), Wavering(), run)] == [0.9, 0.8]
    assert "to the right" in run.notices[0].message


def test_a_run_is_cancelled_between_two_turns() -> None:
    run = Run()

    class Cancelling(UprightDetector):
        def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
            self.looks += 1
            if self.looks == 2:
                run.cancelled.set()
            return []

    detector = Cancelling()
    with pytest.raises(Cancelled), run.stage("detection"):
        detect(photo(60, 50), detector, run)
    assert detector.looks == 2


def test_the_photo_is_not_written() -> None:
    image = photo(64, 64, (10, 10, 50, 50))
    image.flags.writeable = False
    for max_side in (32, 64):
        assert len(detect(image, BrightDetector(max_side), Run())) == 1


def test_a_cancelled_run_stops_after_the_detector() -> None:
    run = Run()
    run.cancelled.set()
    with pytest.raises(Cancelled):
        detect(photo(20, 20), FixedDetector(), run)
