from __future__ import annotations

import struct
import warnings
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from tests import images
from tests.pipeline.codec.decoding import EXPECTED, PICTURE, assert_shows, codes, decoded, repeated_grey

# --- whole files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "within"),
    [
        (images.jpeg(PICTURE), 4),
        (images.jpeg(PICTURE, progressive=True), 4),
        (images.png(PICTURE), 1e-3),
        (images.interlaced(PICTURE), 1e-3),
        (images.webp(PICTURE), 1e-3),
        (images.webp(PICTURE, lossless=False, quality=95), 16),
    ],
    ids=["jpeg", "progressive", "png", "png-interlaced", "webp", "webp-lossy"],
)
def test_formats(data: bytes, within: float) -> None:
    photo = decoded(data)
    assert_shows(photo, EXPECTED, within)
    assert photo.alpha is None
    assert photo.notices == ()


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 3), (4000, 40)])
@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_odd_sizes(width: int, height: int, make: images.Maker) -> None:
    pixels = images.gradient(width, height)
    assert_shows(decoded(make(pixels)), pixels / 255, 6)


@pytest.mark.parametrize("orientation", images.ORIENTATIONS)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation(orientation: int, file_format: str) -> None:
    data = images.oriented(PICTURE, orientation, file_format)
    with PIL.Image.open(BytesIO(data)) as stored:
        assert stored.size == ((32, 48) if orientation > 4 else (48, 32))
    assert_shows(decoded(data), EXPECTED, 4)


@pytest.mark.parametrize("orientation", [6, 8])
def test_orientation_of_big_endian_exif_and_16_bit_grey(orientation: int) -> None:
    exif = b"MM\0*" + struct.pack(">IHHHIHxx", 8, 1, 0x0112, 3, 1, orientation)
    levels = np.arange(6, dtype=np.uint16).reshape(2, 3) * 9_000
    photo = decoded(images.png_16(levels, images.GREY, images.chunk(b"eXIf", exif)))
    assert_shows(photo, repeated_grey(np.rot90(levels, 1 if orientation == 8 else 3) / 65_535), 1e-3)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"MM\0*garbage that is no directory",
        b"II*\0" + struct.pack("<IH", 0xFFFFFFF0, 9),
        b"II*\0" + struct.pack("<IH", 8, 65_535) + bytes(100),
        b"II*\0" + struct.pack("<IHHHIHxx", 8, 1, 0x0112, 3, 1, 77),
        b"II*\0" + struct.pack("<IHHHIHxx", 8, 1, 0x0112, 3, 1, 0),
    ],
)
def test_broken_exif_costs_nothing(block: bytes) -> None:
    assert_shows(decoded(images.with_exif(images.jpeg(PICTURE), block)), EXPECTED, 4)


# --- colour modes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_grey(file_format: str) -> None:
    grey = np.asarray(PIL.Image.fromarray(PICTURE).convert("L")) / 255
    photo = decoded(images.grey(PICTURE, file_format, quality=95, lossless=True))
    assert_shows(photo, repeated_grey(grey), 4)
    assert photo.alpha is None


def test_one_bit() -> None:
    pixels = np.array([[0, 255, 255], [255, 0, 0]], np.uint8)
    assert_shows(decoded(images.saved(pixels, "PNG", "1")), repeated_grey(pixels / 255), 1e-3)


@pytest.mark.parametrize(
    ("transparency", "alpha"),
    [
        (None, None),
        (1, [1, 0, 1, 1]),
        (bytes([0, 51, 204, 255]), [0, 0.2, 0.8, 1]),
        (bytes([255, 255, 255, 255]), None),
    ],
)
def test_palette(transparency: int | bytes | None, alpha: list[float] | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        photo = decoded(images.palette(transparency))
    colors = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]])
    if alpha is None:
        assert_shows(photo, colors, 1e-3)
        assert photo.alpha is None
    else:
        visible = np.array([alpha]) > 0
        assert np.abs(photo.image - colors)[visible].max() < 1e-5
        assert photo.alpha is not None
        np.testing.assert_allclose(photo.alpha, [alpha], atol=1e-6)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_alpha(file_format: str) -> None:
    alpha = PICTURE[..., 1]
    photo = decoded(images.saved(np.dstack((PICTURE, alpha)), file_format, lossless=True, exact=True))
    assert_shows(photo, EXPECTED, 1e-3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, alpha / 255, atol=1e-6)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
@pytest.mark.parametrize("hidden", [0, 255])
def test_hidden_pixels_get_the_color_of_visible_ones(file_format: str, hidden: int) -> None:
    pixels = np.full((40, 30, 4), hidden, np.uint8)
    pixels[..., 3] = 0
    pixels[5:20, 5:20] = (200, 30, 40, 255)
    photo = decoded(images.saved(pixels, file_format, lossless=True, exact=True))
    assert_shows(photo, np.full((40, 30, 3), [200, 30, 40]) / 255, 1e-3)
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha * 255, pixels[..., 3])


