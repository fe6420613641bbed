"""Photos that are refused: no accepted image, damaged, hostile or too large."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.models.runtime.allocator import return_freed_memory
from tests import images
from tests.app import samples
from tests.app.server import Likeness, serving

PICTURE = images.gradient()
MEGABYTE = 10**6


def assert_refused(response: httpx.Response, status: int, code: str, stage: str) -> str:
    """The one shape that every error has; its sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "stage", "code", "request_id"}
    assert (body["code"], body["stage"]) == (code, stage)
    assert body["request_id"] == response.headers["x-request-id"]
    sentence: str = body["error"]
    assert len(sentence) > 10
    assert sentence.endswith(".")
    assert not {"Traceback", "Error(", "/work", "site-packages"} & set(sentence.split())
    return sentence


@contextmanager
def memory_growth() -> Iterator[list[int]]:
    """By how many bytes the process grew at most while the body ran, watched every few milliseconds."""
    return_freed_memory()  # or what earlier photos left would be used without growing
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
    "file",
    [
        pytest.param(images.noise(), id="random bytes"),
        pytest.param(images.archive(), id="ZIP"),
        pytest.param(images.gif(PICTURE), id="GIF"),
        pytest.param(images.tiff(PICTURE), id="TIFF"),
        pytest.param(b"x", id="one byte"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"%PDF-1.7", id="PDF"),
        pytest.param(b"RIFF\x10\0\0\0AVI LIST", id="AVI"),
    ],
)
def test_not_an_accepted_image(likeness: Likeness, file: bytes) -> None:
    assert_refused(likeness.enhance(file), 415, "unsupported_media_type", "decode")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(images.cut(samples.portrait()), id="cut JPEG"),
        pytest.param(images.cut(images.jpeg(PICTURE, progressive=True)), id="cut progressive JPEG"),
        pytest.param(images.cut(images.png(PICTURE)), id="cut PNG"),
        pytest.param(images.cut(images.webp(PICTURE)), id="cut WebP"),
        pytest.param(images.png(PICTURE)[:8], id="PNG signature alone"),
        pytest.param(b"\xff\xd8\xff", id="JPEG signature alone"),
        pytest.param(images.png(PICTURE).replace(b"IDAT", b"IDAT\0", 1), id="PNG with a byte too many"),
        pytest.param(images.scan_bomb(PICTURE), id="JPEG of 300 scans"),
        pytest.param(images.segment_bomb(PICTURE), id="JPEG of 100,000 segments"),
    ],
)
def test_a_broken_or_hostile_image(likeness: Likeness, file: bytes) -> None:
    start = time.monotonic()
    assert_refused(likeness.enhance(file, require_face=False), 422, "broken_image", "decode")
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(images.pixel_bomb, id="PNG of 12000²"),
        pytest.param(images.webp_canvas_bomb, id="WebP canvas"),
        pytest.param(partial(images.png, np.zeros((1, 25_000_001), np.uint8)), id="one pixel too many"),
    ],
)
def test_too_many_pixels_are_refused_before_one_is_decoded(likeness: Likeness, make: Any) -> None:
    file = make()
    likeness.upscale(samples.no_face())
    start = time.monotonic()
    with memory_growth() as peak:
        response = likeness.enhance(file)
    assert_refused(response, 413, "too_many_pixels", "decode")
    assert time.monotonic() - start < 10
    assert peak[0] < 60 * MEGABYTE


def test_the_growth_of_memory_would_be_seen() -> None:
    with memory_growth() as peak:
        block = np.ones(100 * MEGABYTE, np.uint8)
        time.sleep(0.05)
    assert peak[0] >= block.nbytes * 0.9


def test_limits_of_pixels_are_settings(fakes: Any) -> None:
    file = images.png(images.gradient(100, 100))
    with serving(fakes, max_input_megapixels=0.0099) as server:
        assert_refused(server.upscale(file), 413, "too_many_pixels", "decode")
    with serving(fakes, max_input_megapixels=0.01, max_output_megapixels=0.09) as server:
        assert_refused(server.upscale(file, upscale_factor=3.1), 413, "too_many_pixels", "decode")
        assert server.upscale(file, upscale_factor=3).status_code == 200


def test_an_output_of_too_many_pixels(likeness: Likeness) -> None:
    file = images.jpeg(np.zeros((2501, 2501, 3), np.uint8))
    sentence = assert_refused(likeness.upscale(file, upscale_factor=4), 413, "too_many_pixels", "decode")
    assert "100" in sentence


def test_an_output_that_webp_cannot_hold(likeness: Likeness) -> None:
    file = images.png(images.gradient(8192, 1))
    fields = {"upscale_factor": 2, "background": "resample", "metrics": False}
    response = likeness.upscale(file, output_format="webp", **fields)
    assert "16383" in assert_refused(response, 422, "output_format_limit", "decode")  # before any work is done
    assert likeness.upscale(file, output_format="png", **fields).status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    file=st.sampled_from([images.png(PICTURE), images.jpeg(PICTURE), images.webp(PICTURE)]),
    at=st.floats(0, 1),
    put=st.binary(min_size=1, max_size=40),
    cut=st.booleans(),
)
def test_damage_is_never_the_servers_fault(likeness: Likeness, file: bytes, at: float, put: bytes, cut: bool) -> None:
    start = int(at * len(file))
    damaged = file[:start] + put + (b"" if cut else file[start + len(put) :])
    response = likeness.upscale(damaged, upscale_factor=1, background="resample", metrics=False)
    assert response.status_code in (200, 413, 415, 422), response.text
