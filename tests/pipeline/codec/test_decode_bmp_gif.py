from __future__ import annotations

import struct
from io import BytesIO

import cv2
import numpy as np
import PIL.Image
import pytest

from pipeline.codec.inspect import inspect
from pipeline.codec.limits import MAX_GIF_BLOCKS
from pipeline.errors import BrokenImage, TooManyPixels, UnsupportedMediaType
from pipeline.types import Photo
from tests import images
from tests.images import saved
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

FEW = PICTURE // 64 * 64
FEW_SHOWN = np.asarray(PIL.Image.fromarray(FEW).convert("P").convert("RGB")) / 255
BMP = saved(PICTURE, "BMP")
HEAD = 14 + 40

# --- BMP ---------------------------------------------------------------------------------------------------------


def test_bmp_colors() -> None:
    for data in (BMP, cv2.imencode(".bmp", np.ascontiguousarray(PICTURE[..., ::-1]))[1].tobytes()):
        photo = decoded(data)
        assert_shows(photo, EXPECTED, 1e-3)
        assert (photo.alpha, photo.notices) == (None, ())


def test_bmp_of_other_depths() -> None:
    grey = np.asarray(PIL.Image.fromarray(PICTURE).convert("L"))
    assert_shows(decoded(saved(PICTURE, "BMP", "L")), repeated_grey(grey / 255), 1e-3)
    assert_shows(decoded(saved(FEW, "BMP", "P")), FEW_SHOWN, 1e-3)
    bits = np.array([[0, 255, 255], [255, 0, 0]], np.uint8)
    assert_shows(decoded(saved(bits, "BMP", "1")), repeated_grey(bits / 255), 1e-3)


def test_bmp_from_top_to_bottom_and_with_the_oldest_header() -> None:
    turned = BMP[:22] + struct.pack("<i", -32) + BMP[26:]
    assert_shows(decoded(turned), EXPECTED[::-1], 1e-3)
    oldest = BMP[:10] + struct.pack("<IIHHHH", 26, 12, 48, 32, 1, 24) + BMP[HEAD:]
    assert_shows(decoded(oldest), EXPECTED, 1e-3)


def test_bmp_with_opacity() -> None:
    """OpenCV writes it with masks of bits in the header."""
    clear = np.dstack((PICTURE, PICTURE[..., 1]))
    written, data = cv2.imencode(".bmp", clear[..., [2, 1, 0, 3]])
    photo = decoded(data.tobytes())
    assert written
    assert_shows(photo, EXPECTED, 1e-3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, PICTURE[..., 1] / 255, atol=1e-6)


def test_bmp_with_a_profile() -> None:
    profile = images.swapped_profile()
    rows = BMP[HEAD:]
    head = BMP[14:HEAD] + bytes(16) + b"DEBM" + bytes(52) + struct.pack("<III", 124 + len(rows), len(profile), 0)
    data = BMP[:10] + struct.pack("<II", 14 + 124, 124) + head[4:] + rows + profile
    assert_shows(decoded(data), EXPECTED[..., ::-1], 2)


def test_bmp_without_all_rows_says_how_many_it_has() -> None:
    with pytest.raises(BrokenImage, match="holds 19 of its picture's 32 rows"):
        decoded(images.cut(BMP))
    with bounded(seconds=1, megabytes=10), pytest.raises(BrokenImage, match="incomplete"):
        decoded(BMP[:18] + struct.pack("<ii", 2**31 - 1, -(2**31)) + BMP[26:])


@pytest.mark.parametrize(("at", "value"), [(30, 1), (30, 4), (28, 2), (28, 64)], ids=["rle", "jpeg", "2-bit", "64-bit"])
def test_bmp_of_a_kind_that_is_not_accepted(at: int, value: int) -> None:
    with pytest.raises(UnsupportedMediaType, match="BMP file"):
        decoded(BMP[:at] + bytes([value]) + BMP[at + 1 :])


