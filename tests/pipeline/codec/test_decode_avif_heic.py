from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from pipeline.codec.boxes import Box, box
from pipeline.codec.inspect import inspect
from pipeline.codec.items import Item, read_items
from pipeline.errors import BrokenImage, TooManyPixels, UnsupportedMediaType
from tests import images
from tests.containers import avif, grid, heic, rebuilt, size_box
from tests.images import Pixels
from tests.pipeline.codec.decoding import (
    EXPECTED,
    MAX_PIXELS,
    PICTURE,
    assert_shows,
    bounded,
    codes,
    decoded,
    repeated_grey,
)

Maker = Callable[..., bytes]
AVIF, HEIC = avif(PICTURE), heic(PICTURE)
BOTH = pytest.mark.parametrize("make", [avif, heic], ids=["avif", "heic"])
FILES = pytest.mark.parametrize("file", [AVIF, HEIC], ids=["avif", "heic"])


def colors(primaries: int, curve: int) -> Box:
    return Box(b"colr", b"nclx" + struct.pack(">HHHB", primaries, curve, 1, 0x80))


def with_property(file: bytes, *added: Box, essential: bool = False, without: bytes = b"") -> bytes:
    """The file with properties added to its photo, and those of the type `without` left out."""
    found = read_items(file)
    photo = found.items[found.primary]
    kept = tuple(one for one in photo.properties if one[0].kind != without)
    changed = replace(photo, properties=(*kept, *((one, essential) for one in added)))
    return rebuilt(file, {found.primary: changed})


# --- pixels ------------------------------------------------------------------------------------------------------


@FILES
def test_colors(file: bytes) -> None:
    photo = decoded(file)
    assert_shows(photo, EXPECTED, 6)
    assert (photo.alpha, photo.notices) == (None, ())


@BOTH
def test_opacity(make: Maker) -> None:
    alpha = PICTURE[..., 1]
    photo = decoded(make(np.dstack((PICTURE, alpha))))
    assert_shows(photo, EXPECTED, 6)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, alpha / 255, atol=0.02)


def test_heic_with_colors_multiplied_by_the_opacity() -> None:
    clear = np.dstack((PICTURE, np.full(PICTURE.shape[:2], 128, np.uint8)))
    photo = decoded(heic(PIL.Image.fromarray(clear).convert("RGBa")))
    assert_shows(photo, EXPECTED, 12)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, 128 / 255, atol=0.02)


def test_heic_grey_of_8_and_10_bits() -> None:
    grey = PIL.Image.fromarray(PICTURE).convert("L")
    assert_shows(decoded(heic(grey)), repeated_grey(np.asarray(grey) / 255), 4)
    levels = np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40
    assert_shows(decoded(heic(levels)), repeated_grey(levels / 65_535), 4)


@pytest.mark.parametrize("orientation", images.ORIENTATIONS)
def test_orientation_is_applied_once(orientation: int) -> None:
    """The HEIC says it twice, in the container and in its EXIF; so does the AVIF."""
    png = images.oriented(PICTURE, orientation, "PNG")
    with PIL.Image.open(BytesIO(png)) as stored:
        turned = heic(np.asarray(stored), orientation)
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        other = avif(np.asarray(stored), exif=exif.tobytes())
    assert_shows(decoded(turned), EXPECTED, 6)
    assert_shows(decoded(other), EXPECTED, 6)


def test_exif_of_a_heic_does_not_turn_it() -> None:
    """Phones write the orientation in both places; what the container says counts (ISO/IEC 23008-12, annex A)."""
    turned = heic(PICTURE, 6)
    at = turned.index(b"irot") + 4
    assert turned[at] == 3
    assert b"Exif" in turned
    assert_shows(decoded(turned), np.rot90(EXPECTED, 3), 6)
    assert_shows(decoded(turned[:at] + b"\0" + turned[at + 1 :]), EXPECTED, 6)


@FILES
@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("mirrored_first", [False, True])
def test_turn_and_mirroring_in_their_order(file: bytes, turn: int, axis: int | None, mirrored_first: bool) -> None:
    """A turn is to the left, by 90 degrees each; 0 mirrors top to bottom, 1 left to right, as libheif 1.15 does."""
    mirrorings = [] if axis is None else [Box(b"imir", bytes([axis]))]
    turns = [Box(b"irot", bytes([turn]))]
    expected = EXPECTED
    steps = [*mirrorings, *turns] if mirrored_first else [*turns, *mirrorings]
    for step in steps:
        if step.kind == b"irot":
            expected = np.rot90(expected, turn)
        else:
            expected = expected[::-1] if axis == 0 else expected[:, ::-1]
    assert_shows(decoded(with_property(file, *steps, essential=True, without=b"imir")), expected, 6)


