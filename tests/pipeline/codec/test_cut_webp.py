"""WebP files that are cut off."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import BrokenImage
from tests import images
from tests.images import riff
from tests.pipeline.codec.decoding import PICTURE, codes, decoded

XMP = b"<x:xmpmeta>" + bytes(200) + b"</x:xmpmeta>"


@pytest.mark.parametrize("lossless", [True, False])
def test_metadata_behind_the_pixels_may_be_cut_off(lossless: bool) -> None:
    whole = images.webp(PICTURE, lossless=lossless, xmp=XMP)
    start = whole.index(b"XMP ")
    for end in (start, start + 5, start + 8, start + 50, len(whole) - 1):
        photo = decoded(whole[:end])
        assert photo.notices == ()
        np.testing.assert_array_equal(photo.image, decoded(whole).image)


def test_the_byte_that_only_fills_up_may_be_cut_off() -> None:
    sizes = range(8, 40)
    odd = next(
        file
        for file in (images.webp(images.gradient(side, side)) for side in sizes)
        if int.from_bytes(file[16:20], "little") % 2
    )
    np.testing.assert_array_equal(decoded(odd[:-1]).image, decoded(odd).image)
    with pytest.raises(BrokenImage):
        decoded(odd[:-2])


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.98])
def test_cut_pixels_are_refused_with_how_much_is_there(lossless: bool, share: float) -> None:
    whole = images.webp(images.gradient(200, 200), lossless=lossless)
    cut = images.cut(whole, share)
    with pytest.raises(BrokenImage, match=f"WebP file is incomplete: it holds {len(cut)} of its {len(whole)} bytes"):
        decoded(cut)


def test_of_a_cut_animation_the_whole_frames_are_there() -> None:
    whole = images.animation([PICTURE, PICTURE[::-1], PICTURE[:, ::-1]], "WEBP")
    photo = decoded(whole[:-5])
    assert codes(photo) == ["animation_first_frame"]
    np.testing.assert_array_equal(photo.image, decoded(whole).image)
    with pytest.raises(BrokenImage, match="holds"):
        decoded(whole[: whole.index(b"ANMF") + 60])


def test_a_million_chunks_cost_no_more_than_their_length() -> None:
    file = riff(b"RIFF", b"WEBP" + riff(b"abcd", b"") * 1_000_000)
    with pytest.raises(BrokenImage, match="holds"):
        decoded(file[:-4])
