"""The orientation of a photo, in EXIF, XMP, or the text that ImageMagick writes."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec.limits import MAX_TEXT_BYTES
from pipeline.codec.orientation import orientation
from tests import images
from tests.compressed import zeros
from tests.images import chunk, segment
from tests.pipeline.codec.decoding import PICTURE, assert_shows, bounded, decoded

XMP_KEY, APP1_KEY, EXIF_KEY = b"XML:com.adobe.xmp", b"Raw profile type APP1", b"Raw profile type exif"
XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description %s</rdf:RDF></x:xmpmeta>'
TURNED = np.rot90(PICTURE, 3) / 255  # what orientation 6 makes of the picture
UPRIGHT = PICTURE / 255


def packet(number: int, element: bool = False) -> bytes:
    if element:
        return PACKET % (b"><tiff:Orientation>%d</tiff:Orientation></rdf:Description>" % number)
    return PACKET % (b'xmp:Rating="3" tiff:Orientation="%d"/>' % number)


def exif(*numbers: int) -> bytes:
    """An EXIF block with this orientation, or without one."""
    entries = b"".join(struct.pack("<HHIHxx", 0x0112, 3, 1, number) for number in numbers)
    return b"II*\0" + struct.pack("<IH", 8, len(numbers)) + entries + bytes(4)


def raw_profile(content: bytes, name: bytes = b"exif") -> bytes:
    """The text that ImageMagick writes for a profile: lines of 72 digits."""
    digits = content.hex().encode()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return b"\n%s\n%8d\n%s\n" % (name, len(content), b"\n".join(lines))


def jpeg(xmp: bytes, *exif_blocks: bytes) -> bytes:
    file = images.with_exif(images.jpeg(PICTURE), *exif_blocks)
    return file[:2] + segment(0xE1, XMP_IN_JPEG + xmp) + file[2:]


def png(*chunks: bytes) -> bytes:
    return images.with_chunks(images.png(PICTURE), *chunks)


def text(key: bytes, content: bytes) -> bytes:
    return chunk(b"tEXt", key + b"\0" + content)


def packed_text(key: bytes, content: bytes) -> bytes:
    return chunk(b"zTXt", key + b"\0\0" + zlib.compress(content))


def international(key: bytes, content: bytes) -> bytes:
    return chunk(b"iTXt", key + b"\0\0\0\0\0" + content)


def packed_international(key: bytes, content: bytes) -> bytes:
    return chunk(b"iTXt", key + b"\0\1\0en\0XMP\0" + zlib.compress(content))


FILES = {
    "jpeg-attribute": lambda number: jpeg(packet(number)),
    "jpeg-element": lambda number: jpeg(packet(number, element=True)),
    "jpeg-exif-without-orientation": lambda number: jpeg(packet(number), exif()),
    "jpeg-exif-first": lambda number: jpeg(packet(3), exif(number)),
    "png-xmp": lambda number: png(international(XMP_KEY, packet(number))),
    "png-xmp-packed": lambda number: png(packed_international(XMP_KEY, packet(number, element=True))),
    "png-text": lambda number: png(text(EXIF_KEY, raw_profile(exif(number)))),
    "png-packed-text": lambda number: png(packed_text(EXIF_KEY, raw_profile(b"Exif\0\0" + exif(number)))),
    "png-text-before-xmp": lambda number: png(
        international(XMP_KEY, packet(3)), text(EXIF_KEY, raw_profile(exif(number)))
    ),
    "png-exif-first": lambda number: png(chunk(b"eXIf", exif(number)), text(EXIF_KEY, raw_profile(exif(3)))),
    "webp-xmp": lambda number: images.webp(PICTURE, xmp=packet(number)),
    "webp-exif-first": lambda number: images.webp(PICTURE, exif=exif(number), xmp=packet(3)),
}


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("name", FILES)
def test_a_photo_is_turned_as_pillow_turns_it(name: str, number: int) -> None:
    file = FILES[name](number)
    with PIL.Image.open(BytesIO(file)) as picture:
        expected = np.asarray(PIL.ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(decoded(file).image, expected.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("name", [name for name in FILES if "first" not in name])
def test_six_turns_the_photo_to_the_right(name: str) -> None:
    assert_shows(decoded(FILES[name](6)), TURNED, 4)


@pytest.mark.parametrize("content", [exif(6), b"Exif\0\0" + exif(6)])
@pytest.mark.parametrize("wrap", [text, packed_text, international, packed_international])
def test_imagemagicks_app1(content: bytes, wrap: images.Maker) -> None:
    assert_shows(decoded(png(wrap(APP1_KEY, raw_profile(content, b"generic profile")))), TURNED, 1e-3)


@pytest.mark.parametrize(
    "told", [b"tiff:Orientation='6'", b'tiff:Orientation = "6"', b"<tiff:Orientation>\n  6\n</tiff:Orientation>"]
)
def test_other_ways_to_write_xml(told: bytes) -> None:
    assert orientation(b"", told) == 6


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"exif",
        b"\nexif\n",
        b"\nexif\n  12\nno digits",
        b"\nexif\n  12\n123",
        b"\nexif\n  12\n\xff\xfe",
        raw_profile(exif(6))[:30],
    ],
)
def test_damaged_text_costs_nothing(damaged: bytes) -> None:
    for wrap in (text, packed_text, packed_international):
        assert_shows(decoded(png(wrap(EXIF_KEY, damaged))), UPRIGHT, 1e-3)


@pytest.mark.parametrize(
    "broken",
    [
        chunk(b"zTXt", EXIF_KEY),
        chunk(b"zTXt", EXIF_KEY + b"\0\0not packed"),
        chunk(b"iTXt", XMP_KEY),
        chunk(b"iTXt", XMP_KEY + b"\0\1\0"),
        chunk(b"iTXt", XMP_KEY + b"\0\1\0\0\0not packed"),
    ],
)
def test_damaged_chunks_cost_nothing(broken: bytes) -> None:
    assert_shows(decoded(png(broken)), UPRIGHT, 1e-3)


@pytest.mark.parametrize(
    "file",
    [
        png(chunk(b"zTXt", EXIF_KEY + b"\0\0" + zeros(10**8)) * 200),
        png(chunk(b"iTXt", XMP_KEY + b"\0\1\0\0\0" + zeros(10**8)) * 200),
        png(international(XMP_KEY, b"tiff:Orientation" + b" " * 9_000_000)),
        png(international(XMP_KEY, b"tiff:Orientation   =" * 400_000)),
        jpeg(b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>"),
        images.with_chunks(images.png(PICTURE), text(EXIF_KEY, b"\nexif\n9\n" + b"4" * 9_000_000)),
    ],
    ids=["text", "xmp", "spaces", "attributes", "entities", "digits"],
)
def test_bombs_cost_nothing(file: bytes) -> None:
    with bounded(seconds=2, megabytes=60):
        assert_shows(decoded(file), UPRIGHT, 4)


def test_what_stands_behind_the_limit_is_not_read() -> None:
    assert orientation(b"", bytes(MAX_TEXT_BYTES - 30) + packet(6)) == 1


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_give_a_number(exif_block: bytes, xmp: bytes) -> None:
    assert orientation(b"II*\0\x08\0\0\0" + exif_block, b"tiff:Orientation=" + xmp) in range(65_536)