def test_heic_in_tiles() -> None:
    picture = images.gradient(150, 100)
    assert_shows(decoded(heic(picture, tile_size=64)), picture / 255, 6)


@BOTH
def test_tiles_that_stand_over_are_cut(make: Maker) -> None:
    tile = images.gradient(64, 64)
    photo = decoded(grid(make(tile), 3, 2, 150, 100))
    expected: Pixels = np.tile(tile, (2, 3, 1))[:100, :150]
    assert_shows(photo, expected / 255, 8)


def test_first_frame_of_an_animation() -> None:
    photo = decoded(images.animation([PICTURE, PICTURE[::-1]], "AVIF"))
    assert_shows(photo, EXPECTED, 16)
    assert codes(photo) == ["animation_first_frame"]


# --- colours, and what is left out -------------------------------------------------------------------------------


@BOTH
def test_profile_is_converted(make: Maker) -> None:
    assert_shows(decoded(make(PICTURE, icc_profile=images.swapped_profile())), EXPECTED[..., ::-1], 8)


@FILES
def test_gain_map_is_told_and_left_out(file: bytes) -> None:
    found = read_items(file)
    kind = Box(b"auxC", bytes(4) + b"urn:com:apple:photo:2020:aux:hdrgainmap\0")
    photo = found.items[found.primary]
    extra = replace(photo, properties=(*photo.properties, (kind, False)))
    apple = rebuilt(file, {77: extra}, [(b"auxl", 77, (found.primary,))])
    for data in (apple, rebuilt(file, {77: Item(b"tmap", b"")})):
        result = decoded(data)
        assert_shows(result, EXPECTED, 6)
        assert result.alpha is None
        assert codes(result) == ["gain_map_ignored"]
        assert len(read_items(inspect(data, max_pixels=MAX_PIXELS).parts.pixels).items) == 1


def test_metadata_does_not_reach_the_decoder() -> None:
    header = inspect(heic(PICTURE, 6, xmp=b"<x/>", thumbnails=[16]), max_pixels=MAX_PIXELS)
    assert b"Exif" not in header.parts.pixels
    assert len(read_items(header.parts.pixels).items) == 1


# --- what is wrong -----------------------------------------------------------------------------------------------


@FILES
def test_a_cut_file_is_refused(file: bytes) -> None:
    for share in (0.06, 0.3, 0.6, 0.95):
        with pytest.raises(BrokenImage):
            decoded(images.cut(file, share))


@FILES
def test_a_picture_larger_than_its_header_says_is_refused(file: bytes) -> None:
    found = read_items(rebuilt(file, {}))
    photo = found.items[found.primary]
    small = tuple(one for one in photo.properties if one[0].kind != b"ispe")
    large = avif(np.zeros((400, 400, 3), np.uint8)) if file is AVIF else heic(np.zeros((400, 400, 3), np.uint8))
    other = read_items(large)
    coded = other.items[other.primary]
    properties = tuple(one for one in coded.properties if one[0].kind != b"ispe")
    data = rebuilt(file, {found.primary: replace(coded, properties=(*properties, size_box(48, 32)))})
    with pytest.raises(BrokenImage, match="larger than its header says"):
        decoded(data)
    behind = replace(photo, data=coded.data, properties=(*small, size_box(48, 32)))
    with pytest.raises(BrokenImage):
        decoded(rebuilt(file, {found.primary: behind}))


@FILES
@pytest.mark.parametrize(
    ("columns", "rows", "width", "height"),
    [(1, 1, 48, 2_000), (3, 2, 4_000, 64), (30, 33, 48, 32), (2, 2, 0, 0)],
    ids=["too-few-rows", "too-few-columns", "far-too-many", "nothing"],
)
def test_tiles_that_do_not_fit_are_refused(file: bytes, columns: int, rows: int, width: int, height: int) -> None:
    with pytest.raises(BrokenImage):
        decoded(grid(file, columns, rows, width, height))


