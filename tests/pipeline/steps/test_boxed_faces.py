from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import BadFaceBox, Cancelled, DeadlineExceeded
from pipeline.face_places import enlarged, moved, turned_upright
from pipeline.geometry import resize
from pipeline.models.roles import Detector, Models
from pipeline.options import FaceBox
from pipeline.run import Run
from pipeline.standard_face import LANDMARKS, estimated_face
from pipeline.steps.boxed_faces import boxes_in_photo, with_boxed
from pipeline.steps.detection import detect
from pipeline.types import Face, Image
from tests.pipeline.fakes import BrightDetector, FixedDetector, face_in

SIZE = (400, 300)
WHOLE_RUN = 1 + 9  # a box without a face: three sizes, and two of them turned three times


def photo(*boxes: tuple[int, int, int, int]) -> Image:
    """Black, with white rectangles (x0, y0, x1, y1), the last pixels included; read-only."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    for x0, y0, x1, y1 in boxes:
        image[y0 : y1 + 1, x0 : x1 + 1] = 1
    image.flags.writeable = False
    return image


def boxed(
    image: Image, faces: list[Face], boxes: list[FaceBox], detector: Detector, run: Run | None = None
) -> list[Face]:
    height, width = image.shape[:2]
    return with_boxed(image, faces, boxes_in_photo(boxes, width, height), detector, run or Run())


def codes(run: Run) -> list[str]:
    return [notice.code for notice in run.notices]


# --- boxes and the photo -----------------------------------------------------------------------------------------


def test_boxes_are_cut_at_the_border_of_the_photo() -> None:
    cut = boxes_in_photo([(-50, 20, 100, 1e6), (10, 20, 30, 40)], *SIZE)
    assert [box.tolist() for box in cut] == [[0, 20, 100, 299], [10, 20, 30, 40]]
    assert cut[0].dtype == np.float32


@pytest.mark.parametrize("box", [(400, 0, 500, 90), (-50, 0, -10, 90), (0, -90, 50, 0), (0, 300, 50, 400)])
def test_a_box_outside_the_photo_is_refused(box: FaceBox) -> None:
    with pytest.raises(BadFaceBox, match="box 1 lies outside this photo of 400 × 300 pixels"):
        boxes_in_photo([(0, 0, 20, 20), box], *SIZE)


@pytest.mark.parametrize("box", [(390, 0, 500, 90), (-50, 0, 9, 90), (0, 0, 20, 9.5)])
def test_a_box_of_which_little_lies_in_the_photo_is_refused(box: FaceBox) -> None:
    with pytest.raises(BadFaceBox, match="box 0 is less than 10 pixels wide or high"):
        boxes_in_photo([box], *SIZE)


def test_without_boxes_nothing_is_looked_at() -> None:
    detector, run = BrightDetector(), Run()
    faces = [face_in(50, 0, 80, 30), face_in(0, 0, 30, 30)]
    assert boxed(photo(), faces, [], detector, run) == [faces[1], faces[0]]
    assert (detector.sizes, run.notices) == ([], [])


# --- faces that the detector sees in a box -----------------------------------------------------------------------


class ShortSighted(BrightDetector):
    """Sees only faces of at least 80 pixels."""

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        return [face for face in super().detect(image, check) if face.box[3] - face.box[1] >= 80]


@settings(max_examples=25, deadline=None)
@given(
    corner=st.tuples(st.integers(0, 340), st.integers(0, 240)),
    side=st.integers(20, 60),
    off=st.tuples(*[st.floats(-0.1, 0.1)] * 4),
)
def test_a_small_face_is_found_where_it_is(
    corner: tuple[int, int], side: int, off: tuple[float, float, float, float]
) -> None:
    x, y = corner
    face = (x, y, x + side - 1, y + side - 1)
    image, detector, run = photo(face), ShortSighted(), Run()
    assert detect(image, detector, run) == []
    box = tuple(float(edge + part * side) for edge, part in zip(face, off, strict=True))
    (found,) = boxed(image, [], [(box[0], box[1], box[2], box[3])], detector, run)
    assert np.abs(found.box - face).max() <= 1  # a pixel of the photo; the looks have more of them
    assert np.abs(found.landmarks - face_in(*face).landmarks).max() <= 1
    assert (found.score, found.landmarks_estimated) == (pytest.approx(0.9), False)
    assert found.box.dtype == found.landmarks.dtype == np.float32
    assert run.notices == []


def test_a_dark_face_is_found() -> None:
    image = photo((100, 100, 159, 159)) * np.float32(0.02)
    assert BrightDetector().detect(image, Run().check) == []
    (found,) = boxed(image, [], [(95, 95, 165, 165)], BrightDetector())
    assert np.abs(found.box - [100, 100, 159, 159]).max() <= 1


def test_a_face_that_lies_on_its_side_is_found() -> None:
    class Upright(BrightDetector):
        def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
            return [f for f in super().detect(image, check) if f.box[3] - f.box[1] > f.box[2] - f.box[0]]

    lying = (100, 100, 179, 139)
    run = Run()
    (found,) = boxed(photo(lying), [], [lying], Upright(), run)
    assert np.abs(found.box - lying).max() <= 1
    eyes, mouth = found.landmarks[:2].mean(axis=0), found.landmarks[3:].mean(axis=0)
    assert abs(eyes[0] - mouth[0]) > 4 * abs(eyes[1] - mouth[1])
    assert run.notices == []


def test_of_several_faces_the_one_is_taken_that_the_box_means() -> None:
    image = photo((60, 100, 99, 139), (110, 100, 149, 139), (160, 100, 199, 139))
    (found,) = boxed(image, [], [(108, 95, 152, 142)], BrightDetector())
    assert np.abs(found.box - [110, 100, 149, 139]).max() <= 1


def test_of_equal_places_the_surer_face_is_taken() -> None:
    class Wavering(BrightDetector):
        def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
            return [
                replace(face, score=0.3 + 0.2 * (image.shape[1] in range(190, 199)))
                for face in super().detect(image, check)
            ]

    (found,) = boxed(photo((100, 100, 159, 159)), [], [(100, 100, 159, 159)], Wavering())
    assert found.score == pytest.approx(0.5)


def test_a_box_around_the_whole_head_means_its_face() -> None:
    (found,) = boxed(photo((120, 130, 159, 169)), [], [(90, 80, 190, 180)], BrightDetector())
    assert np.abs(found.box - [120, 130, 159, 169]).max() <= 1


def test_a_crumb_in_the_box_is_not_its_face() -> None:
    (found,) = boxed(photo((120, 130, 139, 149)), [], [(90, 80, 190, 180)], BrightDetector())
    assert found.landmarks_estimated


# --- faces that were found already -------------------------------------------------------------------------------


def test_a_box_on_a_face_that_was_found_adds_none() -> None:
    face, run, detector = face_in(100, 100, 199, 199), Run(), BrightDetector()
    assert boxed(photo(), [face], [(120, 100, 219, 199)], detector, run) == [face]
    assert (detector.sizes, codes(run)) == ([], ["face_boxes_known"])
    assert run.notices[0].message.startswith("1 of the face_boxes add no face")


def test_a_loose_box_around_a_face_that_was_found_adds_none() -> None:
    """The detector sees the same face in it again, or none."""
    face, box = (120, 120, 159, 159), (90, 90, 190, 190)
    for detector in (BrightDetector(), FixedDetector()):
        run = Run()
        (found,) = boxed(photo(face), [face_in(*face)], [box], detector, run)
        assert np.abs(found.box - face).max() == 0
        assert codes(run) == ["face_boxes_known"]


def test_two_boxes_on_one_face_add_it_once() -> None:
    face, run = (120, 120, 159, 159), Run()
    boxes: list[FaceBox] = [(118, 118, 160, 160), (100, 110, 165, 170), (120, 120, 159, 159)]
    assert len(boxed(photo(face), [], boxes, BrightDetector(), run)) == 1
    assert run.notices[0].message.startswith("2 of")
    run = Run()
    assert len(boxed(photo(), [], boxes, FixedDetector(), run)) == 1
    assert codes(run) == ["face_boxes_known", "landmarks_estimated"]


def test_a_box_beside_a_face_that_was_found_finds_its_neighbour() -> None:
    image = photo((60, 100, 99, 139), (105, 100, 144, 139))
    faces = boxed(image, [face_in(60, 100, 99, 139)], [(85, 100, 144, 139)], BrightDetector())
    assert [round(float(face.box[0])) for face in faces] == [60, 105]


# --- faces that the detector does not see ------------------------------------------------------------------------


def test_where_none_is_seen_the_landmarks_are_estimated() -> None:
    run, detector = Run(), BrightDetector()
    box = (100.0, 50.0, 174.0, 150.0)
    (face,) = boxed(photo(), [], [box], detector, run)
    assert tuple(face.box.tolist()) == box
    assert np.allclose(face.landmarks, np.array([100, 50]) + LANDMARKS * [74, 100], atol=0.01)
    assert (face.score, face.landmarks_estimated) == (0, True)
    assert codes(run) == ["landmarks_estimated"]
    assert run.notices[0].message.startswith("The detector sees no face in 1 of the face_boxes")
    assert len(detector.sizes) == WHOLE_RUN - 1


def test_estimated_faces_stand_as_the_others_of_the_photo() -> None:
    lying = face_in(10, 10, 50, 60)
    lying = replace(lying, landmarks=np.ascontiguousarray(lying.landmarks[:, ::-1]))  # the mouth is right of the eyes
    _, face = boxed(photo(), [lying], [(200, 100, 300, 174)], FixedDetector())
    assert np.array_equal(face.landmarks, estimated_face(face.box, 3).landmarks)


def test_all_faces_are_ordered_from_left_to_right() -> None:
    image = photo((200, 50, 239, 99))
    faces = [face_in(100, 50, 150, 100), face_in(300, 50, 350, 100)]
    boxes: list[FaceBox] = [(195, 45, 245, 105), (10, 10, 60, 60)]
    found = boxed(image, faces, boxes, BrightDetector())
    assert [round(float(face.box[0])) for face in found] == [10, 100, 200, 300]
    assert [face.landmarks_estimated for face in found] == [True, False, False, False]


# --- cost and bounds ---------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(data=st.data(), size=st.tuples(st.integers(11, 2000), st.integers(11, 2000)))
def test_a_look_is_small_and_no_face_lies_outside(data: st.DataObject, size: tuple[int, int]) -> None:
    width, height = size
    corners = st.tuples(st.floats(-50, width - 11), st.floats(-50, height - 11))
    x, y = data.draw(corners)
    x1 = data.draw(st.floats(max(x, 0) + 10.1, width + 50))
    y1 = data.draw(st.floats(max(y, 0) + 10.1, height + 50))
    x1, y1 = max(x1, max(x, 0) + 10.1), max(y1, max(y, 0) + 10.1)
    image = np.zeros((height, width, 3), np.float32)
    image[::3] = 1  # stripes: faces of all kinds for the fake
    detector = BrightDetector()
    try:
        faces = boxed(image, [], [(x, y, x1, y1)], detector)
    except BadFaceBox:
        assert min(x1, width - 1) - max(x, 0) < 10.2 or min(y1, height - 1) - max(y, 0) < 10.2
        return
    assert len(detector.sizes) <= WHOLE_RUN - 1
    assert max(map(max, detector.sizes)) <= 450
    (face,) = faces
    assert (face.box >= 0).all()
    assert (face.box <= np.float32([width, height, width, height]) - 1).all()
    assert np.isfinite(face.landmarks).all()


def test_progress_grows_with_each_box_and_ends_at_the_whole() -> None:
    reports: list[float] = []
    run = Run(on_progress=lambda stage, fraction: reports.append(fraction))
    boxes = boxes_in_photo([(x, 10, x + 50, 60) for x in (0, 100, 200)], *SIZE)
    with run.stage("detection"):
        faces = detect(photo(), FixedDetector(), run, parts=1 + len(boxes))
        with_boxed(photo(), faces, boxes, FixedDetector(), run)
    assert reports == sorted(reports)
    assert reports[-4:] == [0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("kind", [Cancelled, DeadlineExceeded])
def test_a_run_stops_between_two_looks(kind: type[Exception]) -> None:
    run = Run()

    class Stopping(BrightDetector):
        def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
            check()
            if len(self.sizes) == 2 and kind is Cancelled:
                run.cancelled.set()
            elif len(self.sizes) == 2:
                run.deadline = 0.0
            return super().detect(image, check)

    detector = Stopping()
    with pytest.raises(kind), run.stage("detection"):
        boxed(photo(), [], [(0, 0, 50, 50)] * 3, detector, run)
    assert len(detector.sizes) == 3


# --- the embedded detector ---------------------------------------------------------------------------------------


def quantised(image: Image) -> Image:
    return np.asarray(np.round(np.clip(image, 0, 1) * 255) / 255, dtype=np.float32)


def near(face: Face, true: Face) -> bool:
    """Whether the landmarks were detected, and lie off by less than 6 % of the true box's height."""
    distance = float(np.linalg.norm(face.landmarks - true.landmarks, axis=1).mean())
    return not face.landmarks_estimated and distance < 0.06 * float(true.box[3] - true.box[1])


