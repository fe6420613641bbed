"""The tags of a result, made of those of a whole file."""

from __future__ import annotations

import pytest

from pipeline.codec.inspect import Header, inspect
from pipeline.codec.photoshop import PHOTOSHOP
from pipeline.metadata.kept import Wish, kept_tags
from pipeline.types import Density, FileTags, Notice
from tests import images
from tests.images import segment
from tests.pipeline.metadata.blocks import (
    ASCII,
    EXIF_POINTER,
    MAKE,
    RATIONAL,
    SHORT,
    exif,
    iptc,
    photoshop,
    read_back,
    xmp,
)

KEEP, NOTHING = Wish(metadata=True), Wish()
SIZE = (96, 64)
EXIF = exif({MAKE: (ASCII, b"Canon\0"), 0x011A: (RATIONAL, (240, 1)), 0x011B: (RATIONAL, (300, 1))})
XMP, IPTC = xmp("<dc:rights>x</dc:rights>"), iptc((2, 80, b"Ann"))


def header(exif_block: bytes = EXIF, packet: bytes = XMP, datasets: bytes = IPTC, **options: object) -> Header:
    file = images.jpeg(images.gradient(), **options)
    parts = [
        segment(0xE1, b"Exif\0\0" + exif_block),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
        segment(0xED, PHOTOSHOP + photoshop(datasets)),
    ]
    jfif_end = 4 + int.from_bytes(file[4:6], "big")
    return inspect(file[:jfif_end] + b"".join(parts) + file[jfif_end:], max_pixels=10_000)


def test_everything_is_kept_with_the_results_size() -> None:
    tags, notices = kept_tags(header(), SIZE, KEEP)
    camera = read_back(tags.exif)[EXIF_POINTER]
    assert [int.from_bytes(camera[tag][2], "little") for tag in (0xA001, 0xA002, 0xA003)] == [1, 96, 64]
    assert b"<dc:rights>x</dc:rights>" in tags.xmp
    assert (tags.iptc, tags.density, tags.profile, notices) == (IPTC, Density(240, 300), None, ())


def test_a_profile_is_passed_on_and_its_pixels_are_not_srgb() -> None:
    tags, _ = kept_tags(header(), SIZE, KEEP, b"profile")
    assert tags.profile == b"profile"
    assert read_back(tags.exif)[EXIF_POINTER][0xA001][2] == b"\xff\xff"


def test_without_metadata_only_density_and_profile_are_left() -> None:
    assert kept_tags(header(), SIZE, NOTHING, b"profile") == (FileTags(b"profile", density=Density(240, 300)), ())


def test_the_density_of_jfif_goes_before_that_of_exif() -> None:
    tags, _ = kept_tags(header(dpi=(72, 72)), SIZE, KEEP)
    assert tags.density == Density(72, 72)
    assert read_back(tags.exif)[0][0x011A][2] == (72).to_bytes(4, "little") + (1).to_bytes(4, "little")


@pytest.mark.parametrize(("orientation", "expected"), [(3, Density(240, 300)), (6, Density(300, 240))])
def test_a_photo_that_is_turned_on_its_side_has_its_density_turned(orientation: int, expected: Density) -> None:
    block = exif({0x0112: (SHORT, (orientation,)), 0x011A: (RATIONAL, (240, 1)), 0x011B: (RATIONAL, (300, 1))})
    assert kept_tags(header(block), SIZE, NOTHING)[0].density == expected


@pytest.mark.parametrize(
    ("damaged", "named"),
    [
        ({"exif_block": EXIF[:20]}, "EXIF"),
        ({"packet": b"<x"}, "XMP"),
        ({"datasets": b"\x1c\x02"}, "IPTC"),
        ({"exif_block": b"II", "packet": b"<!DOCTYPE x>", "datasets": IPTC + b"x"}, "EXIF, XMP, IPTC"),
    ],
    ids=str,
)
def test_what_is_damaged_is_named_in_one_notice(damaged: dict[str, bytes], named: str) -> None:
    _, notices = kept_tags(header(**damaged), SIZE, KEEP)
    message = f"Metadata of the photo that is damaged or too large was left out: {named}."
    assert notices == (Notice("metadata_dropped", message),)
    assert kept_tags(header(**damaged), SIZE, NOTHING)[1] == ()
