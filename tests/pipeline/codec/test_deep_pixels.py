"""16-bit colour of PNG and TIFF files: exact where no profile is converted."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
import tifffile

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.codec.profiles import GRAY, RGB
from pipeline.errors import BrokenImage
from tests import containers, images
from tests.images import Pixels
from tests.pipeline.codec.decoding import MAX_PIXELS, bounded, codes, decoded
from tests.profiles import in_srgb, profile_of

LEVELS: Pixels = np.random.default_rng(3).integers(0, 65_536, (33, 21, 4), np.uint16)
LEVELS[..., 3] |= 1  # under opacity 0 the colours are not as in the file
COLORS: Pixels = np.ascontiguousarray(LEVELS[..., :3])
PNG = {"png": images.png_16(COLORS, images.COLOR), "png-clear": images.png_16(LEVELS, images.COLOR_ALPHA)}
TIFF_WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "deflate": {"compression": "zlib", "predictor": True},
    "big-endian": {"byteorder": ">"},
    "tiles": {"tile": (16, 16), "byteorder": ">", "compression": "zlib", "predictor": True},
    "bigtiff": {"bigtiff": True},
    "strips": {"rowsperstrip": 5},
}


def stored(levels: Pixels, channels: int = 3) -> Pixels:
    """The levels as the values of a photo."""
    return levels[..., :channels].astype(np.float32) / np.float32(65_535)


@pytest.mark.parametrize("name", PNG)
def test_png_is_exact(name: str) -> None:
    photo = decoded(PNG[name])
    np.testing.assert_array_equal(photo.image, stored(LEVELS))
    if name == "png-clear":
        np.testing.assert_array_equal(photo.alpha, stored(LEVELS, 4)[..., 3])
    assert photo.notices == ()


@pytest.mark.parametrize("way", TIFF_WAYS)
def test_tiff_is_exact(way: str) -> None:
    photo = decoded(containers.tiff(COLORS, **TIFF_WAYS[way]))
    np.testing.assert_array_equal(photo.image, stored(LEVELS))
    photo = decoded(containers.tiff(LEVELS, extrasamples=("unassalpha",), **TIFF_WAYS[way]))
    np.testing.assert_array_equal(photo.image, stored(LEVELS))
    np.testing.assert_array_equal(photo.alpha, stored(LEVELS, 4)[..., 3])


def test_lzw_is_exact() -> None:
    settings = (cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW)
    written, data = cv2.imencode(".tif", COLORS[..., ::-1], settings)
    assert written
    np.testing.assert_array_equal(decoded(data.tobytes()).image, stored(LEVELS))


def test_grey_with_opacity_is_exact() -> None:
    photo = decoded(images.png_16(np.ascontiguousarray(LEVELS[..., 2:]), images.GREY_ALPHA))
    np.testing.assert_allclose(photo.image, np.repeat(stored(LEVELS)[..., 2:], 3, axis=2), atol=1e-6)
    np.testing.assert_array_equal(photo.alpha, stored(LEVELS, 4)[..., 3])
    assert photo.is_grey


def test_one_transparent_color_is_compared_in_16_bits() -> None:
    levels = np.array([[[300, 40_000, 7], [301, 40_000, 7]]], np.uint16)  # the same in 8 bits
    photo = decoded(images.png_16(levels, images.COLOR, images.chunk(b"tRNS", struct.pack(">3H", 300, 40_000, 7))))
    assert photo.alpha is not None
    assert photo.alpha.tolist() == [[0, 1]]


@pytest.mark.parametrize("orientation", images.ORIENTATIONS)
def test_orientation(orientation: int) -> None:
    """As Pillow turns the same picture of 8 bits."""
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    block = images.chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    small = (LEVELS >> 8).astype(np.uint8)
    turned = decoded(images.with_chunks(images.png(small), block))
    deep = small.astype(np.uint16) * 257
    for data in (
        images.png_16(deep, images.COLOR_ALPHA, block),
        containers.tiff(
            np.ascontiguousarray(deep), extrasamples=("unassalpha",), extratags=[(274, 3, 1, orientation, True)]
        ),
    ):
        photo = decoded(data)
        np.testing.assert_allclose(photo.image[photo.alpha > 0], turned.image[photo.alpha > 0], atol=1e-6)
        np.testing.assert_allclose(photo.alpha, turned.alpha, atol=1e-6)


@pytest.mark.parametrize(
    ("levels", "options"),
    [
        (np.ascontiguousarray(np.moveaxis(COLORS, 2, 0)), {"planarconfig": "separate"}),
        (LEVELS, {"extrasamples": ("assocalpha",)}),
        (LEVELS, {"extrasamples": ("unspecified",)}),
    ],
    ids=["separate", "multiplied", "unspecified"],
)
def test_other_tiff_has_8_bits(levels: Pixels, options: dict[str, Any]) -> None:
    photo = decoded(containers.tiff(levels, **options))
    seen = photo.image if photo.alpha is None else photo.image[photo.alpha > 0]
    levels_of_8_bits = seen * 255
    np.testing.assert_allclose(levels_of_8_bits, np.round(levels_of_8_bits), atol=1e-4)


def test_a_profile_is_converted_from_8_bits() -> None:
    profile = images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(images.swapped_profile()))
    photo = decoded(images.png_16(COLORS, images.COLOR, profile))
    assert codes(photo) == ["depth_reduced"]
    np.testing.assert_allclose(photo.image, stored(LEVELS)[..., ::-1], atol=1.5 / 255)  # it swaps red and blue


def test_a_grey_profile_counts_where_grey_has_opacity() -> None:
    profile = profile_of("apple", 1)
    grey = np.array([[[20_000, 30_000], [50_000, 65_535]]], np.uint16)
    data = images.png_16(grey, images.GREY_ALPHA, images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile)))
    photo = decoded(data)
    assert [notice.code for notice in photo.notices] == ["depth_reduced"]
    expected = in_srgb(np.round(grey[..., 0] / 257).astype(np.uint8), profile)
    np.testing.assert_allclose(photo.image * 255, expected, atol=1e-3)
    np.testing.assert_array_equal(photo.alpha, stored(grey, 2)[..., 1])


def test_grey_whose_opacity_hides_nothing_keeps_its_grey_profile() -> None:
    profile = profile_of("apple", 1)
    grey = np.array([[[20_000, 65_535], [50_001, 65_535]]], np.uint16)
    data = images.png_16(grey, images.GREY_ALPHA, images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile)))
    photo = decode(inspect(data, max_pixels=MAX_PIXELS), frozenset({RGB, GRAY}))
    assert (photo.profile, photo.notices) == (profile, ())
    np.testing.assert_allclose(photo.image[..., 0], stored(grey, 1)[..., 0], atol=1e-6)


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_grey_tiff_keeps_its_profile_and_16_bits(byte_order: str) -> None:
    profile = profile_of("apple", 1)
    data = containers.tiff(COLORS[..., 0], byteorder=byte_order, iccprofile=profile)
    photo = decode(inspect(data, max_pixels=MAX_PIXELS), frozenset({RGB, GRAY}))
    assert (photo.profile, photo.notices) == (profile, ())
    np.testing.assert_allclose(photo.image[..., 0], stored(LEVELS, 1)[..., 0], atol=1e-6)


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_grey_with_a_profile_of_colours_is_converted(byte_order: str) -> None:
    profile, grey = profile_of("apple"), COLORS[..., 0]
    photo = decoded(containers.tiff(grey, byteorder=byte_order, iccprofile=profile))
    assert [notice.code for notice in photo.notices] == ["depth_reduced"]
    levels = np.round(grey / 257).astype(np.uint8)
    np.testing.assert_allclose(
        photo.image * 255, in_srgb(np.repeat(levels[..., np.newaxis], 3, axis=2), profile), atol=1.01
    )


def test_a_profile_that_cannot_be_used_leaves_16_bits() -> None:
    photo = decoded(images.png_16(COLORS, images.COLOR, images.chunk(b"iCCP", b"icc\0\0no profile")))
    assert codes(photo) == ["color_profile_ignored"]
    np.testing.assert_array_equal(photo.image, stored(LEVELS))


@pytest.mark.parametrize(
    "data",
    [PNG["png"][:2_000], images.mended(PNG["png"][:400] + b"\x55" * 9 + PNG["png"][409:])],
    ids=["cut", "damaged"],
)
def test_damaged_png(data: bytes) -> None:
    with pytest.raises(BrokenImage):
        decoded(data)


@pytest.mark.parametrize("compression", ["LZW", "ADOBE_DEFLATE"])
def test_damaged_tiff_leaves_no_line_in_the_log(compression: str, capfd: pytest.CaptureFixture[str]) -> None:
    settings = (cv2.IMWRITE_TIFF_COMPRESSION, getattr(cv2, f"IMWRITE_TIFF_COMPRESSION_{compression}"))
    written, data = cv2.imencode(".tif", COLORS[..., ::-1], settings)
    assert written
    with pytest.raises(BrokenImage):
        decoded(data.tobytes()[:200] + b"\xff" * 900 + data.tobytes()[1_100:])
    assert capfd.readouterr() == ("", "")


def test_damage_of_a_large_tiff_is_found_cheaply() -> None:
    settings = (cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_ADOBE_DEFLATE)
    written, data = cv2.imencode(".tif", np.zeros((3_000, 3_000, 3), np.uint16), settings)
    assert written
    file = data.tobytes()
    with tifffile.TiffFile(BytesIO(file)) as read:
        page = read.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        last = page.dataoffsets[-1]
    with bounded(seconds=2, megabytes=10), pytest.raises(BrokenImage):
        decode(inspect(file[: last + 2] + b"\xff" * 9 + file[last + 11 :], max_pixels=MAX_PIXELS))
