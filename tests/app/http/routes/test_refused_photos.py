"""Files that are no accepted image, and images that are damaged or hostile."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import containers, images
from tests.app import samples
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness

PICTURE = images.gradient()


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(images.noise(), id="random bytes"),
        pytest.param(images.archive(), id="ZIP"),
        pytest.param(images.saved(PICTURE, "PPM"), id="PPM"),
        pytest.param(images.saved(PICTURE, "TIFF", "1", compression="group4"), id="fax"),
        pytest.param(b"x", id="one byte"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"%PDF-1.7", id="PDF"),
        pytest.param(b"RIFF\x10\0\0\0AVI LIST", id="AVI"),
    ],
)
def test_a_file_that_is_no_accepted_image_is_refused(likeness: Likeness, file: bytes) -> None:
    assert_refused(likeness.enhance(file), 415, "unsupported_media_type", "decode")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(images.cut(samples.portrait()), id="cut JPEG"),
        pytest.param(images.cut(images.jpeg(PICTURE, progressive=True), 0.3), id="cut progressive JPEG"),
        pytest.param(images.cut(images.png(PICTURE)), id="cut PNG"),
        pytest.param(images.cut(images.webp(PICTURE)), id="cut WebP"),
        pytest.param(images.cut(images.tiff(PICTURE)), id="cut TIFF"),
        pytest.param(images.cut(images.gif(PICTURE)), id="cut GIF"),
        pytest.param(images.cut(containers.avif(PICTURE)), id="cut AVIF"),
        pytest.param(images.cut(containers.heic(PICTURE)), id="cut HEIC"),
        pytest.param(images.png(PICTURE)[:8], id="PNG signature alone"),
        pytest.param(b"\xff\xd8\xff", id="JPEG signature alone"),
        pytest.param(images.png(PICTURE).replace(b"IDAT", b"IDAT\0", 1), id="PNG with a byte too many"),
        pytest.param(images.scan_bomb(PICTURE), id="JPEG of 300 scans"),
        pytest.param(images.segment_bomb(PICTURE), id="JPEG of 100,000 segments"),
    ],
)
def test_a_broken_or_hostile_image_is_refused(likeness: Likeness, file: bytes) -> None:
    start = time.monotonic()
    assert_refused(likeness.enhance(file, require_face=False), 422, "broken_image", "decode")
    assert time.monotonic() - start < 10


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    file=st.sampled_from([images.png(PICTURE), images.jpeg(PICTURE), images.webp(PICTURE)]),
    at=st.floats(0, 1),
    put=st.binary(min_size=1, max_size=40),
    cut=st.booleans(),
)
def test_random_damage_never_gives_a_server_error(
    likeness: Likeness, file: bytes, at: float, put: bytes, cut: bool
) -> None:
    start = int(at * len(file))
    damaged = file[:start] + put + (b"" if cut else file[start + len(put) :])
    response = likeness.upscale(damaged, upscale_factor=1, background="resample", metrics=False)
    assert response.status_code in (200, 413, 415, 422), response.text
