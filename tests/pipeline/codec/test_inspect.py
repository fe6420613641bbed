from __future__ import annotations

import warnings
import zlib

import numpy as np
import PIL.Image
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import BrokenImage, TooManyPixels, UnsupportedMediaType
from tests import images

MAX_PIXELS = 25_000_000
PICTURE = images.gradient()


@pytest.mark.parametrize(
    ("data", "file_format"),
    [(images.jpeg(PICTURE), "JPEG"), (images.png(PICTURE), "PNG"), (images.webp(PICTURE), "WebP")],
    ids=["jpeg", "png", "webp"],
)
def test_header_says_format_and_size(data: bytes, file_format: str) -> None:
    header = inspect(data, max_pixels=MAX_PIXELS)
    assert (header.file_format.name, header.width, header.height) == (file_format, 48, 32)


def test_size_is_as_stored() -> None:
    header = inspect(images.oriented(PICTURE, 6, "JPEG"), max_pixels=MAX_PIXELS)
    assert (header.width, header.height) == (32, 48)
    assert decode(header).image.shape == PICTURE.shape


@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_one_header_decodes_to_the_same_photo_again(make: images.Maker) -> None:
    header = inspect(make(PICTURE), max_pixels=MAX_PIXELS)
    np.testing.assert_array_equal(decode(header).image, decode(header).image)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        images.noise(),
        b"GIF88a" + bytes(20),
        b"MM\0\x2c" + bytes(20),
        images.saved(PICTURE, "PPM"),
        b"BM" + bytes(60),
        b"\0\0\0\x18ftypmp42" + bytes(20),
        images.archive(),
        b"RIFF____WAVE",
        b"<svg/>",
    ],
    ids=["empty", "one-byte", "noise", "gif", "tiff", "ppm", "bmp", "film", "zip", "wave", "svg"],
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedMediaType, match="JPEG, PNG, TIFF or WebP"):
        inspect(data, max_pixels=MAX_PIXELS)


@pytest.mark.parametrize("frame", [0xC3, 0xC5, 0xC7, 0xC9, 0xCA, 0xCB, 0xCF])
def test_jpeg_of_a_kind_that_nobody_makes(frame: int) -> None:
    data = images.jpeg(PICTURE).replace(b"\xff\xc0", bytes([0xFF, frame]), 1)
    with pytest.raises(UnsupportedMediaType, match="lossless or arithmetic"):
        inspect(data, max_pixels=MAX_PIXELS)


def test_damaged_png_pixels_are_noticed() -> None:
    data = bytearray(images.png(PICTURE, compress_level=0))
    data[len(data) // 2] ^= 1  # a stored block: one bit of one pixel, which inflates without complaint
    with pytest.raises(BrokenImage, match="checksum"):
        inspect(bytes(data), max_pixels=MAX_PIXELS)


def test_png_has_one_header_in_front() -> None:
    data = images.png(PICTURE)
    header = data[8:33]
    for wrong in (images.with_chunks(data, header), data[:8] + data[33:-12] + header + data[-12:]):
        with pytest.raises(BrokenImage, match="header"):
            inspect(wrong, max_pixels=MAX_PIXELS)


def test_pixel_limit_is_exact_and_says_the_numbers() -> None:
    data = images.png(np.zeros((1500, 1000, 3), np.uint8))
    assert inspect(data, max_pixels=1_500_000).width == 1000
    with pytest.raises(TooManyPixels, match=r"1\.5 megapixels \(1000 × 1500\); at most 1\.25"):
        inspect(data, max_pixels=1_250_000)


def test_too_many_pixels_are_told_before_damage_in_them() -> None:
    rows_missing = images.png_file(48, 32, [images.chunk(b"IDAT", zlib.compress(b"\0"))])
    with pytest.raises(TooManyPixels):
        inspect(rows_missing, max_pixels=1_000)
    header = inspect(rows_missing, max_pixels=MAX_PIXELS)
    with pytest.raises(BrokenImage):
        decode(header)


def test_limits_above_pillows_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)  # Pillow raises above twice that
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for data in (images.png(PICTURE), images.jpeg(PICTURE)):
            assert decode(inspect(data, max_pixels=MAX_PIXELS)).image.shape == PICTURE.shape
