"""Colours that are kept, and those that a file tells without a profile."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.encode import encode
from pipeline.codec.icc_profile import srgb_profile
from pipeline.codec.inspect import inspect
from pipeline.types import FileTags, Photo
from tests import images
from tests.containers import avif, heic, tiff
from tests.hostile.profile_bombs import profile_bombs
from tests.images import Pixels, chunk, segment
from tests.pipeline.codec.decoding import MAX_PIXELS, PICTURE, assert_shows, bounded, codes, decoded
from tests.pipeline.codec.test_decode_avif_heic import colors, with_property
from tests.pipeline.codec.test_png_color import P3, chrm, cicp, gama, png
from tests.profiles import FAR, NEAR, in_srgb, profile_of

BOTH = frozenset({"RGB", "GRAY"})
GREY = np.asarray(PIL.Image.fromarray(PICTURE).convert("L"))
REPLACED = ["color_profile_replaced"]
LOSSLESS: dict[str, Callable[..., bytes]] = {
    "png": images.png,
    "webp": images.webp,
    "tiff": lambda pixels, **options: images.saved(pixels, "TIFF", **options),
}


def kept(data: bytes, spaces: frozenset[str] = BOTH) -> Photo:
    return decode(inspect(data, max_pixels=MAX_PIXELS), spaces)


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("make", LOSSLESS.values(), ids=LOSSLESS)
def test_a_kept_photo_has_its_own_numbers_and_profile(make: images.Maker, name: str) -> None:
    data = make(PICTURE, icc_profile=profile_of(name))
    photo = kept(data)
    np.testing.assert_array_equal(photo.image, (PICTURE / np.float32(255)).astype(np.float32))
    assert (photo.profile, photo.notices) == (profile_of(name), ())
    converted = decoded(data)
    assert converted.profile is None
    assert_shows(converted, in_srgb(PICTURE, profile_of(name)) / 255, 1.01)


@pytest.mark.parametrize("name", FAR)
def test_a_photo_that_cannot_be_kept_is_converted_with_a_notice(name: str) -> None:
    data = images.png(PICTURE, icc_profile=profile_of(name))
    photo = kept(data)
    np.testing.assert_array_equal(photo.image, decoded(data).image)
    assert (photo.profile, codes(photo)) == (None, REPLACED)
    assert photo.notices[0].message.startswith("The photo's colour profile is not kept, because its numbers mean")
    assert decoded(data).notices == ()


@pytest.mark.parametrize("data", [images.png(PICTURE), images.jpeg(PICTURE), images.webp(PICTURE), tiff(PICTURE)])
def test_a_photo_without_a_profile_is_as_ever(data: bytes) -> None:
    photo = kept(data)
    np.testing.assert_array_equal(photo.image, decoded(data).image)
    assert (photo.profile, photo.notices) == (None, ())


def test_a_result_of_our_own_is_srgb_to_the_bit() -> None:
    for pixels, profile in ((PICTURE, srgb_profile(3)), (GREY, srgb_profile(1)), (GREY, srgb_profile(3))):
        data = images.png(pixels, icc_profile=profile)
        for photo in (kept(data), decoded(data)):
            np.testing.assert_array_equal(photo.image, decoded(images.png(pixels)).image)
            assert (photo.profile, photo.notices) == (None, ())


def test_an_unusable_profile_is_ignored_in_both_ways() -> None:
    photo = kept(images.png(PICTURE, icc_profile=b"no profile at all"))
    assert (photo.profile, codes(photo)) == (None, ["color_profile_ignored"])


def test_a_cmyk_photo_is_not_kept() -> None:
    ink = np.dstack((255 - PICTURE, np.zeros_like(GREY)))
    photo = kept(images.cmyk(ink))
    assert (photo.profile, photo.notices) == (None, ())


@pytest.mark.parametrize("depth", [8, 16])
def test_grey_is_kept_where_the_result_can_hold_it(depth: int) -> None:
    profile = profile_of("apple", 1)
    if depth == 8:
        data = images.png(GREY, icc_profile=profile)
    else:
        packed = chunk(b"iCCP", b"i\0\0" + zlib.compress(profile))
        data = images.png_16(GREY.astype(np.uint16) * 257, images.GREY, packed)
    photo = kept(data)
    assert_shows(photo, np.repeat(GREY[..., np.newaxis], 3, axis=-1) / 255, 1e-3)
    assert (photo.profile, photo.is_grey, photo.notices) == (profile, True, ())
    other = kept(data, frozenset({"RGB"}))
    np.testing.assert_array_equal(other.image, decoded(data).image)
    cut = ["depth_reduced"] if depth == 16 else []
    assert (other.profile, codes(other)) == (None, REPLACED + cut)


def test_grey_with_opacity_is_converted() -> None:
    data = images.saved(np.dstack((GREY, GREY)), "PNG", icc_profile=profile_of("apple", 1))
    assert codes(kept(data)) == REPLACED
    opaque = images.saved(np.dstack((GREY, np.full_like(GREY, 255))), "PNG", icc_profile=profile_of("apple", 1))
    assert kept(opaque).profile == profile_of("apple", 1)


def test_a_grey_photo_keeps_the_profile_of_colours() -> None:
    photo = kept(images.png(GREY, icc_profile=profile_of("adobe-rgb")), frozenset({"RGB"}))
    assert_shows(photo, np.repeat(GREY[..., np.newaxis], 3, axis=-1) / 255, 1e-3)
    assert (photo.profile, photo.is_grey) == (profile_of("adobe-rgb"), True)


@pytest.mark.parametrize("file", [file for _, file in profile_bombs()], ids=[name for name, _ in profile_bombs()])
def test_hostile_profiles_are_cheap_and_what_is_kept_can_be_written(file: bytes) -> None:
    with bounded(seconds=1, megabytes=60):
        photo = kept(file)
    for output_format in ("png", "jpeg", "webp", "avif"):
        tags = FileTags(profile=photo.profile)
        assert encode(photo.image, None, output_format, is_grey=photo.is_grey, tags=tags).data


# --- told without a profile --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chunks", [[cicp(12, 13)], [cicp(9, 1)], [gama(55_556)], [chrm(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)]]
)
@pytest.mark.parametrize("clear", [False, True])
def test_what_a_png_tells_is_kept_as_a_profile(chunks: list[bytes], clear: bool) -> None:
    pixels = np.dstack((P3, P3[..., 1])) if clear else P3
    data = png(pixels, *chunks)
    photo = kept(data)
    assert photo.profile is not None
    assert photo.profile[16:20] == b"RGB "
    if not clear:
        np.testing.assert_array_equal(np.round(photo.image * 255), P3)
        assert_shows(decoded(data), in_srgb(P3, photo.profile) / 255, 2)
    assert photo.notices == ()


def test_grey_that_a_png_tells_is_kept_as_a_profile_of_the_right_kind() -> None:
    data = png(GREY, gama(55_556))
    assert (kept(data).profile or b"")[16:20] == b"GRAY"
    assert (kept(data, frozenset({"RGB"})).profile or b"")[16:20] == b"RGB "


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [([gama(100_000)], REPLACED), ([cicp(9, 16)], ["hdr_tone_mapped"]), ([cicp(9, 18)], ["hdr_tone_mapped"])],
)
def test_light_and_hdr_are_converted_in_both_ways(chunks: list[bytes], expected: list[str]) -> None:
    data = png(PICTURE, *chunks)
    photo = kept(data)
    np.testing.assert_array_equal(photo.image, decoded(data).image)
    assert (photo.profile, codes(photo)) == (None, expected)


# --- Adobe RGB, as cameras tell it -------------------------------------------------------------------------------


def camera_exif(index: bytes, order: str = "<") -> bytes:
    """An EXIF block with an interoperability directory, as DCF has it."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first = struct.pack(order + "HHHIII", 1, 0x8769, 4, 1, 26, 0)
    second = struct.pack(order + "HHHII4xI", 2, 0xA001, 3, 1, 0xFFFF, 0)[:-8]
    second += struct.pack(order + "HHIII", 0xA005, 4, 1, 56, 0)
    third = struct.pack(order + "HHHI4sI", 1, 1, 2, 4, index, 0)
    return head + first + second + third