def test_bmp_without_pixels() -> None:
    with pytest.raises(BrokenImage, match="no pixels"):
        decoded(BMP[:18] + bytes(4) + BMP[22:])


# --- GIF ---------------------------------------------------------------------------------------------------------


def test_gif() -> None:
    photo = decoded(saved(FEW, "GIF", "P"))
    assert_shows(photo, FEW_SHOWN, 1e-3)
    assert (photo.alpha, photo.notices) == (None, ())
    grey = np.asarray(PIL.Image.fromarray(PICTURE).convert("L"))
    assert_shows(decoded(saved(PICTURE, "GIF", "L")), repeated_grey(grey / 255), 1e-3)


def test_gif_animation_gives_its_first_frame() -> None:
    photo = decoded(images.animation([FEW, FEW[::-1], FEW[:, ::-1]], "GIF"))
    assert_shows(photo, np.asarray(PIL.Image.fromarray(FEW).quantize().convert("RGB")) / 255, 16)
    assert codes(photo) == ["animation_first_frame"]


def test_gif_with_a_transparent_color() -> None:
    picture = PIL.Image.new("P", (4, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    picture.putdata([0, 1, 2, 3])
    target = BytesIO()
    picture.save(target, "GIF", transparency=1)
    photo = decoded(target.getvalue())
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, [[1, 0, 1, 1]])
    seen = Photo(photo.image[:, [0, 2, 3]])
    assert_shows(seen, np.array([[[1, 0, 0], [0, 0, 1], [1, 1, 1]]]), 1e-3)
    assert photo.image[0, 1, 0] > 0.5  # of the pixels beside it instead of the hidden green


def test_gif_without_its_last_byte_or_with_text_is_whole() -> None:
    file = saved(FEW, "GIF", "P")
    assert_shows(decoded(file[:-1]), FEW_SHOWN, 1e-3)
    assert_shows(decoded(saved(FEW, "GIF", "P", comment=b"x" * 1_000)), FEW_SHOWN, 1e-3)
    comment = b"!\xfe" + b"\xff" + bytes(255) + b"\0"
    photo = decoded(file[:-1] + comment + b";")
    assert_shows(photo, FEW_SHOWN, 1e-3)
    assert photo.notices == ()


def test_a_cut_gif_is_refused() -> None:
    file = saved(FEW, "GIF", "P")
    for share in (0.005, 0.1, 0.6, 0.95):
        with pytest.raises(BrokenImage, match="GIF file"):
            decoded(images.cut(file, share))


def bomb_gif(width: int, height: int, frame: tuple[int, int], control: int = 0, blocks: bytes = b"") -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    extension = b"!\xf9\x04" + bytes([control]) + bytes(3) + b"\0"
    return head + blocks + extension + b"," + struct.pack("<4HB", 0, 0, *frame, 0) + b"\2\2\x4c\1\0" + b";"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (bomb_gif(65_535, 65_535, (1, 1)), TooManyPixels),
        (bomb_gif(1, 1, (65_535, 65_535)), TooManyPixels),
        (bomb_gif(1, 1, (13_000, 13_000), control=2 << 2 | 1), TooManyPixels),
        (bomb_gif(1, 1, (13_000, 13_000), control=3 << 2 | 1), TooManyPixels),
        (bomb_gif(1, 1, (1, 1), blocks=b"!\xfe" + b"\1x" * 3_000_000 + b"\0"), BrokenImage),
        (bomb_gif(1, 1, (1, 1), blocks=b"!\xfe\0" * (MAX_GIF_BLOCKS // 2)), BrokenImage),
        (b"GIF89a" + bytes(7) + b";", BrokenImage),
        (b"GIF89a" + bytes(7) + b"?" * 100, BrokenImage),
    ],
    ids=["screen", "frame", "disposed", "restored", "small-blocks", "comments", "nothing", "no-block"],
)
def test_gif_bombs_are_refused_cheaply(data: bytes, error: type[Exception]) -> None:
    with bounded(seconds=1, megabytes=30), pytest.raises(error):
        inspect(data, max_pixels=MAX_PIXELS)
