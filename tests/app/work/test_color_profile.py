"""`color_profile` the whole way: a photo's file in, the result's file out."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.order import Order
from app.work.photo import Finished, read, restore_photo
from pipeline.codec.icc_profile import srgb_profile
from pipeline.options import EnhanceOptions, OutputChoice
from pipeline.run import Run
from tests import images
from tests.app.fakes import FakeModels
from tests.containers import avif, heic
from tests.images import Pixels
from tests.profiles import embedded, in_srgb, profile_of

LIMITS = PhotoLimits(max_input_pixels=1_000_000, max_output_megapixels=10)
PICTURE = images.gradient()
GREY = np.asarray(PIL.Image.fromarray(PICTURE).convert("L"))
PHOTO_SPACES = pytest.mark.parametrize("space", ["display-p3", "adobe-rgb", "prophoto"])
REPLACED = ["color_profile_replaced"]


def tiff(pixels: Pixels, **options: Any) -> bytes:
    return images.saved(pixels, "TIFF", **options)


def jpeg(pixels: Pixels, **options: Any) -> bytes:
    return images.jpeg(pixels, **{"quality": 100, **options})


def order(data: bytes, output_format: OutputChoice = "png", reference: bytes | None = None, **output: Any) -> Order:
    """A photo that comes out as it came in, but for its file."""
    options = EnhanceOptions(upscale_factor=1, background="resample")
    asked = OutputOptions(
        **{"output_format": output_format, "color_profile": "keep", "quality": 100, "metrics": False, **output}
    )
    return Order("upscale", data, reference, options, asked)


def done(fakes: FakeModels, *given: Any, **output: Any) -> Finished:
    return restore_photo(order(*given, **output), fakes(), LIMITS, Run())


def shown(file: bytes) -> Pixels:
    with PIL.Image.open(BytesIO(file)) as picture:
        return np.asarray(picture)


def codes(finished: Finished) -> list[str]:
    return [warning.code for warning in finished.report.warnings]


def off(file: bytes, expected: Pixels) -> int:
    return int(np.abs(shown(file).astype(int) - expected).max())


# --- keep --------------------------------------------------------------------------------------------------------


@PHOTO_SPACES
@pytest.mark.parametrize("make", [images.png, tiff, images.webp])
@pytest.mark.parametrize("output_format", ["png", "tiff"])
def test_numbers_are_kept_exactly(
    make: images.Maker, output_format: OutputChoice, space: str, fakes: FakeModels
) -> None:
    finished = done(fakes, make(PICTURE, icc_profile=profile_of(space)), output_format)
    np.testing.assert_array_equal(shown(finished.picture.data), PICTURE)
    assert codes(finished) == []


@PHOTO_SPACES
@pytest.mark.parametrize("make", [images.png, jpeg, images.webp, tiff, avif, heic])
@pytest.mark.parametrize(("output_format", "within"), [("png", 0), ("jpeg", 3), ("webp", 10), ("avif", 5), ("tiff", 0)])
def test_the_profile_is_the_same_to_the_byte(
    make: images.Maker, output_format: OutputChoice, within: int, space: str, fakes: FakeModels
) -> None:
    data = make(PICTURE, icc_profile=profile_of(space))
    finished = done(fakes, data, output_format)
    assert embedded(finished.picture.data) == profile_of(space)
    expected = PICTURE if make is heic else shown(data)
    assert off(finished.picture.data, expected) <= within + 6 * (make is heic)
    assert codes(finished) == []


@pytest.mark.parametrize("output_format", ["png", "jpeg", "tiff"])
def test_a_green_outside_srgb_survives(output_format: OutputChoice, fakes: FakeModels) -> None:
    green = np.full((32, 48, 3), (0, 255, 0), np.uint8)
    data = images.png(green, icc_profile=profile_of("display-p3"))
    assert off(done(fakes, data, output_format).picture.data, green) <= 1
    kept_again = done(fakes, done(fakes, data).picture.data)
    np.testing.assert_array_equal(shown(kept_again.picture.data), green)
    converted = done(fakes, data, color_profile="srgb")
    np.testing.assert_array_equal(shown(converted.picture.data), np.full_like(green, (0, 255, 0)))
    muted = np.full_like(green, (60, 200, 60))  # outside sRGB too: its red would be negative
    lost = shown(
        done(fakes, images.png(muted, icc_profile=profile_of("display-p3")), color_profile="srgb").picture.data
    )
    assert lost[0, 0, 0] == 0


@pytest.mark.parametrize(("output_format", "mode"), [("png", "L"), ("jpeg", "L"), ("tiff", "L"), ("avif", "L")])
def test_grey_with_its_profile(output_format: OutputChoice, mode: str, fakes: FakeModels) -> None:
    profile = profile_of("apple", 1)
    finished = done(fakes, images.png(GREY, icc_profile=profile), output_format)
    assert PIL.Image.open(BytesIO(finished.picture.data)).mode == mode
    assert off(finished.picture.data, GREY) <= 3
    assert embedded(finished.picture.data) == profile
    assert codes(finished) == []


def test_grey_where_the_format_has_only_colours(fakes: FakeModels) -> None:
    finished = done(fakes, images.png(GREY, icc_profile=profile_of("apple", 1)), "webp")
    assert (codes(finished), embedded(finished.picture.data)) == (REPLACED, srgb_profile(3))
    assert off(finished.picture.data, in_srgb(GREY, profile_of("apple", 1))) <= 8


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp", "avif"])
def test_grey_with_a_profile_of_colours_has_three_channels(output_format: OutputChoice, fakes: FakeModels) -> None:
    finished = done(fakes, images.png(GREY, icc_profile=profile_of("adobe-rgb")), output_format)
    assert shown(finished.picture.data).shape == (32, 48, 3)
    assert embedded(finished.picture.data) == profile_of("adobe-rgb")


def test_transparency_is_kept_with_the_profile(fakes: FakeModels) -> None:
    clear = np.dstack((PICTURE, GREY))
    finished = done(fakes, images.saved(clear, "PNG", icc_profile=profile_of("display-p3")))
    assert embedded(finished.picture.data) == profile_of("display-p3")
    np.testing.assert_array_equal(shown(finished.picture.data), clear)


def test_what_cannot_be_kept_is_srgb_and_says_so(fakes: FakeModels) -> None:
    finished = done(fakes, images.png(PICTURE, icc_profile=profile_of("linear")), "jpeg")
    assert (codes(finished), embedded(finished.picture.data)) == (REPLACED, srgb_profile(3))
    assert off(finished.picture.data, in_srgb(PICTURE, profile_of("linear"))) <= 4


def test_a_large_profile_goes_into_every_format(fakes: FakeModels) -> None:
    """Over many segments of a JPEG."""
    own = profile_of("display-p3")
    padding = bytes(np.random.default_rng(1).integers(0, 256, 900_000, np.uint8))
    large = (len(own) + len(padding)).to_bytes(4, "big") + own[4:] + padding
    for output_format in ("png", "jpeg", "webp", "avif"):
        finished = done(fakes, images.jpeg(PICTURE, icc_profile=large), output_format)
        assert embedded(finished.picture.data) == large
        assert codes(finished) == []


# --- sRGB --------------------------------------------------------------------------------------------------------


@PHOTO_SPACES
@pytest.mark.parametrize("make", [images.png, jpeg, images.webp, tiff, avif])
def test_converted_as_by_littlecms(make: images.Maker, space: str, fakes: FakeModels) -> None:
    data = make(PICTURE, icc_profile=profile_of(space))
    finished = done(fakes, data, color_profile="srgb")
    assert off(finished.picture.data, in_srgb(shown(data), profile_of(space))) <= 1
    assert codes(finished) == []


@pytest.mark.parametrize("pixels", [PICTURE, GREY], ids=["colours", "grey"])
@pytest.mark.parametrize("color_profile", ["srgb", "keep"])
@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp", "tiff", "avif"])
def test_every_result_in_srgb_says_so(
    output_format: OutputChoice, color_profile: str, pixels: Pixels, fakes: FakeModels
) -> None:
    finished = done(fakes, images.png(pixels), output_format, color_profile=color_profile)
    file = finished.picture.data
    channels = 1 if pixels is GREY and output_format != "webp" else 3
    if output_format == "png":
        assert PIL.Image.open(BytesIO(file)).info["srgb"] == 0
        assert embedded(file) is None
    else:
        assert embedded(file) == srgb_profile(channels)
    assert codes(finished) == []


# --- the reference -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["display-p3", "adobe-rgb", "linear", None])
@pytest.mark.parametrize("own", ["display-p3", "linear", None])
def test_the_reference_is_compared_in_the_photos_colours(own: str | None, other: str | None, fakes: FakeModels) -> None:
    """The same muted colours, in whatever space both are stored, differ by rounding alone."""
    muted = (110 + images.gradient(64, 48) // 8).astype(np.uint8)

    def stored(space: str | None) -> bytes:
        if space is None:
            return images.png(muted)
        target = PIL.ImageCms.ImageCmsProfile(BytesIO(profile_of(space)))
        srgb = PIL.ImageCms.ImageCmsProfile(BytesIO(srgb_profile(3)))
        picture = PIL.ImageCms.profileToProfile(PIL.Image.fromarray(muted), srgb, target)
        return images.png(np.asarray(picture), icc_profile=profile_of(space))

    one = order(stored(own), reference=stored(other), metrics=True)
    source = read(one, fakes(), LIMITS, lambda needed: None, Run())
    assert source.reference is not None
    assert source.reference.profile == source.photo.profile
    assert (source.photo.profile is None) == (own != "display-p3")
    assert np.abs(source.reference.image - source.photo.image).max() * 255 <= 4
    finished = restore_photo(one, fakes(), LIMITS, Run())
    assert codes(finished).count("color_profile_replaced") == (own == "linear")
    assert finished.report.metrics is not None
    assert finished.report.metrics.psnr is None or finished.report.metrics.psnr > 40