def drawn(face: Face) -> FaceBox:
    """A box around a face as one draws it by hand, off by some 5 %."""
    x0, y0, x1, y1 = (float(edge) for edge in face.box)
    width, height = x1 - x0, y1 - y0
    return x0 - 0.05 * width, y0 + 0.04 * height, x1 + 0.06 * width, y1 + 0.05 * height


@pytest.mark.parametrize("brightness", [0.08, 0.02])
def test_the_embedded_detector_finds_a_dark_face(astronaut: Image, embedded_models: Models, brightness: float) -> None:
    (true,) = detect(astronaut, embedded_models.detector, Run())
    dark = quantised(astronaut * np.float32(brightness))
    assert detect(dark, embedded_models.detector, Run()) == []
    run = Run()
    (found,) = boxed(dark, [], [drawn(true)], embedded_models.detector, run)
    assert near(found, true)
    assert run.notices == []


def test_the_embedded_detector_finds_a_small_face_of_a_large_photo(astronaut: Image, embedded_models: Models) -> None:
    """It is a quarter as large in the copy in which the detector looks for faces."""
    (true,) = detect(astronaut, embedded_models.detector, Run())
    large = np.full((200, 5120, 3), 0.5, np.float32)
    large[:, 3000:3200] = resize(astronaut, (200, 200))
    assert detect(large, embedded_models.detector, Run()) == []
    wanted = moved(enlarged(true, 200 / 512, 200 / 512), 3000, 0)
    (found,) = boxed(large, [], [drawn(wanted)], embedded_models.detector)
    assert near(found, wanted)


