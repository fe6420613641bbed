"""Which restored faces are used, and which are not because the photo's face is the better one."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.errors import Cancelled
from pipeline.face_region import mean_color
from pipeline.geometry import resize
from pipeline.run import Run
from pipeline.steps.benefit import lock_colors, without_blurrier, without_unchanged
from pipeline.types import CROP_SIZE, Crop, Image, PlannedFace, Verdict
from tests.pipeline.fakes import planned

SIDE = 128  # of the photo, which is one face
MATRIX = np.array([[CROP_SIZE / SIDE, 0.0, 1.5], [0.0, CROP_SIZE / SIDE, 1.5]])  # whole pixels, not their centres


def texture(side: int) -> Image:
    """Squares of random colours with sharp edges, (side, side, 3)."""
    coarse = np.random.default_rng(0).uniform(0.1, 0.9, (16, 16, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_NEAREST))


def soft(image: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))


CROP = Crop(soft(texture(CROP_SIZE), 4), MATRIX)


def face(restored: Image, **changes: object) -> PlannedFace:
    return replace(planned(CROP, restored), **changes)


# --- colour --------------------------------------------------------------------------------------------------------


def test_a_restored_face_gets_the_mean_color_of_its_crop() -> None:
    restored = CROP.image * np.float32([0.9, 1.0, 0.8])
    (locked,) = lock_colors([face(restored)])
    assert mean_color(locked.restored) == pytest.approx(mean_color(CROP.image), abs=0.1 / 255)
    assert locked.restored.min() >= 0
    assert locked.restored.max() <= 1


def test_a_face_of_the_right_color_stays_as_it_is() -> None:
    (locked,) = lock_colors([face(CROP.image)])
    assert locked.restored == pytest.approx(CROP.image, abs=1e-6)


# --- change --------------------------------------------------------------------------------------------------------


def test_a_face_that_shows_no_difference_is_unchanged_and_not_pasted() -> None:
    faces = [face(CROP.image + np.float32(level / 255), index=level) for level in (0, 1, 2)]
    judged = without_unchanged(faces)
    assert [item.verdict.action for item in judged] == ["unchanged", "restored", "restored"]
    assert judged[0].verdict.strength == 0
    assert not judged[0].verdict.is_pasted
    assert "nothing to change" in str(judged[0].verdict.reason)


# --- sharpness -----------------------------------------------------------------------------------------------------


def judged(restored: Image, upscaled: Image, verdict: Verdict | None = None) -> Verdict:
    """The verdict on a face in a photo of 128 px that was enlarged twice."""
    photo = resize(upscaled, (2 * SIDE, 2 * SIDE))
    planned_face = face(restored) if verdict is None else face(restored, verdict=verdict)
    return without_blurrier([planned_face], photo, (SIDE, SIDE), Run())[0].verdict


def test_a_face_that_is_blurrier_than_the_upscaled_one_is_kept_and_says_why() -> None:
    verdict = judged(soft(texture(CROP_SIZE), 10), upscaled=soft(texture(CROP_SIZE), 4))
    assert (verdict.action, verdict.strength) == ("kept", 0.0)
    assert "less sharp than upscaled" in str(verdict.reason)


@pytest.mark.parametrize("sigma", [1.0, 4.0])
def test_a_face_that_is_as_sharp_or_sharper_is_used(sigma: float) -> None:
    verdict = judged(soft(texture(CROP_SIZE), sigma), upscaled=soft(texture(CROP_SIZE), 4))
    assert verdict == Verdict("restored", 1.0)


@pytest.mark.parametrize("side", [1, 2, 20])
def test_a_face_that_becomes_too_small_to_be_measured_is_used(side: int) -> None:
    planned_face = face(soft(texture(CROP_SIZE), 10))
    reduced = resize(texture(SIDE), (side, side))
    assert without_blurrier([planned_face], reduced, (SIDE, SIDE), Run()) == [planned_face]


@pytest.mark.parametrize("factor", [4, 5, 6.5, 8])
@pytest.mark.parametrize(("upscaled", "restored", "action"), [(3, 3.5, "restored"), (4, 5, "kept")])
def test_resampling_beyond_four_times_changes_no_verdict(
    factor: float, upscaled: float, restored: float, action: str
) -> None:
    side = 64
    crop = replace(CROP, affine_matrix=np.array([[8.0, 0.0, 3.5], [0.0, 8.0, 3.5]]))
    planned_face = planned(crop, soft(texture(CROP_SIZE), restored))
    network = resize(soft(texture(CROP_SIZE), upscaled), (4 * side, 4 * side))
    background = resize(network, (round(factor * side), round(factor * side)))
    (found,) = without_blurrier([planned_face], background, (side, side), Run())
    assert found.verdict.action == action


def test_faces_without_edges_are_not_judged() -> None:
    plain = np.full_like(CROP.image, 0.4)
    assert judged(plain, upscaled=texture(CROP_SIZE)).action == "restored"
    assert judged(soft(texture(CROP_SIZE), 10), upscaled=plain).action == "restored"


def test_a_face_that_is_not_pasted_keeps_its_verdict() -> None:
    unchanged = Verdict("unchanged", 0.0, reason="Nothing to change.")
    assert judged(soft(texture(CROP_SIZE), 10), texture(CROP_SIZE), unchanged) == unchanged


def test_it_stops_between_faces() -> None:
    run = Run()
    run.cancelled.set()
    with pytest.raises(Cancelled):
        without_blurrier([face(CROP.image)], texture(2 * SIDE), (SIDE, SIDE), run)
