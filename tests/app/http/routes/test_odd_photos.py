"""Photos of unusual size, kind or orientation are restored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data

from tests import images
from tests.app import samples
from tests.app.server import Likeness

PICTURE = images.gradient(24, 16)


def enlarged(likeness: Likeness, file: bytes, **fields: Any) -> dict[str, Any]:
    return likeness.data(file, require_face=False, **fields)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 3), (1, 300), (4000, 40)])
def test_photos_of_odd_sizes_are_enlarged(likeness: Likeness, width: int, height: int) -> None:
    data = enlarged(likeness, images.png(images.gradient(width, height)))
    assert samples.picture_in(data).size == (data["width"], data["height"]) == (2 * width, 2 * height)
    missing = [name for name in ("psnr", "ssim", "lpips") if data["metrics"][name] is None]
    said = [warning["code"].split("_")[0] for warning in data["warnings"]]
    assert set(missing) <= set(said)


def test_the_size_of_one_pixel_enlarged_by_a_fraction_is_rounded(likeness: Likeness) -> None:
    data = enlarged(likeness, images.png(images.gradient(1, 1)), upscale_factor=1.2)
    assert (data["width"], data["height"]) == (1, 1)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", images.ORIENTATIONS)
def test_every_orientation_gives_the_same_upright_picture(
    likeness: Likeness, orientation: int, file_format: str
) -> None:
    data = enlarged(likeness, images.oriented(PICTURE, orientation, file_format), upscale_factor=1, metrics=False)
    upright = enlarged(likeness, images.oriented(PICTURE, 1, file_format), upscale_factor=1, metrics=False)
    assert samples.picture_in(data).size == (24, 16)
    assert np.abs(samples.pixels_in(data) - samples.pixels_in(upright)).mean() < 2
    assert np.abs(samples.pixels_in(data) - PICTURE).mean() < 16


@pytest.mark.parametrize(
    ("file", "mode"),
    [
        pytest.param(images.grey(PICTURE), "L", id="grey PNG"),
        pytest.param(images.grey(PICTURE, "JPEG"), "L", id="grey JPEG"),
        pytest.param(images.saved(PICTURE, "PNG", "P"), "RGB", id="palette"),
        pytest.param(images.saved(PICTURE, "PNG", "1"), "L", id="black and white"),
        pytest.param(images.png_16(PICTURE.astype(np.uint16) * 257, images.COLOR), "RGB", id="16-bit colour"),
        pytest.param(images.png_16(PICTURE[..., 0].astype(np.uint16) * 257, images.GREY), "L", id="16-bit grey"),
        pytest.param(images.cmyk(np.dstack([PICTURE, np.zeros(PICTURE.shape[:2], np.uint8)])), "RGB", id="CMYK"),
        pytest.param(images.jpeg(PICTURE, progressive=True), "RGB", id="progressive JPEG"),
        pytest.param(images.jpeg(PICTURE)[:-2], "RGB", id="JPEG without its end marker"),
        pytest.param(images.png(PICTURE)[:-12], "RGB", id="PNG without its end"),
    ],
)
def test_photos_of_odd_kinds_become_rgb_or_stay_grey(likeness: Likeness, file: bytes, mode: str) -> None:
    data = enlarged(likeness, file)
    picture = samples.picture_in(data)
    assert (picture.mode, picture.size) == (mode, (48, 32))
    assert np.ptp(samples.pixels_in(data)) > 60


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("route", ["enhance", "upscale"])
def test_a_black_and_white_face_stays_so_in_the_document_and_as_a_picture(
    likeness: Likeness, route: str, output_format: str
) -> None:
    face = samples.head() @ np.array([0.299, 0.587, 0.114])
    file = samples.file_of(np.repeat(face[..., np.newaxis], 3, axis=2).astype(np.uint8), quality=90)
    send = getattr(likeness, route)
    document, picture = send(file, output_format=output_format), send(file, accept=f"image/{output_format}")
    for found in (samples.picture_in(document.json()["data"]), samples.opened(picture.content)):
        assert found.mode == ("RGB" if output_format == "webp" else "L")
        levels = np.asarray(found.convert("RGB")).astype(int)
        assert np.ptp(levels, axis=2).max() <= (output_format == "webp")  # whose decoder rounds green by itself


def test_a_photo_that_lacks_its_last_bytes_is_restored_with_a_warning(likeness: Likeness) -> None:
    data = enlarged(likeness, images.jpeg(images.gradient(48, 320))[:-3], upscale_factor=1)
    assert (data["width"], data["height"]) == (48, 320)
    assert "photo_truncated" in [warning["code"] for warning in data["warnings"]]


@pytest.mark.parametrize("file_format", ["WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_restored(likeness: Likeness, file_format: str) -> None:
    data = enlarged(likeness, images.animation([PICTURE, 255 - PICTURE], file_format), upscale_factor=1)
    still = enlarged(likeness, images.png(PICTURE), upscale_factor=1)
    assert "animation_first_frame" in [warning["code"] for warning in data["warnings"]]
    assert np.abs(samples.pixels_in(data) - samples.pixels_in(still)).mean() < 2


@pytest.mark.parametrize(("output_format", "mode"), [("png", "RGBA"), ("webp", "RGBA"), ("jpeg", "RGB")])
def test_alpha_is_kept_if_the_output_format_has_it(likeness: Likeness, output_format: str, mode: str) -> None:
    alpha = np.zeros(PICTURE.shape[:2], np.uint8)
    alpha[:, 12:] = 255
    file = images.png(np.dstack([PICTURE, alpha]))
    data = enlarged(likeness, file, output_format=output_format, quality=100)
    picture = samples.picture_in(data)
    assert (picture.mode, picture.size) == (mode, (48, 32))
    flattened = "alpha_flattened" in [warning["code"] for warning in data["warnings"]]
    if mode == "RGBA":
        opacity = np.asarray(picture.getchannel("A"))
        assert opacity[:, :20].max() < 10
        assert opacity[:, 28:].min() > 245
        assert not flattened
    else:
        assert np.asarray(picture)[:, :16].min() > 230  # on white
        assert flattened


def test_the_name_and_the_declared_type_do_not_matter(likeness: Likeness) -> None:
    files = {"file": ("holiday.txt", images.png(PICTURE), "application/pdf")}
    response = likeness.client.post("/api/v1/upscale", files=files)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(np.s_[:300, 183:483], id="left"),
        pytest.param(np.s_[:300, :268], id="right"),
        pytest.param(np.s_[75:375, 60:360], id="top"),
        pytest.param(np.s_[:158, 60:360], id="bottom"),
        pytest.param(np.s_[75:300, 183:400], id="corner"),
    ],
)
def test_a_face_on_the_border_is_restored(likeness: Likeness, part: tuple[slice, slice]) -> None:
    pixels = skimage.data.astronaut()[part]
    height, width = pixels.shape[:2]
    data = likeness.data(images.png(np.ascontiguousarray(pixels)), upscale_factor=1, background="resample")
    (face,) = data["faces"]
    assert face["action"] == "restored"
    x0, y0, x1, y1 = face["box"]
    assert 0 <= x0 < x1 <= width - 1
    assert 0 <= y0 < y1 <= height - 1
    # The crop is grey outside the photo; this grey must not be blended in along the border.
    change = np.abs(samples.pixels_in(data) - pixels)
    assert max(change[0].max(), change[-1].max(), change[:, 0].max(), change[:, -1].max()) <= 8
