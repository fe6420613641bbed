"""JPEG files whose compressed pixels end before the picture does, although the file has its end marker."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest

from pipeline.errors import BrokenImage
from tests.pipeline.codec.decoding import bounded, codes, decoded

HEIGHT = 640
RNG = np.random.default_rng(3)
PICTURE = PIL.Image.fromarray(RNG.integers(0, 256, (HEIGHT // 8, 32, 3), np.uint8)).resize((256, HEIGHT))
STORED = [{}, {"subsampling": 0}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 7}]


def jpeg(picture: PIL.Image.Image, **stored: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90, **stored)
    return file.getvalue()


def ended(data: bytes, share: float, idle: bytes = b"") -> bytes:
    """The first part of a JPEG file, with the end marker, before which `idle` bytes may stand."""
    return data[: int(len(data) * share)] + idle + b"\xff\xd9"


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("stored", STORED)
def test_too_little_data_is_refused_with_how_much_is_there(mode: str, stored: dict[str, Any]) -> None:
    whole = jpeg(PICTURE.convert(mode), **stored)
    assert codes(decoded(whole)) == []
    for share in (0.25, 0.5, 0.75):
        with pytest.raises(BrokenImage, match=rf"holds (\d+) of its picture's {HEIGHT} rows") as caught:
            decoded(ended(whole, share))
        there = int(caught.value.message.split("holds ")[1].split()[0])
        assert there == pytest.approx(share * HEIGHT, abs=0.1 * HEIGHT)  # the file's tables take some of its bytes


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("stored", STORED)
def test_a_few_missing_rows_are_a_notice_and_the_others_stay(mode: str, stored: dict[str, Any]) -> None:
    whole = jpeg(PICTURE.convert(mode), **stored)
    photo = decoded(ended(whole, 0.98))
    assert codes(photo) == ["photo_truncated"]
    missing = int(photo.notices[0].message.split(": ")[1].split()[0])
    assert 0 < missing <= 0.05 * HEIGHT
    np.testing.assert_array_equal(photo.image[: -missing - 1], decoded(whole).image[: -missing - 1])


def test_a_file_that_cannot_hold_its_picture_is_refused_before_it_is_decoded() -> None:
    large = jpeg(PICTURE.resize((5000, 4999)))
    with bounded(seconds=5, megabytes=20), pytest.raises(BrokenImage, match="bytes cannot hold 5000 × 4999"):
        decoded(ended(large, 9000 / len(large)))


IDLE = [b"\xff", b"\xff\xd0", b"\xff\xd5", b"\xff\x01", b"\xff\xff\xff\x01", b"\xff\xd0\x00", b"\xff\x01\x07\xd3"]


@pytest.mark.parametrize("idle", IDLE)
@pytest.mark.parametrize("stored", STORED)
def test_idle_bytes_before_the_end_make_no_difference(idle: bytes, stored: dict[str, Any]) -> None:
    with pytest.raises(BrokenImage, match=f"of its picture's {HEIGHT} rows"):
        decoded(ended(jpeg(PICTURE, **stored), 0.5, idle))


@pytest.mark.parametrize("idle", [b"\xff", b"\xff\xd0", b"\xff\x01"])
@pytest.mark.parametrize("before", [b"", b"\x00"])
def test_a_million_idle_bytes_cost_no_more_than_their_length(idle: bytes, before: bytes) -> None:
    """Also where they are not idle after all, as pixels follow."""
    cut = ended(jpeg(PICTURE), 0.5, idle * 1_000_000 + before)
    with bounded(seconds=5, megabytes=100), pytest.raises(BrokenImage, match="of its picture's"):
        decoded(cut)


@pytest.mark.parametrize("size", [(33, 100), (65, 65), (64, 40), (200, 33), (401, 397)])
@pytest.mark.parametrize("stored", STORED)
def test_missing_rows_are_found_in_pictures_of_any_size(size: tuple[int, int], stored: dict[str, Any]) -> None:
    whole = jpeg(PICTURE.resize(size), **stored)
    assert codes(decoded(whole)) == []
    with pytest.raises(BrokenImage, match=f"of its picture's {size[1]} rows"):
        decoded(ended(whole, 0.6))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_progressive_picture_without_its_last_scans_has_a_notice(mode: str) -> None:
    whole = jpeg(PICTURE.convert(mode), progressive=True)
    assert codes(decoded(whole)) == []
    photo = decoded(ended(whole, 0.5))
    assert [notice.message for notice in photo.notices] == [
        "The file is incomplete: it ends before the details of its picture."
    ]


@pytest.mark.parametrize("stored", [*STORED, {"progressive": True}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_whole_picture_may_end_in_grey(mode: str, stored: dict[str, Any]) -> None:
    picture = PICTURE.copy()
    picture.paste((128, 128, 128), (0, HEIGHT // 2, 256, HEIGHT))
    assert codes(decoded(jpeg(picture.convert(mode), **stored))) == []
