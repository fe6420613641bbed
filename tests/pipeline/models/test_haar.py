from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import skimage.data

from pipeline.detection import detect
from pipeline.errors import ModelUnavailable
from pipeline.geometry import FFHQ_512_TEMPLATE, similarity_transform, transform_points
from pipeline.models import haar
from pipeline.models.haar import HaarDetector
from pipeline.run import Run
from pipeline.types import Face, FloatArray, Image

# The astronaut's landmarks as RetinaFace-MobileNet0.25 finds them.
LANDMARKS: FloatArray = np.array(
    [[202.7, 101.0], [248.4, 102.3], [225.6, 130.2], [202.5, 140.0], [247.0, 141.1]], dtype=np.float32
)
EYE_DISTANCE = float(np.linalg.norm(LANDMARKS[1] - LANDMARKS[0]))


@pytest.fixture(scope="module")
def detector() -> HaarDetector:
    return HaarDetector()


def photo(name: str) -> Image:
    pixels = getattr(skimage.data, name)()
    if pixels.ndim == 2:
        pixels = pixels[..., None].repeat(3, axis=2)
    return np.ascontiguousarray(pixels[..., :3], dtype=np.float32) / np.float32(255)


def off(face: Face, expected: FloatArray) -> FloatArray:
    """How far each landmark is off, as parts of the distance between the eyes."""
    return np.linalg.norm(face.landmarks - expected, axis=1) / EYE_DISTANCE


def same(first: list[Face], second: list[Face]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(a.box, b.box) and np.array_equal(a.landmarks, b.landmarks) and a.score == b.score
        for a, b in zip(first, second, strict=True)
    )


def test_the_astronaut_is_found_with_eyes_where_they_are(detector: HaarDetector, astronaut: Image) -> None:
    (face,) = detector.detect(astronaut)
    distances = off(face, LANDMARKS)
    assert distances[:2].max() < 0.12  # seen
    assert distances[2:].max() < 0.25  # estimated
    assert face.landmarks_estimated
    assert 0.5 < face.score <= 1
    x0, y0, x1, y1 = face.box
    assert ((face.landmarks > (x0, y0)) & (face.landmarks < (x1, y1))).all()
    assert face.box.dtype == face.landmarks.dtype == np.float32


def test_a_degraded_face_is_found_too(detector: HaarDetector, degraded_astronaut: Image) -> None:
    (face,) = detector.detect(degraded_astronaut)
    eyes = 2 * face.landmarks[:2] + 0.5
    assert np.linalg.norm(eyes - LANDMARKS[:2], axis=1).max() < 0.15 * EYE_DISTANCE


def test_the_face_is_aligned_well_enough_to_be_restored(detector: HaarDetector, astronaut: Image) -> None:
    """The true landmarks, seen through the detected face's matrix, lie near the template's."""
    (face,) = detector.detect(astronaut)
    matrix = similarity_transform(face.landmarks, FFHQ_512_TEMPLATE)
    assert matrix is not None
    errors = np.linalg.norm(transform_points(LANDMARKS, matrix) - FFHQ_512_TEMPLATE, axis=1)
    assert errors[:2].max() < 20
    assert errors.max() < 45


@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_tilted_face_is_found(degrees: float, detector: HaarDetector, astronaut: Image) -> None:
    matrix = cv2.getRotationMatrix2D((255.5, 255.5), degrees, 1)
    turned = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (face,) = detector.detect(turned)
    distances = off(face, transform_points(LANDMARKS, matrix))
    assert distances[:2].max() < 0.12
    assert distances.max() < 0.3
    left, right = face.landmarks[:2]
    tilt = np.degrees(np.arctan2(*(right - left)[::-1]))
    assert tilt == pytest.approx(-degrees, abs=8)


@pytest.mark.parametrize("name", ["brick", "camera", "chelsea", "coffee", "coins", "grass", "page", "rocket"])
def test_no_face_is_found_where_there_is_none(name: str, detector: HaarDetector) -> None:
    """`camera` shows a man from behind, `chelsea` a cat."""
    assert detector.detect(photo(name)) == []


@pytest.mark.parametrize("kind", ["noise", "black", "white", "gradient"])
def test_no_face_is_found_in_no_picture(kind: str, detector: HaarDetector) -> None:
    image = {
        "noise": np.random.default_rng(0).random((200, 300, 3), dtype=np.float32),
        "black": np.zeros((200, 300, 3), np.float32),
        "white": np.ones((200, 300, 3), np.float32),
        "gradient": np.linspace(0, 1, 200 * 300 * 3, dtype=np.float32).reshape(200, 300, 3),
    }[kind]
    assert detector.detect(image) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (7, 3), (24, 24), (25, 23)])
def test_pictures_too_small_for_a_face_are_no_failure(size: tuple[int, int], detector: HaarDetector) -> None:
    assert detector.detect(np.full((*size, 3), 0.5, np.float32)) == []


