from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import BrokenImage, TooManyPixels, UnsupportedMediaType
from tests import images
from tests.containers import tiff, with_tags
from tests.images import saved
from tests.pipeline.codec.decoding import (
    EXPECTED,
    MAX_PIXELS,
    PICTURE,
    assert_shows,
    bounded,
    codes,
    decoded,
    repeated_grey,
)

GREY = np.asarray(PIL.Image.fromarray(PICTURE).convert("L"))
LEVELS = np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40
COLORS_16 = np.dstack((LEVELS, LEVELS[::-1], LEVELS[:, ::-1]))
LONG = 4


@pytest.mark.parametrize(
    ("compression", "within"),
    [(None, 1e-3), ("tiff_lzw", 1e-3), ("tiff_adobe_deflate", 1e-3), ("packbits", 1e-3), ("jpeg", 6)],
)
def test_compressions(compression: str | None, within: float) -> None:
    options = {} if compression is None else {"compression": compression}
    photo = decoded(saved(PICTURE, "TIFF", **options))
    assert_shows(photo, EXPECTED, within)
    assert (photo.alpha, photo.notices) == (None, ())
    assert_shows(decoded(saved(PICTURE, "TIFF", "L", **options)), repeated_grey(GREY / 255), within)


@pytest.mark.parametrize(
    "options",
    [
        {"byteorder": ">"},
        {"bigtiff": True},
        {"bigtiff": True, "byteorder": ">", "compression": "zlib"},
        {"rowsperstrip": 5},
        {"tile": (16, 32)},
        {"tile": (16, 16), "compression": "zlib", "predictor": True},
        {"planarconfig": "separate"},
        {"planarconfig": "separate", "compression": "zlib", "rowsperstrip": 7},
    ],
    ids=str,
)
@pytest.mark.parametrize("depth", [8, 16])
def test_layouts(options: dict[str, Any], depth: int) -> None:
    pixels = PICTURE if depth == 8 else COLORS_16
    layers = np.moveaxis(pixels, 2, 0) if "planarconfig" in options else pixels
    photo = decoded(tiff(layers, **{"photometric": "rgb", **options}))
    assert_shows(photo, pixels / (2**depth - 1), 1e-3 if depth == 8 else 1)


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"compression": "zlib", "tile": (16, 16)}], ids=str)
def test_16_bit_grey_keeps_its_precision(options: dict[str, Any]) -> None:
    assert_shows(decoded(tiff(LEVELS, **options)), repeated_grey(LEVELS / 65_535), 1e-3)


def test_palette_inks_and_one_bit() -> None:
    few = PICTURE // 64 * 64
    shown = np.asarray(PIL.Image.fromarray(few).convert("P").convert("RGB")) / 255
    assert_shows(decoded(saved(few, "TIFF", "P")), shown, 1e-3)
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[:, :8], inks[:, 8:] = (200, 0, 0, 30), (0, 60, 120, 0)
    expected = (1 - inks[..., :3] / 255) * (1 - inks[..., 3:] / 255)
    assert_shows(decoded(tiff(inks, photometric="separated")), expected, 2)
    bits = np.array([[0, 255, 255], [255, 0, 0]], np.uint8)
    assert_shows(decoded(saved(bits, "TIFF", "1")), repeated_grey(bits / 255), 1e-3)


def test_opacity() -> None:
    clear = np.dstack((PICTURE, PICTURE[..., 1]))
    for data in (saved(clear, "TIFF", compression="tiff_lzw"), tiff(clear, extrasamples=["unassalpha"])):
        photo = decoded(data)
        assert_shows(photo, EXPECTED, 1e-3)
        assert photo.alpha is not None
        np.testing.assert_allclose(photo.alpha, PICTURE[..., 1] / 255, atol=1e-6)
    multiplied = decoded(tiff(np.full((4, 4, 4), 100, np.uint8), extrasamples=["assocalpha"]))
    assert_shows(multiplied, np.ones((4, 4, 3)), 1e-3)


