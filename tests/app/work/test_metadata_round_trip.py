"""Photos with metadata, of every format and to every format, read back with ExifTool."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, get_args

import pytest

from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.order import Order
from app.work.photo import restore_photo
from pipeline.codec.encode import OUTPUT_FORMATS
from pipeline.options import EnhanceOptions, OutputFormat
from pipeline.run import Run
from tests import containers, images
from tests.app.fakes import FakeModels

# Group:tag → its value, or all values of a list.
Found: TypeAlias = dict[str, Any]

PHOTO = images.gradient(48, 32)
INPUTS: dict[str, Callable[[], bytes]] = {
    "jpg": lambda: images.jpeg(PHOTO),
    "png": lambda: images.png(PHOTO),
    "webp": lambda: images.webp(PHOTO),
    "tif": lambda: images.tiff(PHOTO),
    "heic": lambda: containers.heic(PHOTO),
    "avif": lambda: containers.avif(PHOTO),
}
OUTPUTS: tuple[OutputFormat, ...] = get_args(OutputFormat)
KEEP = {"metadata": "keep"}
ASKED: dict[str, dict[str, Any]] = {"none": {}, "keep": KEEP, "location": {**KEEP, "keep_location": True}}
HAVE_IPTC = {"jpg", "png", "tif", "jpeg", "tiff"}  # the other formats have no place for it
TURNED = {"jpg", "png", "webp", "tif"}  # the orientation in EXIF counts; a HEIC or AVIF says it otherwise

EXIF: Found = {
    "IFD0:Make": "Canon",
    "IFD0:Model": "EOS R5",
    "IFD0:Artist": "Ann Äpfel",
    "IFD0:Copyright": "(c) 2024 Ann",
    "ExifIFD:LensModel": "RF24-70mm F2.8 L",
    "ExifIFD:DateTimeOriginal": "2024:05:06 07:08:09",
    "ExifIFD:ISO": 400,
}
GPS: Found = {"GPS:GPSLatitude": 48.1375, "GPS:GPSLongitude": 11.575}
XMP: Found = {
    "XMP-dc:Title": "Am See",
    "XMP-dc:Creator": ["Ann", "Bob"],
    "XMP-dc:Subject": ["lake", "summer"],
    "XMP-xmp:Rating": 4,
}
XMP_PLACE: Found = {"XMP-photoshop:City": "Munich", "XMP-iptcCore:Location": "Hofgarten"}
IPTC: Found = {
    "IPTC:By-line": "Ann",
    "IPTC:CopyrightNotice": "(c) 2024 Ann",
    "IPTC:Keywords": ["lake", "summer"],
}
IPTC_PLACE: Found = {"IPTC:City": "Munich"}
LEFT_OUT: Found = {
    "ExifIFD:SubjectArea": "1 2 3 4",
    "XMP-crs:Exposure2012": 1,
    "XMP-tiff:Orientation": 6,
    "XMP-exif:ExifImageWidth": 48,
}
# Written where they belong: ExifTool writes to the group that stands before the name.
RESOLUTION = {"IFD0:XResolution": 240, "IFD0:YResolution": 300, "IFD0:ResolutionUnit": 2}
WRITTEN = EXIF | XMP | XMP_PLACE | LEFT_OUT | RESOLUTION | {"IFD0:Orientation": 6}
WRITTEN_GPS = {**GPS, "GPS:GPSLatitudeRef": "N", "GPS:GPSLongitudeRef": "E", "XMP-exif:GPSLatitude": 48.1375}


@pytest.fixture(scope="module", autouse=True)
def _with_exiftool() -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("needs exiftool (Debian: libimage-exiftool-perl)")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A photo of each format with everything that it has a place for."""
    folder = tmp_path_factory.mktemp("photos")
    preview = folder / "preview.jpg"
    preview.write_bytes(images.jpeg(images.gradient(16, 16)))
    for suffix, make in INPUTS.items():
        (folder / f"photo.{suffix}").write_bytes(make())
    everywhere = [*arguments(WRITTEN), *arguments(WRITTEN_GPS)]
    iptc = arguments(IPTC | IPTC_PLACE)
    names = {suffix: folder / f"photo.{suffix}" for suffix in INPUTS}
    with_iptc = [str(names[suffix]) for suffix in INPUTS if suffix in HAVE_IPTC]
    others = [str(names[suffix]) for suffix in INPUTS if suffix not in HAVE_IPTC]
    same = ["-q", "-m", "-n", "-overwrite_original", "-codedcharacterset=utf8"]
    run(
        *(*same, *everywhere, *iptc, *with_iptc, "-execute"),
        *(*same[:-1], *everywhere, *others, "-execute"),
        *(*same[:-1], f"-IFD1:ThumbnailImage<={preview}", str(names["jpg"])),
    )
    return {suffix: path.read_bytes() for suffix, path in names.items()}


@pytest.fixture(scope="module")
def results(photos: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Found]:
    """What ExifTool finds in each result: (format of the photo, of the result, what was asked for) → tags."""
    folder = tmp_path_factory.mktemp("results")
    names = {}
    for suffix, photo in photos.items():
        for output_format in OUTPUTS:
            for asked, options in ASKED.items():
                path = folder / f"{suffix}-{asked}{OUTPUT_FORMATS[output_format].suffixes[0]}"
                path.write_bytes(restored(photo, output_format, **options))
                names[str(path)] = suffix, output_format, asked
    return {names[found["SourceFile"]]: found for found in read(folder)}


