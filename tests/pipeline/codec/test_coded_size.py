"""The size in the headers of coded pictures, with the fields in front of it that encoders of photos seldom write."""

from __future__ import annotations

import struct

import pytest

from pipeline.codec.coded_size import av1_sizes, hevc_sizes
from pipeline.codec.limits import MAX_CODED_UNITS, MAX_FRAMES, MAX_SLICES
from pipeline.errors import BrokenImage

NO_SETS = bytes(21) + b"\3\0"  # of an HEVC configuration: lengths of four bytes, no parameter sets


def packed(bits: str) -> bytes:
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def exponential(number: int) -> str:
    digits = f"{number + 1:b}"
    return "0" * (len(digits) - 1) + digits


def hevc_header(width: int, height: int, layers: int, chroma: int) -> bytes:
    bits = f"{0:04b}{layers:03b}1" + "0" * 96
    if layers:
        bits += "11" * layers + "00" * (8 - layers) + "0" * 96 * layers
    bits += exponential(0) + exponential(chroma) + ("0" if chroma == 3 else "")
    bits += exponential(width) + exponential(height)
    return bytes((33 << 1, 1)) + packed(bits).replace(b"\0\0", b"\0\0\3")


def hevc_unit(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


HEVC_SLICE = hevc_unit(bytes((20 << 1, 1, 0x80)))  # the first of a picture


@pytest.mark.parametrize("layers", [0, 1, 6])
@pytest.mark.parametrize("chroma", [0, 1, 3])
def test_hevc_in_the_configuration_and_in_the_data(layers: int, chroma: int) -> None:
    header = hevc_header(8_064, 6_048, layers, chroma)
    configuration = NO_SETS[:-1] + b"\1\x21\0\1" + struct.pack(">H", len(header)) + header
    assert list(hevc_sizes(configuration, HEVC_SLICE)) == [(8_064, 6_048)]
    assert list(hevc_sizes(NO_SETS, hevc_unit(header) * 2 + HEVC_SLICE)) == [(8_064, 6_048)] * 2
    with pytest.raises(BrokenImage, match="is empty"):
        list(hevc_sizes(configuration, b""))


@pytest.mark.parametrize("has_everything", [False, True])
def test_av1_of_a_film(has_everything: bool) -> None:
    timing = "1" + "0" * 64 + "1" + "1" + "1" + f"{9:05b}" + "0" * 42 if has_everything else "0"
    delays = "1" if has_everything else "0"
    level = f"{8:05b}0" + "1" + "0" * 21 + "1" + "0" * 4 if has_everything else f"{3:05b}"
    size = f"{15:04b}{15:04b}{8_063:016b}{6_047:016b}"
    content = packed("000" + "0" + "0" + timing + delays + f"{0:05b}" + "0" * 12 + level + size)
    unit = bytes((1 << 3 | 2, len(content))) + content
    assert list(av1_sizes(bytes(4) + unit, b"")) == [(8_064, 6_048)]
    assert list(av1_sizes(bytes(4), unit * 2)) == [(8_064, 6_048)] * 2


def test_more_pictures_than_a_photo_has_are_refused() -> None:
    first, other = HEVC_SLICE, hevc_unit(bytes((20 << 1, 1, 0)))
    frame = bytes((6 << 3 | 2, 0))
    assert list(hevc_sizes(NO_SETS, first + other * (MAX_SLICES - 1))) == []
    assert list(av1_sizes(bytes(4), frame * MAX_FRAMES)) == []
    for data in (first * 2, other * (MAX_SLICES + 1), hevc_unit(bytes((39 << 1, 1))) * (MAX_CODED_UNITS + 1)):
        with pytest.raises(BrokenImage):
            list(hevc_sizes(NO_SETS, data))
    for data in (frame * (MAX_FRAMES + 1), bytes((2 << 3 | 2, 0)) * (MAX_CODED_UNITS + 1)):
        with pytest.raises(BrokenImage):
            list(av1_sizes(bytes(4), data))


def test_a_number_without_an_end_is_refused_at_once() -> None:
    header = bytes((33 << 1, 1)) + bytes(100_000)
    with pytest.raises(BrokenImage, match="more than 32 bits"):
        list(hevc_sizes(NO_SETS, hevc_unit(header)))
    content = packed("000" + "0" + "0" + "1" + "0" * 64 + "1") + bytes(100_000)
    with pytest.raises(BrokenImage, match="more than 32 bits"):
        list(av1_sizes(bytes(4), bytes((1 << 3,)) + content))


def test_more_headers_than_a_picture_has_are_refused() -> None:
    header = hevc_header(64, 64, 0, 1)
    with pytest.raises(BrokenImage, match="more than 4 headers"):
        list(hevc_sizes(NO_SETS, hevc_unit(header) * 5))
    content = packed("000" + "1" + "1" + "0" * 5 + f"{15:04b}{15:04b}{63:016b}{63:016b}")
    with pytest.raises(BrokenImage, match="more than 4 headers"):
        list(av1_sizes(bytes(4), (bytes((1 << 3 | 2, len(content))) + content) * 5))
    array = b"\x22" + struct.pack(">H", 200) + (struct.pack(">H", 2) + b"\x44\1") * 200
    with pytest.raises(BrokenImage, match=f"more than {MAX_CODED_UNITS} units"):
        list(hevc_sizes(NO_SETS[:-1] + b"\2" + array * 2, b""))