def test_the_embedded_detector_finds_a_face_that_lies_beside_an_upright_one(
    astronaut: Image, embedded_models: Models
) -> None:
    (true,) = detect(astronaut, embedded_models.detector, Run())
    both = np.ascontiguousarray(np.concatenate([astronaut, np.rot90(astronaut)], axis=1))
    upright = detect(both, embedded_models.detector, Run())
    assert len(upright) == 1
    wanted = moved(turned_upright(true, 3, 512, 512), 512, 0)
    first, found = boxed(both, upright, [drawn(wanted)], embedded_models.detector)
    assert first is upright[0]
    assert near(found, wanted)


def test_the_embedded_detector_finds_six_people_in_the_dark(group_photo: bytes, embedded_models: Models) -> None:
    image = decode(inspect(group_photo, max_pixels=25_000_000)).image
    true = detect(image, embedded_models.detector, Run())
    dark = quantised(image * np.float32(0.05))
    assert detect(dark, embedded_models.detector, Run()) == []
    found = boxed(dark, [], [drawn(face) for face in true], embedded_models.detector)
    assert len(found) == len(true) == 6
    assert all(near(face, wanted) for face, wanted in zip(found, true, strict=True))


def test_the_embedded_detector_sees_no_face_where_none_is(embedded_models: Models) -> None:
    rows, columns = np.mgrid[0:200, 0:300].astype(np.float32)
    waves = 0.5 + 0.4 * np.sin(rows / 9) * np.cos(columns / 13)
    (face,) = boxed(waves[..., None].repeat(3, axis=2), [], [(100, 50, 174, 150)], embedded_models.detector)
    assert face.landmarks_estimated
