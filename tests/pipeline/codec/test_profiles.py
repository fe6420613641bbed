from __future__ import annotations

import struct

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec.encode import encode
from pipeline.codec.limits import MAX_PROFILE_BYTES
from pipeline.codec.profiles import converted, to_srgb, why_not_kept
from pipeline.types import FileTags
from tests import images
from tests.hostile.profile_bombs import program_profile
from tests.profiles import FAR, NEAR, in_srgb, lab_profile, profile_of

BOTH = frozenset({"RGB", "GRAY"})
P3 = profile_of("display-p3")
PICTURE = images.gradient()
IMAGE = (PICTURE / 255).astype(np.float32)


def why(profile: bytes, mode: str = "RGB", spaces: frozenset[str] = BOTH, *, has_alpha: bool = False) -> str | None:
    return why_not_kept(profile, mode, spaces, has_alpha=has_alpha)


@pytest.mark.parametrize("name", NEAR)
def test_spaces_that_photos_are_in_are_kept(name: str) -> None:
    assert why(profile_of(name)) is None
    assert why(profile_of(name), "L") is None
    assert why(profile_of(name), "RGB", frozenset({"RGB"}), has_alpha=True) is None


@pytest.mark.parametrize("name", FAR)
def test_spaces_in_which_a_photo_looks_different_are_not(name: str) -> None:
    assert why(profile_of(name)) == "its numbers mean other colours than sRGB's"


def test_other_profiles_than_of_rgb_and_grey_are_not_kept() -> None:
    assert why(lab_profile()) is not None
    assert why(P3[:16] + b"CMYK" + P3[20:], "CMYK") == "it is not for RGB or grey"


@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_grey_profiles_are_kept_where_the_result_can_hold_them(mode: str) -> None:
    grey = profile_of("apple", 1)
    assert why(grey, mode) is None
    assert why(grey, mode, frozenset({"RGB"})) == "the result's format has no grey profiles"
    assert why(grey, mode, has_alpha=True) == "it is for grey, and the photo has transparency"
    assert why(profile_of("linear", 1), mode) == "its numbers mean other colours than sRGB's"
    assert why(grey, "RGB") == "it does not fit the photo's pixels"
    assert why(P3, "CMYK") == "it does not fit the photo's pixels"


def put(at: int, number: int) -> bytes:
    return P3[:at] + struct.pack(">I", number) + P3[at + 4 :]


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        b"no profile at all",
        P3[:131],
        P3[:300],
        P3 + b"\0\0\0\0",  # longer than it says
        put(0, len(P3) + 4),
        put(128, 2**32 - 1),  # tags
        put(132 + 8, 2**32 - 1),  # length of the first tag
        put(132 + 4, len(P3) + 4),  # place of the first tag
        put(64, 9),  # rendering intent
        put(36, 0),  # signature
        P3[:12] + b"link" + P3[16:],
        P3[:20] + b"RGB " + P3[24:],
        program_profile(10),
        P3 + bytes(MAX_PROFILE_BYTES),
    ],
)
def test_what_an_encoder_would_refuse_is_not_kept(profile: bytes) -> None:
    assert why(profile) == "it is damaged"


@given(st.binary(max_size=40), st.integers(0, len(P3)))
def test_any_damage_is_a_reason_or_harmless(inserted: bytes, at: int) -> None:
    damaged = P3[:at] + inserted + P3[at + len(inserted) :]
    if why(damaged) is None:  # then an encoder takes it
        assert encode(IMAGE, None, "png", tags=FileTags(profile=damaged)).data


def test_a_profile_that_colours_cannot_be_converted_to_is_not_kept() -> None:
    """A scanner's table leads from its numbers to colours only; the metrics' reference has to be converted to it."""
    one_way = P3.replace(b"rXYZ", b"xXYZ")  # without its red
    assert why(one_way) == "colours cannot be converted to it and back"


@pytest.mark.parametrize("name", NEAR)
def test_conversion_is_that_of_littlecms(name: str) -> None:
    profile = profile_of(name)
    shown = converted(IMAGE, profile, None)
    assert np.abs(shown * 255 - in_srgb(PICTURE, profile)).max() <= 1
    muted = (0.45 + 0.15 * IMAGE).astype(np.float32)  # which sRGB has in any of these spaces
    back = converted(converted(muted, profile, None), None, profile)
    assert np.abs(back - muted).max() * 255 <= 2


def test_conversion_to_grey_and_from_it() -> None:
    grey = converted(IMAGE, None, profile_of("apple", 1))
    assert np.ptp(grey, axis=-1).max() == 0
    again = converted(grey, profile_of("apple", 1), profile_of("srgb", 1))
    expected = in_srgb(np.round(grey[..., 0] * 255).astype(np.uint8), profile_of("apple", 1))
    assert np.abs(again * 255 - expected).max() <= 1
    out = IMAGE.copy()
    assert converted(IMAGE, None, None, out=out) is out


def test_to_srgb_of_what_cannot_be_used() -> None:
    picture = PIL.Image.fromarray(PICTURE)
    assert to_srgb(picture, b"no profile at all") is None
    assert to_srgb(picture, profile_of("apple", 1)) is None
    assert to_srgb(picture, program_profile(10)) is None
