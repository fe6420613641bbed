"""EXIF, XMP, IPTC and density as each format has them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import PIL.Image
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec.density import jfif_density, png_density
from pipeline.codec.inspect import inspect
from pipeline.codec.items import Item, read_items
from pipeline.codec.photoshop import PHOTOSHOP, iptc_of
from pipeline.types import Density, FileTags
from tests import containers, images
from tests.images import chunk, segment
from tests.pipeline.codec.decoding import MAX_PIXELS, PICTURE, assert_shows, decoded
from tests.pipeline.metadata.blocks import ASCII, MAKE, RATIONAL, exif, iptc, photoshop, resource, xmp

EXIF, XMP = exif({MAKE: (ASCII, b"Canon\0")}), xmp("<dc:rights>x</dc:rights>")
IPTC = iptc((2, 80, b"Ann"), (2, 116, b"(c) Ann"))
XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"


def tags_of(file: bytes) -> FileTags:
    return inspect(file, max_pixels=MAX_PIXELS).parts.tags


def jpeg(*segments: bytes) -> bytes:
    file = images.jpeg(PICTURE)
    return file[:2] + b"".join(segments) + file[2:]


def png(*chunks: bytes) -> bytes:
    return images.with_chunks(images.png(PICTURE), *chunks)


def raw_profile(name: bytes, content: bytes) -> bytes:
    """The chunk that ImageMagick and ExifTool write for what PNG had no place for."""
    text = b"\n%s\n%8d\n%s\n" % (name, len(content), content.hex().encode())
    return chunk(b"zTXt", b"Raw profile type " + name + b"\0\0" + zlib.compress(text))


def test_a_jpeg_has_them_in_segments() -> None:
    parts = [
        segment(0xE1, b"Exif\0\0" + EXIF),
        segment(0xE1, XMP_IN_JPEG + XMP),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"more"),
        segment(0xED, PHOTOSHOP + photoshop(IPTC)),
    ]
    assert tags_of(jpeg(*parts)) == FileTags(exif=EXIF, xmp=XMP, iptc=IPTC)


def test_datasets_that_are_spread_over_two_segments_of_a_jpeg_are_joined() -> None:
    resources = photoshop(IPTC)
    parts = [segment(0xED, PHOTOSHOP + part) for part in (resources[:40], resources[40:])]
    assert tags_of(jpeg(*parts)).iptc == IPTC


XMP_CHUNK = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk(b"eXIf", EXIF), XMP_CHUNK, raw_profile(b"iptc", photoshop(IPTC))),
        (raw_profile(b"exif", b"Exif\0\0" + EXIF), XMP_CHUNK, raw_profile(b"iptc", IPTC)),
        (chunk(b"eXIf", EXIF), raw_profile(b"APP1", XMP_IN_JPEG + XMP), raw_profile(b"iptc", IPTC)),
    ],
    ids=["chunks", "exif as text", "xmp as text"],
)
def test_a_png_has_them_in_chunks(chunks: tuple[bytes, ...]) -> None:
    assert tags_of(png(*chunks)) == FileTags(exif=EXIF, xmp=XMP, iptc=IPTC)


def test_the_xmp_of_a_png_may_be_text_for_a_jpeg_segment() -> None:
    assert tags_of(png(raw_profile(b"APP1", XMP_IN_JPEG + XMP))) == FileTags(xmp=XMP)


def test_the_xmp_of_a_png_may_be_text_under_its_own_name() -> None:
    assert tags_of(png(raw_profile(b"xmp", XMP))) == FileTags(xmp=XMP)
    assert tags_of(png(raw_profile(b"xmp", b"older"), XMP_CHUNK)) == FileTags(xmp=XMP)


def test_a_webp_has_them_in_chunks() -> None:
    file = images.webp(PICTURE, exif=b"Exif\0\0" + EXIF, xmp=XMP)
    assert tags_of(file) == FileTags(exif=EXIF, xmp=XMP)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_a_tiff_has_them_among_its_tags(byteorder: str, bigtiff: bool) -> None:
    extra = [(700, 1, len(XMP), XMP, True), (33723, 7, len(IPTC), IPTC, True), (MAKE, 2, 0, "Canon", True)]
    file = containers.tiff(PICTURE, byteorder=byteorder, bigtiff=bigtiff, extratags=extra)
    assert tags_of(file) == FileTags(exif=file, xmp=XMP, iptc=IPTC)


@pytest.mark.parametrize("order", ["<", ">"])
def test_datasets_that_a_tiff_stores_as_numbers_are_put_in_order(order: str) -> None:
    padded = IPTC + bytes(-len(IPTC) % 4)
    words = list(struct.unpack(f">{len(padded) // 4}I", padded))
    file = containers.tiff(PICTURE, byteorder=order, extratags=[(33723, 4, len(words), words, True)])
    assert tags_of(file).iptc == padded


@pytest.mark.parametrize("file_format", ["AVIF", "HEIC"])
def test_an_avif_and_a_heic_have_them_in_items_of_their_photo(file_format: str) -> None:
    if file_format == "AVIF":
        file = containers.avif(PICTURE, exif=b"Exif\0\0" + EXIF, xmp=XMP)
    else:
        picture = pillow_heif.from_pillow(PIL.Image.fromarray(PICTURE))
        picture.info.update(exif=b"Exif\0\0" + EXIF, xmp=XMP)
        target = BytesIO()
        picture.save(target, quality=90)
        file = target.getvalue()
    found = tags_of(file)
    assert found.exif == EXIF
    assert found.xmp == XMP


def test_an_item_that_describes_another_picture_is_not_the_photos() -> None:
    file = containers.heic(PICTURE)
    assert read_items(file).primary == 1
    item = {98: Item(b"Exif", bytes(4) + EXIF), 99: Item(b"hvc1", b"")}
    assert tags_of(containers.rebuilt(file, item)) == FileTags()


def test_exif_of_a_heic_does_not_turn_the_photo_again() -> None:
    turned = containers.heic(PICTURE, 6)
    assert b"Exif" in turned
    assert_shows(decoded(turned), decoded(containers.heic(PICTURE)).image.swapaxes(0, 1)[:, ::-1], 30)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (images.jpeg(PICTURE, dpi=(300, 240)), Density(300, 240)),
        (images.png(PICTURE, dpi=(300, 300)), Density(300, 300)),
        (images.saved(PICTURE, "BMP", dpi=(300, 300)), Density(300, 300)),
        (images.jpeg(PICTURE), None),
        (images.gif(PICTURE), None),
    ],
)
def test_the_density_that_a_format_has_a_place_for(file: bytes, expected: Density | None) -> None:
    found = tags_of(file).density
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert (found.x, found.y) == pytest.approx((expected.x, expected.y))


@pytest.mark.parametrize(
    ("unit", "x", "y", "expected"),
    [
        (1, 300, 240, Density(300, 240)),
        (2, 100, 50, Density(254, 127)),
        (0, 1, 1, None),
        (3, 300, 300, None),
        (1, 0, 0, None),
        (1, 300, 0, None),
        (2, 65_535, 65_535, None),  # more than 100,000 in an inch
    ],
)
def test_the_density_of_a_jfif_segment(unit: int, x: int, y: int, expected: Density | None) -> None:
    content = b"JFIF\0\1\1" + struct.pack(">BHHBB", unit, x, y, 0, 0)
    assert jfif_density(content) == expected
    assert jfif_density(content[:10]) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (struct.pack(">IIB", 10_000, 5_000, 1), Density(254, 127)),
        (struct.pack(">IIB", 11_811, 2_835, 1), Density(300, 72)),  # the unrounded ones are 299.9994 and 72.009
        (struct.pack(">IIB", 11_820, 9_469, 1), Density(300.228, 240.5126)),
        (struct.pack(">IIB", 10_000, 10_000, 0), None),
        (struct.pack(">IIB", 0, 0, 1), None),
        (struct.pack(">IIB", 2**32 - 1, 2**32 - 1, 1), None),
        (b"", None),
        (bytes(10), None),
    ],
)
def test_the_density_of_a_phys_chunk(body: bytes, expected: Density | None) -> None:
    found = png_density(body)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert (found.x, found.y) == pytest.approx((expected.x, expected.y), abs=1e-9)


DAMAGED = {
    "empty": b"",
    "another mark": b"8BPS" + bytes(20),
    "cut off in a head": photoshop(IPTC)[:20],
    "cut off in a name": b"8BIM\x04\x04\xff" + bytes(10),
    "no datasets": resource(0x0425, bytes(16)),
    "a length beyond the end": b"8BIM\x04\x25\0\0\xff\xff\xff\xff",
}


@pytest.mark.parametrize("resources", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_resources_have_no_datasets(resources: bytes) -> None:
    assert iptc_of(resources) == b""


def test_datasets_that_are_cut_off_are_returned_as_far_as_they_go() -> None:
    assert iptc_of((b"8BIM" + struct.pack(">HHI", 0x0404, 0, 1_000)) + IPTC) == IPTC


@given(st.binary(max_size=60))
def test_whatever_the_resources_are_there_is_an_answer(data: bytes) -> None:
    assert iptc_of(data + photoshop(IPTC)) is not None
    assert iptc_of(photoshop(IPTC) + data) == IPTC


DAMAGED_FILES = {
    "jpeg-exif": jpeg(segment(0xE1, b"Exif\0\0" + EXIF[:20])),
    "jpeg-photoshop": jpeg(segment(0xED, PHOTOSHOP + b"8BIM")),
    "png-exif": png(chunk(b"eXIf", b"x")),
    "png-profile": png(chunk(b"tEXt", b"Raw profile type iptc\0\niptc\n 9\nxyz")),
    "png-size": png(chunk(b"pHYs", b"x")),
    "webp-exif": images.webp(PICTURE, exif=b"x", xmp=b"x"),
    "tiff-xmp": containers.tiff(PICTURE, extratags=[(700, 1, 4, b"abcd", True), (33723, 3, 2, (1, 2), True)]),
    "tiff-exif": containers.with_tags(images.tiff(PICTURE), {0x8769: (4, 1, 2**31), 700: (1, 2**31, 2**31)}),
    "heic-exif": containers.heic(PICTURE, 6).replace(b"Exif\0\0II", b"\xff" * 8).replace(b"Exif\0\0MM", b"\xff" * 8),
    "resolution": containers.with_tags(images.tiff(PICTURE), {0x011A: (RATIONAL, 1, 2**31)}),
}


@pytest.mark.parametrize("file", DAMAGED_FILES.values(), ids=DAMAGED_FILES.keys())
def test_damaged_metadata_does_not_stop_a_photo(file: bytes) -> None:
    assert decoded(file).image.size == PICTURE.size