def test_a_picture_without_visible_pixels_stays_as_it_is() -> None:
    photo = decoded(images.png(np.dstack((PICTURE, np.zeros(PICTURE.shape[:2], np.uint8)))))
    assert_shows(photo, EXPECTED, 1e-3)
    assert photo.alpha is not None
    assert photo.alpha.max() == 0


def test_opaque_alpha_is_none() -> None:
    assert decoded(images.saved(PICTURE, "PNG", "RGBA")).alpha is None


def test_grey_with_alpha() -> None:
    grey, alpha = PICTURE[..., 0], PICTURE[..., 1]
    photo = decoded(images.saved(np.dstack((grey, alpha)), "PNG"))
    assert_shows(photo, repeated_grey(grey / 255), 1e-3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, alpha / 255, atol=1e-6)


@pytest.mark.parametrize("top", [200, 300, 65_535])
def test_16_bit_grey_scales_by_its_depth_not_its_maximum(top: int) -> None:
    levels = np.linspace(0, top, 64).astype(np.uint16).reshape(8, 8)
    assert_shows(decoded(images.png_16(levels, images.GREY)), repeated_grey(levels / 65_535), 1e-3)


def test_16_bit_grey_with_a_transparent_level() -> None:
    levels = np.array([[300, 40_000, 300]], np.uint16)
    photo = decoded(images.png_16(levels, images.GREY, images.chunk(b"tRNS", struct.pack(">H", 300))))
    assert_shows(photo, np.full((1, 3, 3), 40_000 / 65_535), 1e-3)  # what is seen, also under what is not
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, [[0, 1, 0]])


@pytest.mark.parametrize(
    ("color_type", "channels"), [(images.COLOR, 3), (images.GREY_ALPHA, 2), (images.COLOR_ALPHA, 4)]
)
def test_16_bit_color_is_right_to_one_level(color_type: int, channels: int) -> None:
    values = np.random.default_rng(3).integers(600, 65_536, (9, 5, channels), np.uint16)  # no pixel is hidden
    photo = decoded(images.png_16(values, color_type))
    shown = values[..., :3] if channels > 2 else repeated_grey(values[..., 0])
    assert_shows(photo, shown / 65_535, 1)
    if channels != 3:
        assert photo.alpha is not None
        assert np.abs(photo.alpha - values[..., -1] / 65_535).max() * 255 <= 1


@pytest.mark.parametrize("make", [images.cmyk, images.ycck])
def test_inks(make: images.Maker) -> None:
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, :8] = (200, 0, 0, 30)
    ink[:, 8:] = (0, 60, 120, 0)
    expected = (1 - ink[..., :3] / 255) * (1 - ink[..., 3:] / 255)
    assert_shows(decoded(make(ink)), expected, 4)


GREY = PICTURE[..., 0]
SEPIA = (GREY[..., np.newaxis] * np.array([1, 0.85, 0.7])).astype(np.uint8)


@pytest.mark.parametrize(
    ("data", "grey"),
    [
        (images.grey(PICTURE), True),
        (images.grey(PICTURE, "JPEG"), True),
        (images.saved(PICTURE, "PNG", "1"), True),
        (images.saved(PICTURE, "PNG", "LA"), True),
        (images.png_16(GREY.astype(np.uint16) * 257, images.GREY), True),
        (images.saved(GREY, "PNG", "P"), True),
        (images.jpeg(repeated_grey(GREY)), True),
        (images.webp(repeated_grey(GREY), lossless=False), True),
        (images.png(repeated_grey(GREY) + np.array([0, 2, 1], np.uint8)), True),
        (images.png(repeated_grey(GREY) + np.array([0, 3, 1], np.uint8)), False),
        (images.jpeg(PICTURE), False),
        (images.jpeg(SEPIA), False),
        (images.saved(SEPIA, "PNG", "P"), False),
    ],
    ids=[
        *("l", "l-jpeg", "1", "la", "i16", "palette", "rgb-jpeg", "rgb-webp", "two-levels"),
        *("three-levels", "color", "sepia", "sepia-palette"),
    ],
)
def test_a_black_and_white_photo_is_known_and_has_equal_channels(data: bytes, grey: bool) -> None:
    photo = decoded(data)
    assert photo.is_grey == grey
    assert (np.ptp(photo.image, axis=2).max() == 0) == grey


@pytest.mark.parametrize(("color", "grey"), [((90, 90, 90), True), ((90, 90, 99), False)])
def test_colors_that_nobody_sees_do_not_count(color: tuple[int, int, int], grey: bool) -> None:
    pixels = np.full((9, 9, 4), (255, 0, 0, 0), np.uint8)
    pixels[3:6, 3:6] = (*color, 255)
    assert decoded(images.png(pixels)).is_grey == grey


# --- animations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["WEBP", "PNG"])
def test_animation_gives_its_first_frame(file_format: str) -> None:
    photo = decoded(images.animation([PICTURE, PICTURE[::-1], PICTURE[:, ::-1]], file_format))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["animation_first_frame"]