def test_the_block_that_tests_make_is_right() -> None:
    block = camera_exif(b"R03\0")
    exif = PIL.Image.Exif()
    exif.load(b"Exif\0\0" + block)
    assert exif.get_ifd(0x8769)[0xA001] == 65_535
    assert exif.get_ifd(0xA005)[1] == "R03"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_camera_says_adobe_rgb_in_exif(order: str) -> None:
    muted = (64 + PICTURE // 2).astype(np.uint8)
    data = images.with_exif(images.jpeg(muted), camera_exif(b"R03\0", order))
    shown = np.asarray(PIL.Image.open(BytesIO(data)))
    assert_shows(decoded(data), in_srgb(shown, profile_of("adobe-rgb")) / 255, 1.01)
    photo = kept(data)
    assert_shows(photo, shown / 255, 1e-3)
    assert photo.profile is not None
    np.testing.assert_array_equal(in_srgb(shown, photo.profile), in_srgb(shown, profile_of("adobe-rgb")))


def test_a_profile_goes_before_exif_and_other_marks_change_nothing() -> None:
    plain = images.jpeg(PICTURE)
    np.testing.assert_array_equal(decoded(images.with_exif(plain, camera_exif(b"R98\0"))).image, decoded(plain).image)
    with_profile = images.jpeg(PICTURE, icc_profile=profile_of("display-p3"))
    photo = decoded(images.with_exif(with_profile, camera_exif(b"R03\0")))
    np.testing.assert_array_equal(photo.image, decoded(with_profile).image)
    for end in range(len(camera_exif(b"R03\0"))):
        cut = images.with_exif(plain, camera_exif(b"R03\0")[:end])
        assert decoded(cut).notices == ()


# --- code points of AVIF and HEIC --------------------------------------------------------------------------------


def told(make: images.Maker, pixels: Pixels, primaries: int, curve: int) -> bytes:
    return with_property(make(pixels), colors(primaries, curve), without=b"colr")


CONTAINERS = pytest.mark.parametrize("make", [avif, heic], ids=["avif", "heic"])


@CONTAINERS
@pytest.mark.parametrize(("primaries", "curve"), [(12, 13), (9, 1), (9, 14), (1, 1), (5, 13), (1, 4), (12, 2)])
def test_code_points_are_converted_exactly(make: images.Maker, primaries: int, curve: int) -> None:
    stored = np.round(decoded(told(make, PICTURE, 1, 13)).image * 255).astype(np.uint8)
    photo = decoded(told(make, PICTURE, primaries, curve))
    expected = decoded(png(stored, cicp(primaries, 13 if curve == 2 else curve)))
    np.testing.assert_allclose(photo.image, expected.image, atol=1e-6)
    assert photo.notices == ()
    own = kept(told(make, PICTURE, primaries, curve))
    assert_shows(own, stored / 255, 1e-3)
    assert own.profile is not None


@CONTAINERS
@pytest.mark.parametrize(
    ("primaries", "curve", "expected"),
    [
        (1, 13, []),
        (2, 2, []),
        (9, 16, ["hdr_tone_mapped"]),
        (9, 18, ["hdr_tone_mapped"]),
        (10, 13, ["color_profile_ignored"]),
        (1, 10, ["color_profile_ignored"]),
    ],
)
def test_code_points_of_srgb_hdr_and_nothing(
    make: images.Maker, primaries: int, curve: int, expected: list[str]
) -> None:
    for photo in (decoded(told(make, PICTURE, primaries, curve)), kept(told(make, PICTURE, primaries, curve))):
        assert (codes(photo), photo.profile) == (expected, None)


# --- gain maps of JPEG -------------------------------------------------------------------------------------------

XMP = b"http://ns.adobe.com/xap/1.0/\0"
ULTRA_HDR = segment(0xE1, XMP + b'<x:xmpmeta><rdf:Description hdrgm:Version="1.0"/></x:xmpmeta>')
ISO = segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4))
APPLE = segment(
    0xE1, XMP + b"<apdi:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</apdi:AuxiliaryImageType>"
)
OTHER = segment(0xE1, XMP + b"<x:xmpmeta/>")


def with_segment(file: bytes, added: bytes) -> bytes:
    return file[:2] + added + file[2:]


@pytest.mark.parametrize(
    ("own", "of_second", "expected"),
    [
        (ULTRA_HDR, b"", ["gain_map_ignored"]),
        (ISO, b"", ["gain_map_ignored"]),
        (b"", APPLE, ["gain_map_ignored"]),
        (OTHER, OTHER, []),
        (ULTRA_HDR, None, []),  # an editor has cut the gain map away
        (ISO, None, []),
    ],
)
def test_a_gain_map_is_told(own: bytes, of_second: bytes | None, expected: list[str]) -> None:
    photo = images.jpeg(PICTURE)
    behind = b"" if of_second is None else with_segment(images.jpeg(PICTURE[::2, ::2]), of_second)
    result = decoded(with_segment(photo, own) + behind)
    np.testing.assert_array_equal(result.image, decoded(photo).image)
    assert codes(result) == expected
