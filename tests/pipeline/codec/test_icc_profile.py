from __future__ import annotations

import json
import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from pipeline.codec.icc_profile import icc_profile, is_own_srgb, srgb_profile, srgb_tag
from pipeline.codec.primaries import BT_709
from pipeline.codec.profiles import why_not_kept
from pipeline.codec.transfer import SRGB, Parametric
from tests.images import Pixels
from tests.profiles import SPACES, in_srgb, profile_of

GRID = np.stack(np.meshgrid(*[np.arange(0, 256, 17)] * 3), axis=-1).reshape(64, 64, 3).astype(np.uint8)
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def off(shown: Pixels, expected: Pixels) -> int:
    return int(np.abs(shown.astype(int) - expected).max())


def test_own_srgb_is_littlecms_srgb() -> None:
    assert off(in_srgb(GRID, srgb_profile(3)), GRID) <= 1
    greys = np.repeat(GREYS[..., np.newaxis], 3, axis=-1)
    assert off(in_srgb(greys, srgb_profile(3)), greys) <= 1
    assert off(in_srgb(GREYS, srgb_profile(1)), greys) <= 1


@pytest.mark.parametrize(("channels", "space"), [(1, "GRAY"), (3, "RGB ")])
def test_own_srgb_is_small_and_says_what_it_is(channels: int, space: str) -> None:
    profile = srgb_profile(channels)
    assert len(profile) < 600
    assert profile == icc_profile(BT_709, SRGB, channels, name="sRGB")
    assert is_own_srgb(profile)
    read = ImageCms.ImageCmsProfile(BytesIO(profile)).profile
    assert (read.xcolor_space, read.profile_description, read.version) == (space, "sRGB", 4.3)
    assert read.creation_date is not None
    assert read.creation_date.year == 2024


def test_white_is_exactly_that_of_icc_profiles() -> None:
    """The three primaries mix to D50 in the profile's own fixed-point numbers, to the last of 16 bits."""
    for name in SPACES:
        profile = profile_of(name)
        places = [profile.index(kind, 132) for kind in (b"rXYZ", b"gXYZ", b"bXYZ")]
        starts = [struct.unpack_from(">I", profile, at + 4)[0] + 8 for at in places]
        mixed = sum(np.array(struct.unpack_from(">3i", profile, at)) for at in starts)
        assert np.abs(mixed - [63_190, 65_536, 54_060]).max() <= 2


def test_display_p3_has_the_published_numbers() -> None:
    """Of the profile that Apple's cameras embed."""
    read = ImageCms.ImageCmsProfile(BytesIO(profile_of("display-p3"))).profile
    for found, expected in (
        (read.red_colorant, (0.5151, 0.2412, -0.0011)),
        (read.green_colorant, (0.2920, 0.6922, 0.0419)),
        (read.blue_colorant, (0.1571, 0.0666, 0.7841)),
    ):
        assert found is not None
        np.testing.assert_allclose(found[0], expected, atol=2e-4)


def test_a_power_curve() -> None:
    shown = in_srgb(GREYS, icc_profile(BT_709, Parametric(1.8), 1))[..., 0]
    light = (GREYS / 255) ** 1.8
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert np.abs(shown - expected).max() < 2  # LittleCMS interpolates near black


@pytest.mark.parametrize(
    "primaries",
    [
        (0.3127, 0.3290, *[0.3] * 6),
        (0.9, 0.1, 0.9, 0.1, 0.3, 0.6, 0.15, 0.06),
        (0.3127, 1e-5, 0.64, 0.33, 0.30, 0.60, 0.15, 0.0),
    ],
)
def test_primaries_that_make_no_sense_are_an_error(primaries: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        icc_profile(primaries, SRGB)


@given(st.lists(st.integers(0, 100_000), min_size=8, max_size=8), st.floats(0.2, 5))
def test_any_primaries_give_a_profile_that_can_be_judged_or_an_error(numbers: list[int], exponent: float) -> None:
    try:
        profile = icc_profile(tuple(number / 100_000 for number in numbers), Parametric(exponent))
    except ValueError:
        return
    assert len(profile) < 600
    why_not_kept(profile, "RGB", frozenset({"RGB"}), has_alpha=False)


@pytest.mark.parametrize(
    ("output_format", "channels", "told"),
    [("png", 3, False), ("png", 1, False), ("avif", 3, True), ("avif", 1, True), ("jpeg", 1, True), ("webp", 3, True)],
)
def test_a_png_gets_no_profile(output_format: str, channels: int, told: bool) -> None:
    assert srgb_tag(output_format, channels) == (srgb_profile(channels) if told else None)  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_has_no_complaint(tmp_path: Path) -> None:
    for channels in (1, 3):
        (tmp_path / f"{channels}.icc").write_bytes(srgb_profile(channels))
    told = subprocess.run(
        ["exiftool", "-j", "-validate", "-warning", "-error", "-a", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        check=True,
    )
    found = json.loads(told.stdout)
    assert [sorted(one) for one in found] == [["SourceFile", "Validate"]] * 2
    assert {one["Validate"] for one in found} == {"OK"}
