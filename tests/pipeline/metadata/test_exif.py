"""EXIF blocks that go into a result: which tags stay, with which values, whatever the block is."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec.limits import MAX_TIFF_TAGS
from pipeline.metadata.exif import MAX_EXIF_BYTES, read_exif, written_exif
from pipeline.metadata.tiff_values import MAX_VALUE_BYTES
from pipeline.types import Density
from tests.pipeline.metadata.blocks import (
    ASCII,
    BYTE,
    EXIF_POINTER,
    GPS_POINTER,
    LONG,
    MAKE,
    MODEL,
    RATIONAL,
    SHORT,
    UNDEFINED,
    UTF8,
    Tags,
    exif,
    read_back,
)

MAIN: Tags = {
    MAKE: (ASCII, b"Canon\0"),
    0x0112: (SHORT, (6,)),
    0x011A: (RATIONAL, (240, 1)),
    0x011B: (RATIONAL, (300, 1)),
    0x0128: (SHORT, (2,)),
    0x9C9B: (BYTE, "Titel\0".encode("utf-16-le")),
}
CAMERA: Tags = {
    0x829A: (RATIONAL, (1, 250)),
    0x8827: (SHORT, (400,)),
    0x9000: (UNDEFINED, b"0300"),
    0x9003: (ASCII, b"2024:05:06 07:08:09\0"),
    0x9286: (UNDEFINED, b"UNICODE\0" + "Größe".encode("utf-16-be")),
    0xA002: (LONG, (6000,)),
    0xA003: (LONG, (4000,)),
    0xA432: (RATIONAL, (24, 1, 70, 1, 28, 10, 28, 10)),
    0xA434: (ASCII, b"RF24-70mm\0"),
}
GPS: Tags = {
    0: (BYTE, bytes((2, 3, 0, 0))),
    1: (ASCII, b"N\0"),
    2: (RATIONAL, (48, 1, 8, 1, 3000, 100)),
}
DROPPED_CAMERA: Tags = {
    0x927C: (UNDEFINED, b"maker's secret" * 9),
    0x9214: (SHORT, (1, 2, 3, 4)),
    0xA005: (LONG, (8,)),
    0xA20E: (RATIONAL, (5000, 1)),
    0xA302: (UNDEFINED, b"\0\2\0\2\0\1\1\2"),
    0x9402: (RATIONAL, (950, 1)),
    0xBEEF: (ASCII, b"unknown\0"),
}
DROPPED_MAIN: Tags = {
    0x014A: (LONG, (8,)),
    0xC4A5: (UNDEFINED, b"PrintIM\0"),
    0xC612: (BYTE, b"\1\4\0\0"),
    0x8482: (ASCII, b"48.1 11.5\0"),
    0x87AF: (SHORT, (1, 1, 0, 0)),
    0xEA1C: (UNDEFINED, bytes(2000)),
}


def kept(block: bytes, *, location: bool = False, is_srgb: bool = True) -> tuple[bytes, bool]:
    found = read_exif(block, keep_location=location)
    written, whole = written_exif(found, width=96, height=64, found_density=found.density, is_srgb=is_srgb)
    return written, found.whole and whole


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("location", [False, True])
def test_allowed_tags_stay_with_their_values_and_the_results_own_numbers(order: str, location: bool) -> None:
    block = exif({**MAIN, **DROPPED_MAIN}, {EXIF_POINTER: {**CAMERA, **DROPPED_CAMERA}, GPS_POINTER: GPS}, order)
    written, whole = kept(block, location=location)
    found = read_back(written)
    assert whole
    assert found[0] == {
        MAKE: (ASCII, 6, b"Canon\0"),
        0x0112: (SHORT, 1, struct.pack("<H", 1)),
        0x011A: (RATIONAL, 1, struct.pack("<II", 240, 1)),
        0x011B: (RATIONAL, 1, struct.pack("<II", 300, 1)),
        0x0128: (SHORT, 1, struct.pack("<H", 2)),
        0x9C9B: (BYTE, 12, "Titel\0".encode("utf-16-le")),
    }
    text = "Größe".encode("utf-16-be" if order == "<" else "utf-16-le")  # which was in the block's order, or as it was
    pressure = {0x9402: (RATIONAL, 1, struct.pack("<II", 950, 1))} if location else {}
    assert found[EXIF_POINTER] == pressure | {
        0x829A: (RATIONAL, 1, struct.pack("<II", 1, 250)),
        0x8827: (SHORT, 1, struct.pack("<H", 400)),
        0x9000: (UNDEFINED, 4, b"0300"),
        0x9003: (ASCII, 20, b"2024:05:06 07:08:09\0"),
        0x9286: (UNDEFINED, 18, b"UNICODE\0" + text),
        0xA001: (SHORT, 1, struct.pack("<H", 1)),
        0xA002: (LONG, 1, struct.pack("<I", 96)),
        0xA003: (LONG, 1, struct.pack("<I", 64)),
        0xA432: (RATIONAL, 4, struct.pack("<8I", 24, 1, 70, 1, 28, 10, 28, 10)),
        0xA434: (ASCII, 10, b"RF24-70mm\0"),
    }
    assert found.get(GPS_POINTER) == (
        {
            0: (BYTE, 4, bytes((2, 3, 0, 0))),
            1: (ASCII, 2, b"N\0"),
            2: (RATIONAL, 3, struct.pack("<6I", 48, 1, 8, 1, 3000, 100)),
        }
        if location
        else None
    )
    assert len(written) % 2 == 0


def test_pixels_that_are_not_srgb_are_called_uncalibrated() -> None:
    written, _ = kept(exif(MAIN), is_srgb=False)
    assert read_back(written)[EXIF_POINTER][0xA001] == (SHORT, 1, b"\xff\xff")


def test_text_of_the_new_type_for_utf_8_gets_the_type_that_everyone_reads() -> None:
    written, whole = kept(exif({MODEL: (UTF8, "Größe\0".encode())}))
    assert read_back(written)[0][MODEL] == (ASCII, 8, "Größe\0".encode())
    assert whole


@pytest.mark.parametrize(
    "block", [b"", exif({}), exif({0x0112: (SHORT, (6,))}), exif({}, {EXIF_POINTER: {0xA002: (LONG, (9,))}})]
)
def test_a_block_without_anything_to_keep_gives_none(block: bytes) -> None:
    assert kept(block) == (b"", True)


def test_the_location_alone_is_kept_where_it_is_asked_for() -> None:
    block = exif({}, {GPS_POINTER: GPS})
    assert kept(block) == (b"", True)
    assert GPS_POINTER in read_back(kept(block, location=True)[0])
    only_version = exif({}, {GPS_POINTER: {0: GPS[0]}})
    assert kept(only_version, location=True) == (b"", True)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({0x011A: (RATIONAL, (300, 1)), 0x011B: (RATIONAL, (300, 1))}, Density(300, 300)),
        ({0x011A: (RATIONAL, (100, 1)), 0x011B: (RATIONAL, (50, 1)), 0x0128: (SHORT, (3,))}, Density(254, 127)),
        ({0x011A: (RATIONAL, (300, 1)), 0x011B: (RATIONAL, (300, 1)), 0x0128: (SHORT, (1,))}, None),
        ({0x011A: (RATIONAL, (300, 0)), 0x011B: (RATIONAL, (300, 1))}, None),
        ({0x011A: (RATIONAL, (0, 1)), 0x011B: (RATIONAL, (0, 1))}, None),
        ({0x011A: (RATIONAL, (100_001, 1)), 0x011B: (RATIONAL, (300, 1))}, None),
        ({0x011A: (SHORT, (300,)), 0x011B: (SHORT, (300,))}, None),
        ({0x011A: (RATIONAL, (300, 1))}, None),
    ],
    ids=str,
)
def test_the_density_is_that_of_the_resolution_tags(tags: Tags, expected: Density | None) -> None:
    assert read_exif(exif(tags)).density == expected


def test_the_resolution_of_the_block_is_that_of_the_result() -> None:
    found = read_exif(exif(MAIN))
    block, _ = written_exif(found, width=1, height=1, found_density=Density(118.11, 72), is_srgb=True)
    main = read_back(block)[0]
    assert main[0x011A] == (RATIONAL, 1, struct.pack("<II", 11811, 100))
    assert main[0x011B] == (RATIONAL, 1, struct.pack("<II", 72, 1))
    block, _ = written_exif(found, width=1, height=1, found_density=None, is_srgb=True)
    assert read_back(block)[0].keys() == {MAKE, 0x0112, 0x9C9B}


def test_a_value_of_more_than_8_kib_is_left_out() -> None:
    fits = exif({MAKE: (ASCII, b"x" * MAX_VALUE_BYTES)})
    assert kept(fits)[1]
    written, whole = kept(exif({MAKE: (ASCII, b"x" * (MAX_VALUE_BYTES + 1)), MODEL: (ASCII, b"EOS\0")}))
    assert read_back(written)[0].keys() == {MODEL, 0x0112}
    assert not whole


def test_the_longest_values_are_left_out_until_the_block_fits_into_a_segment() -> None:
    long = {tag: (ASCII, bytes([65]) * (8_000 + tag % 7)) for tag in (0x010E, 0x0131, 0x013B, 0x013C, 0x8298)}
    camera = dict.fromkeys((42032, 42035, 42036, 42037), (ASCII, b"b" * 7900))
    written, whole = kept(exif({MAKE: (ASCII, b"Canon\0"), **long}, {EXIF_POINTER: camera}))
    found = read_back(written)
    assert not whole
    assert MAX_EXIF_BYTES - 8_010 < len(written) <= MAX_EXIF_BYTES
    assert MAKE in found[0]
    assert camera.keys() <= found[EXIF_POINTER].keys()


def entry(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)


def directory(*entries: bytes, count: int | None = None) -> bytes:
    number = len(entries) if count is None else count
    return b"II*\0" + struct.pack("<IH", 8, number) + b"".join(entries) + bytes(4)


KEPT_ENTRY = entry(MODEL, ASCII, 4, int.from_bytes(b"EOS\0", "little"))
DAMAGED = {
    "no block": b"EXIF",
    "cut off": exif(MAIN)[:30],
    "directory outside": b"II*\0" + struct.pack("<I", 2**31),
    "too many entries": directory(KEPT_ENTRY * (MAX_TIFF_TAGS + 1), count=MAX_TIFF_TAGS + 1),
    "entries that are not there": directory(KEPT_ENTRY, count=65_535),
    "value outside": directory(entry(MAKE, ASCII, 100, 2**31)),
    "huge count": directory(entry(MAKE, RATIONAL, 2**32 - 1, 8)),
    "unknown type": directory(entry(MAKE, 77, 1, 8)),
    "camera's directory outside": directory(entry(EXIF_POINTER, LONG, 1, 2**31)),
    "camera's directory of another type": directory(entry(EXIF_POINTER, ASCII, 1, 8)),
    "two camera's directories": directory(entry(EXIF_POINTER, LONG, 2, 8)),
}


@pytest.mark.parametrize("block", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_damaged_is_left_out_and_said(block: bytes) -> None:
    assert kept(block) == (b"", False)


def test_what_is_not_damaged_is_kept_beside_what_is() -> None:
    written, whole = kept(directory(entry(MAKE, ASCII, 100, 2**31), KEPT_ENTRY))
    assert read_back(written)[0][MODEL] == (ASCII, 4, b"EOS\0")
    assert not whole


def test_a_directory_that_points_to_itself_ends() -> None:
    written, _ = kept(directory(KEPT_ENTRY, entry(EXIF_POINTER, LONG, 1, 8), entry(GPS_POINTER, LONG, 1, 8)))
    found = read_back(written)
    assert found[0][MODEL][2] == b"EOS\0"
    assert found[EXIF_POINTER].keys() == {0x9000, 0xA001, 0xA002, 0xA003}


def test_the_most_entries_and_the_longest_values_take_little_time() -> None:
    body = bytes(10 * 2**20)
    tags = [entry(tag, ASCII, MAX_VALUE_BYTES, 1_000_000) for tag in range(0x8000, 0x8000 + MAX_TIFF_TAGS - 2)]
    pointers = [entry(EXIF_POINTER, LONG, 1, 8), entry(GPS_POINTER, LONG, 1, 8)]
    started = time.process_time()
    kept(directory(*tags, *pointers) + body, location=True)
    assert time.process_time() - started < 0.5


@given(st.binary(max_size=300), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0"]))
def test_whatever_the_bytes_are_the_block_can_be_read(data: bytes, head: bytes) -> None:
    written, _ = kept(head + data, location=True)
    if written:
        assert len(written) <= MAX_EXIF_BYTES
        read_back(written)


TEXTS = st.binary(min_size=1, max_size=300)


@given(st.dictionaries(st.integers(0, 65_535), TEXTS), st.dictionaries(st.integers(0, 65_535), TEXTS))
def test_no_tag_stays_that_is_not_allowed(main: dict[int, bytes], camera: dict[int, bytes]) -> None:
    block = exif(
        {tag: (ASCII, text) for tag, text in main.items() if tag not in (EXIF_POINTER, GPS_POINTER)},
        {EXIF_POINTER: {tag: (ASCII, text) for tag, text in camera.items()}},
    )
    written, _ = kept(block)
    allowed = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, *range(0x9C9B, 0x9CA0)}
    if written:
        found = read_back(written)
        assert GPS_POINTER not in found
        assert found[0].keys() == (main.keys() & allowed) | {0x0112}
        assert all(found[0][tag][2] == main[tag] for tag in found[0].keys() - {0x0112})
        assert 0x927C not in found[EXIF_POINTER]