def test_every_face_of_a_group_is_found_once(detector: HaarDetector, astronaut: Image) -> None:
    """The same face three times: as it is, mirrored, and larger."""
    portrait = astronaut[20:220, 130:330]
    larger = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_CUBIC)
    group = np.full((320, 760, 3), 0.5, np.float32)
    group[20:220, 20:220] = portrait
    group[100:300, 230:430] = portrait[:, ::-1]
    group[10:310, 445:745] = np.clip(larger, 0, 1)
    faces = detect(group, detector, Run())
    eyes = LANDMARKS[:2] - (130, 20)
    mirrored = (199 - eyes[:, 0], eyes[:, 1])
    expected = [
        eyes + np.array([20, 20]),
        np.stack(mirrored, axis=1)[::-1] + np.array([230, 100]),
        1.5 * eyes + 0.25 + np.array([445, 10]),
    ]
    assert len(faces) == 3
    for face, where, scale in zip(faces, expected, (1, 1, 1.5), strict=True):
        assert np.linalg.norm(face.landmarks[:2] - where, axis=1).max() < 0.15 * EYE_DISTANCE * scale


def test_faces_come_best_first(detector: HaarDetector, astronaut: Image) -> None:
    group = np.concatenate([astronaut[20:220, 130:330], astronaut[20:220, 130:330][:, ::-1] * 0.4 + 0.3], axis=1)
    faces = detector.detect(group)
    scores = [face.score for face in faces]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)


LEFT, RIGHT = (np.array(point, np.float32) for point in ([133, 141], [168, 137]))
PLACED = haar.BOX_LANDMARKS * 100 + 100


def candidate(left: FloatArray | None, right: FloatArray | None) -> haar._Candidate:
    """A box of 100 pixels at (100, 100), in which these eyes were seen."""
    return haar._Candidate(100, 100, 100, 7, (left, right), np.array([[1.0, 0, 0], [0, 1.0, 0]]))


def test_without_eyes_the_landmarks_stand_at_their_places_in_the_box() -> None:
    assert np.allclose(candidate(None, None).landmarks(), PLACED)


@pytest.mark.parametrize(("left", "right"), [(LEFT, None), (None, RIGHT)])
def test_one_eye_moves_the_whole_face(left: FloatArray | None, right: FloatArray | None) -> None:
    landmarks = candidate(left, right).landmarks()
    step = LEFT - PLACED[0] if right is None else RIGHT - PLACED[1]
    assert np.allclose(landmarks, PLACED + step, atol=1e-4)


def test_two_eyes_turn_and_scale_the_face() -> None:
    landmarks = candidate(LEFT, RIGHT).landmarks()
    assert np.allclose(landmarks[:2], [LEFT, RIGHT], atol=1e-3)
    eyes, mouth = landmarks[1] - landmarks[0], landmarks[4] - landmarks[3]
    assert np.cross([*eyes, 0], [*mouth, 0])[2] == pytest.approx(0, abs=0.1)
    ratio = np.linalg.norm(mouth) / np.linalg.norm(eyes)
    assert ratio == pytest.approx(
        np.linalg.norm(PLACED[4] - PLACED[3]) / np.linalg.norm(PLACED[1] - PLACED[0]), rel=1e-3
    )


@pytest.mark.parametrize("right", [(140.0, 139.0), (195.0, 140.0), (160.0, 170.0)], ids=["near", "far", "tilted"])
def test_two_eyes_that_make_no_face_are_not_believed(right: tuple[float, float]) -> None:
    assert np.allclose(candidate(LEFT, np.array(right, np.float32)).landmarks(), PLACED)


def test_each_eye_seen_supports_a_face() -> None:
    assert [candidate(*eyes).support for eyes in ((None, None), (LEFT, None), (LEFT, RIGHT))] == [7, 14, 21]


def test_a_photo_is_not_written(detector: HaarDetector, degraded_astronaut: Image) -> None:
    assert not degraded_astronaut.flags.writeable
    assert len(detector.detect(degraded_astronaut)) == 1


def test_two_threads_find_what_each_finds_alone(detector: HaarDetector, degraded_astronaut: Image) -> None:
    photos = [degraded_astronaut, np.ascontiguousarray(degraded_astronaut[:, ::-1])] * 2
    alone = [detector.detect(image) for image in photos]
    assert same(alone[0], alone[2])
    assert not same(alone[0], alone[1])
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(detector.detect, photos))
    assert all(same(first, second) for first, second in zip(alone, together, strict=True))


def test_a_cascade_that_opencv_does_not_have_is_an_error_with_its_name() -> None:
    with pytest.raises(ModelUnavailable, match=r"haar-frontal: .*haarcascade_nobody\.xml"):
        haar._cascade("haarcascade_nobody.xml")


def test_a_face_larger_than_the_bounded_copy_is_found_in_the_photo_s_own_pixels(
    detector: HaarDetector, astronaut: Image
) -> None:
    large = np.clip(cv2.resize(astronaut[:300], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC), 0, 1)
    assert max(large.shape) > detector.max_side
    (face,) = detect(large, detector, Run())
    assert np.linalg.norm(face.landmarks[:2] - (4 * LANDMARKS[:2] + 1.5), axis=1).max() < 0.12 * 4 * EYE_DISTANCE
