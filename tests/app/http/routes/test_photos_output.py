"""Form fields about the output picture: its size, colours, format and quality."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests import images
from tests.app import samples
from tests.app.server import Likeness


@pytest.mark.parametrize(("factor", "size"), [(1, 96), (1.5, 144), (4, 384)])
def test_the_output_has_the_size_of_the_upscale_factor(likeness: Likeness, factor: float, size: int) -> None:
    data = likeness.data(samples.small_face(), upscale_factor=factor)
    assert samples.picture_in(data).size == (data["width"], data["height"]) == (size, size)
    assert [face["action"] for face in data["faces"]] == ["restored"]


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"width": 201}, (201, 134)),
        ({"height": 201}, (302, 201)),
        ({"long_side": 201}, (201, 134)),
        ({"long_side": 48, "upscale_factor": ""}, (48, 32)),
        ({"width": 16}, (16, 11)),
        ({"upscale_factor": 7.3}, (350, 234)),
    ],
    ids=str,
)
@pytest.mark.parametrize("route", ["enhance", "upscale"])
def test_the_output_has_exactly_the_pixels_that_are_asked_for(
    likeness: Likeness, route: str, asked: dict[str, object], size: tuple[int, int]
) -> None:
    fields = asked | ({"require_face": False} if route == "enhance" else {})
    data = getattr(likeness, route)(images.png(images.gradient(48, 32)), **fields).json()["data"]
    assert samples.picture_in(data).size == (data["width"], data["height"]) == size


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 3, 5, 8])
def test_the_asked_width_is_that_of_the_upright_picture(likeness: Likeness, orientation: int, file_format: str) -> None:
    file = images.oriented(images.gradient(24, 16), orientation, file_format)
    data = likeness.upscale(file, width=60, metrics=False).json()["data"]
    assert samples.picture_in(data).size == (60, 40)


@pytest.mark.parametrize(
    ("asked", "side"), [({"long_side": 20}, 20), ({"width": 48}, 48), ({"upscale_factor": 7.3}, 1869)], ids=str
)
def test_a_face_is_restored_whatever_the_size(likeness: Likeness, asked: dict[str, float], side: int) -> None:
    data = likeness.data(samples.portrait(), background="resample", **asked)
    assert samples.picture_in(data).size == (data["width"], data["height"]) == (side, side)
    (face,) = data["faces"]
    assert (face["action"], face["strength"]) == ("restored", 1)
    assert face["identity_similarity"] > 0.7


def test_blank_fields_take_their_defaults(likeness: Likeness) -> None:
    """An HTML form sends a blank field as empty text, and a file that was not chosen as an empty file."""
    response = likeness.enhance(samples.small_face(), upscale_factor="", strength="")
    assert response.status_code == 200
    assert response.json()["data"]["width"] == 192


def test_color_correction_brings_contrast_to_a_faded_photo(likeness: Likeness) -> None:
    faded = samples.file_of((samples.head() * 0.3 + 100).astype(np.uint8), "PNG")
    none, auto = (
        samples.pixels_in(likeness.upscale(faded, color_correction=choice, upscale_factor=1).json()["data"])
        for choice in ("none", "auto")
    )
    assert auto.std() > 1.3 * none.std()


@pytest.mark.parametrize(
    ("output_format", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("avif", "AVIF"), ("tiff", "TIFF")]
)
def test_the_output_has_the_requested_format(likeness: Likeness, output_format: str, name: str) -> None:
    data = likeness.data(samples.small_face(), output_format=output_format, background="resample")
    assert samples.picture_in(data).format == name
    assert data["media_type"] == f"image/{output_format}"


@pytest.mark.parametrize(
    ("file", "media_type", "warnings"),
    [
        (images.webp(images.gradient()), "image/webp", ["option_unused"]),
        (images.saved(images.gradient(), "BMP"), "image/png", ["output_format_replaced"]),
        (images.tiff(images.gradient()), "image/tiff", []),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "image/*"])
def test_the_same_format_is_that_of_the_photo(
    likeness: Likeness, file: bytes, media_type: str, warnings: list[str], accept: str
) -> None:
    asked = {"output_format": "same", "bit_depth": 16, "upscale_factor": 1, "background": "resample", "metrics": False}
    response = likeness.upscale(file, accept=accept, **asked)
    if accept == "image/*":
        assert response.headers["content-type"] == media_type
        picture = samples.opened(response.content)
        assert json.loads(response.headers["x-likeness-facts"])["warnings"] == warnings
    else:
        data = response.json()["data"]
        assert data["media_type"] == media_type
        assert [warning["code"] for warning in data["warnings"]] == warnings
        picture = samples.picture_in(data)
    assert (picture.get_format_mimetype(), picture.size) == (media_type, (48, 32))


@pytest.mark.parametrize(
    ("asked", "accept", "error"),
    [
        ({"output_format": "jpeg", "bit_depth": 16}, "", "bit_depth=16 is for PNG and TIFF, not for JPEG."),
        ({"bit_depth": 16}, "image/webp", "bit_depth=16 is for PNG and TIFF, not for WEBP."),
        ({"progressive": True}, "", "progressive=true is for JPEG, not for PNG."),
        (
            {"output_format": "avif", "lossless": True},
            "application/json",
            "lossless=true is for WEBP, PNG and TIFF, not for AVIF.",
        ),
    ],
)
@pytest.mark.parametrize("route", ["enhance", "upscale"])
def test_an_option_that_contradicts_the_format_is_refused(
    likeness: Likeness, route: str, asked: dict[str, object], accept: str, error: str
) -> None:
    response = getattr(likeness, route)(b"not even a photo", accept=accept, **asked)
    assert (response.status_code, response.json()["code"], response.json()["error"]) == (422, "bad_parameter", error)


def test_what_accept_asks_for_goes_before_the_field(likeness: Likeness) -> None:
    response = likeness.upscale(
        samples.small_face(), accept="image/jpeg", output_format="tiff", progressive=True, background="resample"
    )
    assert (response.status_code, response.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize("output_format", ["jpeg", "webp", "avif"])
def test_higher_quality_takes_more_bytes(likeness: Likeness, output_format: str) -> None:
    sizes = [len(resampled(likeness, output_format, quality)) for quality in (1, 50, 100)]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("output_format", ["png", "tiff"])
def test_quality_does_not_change_what_is_lossless(likeness: Likeness, output_format: str) -> None:
    assert resampled(likeness, output_format, 1) == resampled(likeness, output_format, 100)


def resampled(likeness: Likeness, output_format: str, quality: int) -> str:
    response = likeness.upscale(
        samples.small_face(), output_format=output_format, quality=quality, background="resample", metrics=False
    )
    image: str = response.json()["data"]["restored_image"]
    return image


def test_a_preset_sets_what_is_not_given(likeness: Likeness) -> None:
    fast = likeness.data(samples.small_face(), preset="fast")
    assert fast["metrics"] is None
    assert "upscaler" not in fast["models"]
    asked = likeness.data(samples.small_face(), preset="fast", metrics=True, background="upscale")
    assert asked["metrics"] is not None
    assert "upscaler" in asked["models"]
    usual, balanced = (likeness.data(samples.small_face(), **more) for more in ({}, {"preset": "balanced"}))
    assert usual["restored_image"] == balanced["restored_image"]
    assert likeness.enhance(samples.small_face(), preset="slow").status_code == 422


def test_what_a_photo_needs_is_a_preset(likeness: Likeness) -> None:
    larger = likeness.data(samples.small_face(), preset="larger")
    assert [face["action"] for face in larger["faces"]] == ["kept"]
    assert likeness.data(samples.no_face(), preset="larger")["faces"] == []  # which is an error otherwise
    assert likeness.enhance(samples.no_face(), preset="old_photo").status_code == 422
    sharper = likeness.data(samples.small_face(), preset="sharper")
    assert sharper["faces"][0]["strength"] <= 0.65
    same = likeness.data(samples.small_face(), strength=0.65, restorer="portrait-face", identity_policy="protect")
    assert sharper["restored_image"] == same["restored_image"]
    assert likeness.upscale(samples.small_face(), preset="old_photo").status_code == 200
