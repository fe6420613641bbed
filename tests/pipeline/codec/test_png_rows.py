from __future__ import annotations

import struct
import zlib

import pytest

from pipeline.codec.png_rows import completed, count_rows
from pipeline.errors import BrokenImage

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def header(width: int, height: int, depth: int = 8, color: int = 2, interlaced: int = 0) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)


def rows(width: int, height: int, depth: int = 8, color: int = 2, filter_type: int = 0) -> bytes:
    return (bytes([filter_type]) + b"\x09" * ((width * depth * SAMPLES[color] + 7) // 8)) * height


@pytest.mark.parametrize("color", SAMPLES)
@pytest.mark.parametrize("depth", [1, 8, 16])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 5), (100_003, 3), (3, 100_003)])
def test_a_row_that_lacks_a_byte_is_not_there(width: int, height: int, depth: int, color: int) -> None:
    content = rows(width, height, depth, color)
    for cut, there in ((0, height), (1, height - 1), (len(content), 0)):
        counted = count_rows(header(width, height, depth, color), zlib.compress(content[: len(content) - cut]))
        assert (counted.there, counted.total) == (there, height)
        assert (counted.bytes_there, counted.bytes_total) == (len(content) // height * there, len(content))


@pytest.mark.parametrize("cut", range(30))
def test_rows_of_data_without_an_end_are_compressed_anew(cut: int) -> None:
    content = rows(400, 10)  # the last bytes stand for long repetitions
    size = header(400, 10)
    packed = zlib.compress(content)[: len(zlib.compress(content)) - cut]
    counted = count_rows(size, packed)
    assert counted.ended == (cut == 0)
    there = zlib.decompress(completed(packed, counted))
    assert there == content[: counted.bytes_there] + bytes(len(content) - counted.bytes_there)
    assert count_rows(size, completed(packed, counted)).ended


@pytest.mark.parametrize("filter_type", range(7))
def test_filters(filter_type: int) -> None:
    last = zlib.compress(rows(400, 99) + rows(400, 1, filter_type=filter_type))
    if filter_type < 5:
        assert count_rows(header(400, 100), last).there == 100
    else:
        with pytest.raises(BrokenImage, match="make no sense"):
            count_rows(header(400, 100), last)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (5, 5), (8, 8), (48, 31)])
def test_interlaced_rows(width: int, height: int) -> None:
    content = b""
    for left, top, across, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)):
        content += rows(len(range(left, width, across)), len(range(top, height, down))) if left < width else b""
    content += rows(width, len(range(1, height, 2)))
    for packed in (zlib.compress(content), zlib.compress(content)[:-4]):
        whole = count_rows(header(width, height, interlaced=1), packed)
        assert whole.interlaced
        assert whole.there == whole.total
        assert whole.bytes_there == whole.bytes_total == len(content)
        assert zlib.decompress(completed(packed, whole)) == content
    assert count_rows(header(width, height, interlaced=1), zlib.compress(content[:-1])).there == whole.total - 1


def test_more_than_the_picture_has_is_not_unpacked() -> None:
    for more in (zlib.compress(rows(8, 8) + bytes(10**8)), zlib.compress(rows(8, 8)) + b"anything else"):
        assert count_rows(header(8, 8), more).there == 8


def test_rows_are_there_without_the_sum_behind_them() -> None:
    counted = count_rows(header(8, 8), zlib.compress(rows(8, 8))[:-4])
    assert counted.there == 8
    assert not counted.ended


@pytest.mark.parametrize("height", [8, 8_000])
def test_a_wrong_sum_is_damage(height: int) -> None:
    with pytest.raises(zlib.error):
        count_rows(header(8, height), zlib.compress(rows(8, height))[:-4] + bytes(4))


@pytest.mark.parametrize("packed", [b"", b"\x78\x9c", zlib.compress(b"")])
def test_no_rows(packed: bytes) -> None:
    assert count_rows(header(8, 8), packed).there == 0


def test_what_is_not_packed() -> None:
    with pytest.raises(zlib.error):
        count_rows(header(8, 8), b"no stream")


@pytest.mark.parametrize(("wrong", "error"), [(b"short", struct.error), (header(8, 8, color=5), KeyError)])
def test_a_header_that_makes_no_sense(wrong: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        count_rows(wrong, zlib.compress(rows(8, 8)))
