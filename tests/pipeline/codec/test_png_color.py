"""Colours that a PNG tells without a profile."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests import images
from tests.images import Pixels, chunk
from tests.pipeline.codec.decoding import PICTURE, assert_shows, codes, decoded, repeated_grey

LEVELS = np.arange(256, dtype=np.uint8).reshape(8, 32)
SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CHROMATICITIES = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
IGNORED = ["color_profile_ignored"]
P3 = np.array(
    [[[255, 0, 0], [200, 90, 80], [0, 255, 0], [30, 140, 60], [0, 0, 255], [255, 255, 255], [9, 9, 9]]], np.uint8
)


def cicp(primaries: int, curve: int, coefficients: int = 0, full_range: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, curve, coefficients, full_range]))


def gama(number: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", number))


def chrm(*chromaticities: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(part * 100_000) for part in chromaticities)))


SRGB = chunk(b"sRGB", b"\0")


def png(pixels: Pixels, *chunks: bytes, **options: object) -> bytes:
    return images.with_chunks(images.png(pixels, **options), *chunks)


def srgb(light: Pixels) -> Pixels:
    """IEC 61966-2-1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def p3_profile() -> bytes:
    """A profile of Display P3: that of sRGB with other primaries, adapted to D50."""
    profile = images.swapped_profile()  # whose red and blue are swapped
    table = {profile[at : at + 4]: struct.unpack(">I", profile[at + 4 : at + 8])[0] for at in range(132, 400, 12)}
    for name, primary in {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }.items():
        at = table[name] + 8
        profile = profile[:at] + struct.pack(">3i", *(round(part * 65_536) for part in primary)) + profile[at + 12 :]
    return profile


# --- gamma and chromaticities ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [100_000, 55_556, 38_462])
def test_gamma_gives_exact_levels(number: int) -> None:
    photo = decoded(png(LEVELS, gama(number)))
    assert_shows(photo, repeated_grey(srgb((LEVELS / 255) ** (100_000 / number))), 0.01)
    assert photo.notices == ()


def test_gamma_of_16_bit_grey_keeps_its_precision() -> None:
    levels = np.arange(0, 65_536, 257 * 3, dtype=np.uint16).reshape(1, -1) + 5
    photo = decoded(images.png_16(levels, images.GREY, gama(100_000)))
    assert_shows(photo, repeated_grey(srgb(levels / 65_535)), 0.01)


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_gamma_in_other_modes_leaves_alpha_alone(mode: str) -> None:
    pixels = np.dstack((PICTURE, PICTURE[..., 1]))
    file = images.saved(pixels, "PNG", mode)
    plain, photo = decoded(file), decoded(images.with_chunks(file, gama(100_000)))
    assert_shows(photo, srgb(plain.image), 0.01)
    if plain.alpha is not None:
        np.testing.assert_array_equal(photo.alpha, plain.alpha)


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(45_455)],
        [gama(45_000)],
        [chrm(*SRGB_CHROMATICITIES)],
        [gama(45_455), chrm(*SRGB_CHROMATICITIES)],
        [gama(45_455), chrm(0.31269, 0.32899, 0.63999, 0.33001, 0.3, 0.6, 0.15, 0.05999)],
        [SRGB],
        [gama(100_000), chrm(*P3_CHROMATICITIES), SRGB],
        [cicp(1, 13)],
        [cicp(1, 13), gama(100_000)],
    ],
)
def test_what_is_srgb_is_left_as_it_is(chunks: list[bytes]) -> None:
    photo = decoded(png(PICTURE, *chunks))
    np.testing.assert_array_equal(photo.image, decoded(png(PICTURE)).image)
    assert photo.notices == ()


def test_white_stays_white_and_grey_grey() -> None:
    greys = np.repeat(LEVELS[..., np.newaxis], 3, axis=-1)
    for white in ((0.3457, 0.3585), (0.2990, 0.3149)):
        photo = decoded(png(greys, gama(100_000), chrm(*white, *P3_CHROMATICITIES[2:])))
        assert_shows(photo, srgb(greys / 255), 0.02)


@pytest.mark.parametrize("chunks", [[chrm(*P3_CHROMATICITIES)], [chrm(*P3_CHROMATICITIES), gama(45_455)]])
def test_chromaticities_are_as_good_as_code_points(chunks: list[bytes]) -> None:
    np.testing.assert_array_equal(decoded(png(P3, *chunks)).image, decoded(png(P3, cicp(12, 13))).image)


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0)],
        [gama(1)],
        [gama(2**32 - 1)],
        [chunk(b"gAMA", b"")],
        [chunk(b"gAMA", bytes(9_000))],
        [chunk(b"cHRM", b"")],
        [chrm(*[0] * 8)],
        [chrm(*[0.3] * 8)],
        [chrm(0.3127, 0, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)],  # a white without light
        [chrm(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.64, 0.33)],  # blue is red
        [chrm(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.47, 0.465)],  # on a line
        [chrm(0.1, 0.1, 0.64, 0.33, 0.30, 0.60, 0.25, 0.36)],  # white outside
        [chrm(0.3127, 0.3290, 9, 0.33, 0.30, 0.60, 0.15, 0.06)],  # no colour
        [chrm(*P3_CHROMATICITIES), gama(0)],
    ],
)
def test_what_makes_no_sense_is_ignored_with_a_notice(chunks: list[bytes]) -> None:
    photo = decoded(png(PICTURE, *chunks))
    np.testing.assert_array_equal(photo.image, decoded(png(PICTURE)).image)
    assert codes(photo) == IGNORED


