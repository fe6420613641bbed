"""PNG files that are cut off, or whose compressed pixels end before their picture does."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from pipeline.errors import BrokenImage
from tests import images
from tests.images import Pixels, chunk, png_file
from tests.pipeline.codec.decoding import bounded, codes, decoded

HEIGHT = 100
PICTURE = np.random.default_rng(5).integers(0, 256, (HEIGHT, 40, 4), np.uint8)
MODES = ["1", "L", "P", "LA", "RGB", "RGBA"]
END = 12  # bytes of the last chunk; before it stand 4 bytes of a checksum, and 4 of the sum of all pixels


def png(mode: str) -> bytes:
    return images.saved(PICTURE, "PNG", mode, compress_level=0)


@pytest.mark.parametrize("mode", MODES)
def test_a_file_with_all_its_rows_is_whole_without_an_end(mode: str) -> None:
    whole = png(mode)
    expected = decoded(whole)
    for cut in (1, END - 1, END, END + 1, END + 4, END + 7, END + 8):
        photo = decoded(whole[:-cut])
        assert photo.notices == ()
        np.testing.assert_array_equal(photo.image, expected.image)
        if expected.alpha is not None:
            np.testing.assert_array_equal(photo.alpha, expected.alpha)


@pytest.mark.parametrize("mode", MODES)
def test_a_few_missing_rows_are_a_notice_and_the_others_stay(mode: str) -> None:
    whole = png(mode)
    row = len(np.packbits(PICTURE[0, :, 0])) if mode == "1" else 40 * len(mode.replace("P", "L"))
    photo = decoded(whole[: -END - 8 - 3 * row])
    assert [notice.message for notice in photo.notices] == [
        f"The file is incomplete: 3 of its picture's {HEIGHT} rows are missing, and left empty."
    ]
    expected = decoded(whole)
    np.testing.assert_array_equal(photo.image[:-3], expected.image[:-3])
    if "A" in mode:  # transparent, with the colours of the rows above
        assert photo.alpha is not None
        assert photo.alpha[-3:].max() == 0
        assert photo.image[-3:].min() > 0
    else:
        assert np.ptp(photo.image[-3:].reshape(-1, 3), axis=0).max() == 0


def test_missing_rows_are_at_the_bottom_before_the_photo_is_turned() -> None:
    whole = images.oriented(PICTURE[..., :3], 8, "PNG")
    at = whole.index(b"IDAT") - 4
    packed = zlib.compress(zlib.decompress(whole[at + 8 : -END - 4])[: -2 * 301])
    photo = decoded(whole[:at] + chunk(b"IDAT", packed))
    assert photo.image.shape == (HEIGHT, 40, 3)
    assert codes(photo) == ["photo_truncated"]
    gone = photo.image.max(axis=(0, 2)) == 0
    assert gone.tolist() == [True] * 2 + [False] * 38 or gone.tolist() == [False] * 38 + [True] * 2


@pytest.mark.parametrize("there", [0, 1, 50, 94])
def test_more_missing_rows_are_refused_with_how_many_are_there(there: int) -> None:
    whole = png("RGB")
    rows = zlib.decompress(whole[whole.index(b"IDAT") + 4 : -END - 4])[: there * 121 + 120]
    with pytest.raises(BrokenImage, match=f"PNG file is incomplete: it holds {there} of its picture's {HEIGHT} rows"):
        decoded(png_file(40, HEIGHT, [chunk(b"IDAT", zlib.compress(rows, 0)[:-4])])[:-END])


@pytest.mark.parametrize("there", [50, 94])
def test_rows_that_a_file_with_an_end_does_not_have_are_not_left_black(there: int) -> None:
    """The compressed data ends with a row: Pillow takes that for the whole picture."""
    file = png_file(40, HEIGHT, [chunk(b"IDAT", zlib.compress(bytes(121 * there)))])
    with pytest.raises(BrokenImage, match=f"holds {there} of its picture's {HEIGHT} rows"):
        decoded(file)


@pytest.mark.parametrize("pixels", [np.zeros((60, 300, 3), np.uint8), images.gradient(60, 50)], ids=["flat", "smooth"])
def test_wherever_a_file_is_cut_its_rows_are_counted(pixels: Pixels) -> None:
    """Also where one compressed byte stands for rows: Pillow would refuse a picture whose last rows are such."""
    whole = images.png(pixels)
    height, rows = len(pixels), []
    for end in range(whole.index(b"IDAT") + 6, len(whole) + 1, 1 if len(whole) < 300 else 17):
        try:
            photo = decoded(whole[:end])
        except BrokenImage as error:
            rows.append(int(error.message.split("holds ")[1].split()[0]))
            assert rows[-1] < 0.95 * height
            continue
        missing = int(photo.notices[0].message.split(": ")[1].split()[0]) if photo.notices else 0
        rows.append(height - missing)
        assert rows[-1] >= 0.95 * height
        np.testing.assert_array_equal(photo.image[: rows[-1]], pixels[: rows[-1]].astype(np.float32) / np.float32(255))
    assert rows == sorted(rows)
    assert rows[-1] == height


def test_an_interlaced_picture_may_lack_its_end_but_no_row() -> None:
    whole = images.interlaced(PICTURE[..., :3])
    for cut in (END, END + 4, END + 8):
        np.testing.assert_array_equal(decoded(whole[:-cut]).image, decoded(whole).image)
    with pytest.raises(BrokenImage, match=r"holds \d+ of the \d+ rows of its interlaced picture"):
        decoded(images.cut(whole, 0.99))


def test_pixels_are_read_up_to_the_end_over_several_chunks() -> None:
    whole = png("RGB")
    packed = whole[whole.index(b"IDAT") + 4 : -END - 4]
    pieces = [chunk(b"IDAT", packed[at : at + 1_000]) for at in range(0, len(packed), 1_000)]
    photo = decoded(png_file(40, HEIGHT, pieces)[: -END - 300])
    assert codes(photo) == ["photo_truncated"]
    np.testing.assert_array_equal(photo.image[:90], decoded(whole).image[:90])


def test_pixels_of_a_cut_file_whose_checksum_is_there_must_match_it() -> None:
    whole = bytearray(png("RGB"))
    whole[-END - 200] ^= 1
    with pytest.raises(BrokenImage, match="checksum"):
        decoded(bytes(whole[:-END]))


@pytest.mark.parametrize("end", [8, 20, 33, 37, 40])
def test_a_file_that_ends_before_its_pixels_is_refused(end: int) -> None:
    with pytest.raises(BrokenImage, match="PNG file ends before its picture does"):
        decoded(png("RGB")[:end])


def test_a_large_picture_is_refused_before_memory_is_taken_for_it() -> None:
    file = png_file(5_000, 5_000, [chunk(b"IDAT", zlib.compress(bytes(15_001 * 4_700)))])
    with bounded(seconds=5, megabytes=10), pytest.raises(BrokenImage, match="holds 4700 of its picture's 5000 rows"):
        decoded(file)
