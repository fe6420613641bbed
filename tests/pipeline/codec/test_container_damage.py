"""Damaged TIFF, BMP, GIF, AVIF and HEIC files: whatever is changed in a valid one, it is a photo or an input error."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import BrokenImage, TooManyPixels, UnsupportedMediaType
from pipeline.types import Photo
from tests import images
from tests.containers import container_seeds
from tests.pipeline.codec.decoding import MAX_PIXELS

WRONG = st.one_of(st.binary(min_size=1, max_size=9), st.sampled_from([bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff"]))
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), WRONG), min_size=1, max_size=6)
SECONDS = 2


def edited(file: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """The file with some bytes replaced: the more often near its head, where its structure is."""
    for place, removed, put in edits:
        at = int(place * place * len(file))
        file = file[:at] + put + file[at + removed :]
    return file


def tried(file: bytes) -> Photo | None:
    """The photo; None where the file is refused as it may be."""
    try:
        return decode(inspect(file, max_pixels=MAX_PIXELS))
    except (BrokenImage, UnsupportedMediaType, TooManyPixels):
        return None


@pytest.mark.parametrize("name", container_seeds())
@settings(max_examples=50, deadline=None, derandomize=True)
@given(edits=EDITS)
def test_a_damaged_file_is_a_photo_or_an_input_error(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    file = edited(container_seeds()[name], edits)
    start = time.process_time()
    photo = tried(file)
    assert time.process_time() - start < SECONDS
    if photo is not None:
        assert 0 <= photo.image.min() <= photo.image.max() <= 1
        tried(images.png(np.full((64, 64, 3), 200, np.uint8)))
        again = tried(file)
        assert again is not None
        np.testing.assert_array_equal(photo.image, again.image)  # nothing of what lay in memory before


@pytest.mark.parametrize("name", container_seeds())
def test_a_file_with_something_behind_it_is_whole(name: str) -> None:
    file = container_seeds()[name]
    whole = tried(file)
    assert whole is not None
    longer = tried(file + bytes(3))
    assert longer is not None
    np.testing.assert_array_equal(whole.image, longer.image)