@pytest.mark.parametrize("orientation", images.ORIENTATIONS)
def test_orientation_is_applied_once(orientation: int) -> None:
    assert_shows(decoded(images.oriented(PICTURE, orientation, "TIFF")), EXPECTED, 1e-3)


def test_profile_is_converted() -> None:
    data = saved(PICTURE, "TIFF", icc_profile=images.swapped_profile())
    assert_shows(decoded(data), EXPECTED[..., ::-1], 2)


def test_first_of_several_pages() -> None:
    photo = decoded(tiff(np.stack((PICTURE, PICTURE[::-1])), compression="zlib"))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["first_page"]


def test_a_smaller_copy_is_no_page() -> None:
    file = saved(PICTURE, "TIFF")
    second = struct.pack("<HHHIII", 1, 254, LONG, 1, 1, 0)
    assert decoded(with_tags(file + second, {}, following=len(file))).notices == ()
    page = second[:10] + bytes(4) + second[14:]
    assert codes(decoded(with_tags(file + page, {}, following=len(file)))) == ["first_page"]


def test_a_chain_of_directories_is_not_followed() -> None:
    file = saved(PICTURE, "TIFF")
    looped = with_tags(file, {}, following=len(file))  # its own first directory
    assert_shows(decoded(looped), EXPECTED, 1e-3)
    assert decoded(with_tags(file, {}, following=2**31)).notices == ()


@pytest.mark.parametrize(
    "data",
    [
        saved(PICTURE, "TIFF", "1", compression="group4"),
        tiff(PICTURE.astype(np.float32)),
        tiff(LEVELS, photometric="miniswhite"),
        tiff(LEVELS.astype(np.int16)),
        tiff(LEVELS.astype(np.uint32)),
        with_tags(saved(PICTURE, "TIFF"), {50706: (1, 4, 0x00000401)}),
        with_tags(saved(PICTURE, "TIFF"), {254: (LONG, 1, 1)}),
        with_tags(saved(PICTURE, "TIFF"), {262: (3, 1, 6)}),
        with_tags(saved(PICTURE, "TIFF"), {277: (LONG, 1, 2**32 - 1)}),
    ],
    ids=["fax", "float", "negative-16", "signed", "32-bit", "dng", "preview", "ycbcr", "samples"],
)
def test_what_is_no_photo_of_8_or_16_bits_is_told(data: bytes) -> None:
    with pytest.raises(UnsupportedMediaType, match="TIFF file"):
        inspect(data, max_pixels=MAX_PIXELS)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_cut_file_is_refused(compression: str) -> None:
    file = saved(PICTURE, "TIFF", compression=compression)
    for share in (0.02, 0.3, 0.6):
        with pytest.raises(BrokenImage, match="TIFF file"):
            decoded(images.cut(file, share))


def test_damaged_lzw_is_refused() -> None:
    file = bytearray(saved(PICTURE, "TIFF", compression="tiff_lzw"))
    file[40:60] = b"\xff" * 20
    with pytest.raises(BrokenImage):
        decoded(bytes(file))


