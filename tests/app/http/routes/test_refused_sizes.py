"""Photos of too many pixels, before or after upscaling."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import psutil
import pytest

from pipeline.models.runtime.allocator import return_freed_memory
from tests import images
from tests.app import samples
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness, serving

MEGABYTE = 10**6


@contextmanager
def memory_growth() -> Iterator[list[int]]:
    """The peak growth of the process's resident memory during the context, in bytes, sampled every 2 ms."""
    return_freed_memory()  # else freed memory of earlier photos would be reused, which hides growth
    process = psutil.Process()
    before, peak, done = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            peak[0] = max(peak[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(images.pixel_bomb, id="PNG of 12000²"),
        pytest.param(images.webp_canvas_bomb, id="WebP canvas"),
        pytest.param(partial(images.png, np.zeros((1, 25_000_001), np.uint8)), id="one pixel too many"),
    ],
)
def test_too_many_pixels_are_refused_without_decoding(likeness: Likeness, make: Any) -> None:
    file = make()
    likeness.upscale(samples.no_face())
    start = time.monotonic()
    with memory_growth() as peak:
        response = likeness.enhance(file)
    assert_refused(response, 413, "too_many_pixels", "decode")
    assert time.monotonic() - start < 10
    assert peak[0] < 60 * MEGABYTE


def test_memory_growth_measures_an_allocation() -> None:
    with memory_growth() as peak:
        block = np.ones(100 * MEGABYTE, np.uint8)
        time.sleep(0.05)
    assert peak[0] >= block.nbytes * 0.9


def test_pixel_limits_are_settings(fakes: Any) -> None:
    file = images.png(images.gradient(100, 100))
    with serving(fakes, max_input_megapixels=0.0099) as server:
        assert_refused(server.upscale(file), 413, "too_many_pixels", "decode")
    with serving(fakes, max_input_megapixels=0.01, max_output_megapixels=0.09) as server:
        assert_refused(server.upscale(file, upscale_factor=3.1), 413, "too_many_pixels", "decode")
        assert server.upscale(file, upscale_factor=3).status_code == 200


def test_an_output_of_too_many_pixels_is_refused(likeness: Likeness) -> None:
    file = images.jpeg(np.zeros((2501, 2501, 3), np.uint8))
    sentence = assert_refused(likeness.upscale(file, upscale_factor=4), 413, "too_many_pixels", "decode")
    assert "100" in sentence


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_pixels_of_an_output_are_those_of_the_upright_photo(fakes: Any, file_format: str) -> None:
    """Before a pixel is decoded: a photo on its side would become 60 × 40 or 60 × 90 pixels."""
    fields = {"width": 60, "background": "resample", "metrics": False}
    upright, turned = (images.oriented(images.gradient(24, 16), number, file_format) for number in (1, 6))
    on_its_side = images.oriented(images.gradient(16, 24), 6, file_format)
    with serving(fakes, max_output_megapixels=60 * 60 / 1e6) as server:
        assert server.upscale(upright, **fields).json()["data"]["height"] == 40
        assert server.upscale(turned, **fields).json()["data"]["height"] == 40
        sentence = assert_refused(server.upscale(on_its_side, **fields), 413, "too_many_pixels", "decode")
        assert "60 × 90" in sentence


def test_a_side_that_makes_the_other_endless_is_refused(likeness: Likeness) -> None:
    file = images.png(np.zeros((5000, 1, 3), np.uint8))
    assert_refused(likeness.upscale(file, width=32_768), 422, "output_format_limit", "decode")


def test_an_output_too_wide_for_webp_is_refused(likeness: Likeness) -> None:
    file = images.png(images.gradient(8192, 1))
    fields = {"upscale_factor": 2, "background": "resample", "metrics": False}
    response = likeness.upscale(file, output_format="webp", **fields)
    assert "16383" in assert_refused(response, 422, "output_format_limit", "decode")  # before any work is done
    assert likeness.upscale(file, output_format="png", **fields).status_code == 200
