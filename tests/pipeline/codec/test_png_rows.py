from __future__ import annotations

import struct
import zlib

import pytest

from pipeline.codec.png_rows import check_rows
from pipeline.errors import BrokenImage

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def header(width: int, height: int, depth: int = 8, color: int = 2, interlaced: int = 0) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)


def rows(width: int, height: int, depth: int = 8, color: int = 2, filter_type: int = 0) -> bytes:
    return (bytes([filter_type]) + b"\x09" * ((width * depth * SAMPLES[color] + 7) // 8)) * height


@pytest.mark.parametrize("color", SAMPLES)
@pytest.mark.parametrize("depth", [1, 8, 16])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 5), (100_003, 3), (3, 100_003)])
def test_whole_rows_pass_and_one_byte_less_does_not(width: int, height: int, depth: int, color: int) -> None:
    content = rows(width, height, depth, color)
    check_rows(header(width, height, depth, color), zlib.compress(content))
    with pytest.raises(BrokenImage, match="rows"):
        check_rows(header(width, height, depth, color), zlib.compress(content[:-1]))


@pytest.mark.parametrize("filter_type", range(7))
def test_filters(filter_type: int) -> None:
    last = zlib.compress(rows(400, 99) + rows(400, 1, filter_type=filter_type))
    if filter_type < 5:
        check_rows(header(400, 100), last)
    else:
        with pytest.raises(BrokenImage):
            check_rows(header(400, 100), last)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (5, 5), (8, 8), (48, 31)])
def test_interlaced_rows(width: int, height: int) -> None:
    content = b""
    for left, top, across, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)):
        content += rows(len(range(left, width, across)), len(range(top, height, down))) if left < width else b""
    content += rows(width, len(range(1, height, 2)))
    check_rows(header(width, height, interlaced=1), zlib.compress(content))
    with pytest.raises(BrokenImage):
        check_rows(header(width, height, interlaced=1), zlib.compress(content[:-1]))


def test_more_than_the_picture_has_is_not_unpacked() -> None:
    check_rows(header(8, 8), zlib.compress(rows(8, 8) + bytes(10**8)))
    check_rows(header(8, 8), zlib.compress(rows(8, 8)) + b"anything else")


def test_a_stream_without_its_sum_is_whole() -> None:
    check_rows(header(8, 8), zlib.compress(rows(8, 8))[:-4])


@pytest.mark.parametrize("packed", [b"", b"\x78\x9c", zlib.compress(b"")])
def test_no_rows(packed: bytes) -> None:
    with pytest.raises(BrokenImage):
        check_rows(header(8, 8), packed)


def test_what_is_not_packed() -> None:
    with pytest.raises(zlib.error):
        check_rows(header(8, 8), b"no stream")


@pytest.mark.parametrize(("wrong", "error"), [(b"short", struct.error), (header(8, 8, color=5), KeyError)])
def test_a_header_that_makes_no_sense(wrong: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_rows(wrong, zlib.compress(rows(8, 8)))
