"""Decoding in tests, with what every photo must be, and what is expected of it."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.types import Photo
from tests import images
from tests.images import Pixels

MAX_PIXELS = 25_000_000
PICTURE = images.gradient()
EXPECTED = PICTURE / 255


def decoded(data: bytes) -> Photo:
    photo = decode(inspect(data, max_pixels=MAX_PIXELS))
    assert photo.image.dtype == np.float32
    assert photo.image.flags.c_contiguous
    assert photo.image.shape[2:] == (3,)
    assert 0 <= photo.image.min() <= photo.image.max() <= 1  # false for NaN too
    if photo.alpha is not None:
        assert photo.alpha.dtype == np.float32
        assert photo.alpha.shape == photo.image.shape[:2]
        assert 0 <= photo.alpha.min() <= photo.alpha.max() <= 1
    return photo


def codes(photo: Photo) -> list[str]:
    return [notice.code for notice in photo.notices]


def assert_shows(photo: Photo, expected: Pixels, within: float) -> None:
    """The photo's colours are `expected` (in [0, 1]), to `within` levels of 255."""
    assert photo.image.shape == expected.shape
    assert float(np.abs(photo.image - expected).max()) * 255 <= within


def repeated_grey(levels: Pixels) -> Pixels:
    return np.repeat(levels[..., np.newaxis], 3, axis=-1)


@contextmanager
def bounded(seconds: float, megabytes: float) -> Iterator[None]:
    """Fail where the block takes longer, or more resident memory (measured on Linux only), than allowed."""
    gc.collect()
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    linux = sys.platform == "linux" and reset.exists()

    def peak() -> float:
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024

    if linux:
        reset.write_text("5")  # the peak starts again from what is held now
    before = peak() if linux else 0
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < seconds
    if linux:
        assert peak() - before < megabytes