# --- code points -------------------------------------------------------------------------------------------------


def test_p3_in_code_points_is_p3_in_a_profile() -> None:
    photo = decoded(png(P3, cicp(12, 13)))
    assert_shows(photo, decoded(images.png(P3, icc_profile=p3_profile())).image, 1)
    assert_shows(photo, decoded(png(P3)).image, 100)
    assert np.abs(photo.image - decoded(png(P3)).image).max() * 255 > 10
    assert photo.notices == ()


@pytest.mark.parametrize(
    ("curve", "value", "light"),
    [
        (1, 1.0992968 * 0.5**0.45 - 0.0992968, 0.5),
        (6, 4.5 * 0.01, 0.01),
        (14, 1, 1),
        (15, 1.0992968 * 0.1**0.45 - 0.0992968, 0.1),
        (4, 0.5, 0.217638),
        (8, 0.5, 0.5),
    ],
)
def test_curves(curve: int, value: float, light: float) -> None:
    level = np.full((1, 1), round(value * 65_535), np.uint16)
    photo = decoded(images.png_16(level, images.GREY, cicp(1, curve)))
    assert_shows(photo, np.full((1, 1, 3), srgb(np.float64(light))), 0.05)


def test_bt_2020() -> None:
    """Red of BT.709 in BT.2020 (ITU-R BT.2087)."""
    red = np.round(np.array([[[0.6274, 0.0691, 0.0164]]]) * 65_535).astype(np.uint16)
    assert_shows(decoded(images.png_16(red, images.COLOR, cicp(9, 8))), np.array([[[1, 0, 0]]]), 14)


@pytest.mark.parametrize(("curve", "white"), [(16, 0.580689), (18, 0.75)])
def test_hdr_is_tone_mapped_with_a_notice(curve: int, white: float) -> None:
    """White of SDR is 203 cd/m² (ITU-R BT.2408); 1,000 cd/m² become white, and the order of tones stays."""
    brightest = 0.751827 if curve == 16 else 1
    tones = np.array([[0, 0.3, white, brightest, 1]])
    photo = decoded(images.png_16(np.round(tones * 65_535).astype(np.uint16), images.GREY, cicp(9, curve)))
    assert codes(photo) == ["hdr_tone_mapped"]
    shown = photo.image[0, :, 0]
    middle = (1 + (203 / 1000) ** 2) / 2
    np.testing.assert_allclose(shown[[0, 2, 3, 4]], [0, srgb(np.float64(middle)), 1, 1], atol=0.002)
    assert 0.05 < shown[1] < shown[2]


@pytest.mark.parametrize(
    "told",
    [
        cicp(0, 13),
        cicp(2, 2),
        cicp(12, 255),
        cicp(9, 16, coefficients=9),
        cicp(12, 13, full_range=0),
        cicp(12, 13, full_range=2),
        chunk(b"cICP", b""),
        chunk(b"cICP", bytes(5)),
    ],
)
def test_unknown_code_points_leave_it_to_the_next_chunk_or_are_ignored_with_a_notice(told: bytes) -> None:
    alone = decoded(png(PICTURE, told))
    np.testing.assert_array_equal(alone.image, decoded(png(PICTURE)).image)
    assert codes(alone) == IGNORED
    for other in (gama(100_000), SRGB):
        photo = decoded(png(PICTURE, told, other))
        np.testing.assert_array_equal(photo.image, decoded(png(PICTURE, other)).image)
        assert photo.notices == ()
    swapped = decoded(png(PICTURE, told, icc_profile=images.swapped_profile()))
    assert_shows(swapped, PICTURE[..., ::-1] / 255, 3)
    assert swapped.notices == ()


def test_order_of_chunks() -> None:
    """Code points, then a profile, then sRGB, then gamma."""
    profile = images.swapped_profile()
    both = decoded(png(P3, cicp(12, 13), gama(100_000), SRGB, icc_profile=profile))
    np.testing.assert_array_equal(both.image, decoded(png(P3, cicp(12, 13))).image)
    under = decoded(png(PICTURE, gama(100_000), SRGB, icc_profile=profile))
    np.testing.assert_array_equal(under.image, decoded(images.png(PICTURE, icc_profile=profile)).image)


def test_a_large_picture_is_converted_in_all_its_rows() -> None:
    pixels = images.gradient(30, 200)
    assert_shows(decoded(png(pixels, gama(100_000))), srgb(pixels / 255), 0.01)
