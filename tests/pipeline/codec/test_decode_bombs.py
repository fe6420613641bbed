from __future__ import annotations

import struct
import warnings
import zlib

import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.codec.limits import MAX_SCANS
from pipeline.errors import BrokenImage, InputError, TooManyPixels
from tests import images
from tests.hostile.jpeg_bombs import flat_progressive
from tests.pipeline.codec.decoding import EXPECTED, MAX_PIXELS, PICTURE, assert_shows, bounded, codes, decoded


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (images.pixel_bomb(), TooManyPixels),
        (images.webp_canvas_bomb(), TooManyPixels),
        (images.webp_canvas_bomb(60_000), InputError),
        (images.scan_bomb(PICTURE), BrokenImage),
        (images.scan_bomb(PICTURE, MAX_SCANS + 1), BrokenImage),
        (images.segment_bomb(PICTURE), BrokenImage),
        (images.with_chunks(images.png(PICTURE), images.chunk(b"abCd", b"") * 100_000), BrokenImage),
    ],
    ids=["pixels", "webp-canvas", "webp-canvas-larger", "scans", "scans-101", "segments", "chunks"],
)
def test_bombs_are_refused_cheaply(data: bytes, error: type[InputError]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with bounded(seconds=1, megabytes=10), pytest.raises(error):
            decode(inspect(data, max_pixels=MAX_PIXELS))


@pytest.mark.parametrize(
    ("data", "expected_codes"),
    [
        (images.text_bomb(PICTURE), []),
        (images.profile_bomb(PICTURE), ["color_profile_ignored"]),
        (images.profile_bomb(PICTURE, megabytes=1, copies=1000), ["color_profile_ignored"]),
    ],
    ids=["text", "profile", "profiles"],
)
def test_bombs_beside_the_pixels_are_left_behind(data: bytes, expected_codes: list[str]) -> None:
    with bounded(seconds=1, megabytes=20):
        photo = decoded(data)
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == expected_codes


LARGE = flat_progressive(5_000, 5_000)
BAD_TABLE = images.segment(0xC4, b"\x17" + bytes(16))


@pytest.mark.parametrize(
    "data",
    [
        LARGE[: len(LARGE) // 2],
        LARGE[:-2] + BAD_TABLE + LARGE[-2:],
        LARGE[:-2] + images.segment(0xDA, bytes([1, 1, 0, 9, 1, 0])) + LARGE[-2:],
        LARGE[:-2] + b"\xff\xbf\0\2" + LARGE[-2:],
        images.png_file(5_000, 5_000, [images.chunk(b"IDAT", zlib.compress(bytes(15_001 * 4_700)))]),
        images.png_file(5_000, 5_000, [images.chunk(b"IDAT", zlib.compress(bytes(15_001 * 4_999) + b"\7" * 15_001))]),
    ],
    ids=["jpeg-cut", "jpeg-table", "jpeg-progression", "jpeg-marker", "png-short", "png-filter"],
)
def test_damage_at_the_end_of_a_large_picture_is_found_before_its_pixels(data: bytes) -> None:
    with bounded(seconds=1, megabytes=10), pytest.raises(BrokenImage):
        decode(inspect(data, max_pixels=MAX_PIXELS))


def test_the_large_picture_itself_is_whole() -> None:
    assert decode(inspect(LARGE, max_pixels=MAX_PIXELS)).image.shape == (5_000, 5_000, 3)


def test_exif_bomb_is_cheap_and_quiet() -> None:
    entries = b"".join(struct.pack("<HHII", 1000 + number, 7, 60_000, 0) for number in range(4900))
    block = b"II*\0" + struct.pack("<IH", 8, 4900) + entries
    data = images.with_exif(images.jpeg(PICTURE), block + bytes(60_000 - len(block)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow would warn once for each of the 4,900
        with bounded(seconds=1, megabytes=10):
            assert_shows(decoded(data), EXPECTED, 4)


def test_many_scans_are_accepted_up_to_the_limit() -> None:
    assert decoded(images.scan_bomb(PICTURE, MAX_SCANS)).image.shape == PICTURE.shape


def test_scan_markers_that_start_no_scan_are_not_counted() -> None:
    markers = b"\xff\xda" * 500
    file = images.jpeg(PICTURE, progressive=True)
    second_scan = file.index(b"\xff\xda", file.index(b"\xff\xda") + 2)
    between = file[:second_scan] + images.segment(0xFE, markers) + file[second_scan:]
    for data in (images.with_exif(file, markers), between, file + markers):
        assert_shows(decoded(data), EXPECTED, 4)
    most = images.scan_bomb(PICTURE, MAX_SCANS)
    commented = most[:second_scan] + images.segment(0xFE, markers) + most[second_scan:]
    assert decoded(commented).image.shape == PICTURE.shape


def test_second_picture_in_the_file_is_left_behind() -> None:
    """Phones append a depth map or a smaller picture, and announce it in a segment that Pillow would follow."""
    index = b"MPF\0II*\0" + struct.pack("<IHHHII", 8, 1, 0xB001, 4, 1, 2) + bytes(4)
    file = images.jpeg(PICTURE)
    data = file[:2] + images.segment(0xE2, index) + file[2:] + images.jpeg(PICTURE[::-1])
    photo = decoded(data)
    assert_shows(photo, EXPECTED, 4)
    assert photo.notices == ()
