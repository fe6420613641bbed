"""JPEG files that are cut off: without an end marker, or with less than that."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest

from pipeline.errors import BrokenImage
from tests import images
from tests.hostile.anatomy import dissected
from tests.images import segment
from tests.pipeline.codec.decoding import bounded, codes, decoded

HEIGHT = 640
NOISE = np.random.default_rng(5).integers(0, 256, (HEIGHT // 8, 16, 3), np.uint8)
PICTURE = np.asarray(PIL.Image.fromarray(NOISE).resize((128, HEIGHT)))
STORED: list[dict[str, Any]] = [{"subsampling": 0}, {"subsampling": 2}, {"restart_marker_rows": 1}]
PROGRESSIVE = {"progressive": True, "subsampling": 2}
BEHIND = {
    "garbage": images.noise(5_000),
    "padding": b"\xff" * 100,
    "part-of-a-marker": b"\xff",
    "second-picture": images.jpeg(PICTURE[::-1]),
    "archive": images.archive(),
}


def jpeg(mode: str, stored: dict[str, Any]) -> bytes:
    options = {"quality": 90, **stored}
    return images.saved(PICTURE, "JPEG", mode, **options)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("stored", [*STORED, PROGRESSIVE])
def test_what_lacks_only_its_end_marker_is_whole(mode: str, stored: dict[str, Any]) -> None:
    whole = jpeg(mode, stored)
    expected = decoded(whole).image
    for cut in (1, 2):
        photo = decoded(whole[:-cut])
        assert photo.notices == ()
        np.testing.assert_array_equal(photo.image, expected)


@pytest.mark.parametrize("cut", [3, 10, 100])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("stored", STORED)
def test_a_few_missing_bytes_are_a_notice_and_the_rows_above_stay(mode: str, stored: dict[str, Any], cut: int) -> None:
    whole = jpeg(mode, stored)
    photo = decoded(whole[:-cut])
    assert codes(photo) == ["photo_truncated"]
    missing = int(photo.notices[0].message.split(": ")[1].split()[0])
    assert 0 < missing <= 0.05 * HEIGHT + 16
    np.testing.assert_array_equal(photo.image[: -missing - 1], decoded(whole).image[: -missing - 1])


def test_a_small_picture_may_lack_its_last_block() -> None:
    """Its row of blocks is more than the 5 % of the picture that may be missing, the block is less."""
    whole = images.jpeg(PICTURE[:200, :96], subsampling=2)
    photo = decoded(whole[:-3])
    assert codes(photo) == ["photo_truncated"]
    np.testing.assert_array_equal(photo.image[:180], decoded(whole).image[:180])


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("stored", STORED)
def test_half_a_file_is_refused_with_how_much_is_there(mode: str, stored: dict[str, Any]) -> None:
    with pytest.raises(BrokenImage, match=rf"holds (\d+) of its picture's {HEIGHT} rows") as caught:
        decoded(images.cut(jpeg(mode, stored), 0.5))
    assert int(caught.value.message.split("holds ")[1].split()[0]) == pytest.approx(HEIGHT / 2, abs=0.1 * HEIGHT)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_progressive_picture_that_ends_in_or_between_later_scans_has_a_notice(mode: str) -> None:
    whole = jpeg(mode, PROGRESSIVE)
    scans = [at for at in range(len(whole)) if whole.startswith(b"\xff\xda", at)]
    tables = whole.rindex(b"\xff\xc4")
    for end in (scans[1], scans[1] + 5, scans[2] - 1, scans[2], tables + 1, tables + 3, tables + 9, len(whole) - 3):
        photo = decoded(whole[:end])
        assert [notice.message for notice in photo.notices] == [
            "The file is incomplete: it ends before the details of its picture."
        ]


def test_a_progressive_picture_that_ends_in_its_first_scan_is_refused_with_how_much_is_there() -> None:
    whole = jpeg("RGB", PROGRESSIVE)
    first, second = whole.index(b"\xff\xda"), whole.index(b"\xff\xda", whole.index(b"\xff\xda") + 2)
    with pytest.raises(BrokenImage, match=rf"holds \d+ of its picture's {HEIGHT} rows"):
        decoded(whole[: (first + second) // 2])


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_picture_without_some_of_its_colors_is_refused(end: bytes) -> None:
    pieces = list(dissected("jpeg", images.grey(PICTURE, "JPEG")).pieces)
    frame = next(at for at, piece in enumerate(pieces) if piece[1] == 0xC0)
    pieces[frame] = segment(0xC0, pieces[frame][4:9] + b"\3" + b"\1\x11\0" + b"\2\x11\0" + b"\3\x11\0")
    with pytest.raises(BrokenImage, match="before all colours"):
        decoded(b"\xff\xd8" + b"".join(pieces[:-1]) + end)


@pytest.mark.parametrize("stored", [{}, {"progressive": True}])
def test_a_file_that_ends_before_its_first_scan_is_refused(stored: dict[str, Any]) -> None:
    whole = jpeg("RGB", stored)
    scan = whole.index(b"\xff\xda")
    for end in (4, 30, scan, scan + 1, scan + 2, scan + 7):
        with pytest.raises(BrokenImage, match="ends before its picture does"):
            decoded(whole[:end])


@pytest.mark.parametrize("what", BEHIND)
@pytest.mark.parametrize("stored", [{}, {"progressive": True}])
def test_what_stands_behind_the_end_is_left_behind(what: str, stored: dict[str, Any]) -> None:
    whole = jpeg("RGB", stored)
    photo = decoded(whole + BEHIND[what])
    assert photo.notices == ()
    np.testing.assert_array_equal(photo.image, decoded(whole).image)


@pytest.mark.parametrize("stored", [*STORED, PROGRESSIVE])
def test_what_is_missing_shows_no_photo_that_was_decoded_before(stored: dict[str, Any]) -> None:
    cut = jpeg("RGB", stored)[:-100]
    shown = []
    for level in (0, 255):
        decoded(images.jpeg(np.full_like(PICTURE, level), **stored))
        shown.append(decoded(cut).image)
    np.testing.assert_array_equal(*shown)


def test_scans_full_of_restart_markers_take_little_memory() -> None:
    file = images.jpeg(images.gradient(16, 16), progressive=True)[:-2]
    last = file[file.rindex(b"\xff\xda") :]
    with bounded(seconds=10, megabytes=150):
        decoded(file + (b"\xff\xd0" * 8_224 + last) * 90)
