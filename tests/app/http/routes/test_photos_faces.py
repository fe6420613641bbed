"""Form fields about faces: `strength`, `faces`, `face_overrides` and `require_face`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.routes.dark_photo import DARK
from tests.app.server import Likeness, serving


def test_strength_0_gives_the_plain_upscaled_face(likeness: Likeness) -> None:
    plain = likeness.data(samples.small_face(), strength=0)
    restored = likeness.data(samples.small_face(), strength=1)
    upscaled = likeness.upscale(samples.small_face()).json()["data"]
    assert plain["restored_image"] == upscaled["restored_image"]
    assert plain["restored_image"] != restored["restored_image"]
    assert plain["faces"][0]["strength"] == 0


def test_strength_blends_the_restored_face_with_the_upscaled_one(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    with serving(fakes) as server:
        middle = [
            samples.pixels_in(server.data(DARK, color_lock=False, strength=strength, upscale_factor=1))[40, 40].mean()
            for strength in (0, 0.5, 1)
        ]
    assert middle == pytest.approx([0, 127.5, 255], abs=2)


@pytest.fixture(scope="module")
def two_faces() -> bytes:
    """A photo of a large and a small face."""
    canvas = np.full((128, 252, 3), 90, np.uint8)
    canvas[:, 16:144] = samples.head(128)
    canvas[16:112, 156:] = samples.head(96)
    return samples.file_of(canvas, "PNG")


@pytest.mark.parametrize(("choice", "restored"), [("all", 2), ("largest", 1), ("center", 1)])
def test_the_field_faces_selects_the_faces_to_restore(
    likeness: Likeness, two_faces: bytes, choice: str, restored: int
) -> None:
    faces = likeness.data(two_faces, faces=choice, upscale_factor=1)["faces"]
    assert len(faces) == 2
    kept = [face for face in faces if face["action"] == "kept"]
    assert len(faces) - len(kept) == restored
    assert all("asked for" in face["reason"] and face["strength"] == 0 for face in kept)
    assert faces[0]["action"] == "restored"  # the face that is larger and nearer to the middle


def overridden(likeness: Likeness, photo: bytes, overrides: str, **fields: Any) -> tuple[list[Any], Any]:
    """The action and strength of each face, and the pixels of the result."""
    data = likeness.data(photo, upscale_factor=1, face_overrides=overrides, **fields)
    return [(face["action"], face["strength"]) for face in data["faces"]], samples.pixels_in(data)


def test_an_override_replaces_strength_and_selection_for_its_face(likeness: Likeness, two_faces: bytes) -> None:
    both, restored = overridden(likeness, two_faces, "")
    neither, plain = overridden(likeness, two_faces, "", strength=0)
    assert (both, neither) == ([("restored", 1)] * 2, [("kept", 0)] * 2)
    first, pixels = overridden(likeness, two_faces, '{"1": 0}')
    assert first == [both[0], neither[1]]
    assert (pixels[:, :144] == restored[:, :144]).all()
    assert (pixels[:, 156:] == plain[:, 156:]).all()
    assert (restored[:, 156:] != plain[:, 156:]).any()
    second, pixels = overridden(likeness, two_faces, '{"1": 1}', strength=0)
    assert second == [neither[0], both[1]]
    assert (pixels[:, :144] == plain[:, :144]).all()
    assert (pixels[:, 156:] == restored[:, 156:]).all()
    mixed, _ = overridden(likeness, two_faces, ' { "1" : 0.7, "0": 5e-1 } ', faces="largest", strength=0.2)
    assert mixed == [("restored", 0.5), ("restored", 0.7)]
    assert overridden(likeness, two_faces, "{}", faces="largest")[0] == [both[0], neither[1]]


def test_a_face_kept_by_an_override_says_why(likeness: Likeness) -> None:
    (face,) = likeness.data(samples.small_face(), face_overrides='{"0": 0}')["faces"]
    assert face["reason"] == "Left as it was, as asked for this face: upscaled only."


def test_without_a_face_the_photo_is_refused(likeness: Likeness) -> None:
    response = likeness.enhance(samples.no_face())
    assert response.status_code == 422
    assert response.json()["code"] == "no_face_detected"
    assert response.json()["stage"] == "detection"


def test_without_a_face_the_photo_is_upscaled_if_none_is_required(likeness: Likeness) -> None:
    data = likeness.data(samples.no_face(), require_face=False)
    assert data["faces"] == []
    assert (data["width"], data["height"]) == (128, 96)
    assert data["warnings"][0]["code"] == "no_face_detected"
    assert data["warning"] == data["warnings"][0]["message"]
    upscaled = likeness.upscale(samples.no_face()).json()["data"]
    assert data["restored_image"] == upscaled["restored_image"]
