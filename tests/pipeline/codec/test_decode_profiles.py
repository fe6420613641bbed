from __future__ import annotations

import zlib

import numpy as np
import pytest

from pipeline.codec.limits import MAX_PROFILE_BYTES
from tests import images
from tests.hostile.profile_bombs import program_profile
from tests.pipeline.codec.decoding import EXPECTED, PICTURE, assert_shows, bounded, codes, decoded, repeated_grey


@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_profile_is_applied(make: images.Maker) -> None:
    photo = decoded(make(PICTURE, icc_profile=images.swapped_profile()))
    assert_shows(photo, EXPECTED[..., ::-1], 6)
    assert photo.notices == ()


def test_profile_leaves_alpha_alone() -> None:
    pixels = np.dstack((PICTURE, PICTURE[..., 1]))
    photo = decoded(images.saved(pixels, "PNG", icc_profile=images.swapped_profile()))
    assert_shows(photo, EXPECTED[..., ::-1], 3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, PICTURE[..., 1] / 255, atol=1e-6)


@pytest.mark.parametrize("depth", [8, 16])
def test_grey_profile(depth: int) -> None:
    profile = images.linear_grey_profile()
    levels = np.arange(25, 256, 5, dtype=np.uint16).reshape(1, -1)  # darker, LittleCMS interpolates coarsely
    packed = images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile))
    if depth == 8:
        data = images.saved(levels.astype(np.uint8), "PNG", icc_profile=profile)
    else:
        data = images.png_16(levels * 257, images.GREY, packed)
    linear = levels / 255
    photo = decoded(data)
    assert_shows(photo, repeated_grey(1.055 * linear ** (1 / 2.4) - 0.055), 2)
    assert [notice.code for notice in photo.notices] == ([] if depth == 8 else ["depth_reduced"])


def test_grey_picture_with_color_profile() -> None:
    photo = decoded(images.saved(PICTURE, "JPEG", "L", quality=95, icc_profile=images.swapped_profile()))
    assert np.ptp(photo.image, axis=-1).max() * 255 <= 3
    assert photo.notices == ()


@pytest.mark.parametrize(
    "profile", [b"no profile at all", images.linear_grey_profile(), images.swapped_profile()[:300]]
)
@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_unusable_profile_keeps_the_pixels(profile: bytes, make: images.Maker) -> None:
    photo = decoded(make(PICTURE, icc_profile=profile))
    assert_shows(photo, EXPECTED, 4)
    assert codes(photo) == ["color_profile_ignored"]


@pytest.mark.parametrize("packed", [b"", b"icc", b"icc\0\0not compressed", b"icc\0\0" + zlib.compress(b"x")[:-3]])
def test_damaged_profile_chunk_keeps_the_pixels(packed: bytes) -> None:
    photo = decoded(images.with_chunks(images.png(PICTURE), images.chunk(b"iCCP", packed)))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["color_profile_ignored"]


def test_oversized_profile_keeps_the_pixels() -> None:
    profile = images.swapped_profile() + bytes(MAX_PROFILE_BYTES)
    assert codes(decoded(images.jpeg(PICTURE, icc_profile=profile))) == ["color_profile_ignored"]


def test_profile_that_is_a_program_is_left_alone() -> None:
    """20,000 steps take LittleCMS 8 seconds, whatever the size of the picture."""
    profile = program_profile(20_000)
    with bounded(seconds=1, megabytes=10):
        photo = decoded(images.png(PICTURE, icc_profile=profile))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["color_profile_ignored"]