def restored(photo: bytes, output_format: OutputFormat, **options: Any) -> bytes:
    output = OutputOptions(output_format=output_format, metrics=False, **options)
    order = Order("upscale", photo, None, EnhanceOptions(background="resample", upscale_factor=2), output)
    limits = PhotoLimits(max_input_pixels=1_000_000, max_output_megapixels=10)
    return restore_photo(order, models(), limits, Run()).picture.data


@cache
def models() -> Any:
    return FakeModels()()


def arguments(tags: Found) -> list[str]:
    return [
        f"-{name}={item}"
        for name, value in tags.items()
        for item in (value if isinstance(value, list) else [value])
    ]  # fmt: skip


def run(*arguments: str) -> str:
    done = subprocess.run(["exiftool", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(folder: Path) -> list[Found]:
    """The tags of all files in a folder, with their groups, unknown ones too; numbers as they are stored."""
    found: list[Found] = json.loads(run("-j", "-G1", "-a", "-s", "-n", "-u", "-struct", str(folder)))
    return found


def groups(found: Found) -> set[str]:
    return {name.partition(":")[0] for name in found}


def assert_has(found: Found, expected: Found) -> None:
    assert {name: found.get(name) for name in expected} == expected


pairs = pytest.mark.parametrize(
    ("suffix", "output_format"), [(suffix, output) for suffix in INPUTS for output in OUTPUTS], ids=str
)


def test_the_photos_have_what_is_looked_for(photos: dict[str, bytes], tmp_path: Path) -> None:
    for suffix, photo in photos.items():
        (tmp_path / f"photo.{suffix}").write_bytes(photo)
    for found in read(tmp_path):
        suffix = Path(found["SourceFile"]).suffix[1:]
        assert_has(found, EXIF | XMP | XMP_PLACE | GPS | LEFT_OUT | {"IFD0:Orientation": 6})
        if suffix in HAVE_IPTC:
            assert_has(found, IPTC | IPTC_PLACE)
    assert any("IFD1:ThumbnailImage" in found for found in read(tmp_path))


Results: TypeAlias = dict[tuple[str, str, str], Found]


@pairs
def test_exif_is_kept_with_the_size_and_orientation_of_the_result(
    results: Results, suffix: str, output_format: OutputFormat
) -> None:
    width, height = (64, 96) if suffix in TURNED else (96, 64)
    own = {"IFD0:Orientation": 1, "ExifIFD:ColorSpace": 1, "ExifIFD:ExifImageWidth": width}
    for asked in ("keep", "location"):
        found = results[suffix, output_format, asked]
        assert_has(found, EXIF | own | {"ExifIFD:ExifImageHeight": height})
        assert "ExifTool:Warning" not in found
    if output_format != "avif":  # of which ExifTool reads another property
        assert found.get("File:ImageWidth", width) == width


@pairs
def test_xmp_is_kept(results: Results, suffix: str, output_format: OutputFormat) -> None:
    assert_has(results[suffix, output_format, "keep"], XMP)


@pairs
def test_iptc_is_kept_where_both_formats_have_a_place_for_it(
    results: Results, suffix: str, output_format: OutputFormat
) -> None:
    if suffix in HAVE_IPTC and output_format in HAVE_IPTC:
        assert_has(results[suffix, output_format, "keep"], IPTC)
        assert_has(results[suffix, output_format, "location"], IPTC | IPTC_PLACE)


@pairs
def test_the_location_is_kept_only_where_it_is_asked_for(
    results: Results, suffix: str, output_format: OutputFormat
) -> None:
    for asked in ("none", "keep"):
        found = results[suffix, output_format, asked]
        assert not [name for name in found if "GPS" in name or name.endswith((":City", ":Location"))]
    found = results[suffix, output_format, "location"]
    assert_has(found, XMP_PLACE | {"XMP-exif:GPSLatitude": 48.1375})
    assert {name: found[name] for name in GPS} == pytest.approx(GPS)


@pairs
def test_thumbnails_and_what_counts_pixels_are_left_out(
    results: Results, suffix: str, output_format: OutputFormat
) -> None:
    for asked in ASKED:
        found = results[suffix, output_format, asked]
        assert not [name for name in found if "Thumbnail" in name or "MakerNote" in name]
        assert not found.keys() & LEFT_OUT.keys()
        assert not groups(found) & {"IFD1", "SubIFD", "InteropIFD", "MakerNotes"}


@pairs
def test_without_metadata_only_the_density_is_left(results: Results, suffix: str, output_format: OutputFormat) -> None:
    found = results[suffix, output_format, "none"]
    assert not found.keys() & (EXIF | XMP | IPTC).keys()
    assert not [group for group in groups(found) if group.startswith(("XMP", "IPTC", "GPS", "ExifIFD"))]


@pairs
@pytest.mark.parametrize("asked", ASKED)
def test_the_density_is_kept(results: Results, suffix: str, output_format: OutputFormat, asked: str) -> None:
    found = results[suffix, output_format, asked]
    x, y = (300, 240) if suffix in TURNED else (240, 300)  # across has become down
    if output_format == "png":
        assert found["PNG-pHYs:PixelUnits"] == 1
        stored = found["PNG-pHYs:PixelsPerUnitX"] * 0.0254, found["PNG-pHYs:PixelsPerUnitY"] * 0.0254
    else:
        group = "JFIF" if output_format == "jpeg" else "IFD0"
        assert found[f"{group}:ResolutionUnit"] == (1 if group == "JFIF" else 2)
        stored = found[f"{group}:XResolution"], found[f"{group}:YResolution"]
    assert stored == pytest.approx((x, y), abs=0.02)
