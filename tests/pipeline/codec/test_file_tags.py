"""Profile, EXIF, XMP, IPTC and density in the files that are written, as ExifTool and Pillow read them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from pipeline.codec.encode import encode
from pipeline.codec.file_parts import jpeg_segments
from pipeline.codec.icc_profile import srgb_profile
from pipeline.options import FileOptions, OutputFormat
from pipeline.types import Density, FileTags, Image
from tests import images

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
WITHOUT_IPTC = ("webp", "avif")
PICTURE: Image = (images.gradient() / 255).astype(np.float32)
GREY: Image = np.repeat(PICTURE[..., :1], 3, axis=2)
RGB_PROFILE, GREY_PROFILE = images.swapped_profile(), images.linear_grey_profile()
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="archive"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def exif_block() -> bytes:
    """An EXIF block, written by Pillow, with a directory of each kind."""
    exif = PIL.Image.Exif()
    exif.endian = "<"
    exif[0x010F], exif[0x0112], exif[0x8298] = "Acme Optics", 1, "(c) Jane Doe"
    exif[0x011A], exif[0x011B], exif[0x0128] = 300.0, 299.5, 2
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0xA434: "Acme 50mm f/1.8", 0x829A: 0.005})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 30.0)})
    return exif.tobytes().removeprefix(b"Exif\0\0")


def dataset(number: int, text: bytes) -> bytes:
    return b"\x1c\x02" + struct.pack(">BH", number, len(text)) + text


IPTC = dataset(25, b"harbour") + dataset(25, b"evening") + dataset(80, b"Jane Doe")
TAGS = FileTags(RGB_PROFILE, exif_block(), XMP, IPTC, Density(300, 299.5))


def written(output_format: OutputFormat, tags: FileTags, options: FileOptions | None = None, **more: Any) -> bytes:
    image = more.pop("image", PICTURE)
    return encode(image, more.pop("alpha", None), output_format, options or FileOptions(), tags=tags, **more).data


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What ExifTool tells of files of all formats, by name: group and tag → value."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool (Debian: libimage-exiftool-perl) is not installed")
    folder = tmp_path_factory.mktemp("tags")
    for output_format in FORMATS:
        deep = FileOptions(bit_depth="16", progressive=True)
        files = {
            "all": written(output_format, TAGS),
            "clear": written(output_format, TAGS, alpha=np.ascontiguousarray(PICTURE[..., 0])),
            "grey": written(output_format, replace(TAGS, profile=None), deep, image=GREY, is_grey=True),
            "density": written(output_format, FileTags(density=Density(240.5, 72))),
            "none": written(output_format, FileTags()),
        }
        for name, data in files.items():
            (folder / f"{name}.{output_format}").write_bytes(data)
    command = ["exiftool", "-j", "-G1", "-a", "-s", "-n", *map(str, sorted(folder.iterdir()))]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {Path(entry["SourceFile"]).name: entry for entry in answer}


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("name", ["all", "clear", "grey"])
def test_exiftool_finds_every_tag(told: dict[str, dict[str, Any]], output_format: OutputFormat, name: str) -> None:
    found = told[f"{name}.{output_format}"]
    assert not [key for key in found if key.endswith(("Warning", "Error"))]
    expected = {
        "IFD0:Make": "Acme Optics",
        "IFD0:Orientation": 1,
        "IFD0:Copyright": "(c) Jane Doe",
        "IFD0:XResolution": 300,
        "IFD0:YResolution": 299.5,
        "ExifIFD:DateTimeOriginal": "2020:01:02 03:04:05",
        "ExifIFD:LensModel": "Acme 50mm f/1.8",
        "ExifIFD:ExposureTime": 0.005,
        "GPS:GPSLatitudeRef": "N",
        "XMP-dc:Source": "archive",
    }
    assert found["GPS:GPSLatitude"] == pytest.approx(48 + 8 / 60 + 30 / 3600)
    if output_format not in WITHOUT_IPTC:
        expected |= {"IPTC:Keywords": ["harbour", "evening"], "IPTC:By-line": "Jane Doe"}
    assert {key: found.get(key) for key in expected} == expected
    says_srgb = name == "grey" and output_format == "png"  # without a profile it is sRGB, for which PNG has a chunk
    assert ("PNG:SRGBRendering" if says_srgb else "ICC_Profile:ProfileDescription") in found


@pytest.mark.parametrize("output_format", FORMATS)
def test_exiftool_finds_the_density_that_stands_alone(
    told: dict[str, dict[str, Any]], output_format: OutputFormat
) -> None:
    found = told[f"density.{output_format}"]
    assert not [key for key in found if key.endswith(("Warning", "Error"))]
    expected = {
        "png": {"PNG-pHYs:PixelsPerUnitX": 9_469, "PNG-pHYs:PixelsPerUnitY": 2_835, "PNG-pHYs:PixelUnits": 1},
        "jpeg": {"JFIF:XResolution": 240, "JFIF:YResolution": 72, "JFIF:ResolutionUnit": 1},
    }.get(output_format, {"IFD0:XResolution": 240.5, "IFD0:YResolution": 72, "IFD0:ResolutionUnit": 2})
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("output_format", FORMATS)
def test_nothing_is_written_unasked(told: dict[str, dict[str, Any]], output_format: OutputFormat) -> None:
    groups = {key.split(":")[0] for key in told[f"none.{output_format}"]}
    assert not groups & {"ExifIFD", "GPS", "IPTC", "XMP-dc", "PNG-pHYs"}
    assert output_format == "tiff" or "IFD0" not in groups


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("alpha", [None, np.ascontiguousarray(PICTURE[..., 0])])
def test_profile_and_pixels_are_as_without_tags(output_format: OutputFormat, alpha: Any) -> None:
    picture = PIL.Image.open(BytesIO(written(output_format, TAGS, alpha=alpha)))
    plain = PIL.Image.open(BytesIO(written(output_format, FileTags(), alpha=alpha)))
    assert picture.info["icc_profile"] == RGB_PROFILE
    np.testing.assert_array_equal(np.asarray(picture), np.asarray(plain))
    if output_format != "tiff":
        assert picture.info["exif"].removeprefix(b"Exif\0\0") == TAGS.exif


@pytest.mark.parametrize("output_format", ["png", "jpeg", "tiff", "avif"])
def test_the_profile_decides_how_many_channels_a_grey_picture_has(output_format: OutputFormat) -> None:
    for profile, mode in ((None, "L"), (RGB_PROFILE, "RGB"), (GREY_PROFILE, "L")):
        data = written(output_format, FileTags(profile), image=GREY, is_grey=True)
        picture = PIL.Image.open(BytesIO(data))
        assert picture.mode == mode
        own = None if output_format == "png" else srgb_profile(1)  # PNG has a chunk for sRGB
        assert picture.info.get("icc_profile") == (profile or own)
        levels = np.asarray(picture.convert("RGB")).astype(int)
        assert np.ptp(levels, axis=2).max() == 0
    assert PIL.Image.open(BytesIO(written(output_format, FileTags(GREY_PROFILE)))).mode == "L"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("is_grey", [False, True])
def test_the_segments_of_a_jpeg_stand_in_the_order_that_readers_expect(progressive: bool, is_grey: bool) -> None:
    tags = replace(TAGS, profile=RGB_PROFILE + bytes(150_000))
    data = written("jpeg", tags, FileOptions(progressive=progressive), image=GREY, is_grey=is_grey)
    starts = [bytes(data[start + 4 : start + 16]) for marker, start, _, _ in jpeg_segments(data) if marker >= 0xE0]
    marks = (b"JFIF", b"Exif", b"http", b"ICC_PROFILE\0", b"ICC_PROFILE\0", b"ICC_PROFILE\0", b"Photoshop")
    assert [start.startswith(mark) for start, mark in zip(starts, marks, strict=True)] == [True] * len(marks)
    assert PIL.Image.open(BytesIO(data)).info["icc_profile"] == tags.profile


@pytest.mark.parametrize(
    ("output_format", "kind", "most"),
    [
        ("jpeg", "exif", 65_527),
        ("jpeg", "xmp", 65_502),
        ("jpeg", "iptc", 65_506),
        ("webp", "iptc", 0),
        ("avif", "iptc", 0),
    ],
)
def test_what_does_not_fit_is_left_out_and_said(output_format: OutputFormat, kind: str, most: int) -> None:
    def block(length: int) -> FileTags:
        start = exif_block() if kind == "exif" else b""
        return FileTags(**{kind: start.ljust(length, b"x")})

    assert encode(PICTURE, None, output_format, tags=block(most)).notices == ()
    encoded = encode(PICTURE, None, output_format, tags=block(most + len(exif_block())))
    assert [notice.code for notice in encoded.notices] == ["metadata_dropped"]
    assert kind.upper() in encoded.notices[0].message
    assert encoded.data == encode(PICTURE, None, output_format).data


def test_the_longest_segments_can_be_read() -> None:
    exif = exif_block().ljust(65_527, b"\0")
    iptc = dataset(25, b"k" * 30_000) + dataset(80, b"w" * 30_000)
    picture = PIL.Image.open(BytesIO(written("jpeg", FileTags(exif=exif, xmp=XMP.ljust(65_502), iptc=iptc))))
    assert picture.info["exif"] == b"Exif\0\0" + exif
    assert picture.info["xmp"] == XMP.ljust(65_502)
    assert picture.info["photoshop"][0x0404] == iptc


@pytest.mark.parametrize("density", [Density(0.2, 72), Density(70_000, 72)])
def test_a_density_that_jfif_cannot_hold_is_left_out(density: Density) -> None:
    assert written("jpeg", FileTags(density=density)) == written("jpeg", FileTags())


def test_littlecms_accepts_the_profiles_of_these_tests() -> None:
    assert ImageCms.ImageCmsProfile(BytesIO(RGB_PROFILE)).profile.xcolor_space == "RGB "
    assert ImageCms.ImageCmsProfile(BytesIO(GREY_PROFILE)).profile.xcolor_space == "GRAY"