@FILES
def test_a_property_that_stands_twice_is_refused(file: bytes) -> None:
    """Else one of them could be checked and the other be decoded."""
    found = read_items(file)
    photo = found.items[found.primary]
    twice = rebuilt(file, {found.primary: replace(photo, properties=(*photo.properties, size_box(16, 16)))})
    with pytest.raises(BrokenImage, match="a property twice"):
        decoded(twice)


@FILES
def test_a_crop_is_refused_unless_it_only_takes_padding_away(file: bytes) -> None:
    def clap(width: int) -> Box:
        return Box(b"clap", struct.pack(">8I", width, 1, 32, 1, 0, 1, 0, 1))

    def cropped(width: int) -> bytes:
        return with_property(file, clap(width), essential=True, without=b"clap")

    with pytest.raises(UnsupportedMediaType, match="is cropped"):
        decoded(cropped(100))
    if file is AVIF:  # Pillow's reader would leave the crop out
        with pytest.raises(UnsupportedMediaType, match="is cropped"):
            decoded(cropped(40))
    else:
        assert decoded(cropped(40)).width == 40
    large = images.gradient(200, 32)
    with pytest.raises(UnsupportedMediaType, match="is cropped"):
        decoded(with_property(avif(large) if file is AVIF else heic(large), clap(16), without=b"clap"))


@FILES
def test_bombs_are_refused_cheaply(file: bytes) -> None:
    found = read_items(file)
    photo = found.items[found.primary]
    sizeless = tuple(one for one in photo.properties if one[0].kind not in (b"ispe", b"clap"))
    claimed = rebuilt(file, {found.primary: replace(photo, properties=(*sizeless, size_box(60_000, 60_000)))})
    meta_at = file.index(b"meta") - 4
    head = file[:meta_at]
    cases: dict[bytes, type[Exception] | tuple[type[Exception], ...]] = {
        claimed: (TooManyPixels, BrokenImage),
        rebuilt(file, dict.fromkeys(range(100, 1200), photo)): BrokenImage,
        rebuilt(file, {found.primary: replace(photo, data=photo.data * 300)}): BrokenImage,
        head + box(b"free") * 100_000 + file[meta_at:]: BrokenImage,
        head + box(b"mdat", bytes(100)): BrokenImage,
        head + box(b"meta", bytes(4)): BrokenImage,
        head: BrokenImage,
    }
    for data, error in cases.items():
        with bounded(seconds=1, megabytes=30), pytest.raises(error):
            decoded(data)


@FILES
def test_what_a_reader_must_understand_and_does_not_is_told(file: bytes) -> None:
    with pytest.raises(UnsupportedMediaType, match="is not accepted"):
        decoded(with_property(file, Box(b"lsel", b"\0\1"), essential=True))
    assert decoded(with_property(file, Box(b"lsel", b"\0\1"))).notices == ()


@FILES
@pytest.mark.parametrize("kind", [b"jpeg", b"avc1", b"unci", b"iovl", b"vvc1"])
def test_no_other_decoder_is_reached(file: bytes, kind: bytes) -> None:
    found = read_items(file)
    with pytest.raises(UnsupportedMediaType, match="is not accepted"):
        decoded(rebuilt(file, {found.primary: replace(found.items[found.primary], kind=kind)}))


@FILES
def test_opacity_of_another_size_is_refused(file: bytes) -> None:
    found = read_items(file)
    photo = found.items[found.primary]
    kind = Box(b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
    sizeless = tuple(one for one in photo.properties if one[0].kind != b"ispe")
    extra = replace(photo, properties=(*sizeless, size_box(4_000, 4_000), (kind, False)))
    with pytest.raises(BrokenImage, match="opacity"):
        decoded(rebuilt(file, {77: extra}, [(b"auxl", 77, (found.primary,))]))


@pytest.mark.parametrize(("file", "name", "brand"), [(AVIF, "AVIF", b"avif"), (HEIC, "HEIC", b"heic")])
def test_the_general_brand_is_known_by_what_it_is_compatible_with(file: bytes, name: str, brand: bytes) -> None:
    own = inspect(file, max_pixels=MAX_PIXELS).parts.pixels  # its first box has the own brand and three others
    general = own[:8] + b"mif1" + own[12:16] + b"mif1miaf" + brand + own[28:]
    assert inspect(general, max_pixels=MAX_PIXELS).file_format.name == name
    assert_shows(decoded(general), EXPECTED, 6)
    with pytest.raises(UnsupportedMediaType, match="send AVIF"):
        decoded(own[:8] + b"mif1" + own[12:16] + b"mif1miafjpeg" + own[28:])