PLAIN = saved(PICTURE, "TIFF")
PACKED = saved(PICTURE, "TIFF", compression="tiff_adobe_deflate")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:8],
        with_tags(PLAIN, {256: (LONG, 1, 0)}),
        with_tags(PLAIN, {256: (LONG, 1, 2**32 - 1), 257: (LONG, 1, 2**32 - 1)}),
        with_tags(PACKED, {256: (LONG, 1, 60_000), 257: (LONG, 1, 60_000)}),
        with_tags(PLAIN, {273: (LONG, 2**30, 8), 278: (LONG, 1, 1)}),
        with_tags(PLAIN, {257: (LONG, 1, 2**31), 278: (LONG, 1, 1)}),
        with_tags(PLAIN, {273: (LONG, 2**30, 2**31)}),
        with_tags(PACKED, {322: (LONG, 1, 2**31), 323: (LONG, 1, 2**31), 324: (LONG, 1, 8), 325: (LONG, 1, 9)}),
        with_tags(PLAIN, {258: (LONG, 2**31, 8)}),
        with_tags(PLAIN, {258: (12, 1, 8)}),
        b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) + struct.pack("<Q", 2**63),
        b"MM\0*" + struct.pack(">IH", 8, 65_535) + bytes(65_535 * 12),
        b"II*\0" + struct.pack("<I", 2**32 - 1) + bytes(100),
    ],
    ids=[
        "head-alone",
        "no-width",
        "all-pixels",
        "ratio",
        "strips",
        "strips-of-height",
        "far-away",
        "tile",
        "bits",
        "bits-of-type",
        "big-tags",
        "tags",
        "directory",
    ],
)
def test_bombs_are_refused_cheaply(data: bytes) -> None:
    with bounded(seconds=1, megabytes=30), pytest.raises((BrokenImage, UnsupportedMediaType)):
        inspect(data, max_pixels=MAX_PIXELS)


def test_tiles_that_are_far_larger_than_their_picture_are_refused() -> None:
    """A picture of one column in a tile of a thousand columns would take the memory of a thousand."""
    tags = {256: 1, 257: 200_000, 322: 1024, 323: 200_000, 324: 8, 325: 100}
    with pytest.raises(BrokenImage, match="far larger than its picture"):
        inspect(with_tags(PLAIN, {tag: (LONG, 1, value) for tag, value in tags.items()}), max_pixels=MAX_PIXELS)


def test_a_second_page_that_makes_no_sense_does_not_concern_the_first() -> None:
    file = tiff(np.stack((images.gradient(), images.gradient())))
    following = len(file)
    wrong = struct.pack("<HHHIII", 1, 254, 9, 1, 0, 0)
    first = with_tags(file + wrong, {}, following)
    assert decoded(first).width == 48


def test_strips_that_share_their_bytes_are_refused() -> None:
    """Each is read anew, so that few bytes would cost as much as many."""
    file = tiff(np.zeros((32, 48, 3), np.uint8), compression="zlib", rowsperstrip=8)
    at, size = len(file), 10_000
    lists = struct.pack("<4I", *[at + 32] * 4) + struct.pack("<4I", *[size] * 4)
    data = with_tags(file + lists + bytes(size), {273: (LONG, 4, at), 279: (LONG, 4, at + 16)})
    with pytest.raises(BrokenImage, match="overlap"):
        inspect(data, max_pixels=MAX_PIXELS)


def test_deflated_pixels_that_end_too_early_are_found_before_memory_for_them_is_taken() -> None:
    whole = tiff(np.zeros((4_000, 4_000, 3), np.uint8), compression="zlib", rowsperstrip=4_000)
    header = inspect(whole, max_pixels=MAX_PIXELS)
    assert decode(header).image.shape == (4_000, 4_000, 3)
    short = zlib.compress(bytes(48_000_000 - 1), 1)
    at = len(whole)
    data = with_tags(whole + short, {273: (LONG, 1, at), 279: (LONG, 1, len(short))})
    with bounded(seconds=1, megabytes=10), pytest.raises(BrokenImage, match="rows of its picture are missing"):
        decode(inspect(data, max_pixels=MAX_PIXELS))


def test_a_limit_above_pillows_own_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    header = inspect(saved(PICTURE, "TIFF"), max_pixels=MAX_PIXELS)
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(TooManyPixels, match="send it as PNG or JPEG"):
        decode(header)


def test_metadata_does_not_reach_pillow() -> None:
    header = inspect(saved(PICTURE, "TIFF", software="x" * 100, description="y" * 100), max_pixels=MAX_PIXELS)
    with PIL.Image.open(BytesIO(header.parts.pixels)) as file:
        assert set(file.tag_v2) <= {256, 257, 258, 259, 262, 273, 277, 278, 279, 284}  # type: ignore[attr-defined]
