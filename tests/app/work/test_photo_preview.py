"""The picture of the photo itself that a dry run may have."""

from __future__ import annotations

import base64
import tracemalloc

import numpy as np
import PIL.Image
import pytest

from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.memory import FINISHING_PIXEL, OUTPUT_PIXEL
from app.work.order import Order
from app.work.output_file import OutputFile
from app.work.photo import Source, read
from app.work.photo_preview import SIDE, PhotoPreview, photo_preview
from pipeline.errors import Cancelled
from pipeline.options import EnhanceOptions, FileOptions
from pipeline.run import Run
from pipeline.types import Image, Photo
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.containers import heic, tiff
from tests.images import Pixels
from tests.profiles import embedded, in_srgb, profile_of

LIMITS = PhotoLimits(max_input_pixels=30_000_000, max_output_megapixels=200)
PICTURE = images.gradient(96, 64)


def source_of(file: bytes, **output: str) -> Source:
    asked = OutputOptions(dry_run=True, preview=True, **output)  # type: ignore[arg-type]
    order = Order("upscale", file, None, EnhanceOptions(), asked)
    return read(order, FakeModels()(), LIMITS, lambda needed: None, Run())


def plain(image: Image) -> Source:
    return Source(Photo(image), OutputFile("png", FileOptions()), "JPEG")


def shown(preview: PhotoPreview) -> PIL.Image.Image:
    assert preview.media_type == "image/jpeg"
    picture = samples.opened(base64.b64decode(preview.image, validate=True))
    assert (picture.format, picture.size) == ("JPEG", (preview.width, preview.height))
    return picture


def assert_alike(picture: PIL.Image.Image, wanted: Pixels, most: float = 6) -> None:
    assert np.abs(np.asarray(picture.convert("RGB")).astype(float) - wanted).mean() < most


@pytest.mark.parametrize(
    "file",
    [
        heic(PICTURE),
        heic(PICTURE, orientation=6),
        tiff(PICTURE.astype(np.uint16) * 257),
        images.saved(PICTURE, "TIFF"),
        images.oriented(PICTURE, 8),
    ],
    ids=["heic", "turned heic", "16-bit tiff", "tiff", "turned jpeg"],
)
def test_a_small_photo_is_shown_upright_in_its_own_size(file: bytes) -> None:
    source = source_of(file)
    preview = photo_preview(source, Run())
    assert (preview.width, preview.height) == (preview.photo_width, preview.photo_height)
    assert (preview.photo_width, preview.photo_height) == (source.photo.width, source.photo.height)
    assert_alike(shown(preview), source.photo.image * 255)


@pytest.mark.parametrize(("width", "height", "size"), [(3200, 100, (1600, 50)), (99, 4800, (33, 1600))])
def test_a_large_photo_is_shrunk_and_tells_its_own_size(width: int, height: int, size: tuple[int, int]) -> None:
    preview = photo_preview(source_of(images.jpeg(images.gradient(width, height))), Run())
    assert (preview.width, preview.height) == size
    assert (preview.photo_width, preview.photo_height) == (width, height)
    wanted = np.asarray(PIL.Image.fromarray(images.gradient(width, height)).resize(size))
    assert_alike(shown(preview), wanted)


def test_a_thread_of_a_photo_keeps_a_pixel() -> None:
    assert photo_preview(plain(np.zeros((1, 16_000, 3), np.float32)), Run()).height == 1


def test_transparency_is_laid_on_white() -> None:
    pixels = np.dstack([np.full((40, 60, 3), 10, np.uint8), np.zeros((40, 60), np.uint8)])
    pixels[:, :30, 3] = 255
    picture = np.asarray(shown(photo_preview(source_of(images.png(pixels)), Run())))
    assert picture[20, 10].max() < 30
    assert picture[20, 50].min() > 240


@pytest.mark.parametrize("color_profile", ["srgb", "keep"])
def test_colours_of_another_profile_look_right(color_profile: str) -> None:
    profile = profile_of("display-p3")
    source = source_of(images.png(PICTURE, icc_profile=profile), color_profile=color_profile)
    picture = shown(photo_preview(source, Run()))
    kept = embedded(base64.b64decode(photo_preview(source, Run()).image))
    seen = np.asarray(picture)
    assert_alike(
        PIL.Image.fromarray(seen if color_profile == "srgb" else in_srgb(seen, profile)), in_srgb(PICTURE, profile)
    )
    assert (kept == profile) is (color_profile == "keep")


def test_a_grey_photo_stays_grey() -> None:
    assert shown(photo_preview(source_of(images.grey(PICTURE)), Run())).mode == "L"


def test_it_takes_less_memory_than_is_reserved_for_a_result() -> None:
    source = plain(np.random.default_rng(0).random((3000, 4000, 3), np.float32))
    tracemalloc.start()
    try:
        preview = photo_preview(source, Run())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert max(preview.width, preview.height) == SIDE
    assert peak < (OUTPUT_PIXEL + FINISHING_PIXEL["jpeg"]) * 3000 * 4000 / 2


def test_a_cancelled_run_makes_none() -> None:
    run = Run()
    run.cancelled.set()
    with pytest.raises(Cancelled):
        photo_preview(plain(np.zeros((2000, 2000, 3), np.float32)), run)
